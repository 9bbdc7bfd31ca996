// config.pbtxt into a ModelConfig: syntax, then the schema's table, then values; all faults of meaning at once, with their places.
import type { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import { type Decoded, decodeConfig } from './decode.js';
import { locateIn } from './locate.js';
import { type ModelConfig, modelConfigSchema } from './model-config.js';
import { type MessageNode, parseText } from './parser.js';
import { type Position, positionsIn } from './position.js';

const maxCharacters = 2 ** 20;
const maxFaults = 100;
/** Of each kind: a megabyte may hold hundreds of thousands. */
const keptFaults = 1000;

/** Something wrong with a configuration; `at` is absent where no text was written. */
export interface ConfigFault {
  readonly at?: Position;
  readonly text: string;
}

/** A configuration as far as it could be read. */
export interface ConfigReading {
  /** Undefined when there are faults. */
  readonly config: ModelConfig | undefined;
  /** The configuration without the parts that are at fault, as far as the rest is one: for finding more faults. */
  readonly salvage: () => ModelConfig | undefined;
  /** In the order of the text, those that are kept. */
  readonly faults: readonly ConfigFault[];
  /** Those that are not kept, because there are so many. */
  readonly more: number;
  /** True when the text gives the field, be it its default. */
  readonly says: (field: string) => boolean;
  /** Where the value at a path stands, or the nearest message around it. */
  readonly placeOf: (path: readonly PropertyKey[]) => Position | undefined;
}

const keyOf = (path: readonly PropertyKey[]): string => path.map(String).join('\0');

/** Faults of values, without those that only follow from a fault found before. */
function newIssues(error: z.ZodError, { faults }: Decoded): z.core.$ZodIssue[] {
  const known = new Set(faults.map(({ path }) => keyOf(path)));
  if (known.size === 0) return error.issues;
  return error.issues.filter(({ path }) => !path.some((_, k) => known.has(keyOf(path.slice(0, k + 1)))));
}

/** Reads what a tree says, wherever it comes from. */
export function readTree(tree: MessageNode, positionOf: (offset: number) => Position | undefined): ConfigReading {
  const decoded = decodeConfig(tree);
  const locate = locateIn(tree);
  const parsed = modelConfigSchema.safeParse(decoded.value);
  const issues = parsed.success ? [] : newIssues(parsed.error, decoded);
  const placed = [
    ...decoded.faults.slice(0, keptFaults).map(({ at, text, path }) => ({ at, text, path })),
    ...issues.slice(0, keptFaults).map(({ path, message }) => ({
      at: locate(path),
      text: `'${path.map(String).join('.').slice(0, 200)}': ${message}`,
      path,
    })),
  ].sort((a, b) => a.at - b.at);
  const paths = placed.map(({ path }) => path);
  return {
    config: parsed.success && placed.length === 0 ? parsed.data : undefined,
    salvage: () => (parsed.success ? parsed.data : salvage(decoded.value, paths)),
    more: Math.max(0, decoded.faults.length - keptFaults) + Math.max(0, issues.length - keptFaults),
    faults: placed.map(({ at, text, path }) => {
      const position = positionOf(at);
      if (position !== undefined) return { at: position, text };
      return { text: text.startsWith(`'${path.join('.')}'`) ? text : `${path.map(String).join('.')}: ${text}` };
    }),
    says: field => Object.hasOwn(decoded.value, field),
    placeOf: path => positionOf(locate(path)),
  };
}

/** What is left when every field at fault is taken out; of a tensor, its name stays for the graph to complete. */
function salvage(value: Decoded['value'], faulty: readonly (readonly PropertyKey[])[]): ModelConfig | undefined {
  const kept: Record<string, unknown> = { ...value };
  const tensors = new Map<string, Set<PropertyKey>>();
  for (const [field = '', index] of faulty) {
    const name = String(field);
    const isTensor = (name === 'input' || name === 'output') && typeof index === 'number';
    if (isTensor) tensors.set(name, (tensors.get(name) ?? new Set()).add(index));
    else delete kept[name];
  }
  for (const [name, indices] of tensors) {
    const items = kept[name];
    if (Array.isArray(items)) kept[name] = items.map((item, k) => (indices.has(k) ? nameOnly(item) : item));
  }
  return modelConfigSchema.safeParse(kept).data;
}

const nameOnly = (item: unknown): unknown =>
  typeof item === 'object' && item !== null && 'name' in item ? { name: item.name } : item;

const first: Position = { line: 1, column: 1 };

/** A reading that found only this. */
const unreadable = (fault: ConfigFault): ConfigReading => ({
  config: undefined,
  salvage: () => undefined,
  faults: [fault],
  more: 0,
  says: () => false,
  placeOf: () => first,
});

/** Thrown through the parser by a fault of syntax. */
class SyntaxFault extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

/** Reads protobuf text without throwing; a fault of syntax ends the reading and comes alone. Linear in its length. */
export function readConfig(text: string): ConfigReading {
  if (text.length > maxCharacters) {
    return unreadable({ at: first, text: `wanted at most ${maxCharacters} characters, got ${text.length}` });
  }
  const source = text.replace(/^\uFEFF/, '');
  const positionOf = positionsIn(source);
  try {
    const tree = parseText(source, (at, fault) => {
      throw new SyntaxFault(at, fault);
    });
    return readTree(tree, positionOf);
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return unreadable({ at: positionOf(error.at), text: error.message });
  }
}

/** One line for a fault. */
export const faultLine = ({ at, text }: ConfigFault): string =>
  at === undefined ? text : `line ${at.line}:${at.column}: ${text}`;

/** The error for faults; the first hundred are listed, the others and `more` are counted. */
export function configInvalid(
  path: string,
  faults: readonly ConfigFault[],
  more = 0,
): GalerkinError<'MODEL_CONFIG_INVALID'> {
  const lines = faults.slice(0, maxFaults).map(faultLine);
  const left = faults.length - lines.length + more;
  if (left > 0) lines.push(`and ${left} more`);
  return new GalerkinError('MODEL_CONFIG_INVALID', { path, faults: lines });
}

/**
 * Parses a model configuration in protobuf text format.
 * @param path what the text is called in errors.
 * @throws MODEL_CONFIG_INVALID with line and column of every fault; a fault of syntax ends the reading and comes alone.
 */
export function parseConfig(text: string, path = 'config.pbtxt'): ModelConfig {
  const { config, faults, more } = readConfig(text);
  if (config !== undefined) return config;
  throw configInvalid(path, faults, more);
}
