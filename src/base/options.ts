// Options become a complete, frozen config once, at the door; every fault is reported at once. CLI flags come from the same schema.
import { z } from 'zod';
import { GalerkinError } from './errors/galerkin-error.js';

/** What each option must say of itself; an option with no `doc` does not compile. */
interface OptionDoc<T> {
  /** One sentence: what it changes. */
  readonly doc: string;
  /** Unit of the value, when it has one. */
  readonly unit?: string;
  readonly default: T;
}

interface RangeDoc extends OptionDoc<number> {
  readonly min?: number;
  readonly max?: number;
}

function ranged(base: z.ZodNumber, { min, max }: RangeDoc): z.ZodNumber {
  let schema = base;
  if (min !== undefined) schema = schema.min(min);
  if (max !== undefined) schema = schema.max(max);
  return schema;
}

const describe = ({ doc, unit }: OptionDoc<unknown>): { description: string; unit?: string } =>
  unit === undefined ? { description: doc } : { description: doc, unit };

/** Whole number with range and default. */
export const integerOption = (doc: RangeDoc) => ranged(z.int(), doc).default(doc.default).meta(describe(doc));

/** Finite number with range and default. */
export const numberOption = (doc: RangeDoc) => ranged(z.number(), doc).default(doc.default).meta(describe(doc));

/** One of a few words. */
export const choiceOption = <const Words extends readonly [string, ...string[]]>(
  words: Words,
  doc: OptionDoc<Words[number]>,
) =>
  z
    .enum([...words])
    .prefault(doc.default)
    .meta(describe(doc));

/** Free text; an empty default means "none". */
export const textOption = (doc: OptionDoc<string>) => z.string().default(doc.default).meta(describe(doc));

/** On or off. */
export const flagOption = (doc: OptionDoc<boolean>) => z.boolean().default(doc.default).meta(describe(doc));

/** Faults of a failed parse, one line each, with the path and what came. */
export function faultLines(error: z.ZodError): string[] {
  return error.issues.map(issue => {
    const path = issue.path.join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
}

/** A schema of options; names that it does not know are faults. */
export const optionSchema = z.strictObject;

/**
 * Completes and checks `options` against `schema`.
 * @returns every option present, frozen.
 * @throws OPTIONS_INVALID with all faults, unknown names included.
 */
export function resolveOptions<Config extends object, Options>(
  of: string,
  schema: z.ZodType<Config, Options>,
  options: Options,
): Readonly<Config> {
  const parsed = schema.safeParse(options);
  if (!parsed.success) throw new GalerkinError('OPTIONS_INVALID', { of, faults: faultLines(parsed.error) });
  return Object.freeze(parsed.data);
}

/** One option as a command line or a docs table shows it. */
export interface OptionRow {
  readonly key: string;
  readonly kind: 'integer' | 'number' | 'string' | 'boolean';
  readonly doc: string;
  readonly unit: string | undefined;
  readonly choices: readonly string[] | undefined;
  readonly default: unknown;
  readonly min: number | undefined;
  readonly max: number | undefined;
}

const rowSchema = z.object({
  type: z.enum(['integer', 'number', 'string', 'boolean']),
  description: z.string(),
  unit: z.string().optional(),
  enum: z.array(z.string()).optional(),
  default: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});

/** The rows of a schema of options, in order, for flags and docs. */
export function optionRows(schema: z.ZodObject): OptionRow[] {
  const json = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(json.properties ?? {}).map(([key, property]) => {
    const row = rowSchema.parse(property);
    const { type: kind, description: doc, unit, enum: choices, minimum: min, maximum: max } = row;
    return { key, kind, doc, unit, choices, default: row.default, min, max };
  });
}
