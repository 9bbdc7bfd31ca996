// A version as it is written down, and what happened to it.
import type { Selectable } from 'kysely';
import { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import { type VersionStage, versionStages } from './stages.js';
import type { VersionTables } from './tables.js';

/** Where a version comes from, as its package says; members that it does not say are absent. */
const lineageSchema = z.object({
  createdAt: z.string().optional(),
  galerkinVersion: z.string().optional(),
  gitCommit: z.string().optional(),
  dataDigest: z.string().optional(),
  seed: z.number().optional(),
  recipe: z.record(z.string(), z.unknown()).optional(),
  /** As name/version. */
  parent: z.string().optional(),
});
export type VersionLineage = Readonly<z.infer<typeof lineageSchema>>;

const useSchema = z.object({ model: z.string(), version: z.number().optional() });
/** A model that a version names: at one version, or whichever answers. */
export type VersionUse = Readonly<z.infer<typeof useSchema>>;

export interface VersionFacts {
  readonly title: string;
  /** Of the configuration as completed and all files. */
  readonly digest: string;
  /** Digests of the files that the manifest lists, by name; empty for a plain package. */
  readonly files: Readonly<Record<string, string>>;
  readonly lineage: VersionLineage;
  readonly metrics: Readonly<Record<string, number>>;
  readonly uses: readonly VersionUse[];
  /** Of its folder; null where the repository is on no disk. */
  readonly sizeBytes: number | null;
}

export interface VersionRecord extends VersionFacts {
  readonly model: string;
  readonly version: number;
  readonly stage: VersionStage;
  /** False once its files have gone from the repository; the record stays. */
  readonly present: boolean;
  readonly registeredAtMs: number;
  readonly registeredBy: string;
  readonly changedAtMs: number;
  /** Orders the versions that were once in production by when they ceased to be; null for one that never was, or is. */
  readonly leftProduction: number | null;
}

/**
 * 'vanished' and 'returned': its files went from the repository, or came back; 'removed': they were collected as garbage.
 * 'noted': a release said so of a version that had moved on meanwhile; its stage stayed `from`, whatever `to` says.
 */
export const versionChanges = ['registered', 'stage', 'vanished', 'returned', 'removed', 'noted'] as const;
export type VersionChange = (typeof versionChanges)[number];

export interface VersionEvent {
  readonly model: string;
  readonly version: number;
  /** Grows by one with each event of the model. */
  readonly sequence: number;
  readonly atMs: number;
  readonly by: string;
  readonly why: string;
  readonly change: VersionChange;
  /** Undefined for the first. */
  readonly from: VersionStage | undefined;
  readonly to: VersionStage;
  /** The release that moved it, if one did. */
  readonly release: string | undefined;
}

export type VersionRow = Selectable<VersionTables['model_version']>;
export type EventRow = Selectable<VersionTables['model_version_event']>;

const read = <T>(schema: z.ZodType<T>, text: string): T => schema.parse(JSON.parse(text));
const texts = z.record(z.string(), z.string());
const numbers = z.record(z.string(), z.number());
const stage = z.enum(versionStages);

export function recordOf(row: VersionRow): VersionRecord {
  return {
    model: row.model,
    version: row.version,
    stage: stage.parse(row.stage),
    present: row.present === 1,
    title: row.title,
    digest: row.digest,
    files: read(texts, row.files),
    lineage: read(lineageSchema, row.lineage),
    metrics: read(numbers, row.metrics),
    uses: read(z.array(useSchema), row.uses),
    sizeBytes: row.size_bytes,
    registeredAtMs: row.registered_at_ms,
    registeredBy: row.registered_by,
    changedAtMs: row.changed_at_ms,
    leftProduction: row.left_production,
  };
}

export const eventOf = (row: EventRow): VersionEvent => ({
  model: row.model,
  version: row.version,
  sequence: row.sequence,
  atMs: row.at_ms,
  by: row.by_whom,
  why: row.why,
  change: z.enum(versionChanges).parse(row.change),
  from: row.from_stage === '' ? undefined : stage.parse(row.from_stage),
  to: stage.parse(row.to_stage),
  release: row.release === '' ? undefined : row.release,
});

const text = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine(given => !given.includes('\0'), 'wanted text without NUL');
const wordSchema = z.strictObject({ by: text(200), why: text(2000) });

const shown = (text: unknown, most: number, instead: string): string =>
  (typeof text === 'string' ? text.replaceAll('\0', '').trim().slice(0, most) : '') || instead;

/** Of a release, which must not fail for want of words. */
export const releaseWord = ({ by, why }: { readonly by?: unknown; readonly why?: unknown } = {}) => ({
  by: shown(by, 200, 'galerkin'),
  why: shown(why, 2000, 'the release gave no reason'),
});

/** Who, and why: wanted of everybody who changes anything. @throws OPTIONS_INVALID */
export function parseWord(word: unknown): { readonly by: string; readonly why: string } {
  const parsed = wordSchema.safeParse(word);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new GalerkinError('OPTIONS_INVALID', { of: 'a word on a version', faults });
}
