// Releases of a really served model under steady load: how soon a damaged version is found, how soon nobody meets it any more, and what switching costs.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaseResult, Kind } from '../examples/release/cases.mjs';
import { type BenchResult, median } from './result.js';

/** The examples are plain JavaScript and run from where they lie, not from where benchmarks are built. */
const cases: typeof import('../examples/release/cases.mjs') = await import(
  new URL('../../examples/release/cases.mjs', import.meta.url).href
);
const { learnSmall, runCase } = cases;

const rounds = 3;

interface Found {
  /** From the first request that could meet the version to the decision. */
  readonly decisionS: number;
  /** From the decision to the last request that the version answered; 0 if none did after it. */
  readonly exposureMs: number;
  readonly answers: number;
}

function foundIn({ evidence, lastSentMs, candidateAnswers, reason, phase }: CaseResult): Found {
  const begun = evidence.events.find(({ kind }) => kind === 'stage');
  const decided = evidence.events.find(({ kind, text }) => kind === 'phase' && text.includes('goes back'));
  if (begun === undefined || decided === undefined) throw new Error(`a damaged version ended ${phase}: ${reason}`);
  return {
    decisionS: (decided.atMs - begun.atMs) / 1000,
    exposureMs: Math.max(0, (lastSentMs.candidate ?? 0) - decided.atMs),
    answers: candidateAnswers,
  };
}

async function damaged(repository: string, kind: Kind): Promise<BenchResult[]> {
  const found: Found[] = [];
  for (let round = 0; round < rounds; round++)
    found.push(foundIn(await runCase({ repository, strategy: 'canary', kind })));
  const of = (pick: (each: Found) => number): number[] => found.map(pick);
  const seconds = of(each => each.decisionS);
  const exposure = of(each => each.exposureMs);
  return [
    {
      name: `canary, ${kind} version: time to the decision`,
      value: median(seconds),
      unit: 's',
      note: `${Math.min(...seconds).toFixed(1)} to ${Math.max(...seconds).toFixed(1)}; aim < 10 at 100 requests/s; ${median(of(each => each.answers))} requests met it`,
    },
    {
      name: `canary, ${kind} version: decision to the last request that met it`,
      value: median(exposure),
      unit: 'ms',
      note: `at most ${Math.max(...exposure)}; aim < 1000`,
    },
  ];
}

async function good(repository: string): Promise<BenchResult[]> {
  const all: CaseResult[] = [];
  for (let round = 0; round < rounds; round++)
    all.push(await runCase({ repository, strategy: 'canary', kind: 'good' }));
  const failed = all.flatMap(each => Object.values(each.failed)).reduce((sum, count) => sum + count, 0);
  const requests = all.reduce((sum, each) => sum + each.requests, 0);
  return [
    {
      name: 'canary, good version: time to promotion',
      value: median(all.map(each => each.seconds)),
      unit: 's',
      note: `${all.map(each => each.phase).join(', ')}; ${failed} of ${requests} requests failed`,
    },
  ];
}

export async function run(): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'galerkin-bench-release-'));
  try {
    const repository = await learnSmall(folder);
    const results = await good(repository);
    for (const kind of ['slow', 'failing', 'inaccurate', 'leaking'] as const)
      results.push(...(await damaged(repository, kind)));
    return results;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
