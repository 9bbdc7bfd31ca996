// Layouts on trial: compressed, run on samples, timed in turns.
import { type Clock, GalerkinError } from '../../base/index.js';
import { type Model, writeModel } from '../../graph/index.js';
import { openSession, type Session } from '../../runtime/index.js';
import type { Compressed } from '../compressed.js';
import { type Deviation, deviationOf } from '../deviation.js';
import { answersOf, type Feeds } from '../feeds.js';
import { measureInTurns, type Timing } from '../measure.js';
import type { LayoutKind } from './codesign-result.js';
import type { CodesignFormat } from './formats.js';
import type { Orders } from './layout-search.js';

export interface Layout {
  readonly kind: LayoutKind;
  readonly round: number;
  readonly orders: Orders;
}

export interface Trial extends Layout {
  readonly compressed: Compressed;
  readonly fitted: Deviation;
  readonly deviation: Deviation;
}

export async function withSession<T>(model: Model, threads: number, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(writeModel(model), { threads, spin: false });
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

/** Samples that layouts are fitted to, and samples that they are judged by: every second one, if there are four. */
export interface SampleParts {
  readonly fitted: readonly Feeds[];
  readonly judged: readonly Feeds[];
  readonly areApart: boolean;
}

/** @throws OPTIMIZE_INPUT_INVALID for no samples. */
export function partedSamples(samples: readonly Feeds[]): SampleParts {
  if (samples.length === 0)
    throw new GalerkinError('OPTIMIZE_INPUT_INVALID', {
      what: 'samples',
      wanted: 'at least one, better eight',
      got: 'none',
    });
  const areApart = samples.length >= 4;
  const part = (rest: number): readonly Feeds[] => (areApart ? samples.filter((_, k) => k % 2 === rest) : samples);
  return { fitted: part(0), judged: part(1), areApart };
}

export interface Jury {
  readonly parts: SampleParts;
  /** The original's answers. */
  readonly fitted: readonly Feeds[];
  readonly judged: readonly Feeds[];
  readonly format: CodesignFormat;
  readonly threads: number;
}

export async function juryOf(model: Model, jury: Pick<Jury, 'parts' | 'format' | 'threads'>): Promise<Jury> {
  return withSession(model, jury.threads, async session => {
    const { fitted, judged, areApart } = jury.parts;
    const answers = await answersOf(session, fitted);
    return { ...jury, fitted: answers, judged: areApart ? await answersOf(session, judged) : answers };
  });
}

/** Compresses a model in its layout and compares its answers with the original's. */
export async function tried(model: Model, layout: Layout, jury: Jury): Promise<Trial> {
  const compressed = await jury.format.compress(model);
  return withSession(compressed.model, jury.threads, async session => {
    const fitted = deviationOf(await answersOf(session, jury.parts.fitted), jury.fitted);
    const deviation = jury.parts.areApart
      ? deviationOf(await answersOf(session, jury.parts.judged), jury.judged)
      : fitted;
    return { ...layout, compressed, fitted, deviation };
  });
}

export interface TimingTerms {
  readonly feeds: Feeds;
  readonly threads: number;
  readonly measureMs: number;
  readonly clock: Clock;
}

/** Times of all models, taken in turns. */
export async function timed(
  models: readonly Model[],
  { feeds, threads, measureMs, clock }: TimingTerms,
): Promise<Timing[]> {
  const sessions: Session[] = [];
  try {
    for (const model of models) sessions.push(await openSession(writeModel(model), { threads, spin: false }));
    const candidates = sessions.map(session => ({ session, feeds }));
    return await measureInTurns(candidates, { clock, warmUps: 2, leastRounds: 3, budgetMs: measureMs });
  } finally {
    for (const session of sessions) await session.close();
  }
}
