// The registry of versions over REST: what there is, what happened to it, and the stages that people give, and the deletion of what nobody needs.
import { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import type { GarbageReport, IsServing } from '../versions/collection.js';
import type { ModelVersionManager } from '../versions/model-version-manager.js';
import { words } from './bodies.js';
import type { ControlExtension, ControlRoute } from './extension.js';

export interface VersionDoorParts {
  /** Undefined where nothing was released yet: then there is no registry. */
  versions(): Promise<ModelVersionManager | undefined>;
  /** The registry, made where there is none: for words that are to be written down. */
  open(): Promise<ModelVersionManager>;
  readonly isServing: IsServing;
}

const garbageBody = z
  .strictObject({
    keepLatest: z.int().min(1).optional(),
    keepDays: z.number().min(0).optional(),
    dryRun: z.boolean().default(true),
    by: words(200).optional(),
  })
  .prefault({});

const moveBody = z.strictObject({ by: words(200).min(1), why: words(1000).min(1) });

const moves = {
  promote: 'Writes down that this version is the one in production; its predecessor is retired. Moves no traffic.',
  retire: 'Writes down that this version is never to answer again; never the one in production.',
} as const;
export const versionMoves = ['promote', 'retire'] as const;
export type VersionMove = (typeof versionMoves)[number];

export const recordAnswer = z.looseObject({
  model: z.string(),
  version: z.int(),
  stage: z.string(),
  present: z.boolean(),
  title: z.string(),
  sizeBytes: z.number().nullable(),
  metrics: z.record(z.string(), z.number()),
  changedAtMs: z.number(),
});
const eventAnswer = z.looseObject({
  version: z.int(),
  sequence: z.int(),
  atMs: z.number(),
  by: z.string(),
  why: z.string(),
  change: z.string(),
  from: z.string().optional(),
  to: z.string(),
  release: z.string().optional(),
});
export const versionsAnswer = z.object({ versions: z.array(recordAnswer) });
export const versionHistoryAnswer = z.object({ versions: z.array(recordAnswer), events: z.array(eventAnswer) });
const named = { model: z.string(), version: z.int() };
export const garbageAnswer = z.object({
  dryRun: z.boolean(),
  deleted: z.array(z.object({ ...named, bytes: z.number().nullable() })),
  kept: z.array(z.object({ ...named, why: z.string() })),
});

const nothingCollected: GarbageReport = { dryRun: true, deleted: [], kept: [] };

async function collect({ versions, isServing }: VersionDoorParts, body: unknown): Promise<GarbageReport> {
  const { keepLatest, keepDays, dryRun, by } = garbageBody.parse(body);
  const registry = await versions();
  if (registry === undefined) return nothingCollected;
  return registry.collectGarbage({
    isServing,
    dryRun,
    ...(keepLatest !== undefined && { keepLatest }),
    ...(keepDays !== undefined && { keepDays }),
    ...(by !== undefined && { by }),
  });
}

/** A version's number as it stands in a path. @throws REQUEST_MALFORMED */
function versionIn(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new GalerkinError('REQUEST_MALFORMED', { what: 'version', wanted: 'a number from 1', got: text.slice(0, 80) });
}

const moveRoute = (parts: VersionDoorParts, move: VersionMove): ControlRoute => ({
  method: 'POST',
  path: `/versions/{model}/{version}/${move}`,
  summary: moves[move],
  body: moveBody,
  answer: recordAnswer,
  async handle({ params: { model = '', version = '' }, body }) {
    const [word, number] = [moveBody.parse(body), versionIn(version)];
    const registry = await parts.open();
    // What was published a moment ago is known then, too.
    await registry.sync();
    return registry[move](model, number, word);
  },
});

/** GET /versions, GET /versions/{model}, POST /versions/{model}/{version}/promote and /retire, POST /versions/gc (which only says what it would do, unless `dryRun` is false). */
export function versionRoutes(parts: VersionDoorParts): ControlExtension {
  return {
    name: 'versions',
    routes: [
      {
        method: 'GET',
        path: '/versions',
        summary: 'The registered versions of all models, newest first.',
        answer: versionsAnswer,
        handle: async () => ({ versions: (await (await parts.versions())?.list()) ?? [] }),
      },
      {
        method: 'GET',
        path: '/versions/{model}',
        summary:
          'The versions of a model and what happened to them: stages, lineage, who promoted or refused them, and why.',
        answer: versionHistoryAnswer,
        async handle({ params: { model = '' } }) {
          const registry = await parts.versions();
          return { versions: (await registry?.list(model)) ?? [], events: (await registry?.history(model)) ?? [] };
        },
      },
      {
        method: 'POST',
        path: '/versions/gc',
        summary: 'Deletes versions that nobody needs, never one that serves; says only which, unless dryRun is false.',
        body: garbageBody,
        answer: garbageAnswer,
        handle: async ({ body }) => collect(parts, body),
      },
      ...versionMoves.map(move => moveRoute(parts, move)),
    ],
  };
}
