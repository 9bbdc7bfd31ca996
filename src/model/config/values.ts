// The values that several parts of a configuration share: counts, names, sizes, data types, paths of files.
import { z } from 'zod';
import { isRelativePath } from '../names.js';
import { enumerations } from './enumerations.js';

/** Triton's file names in a configuration: below a folder, never out of it. */
export const relativePath = z
  .string()
  .refine(isRelativePath, "wanted a path below the model's folder: no '..', no absolute path, no control characters");

/** The message for a value that is not there; zod's own for one of another kind. */
export const required = (wanted: string) => ({
  error: ({ input }: { readonly input?: unknown }) => (input === undefined ? `wanted ${wanted}, got none` : undefined),
});

export const unsigned = z.int().min(0);
export const name = z.string(required('a name')).min(1, 'wanted a name, got an empty string');
export const size = z.int().refine(value => value === -1 || value >= 1, 'wanted -1 (any size) or a size of at least 1');
/** TYPE_INVALID is how the schema says that nothing was said: the graph completes it. */
export const dataType = z.enum(enumerations.DataType).default('TYPE_INVALID');
export const saidDataType = z
  .enum(enumerations.DataType, required('a data type'))
  .refine(value => value !== 'TYPE_INVALID', 'wanted a data type, got TYPE_INVALID');

interface Named {
  readonly name: string;
}

/** Adds a fault for every name that an earlier item has. */
export function checkUnique(items: readonly Named[], path: readonly PropertyKey[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  items.forEach((item, k) => {
    if (seen.has(item.name)) {
      const message = `the name '${item.name}' is given twice`;
      context.addIssue({ code: 'custom', message, path: [...path, k, 'name'] });
    }
    seen.add(item.name);
  });
}
