// The schemas that the API document names: each body and answer once, checked by the same schema that describes it.
import { z } from 'zod';

/** Schemas by their name in the document's components. */
export const apiSchemas = z.registry<{ id: string }>();

/** What each named schema is, in a sentence. */
export const descriptions = new Map<string, string>();

/** Names a schema in the document. */
export function named<Schema extends z.ZodType>(id: string, description: string, schema: Schema): Schema {
  apiSchemas.add(schema, { id });
  descriptions.set(id, description);
  return schema;
}

/** A number of a figure; null where it is not finite, for JSON has no NaN. */
export const figure = z.number().nullable();

/** Nested lists of numbers, truth values or text, one level per axis. */
export const nested = named(
  'NestedLists',
  'A tensor as nested lists, one level per axis, the outermost first. NaN and infinities are the strings "NaN", "Infinity", "-Infinity"; 64-bit integers beyond 2^53 are strings.',
  z.unknown(),
);

export const refusalSchema = named(
  'Refusal',
  'Why a request was refused: what was wanted, what came, and where.',
  z.object({ error: z.string() }),
);
