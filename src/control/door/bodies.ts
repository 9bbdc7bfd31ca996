// What callers send to the routes of releases, checked: documents, who asks and why, and what they look for.
import { z } from 'zod';
import { faultLines, GalerkinError } from '../../base/index.js';
import { type ReleaseDocument, releaseSchema } from '../release/document.js';
import type { Releases } from '../release/releases.js';

export const unknownCaller = 'unknown caller';

/** Line ends and other control characters could forge lines where the words are shown. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
const plainText = /^[^\u0000-\u001f\u007f-\u009f]*$/;
export const words = (longest: number) => z.string().max(longest).regex(plainText, 'wanted text on one line');

const wordShape = {
  by: words(200)
    .default(unknownCaller)
    .transform(by => (by.trim() === '' ? unknownCaller : by)),
  why: words(1000).default(''),
};
/** Who says it, and why. */
export const wordBody = z.strictObject(wordShape).prefault({});
export const unrouteBody = z.strictObject({ ...wordShape, dryRun: z.boolean().default(false) }).prefault({});
export const pruneBody = z
  .strictObject({ olderThanDays: z.number().min(0).max(36_500).optional(), dryRun: z.boolean().default(true) })
  .prefault({});
const document = z.record(z.string(), z.unknown());
export const startBody = z.strictObject({ document, ...wordShape });
export const planBody = z.strictObject({ document });

const isDocument = (value: unknown): value is ReleaseDocument => releaseSchema.safeParse(value).success;

/** A document as its author wrote it, checked. @throws RELEASE_INVALID with all faults */
export function checkDocument(value: unknown): ReleaseDocument {
  if (isDocument(value)) return value;
  const faults = faultLines(releaseSchema.safeParse(value).error ?? new z.ZodError([]));
  throw new GalerkinError('RELEASE_INVALID', { path: 'The document', faults });
}

const listQuery = z.object({
  model: words(200).min(1).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
});

/** @throws REQUEST_MALFORMED */
export function readListQuery(query: Readonly<Record<string, string>>): Parameters<Releases['list']>[0] {
  const parsed = listQuery.safeParse(query);
  if (parsed.success) {
    const { model, limit } = parsed.data;
    return model === undefined ? { limit } : { model, limit };
  }
  const got = faultLines(parsed.error).join('; ').slice(0, 300);
  throw new GalerkinError('REQUEST_MALFORMED', { what: 'query', wanted: '?model=<name>&limit=<1 to 1000>', got });
}
