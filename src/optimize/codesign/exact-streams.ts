// A net under the analysis: streams are tried with shuffled channels, and those that move the answers are let go.
import type { Model } from '../../graph/index.js';
import { deviationOf } from '../deviation.js';
import { answersOf, type Feeds } from '../feeds.js';
import { permuted, randomOrders } from './layout-search.js';
import { findStreams, type Stream } from './streams.js';
import { withSession } from './trials.js';

/** Sums in another order differ in the last bits; a wrong permutation moves an answer by a good part of itself. */
const tolerance = 1e-4;

/** The streams of a model that leave its answer to `feeds` where it was when all of them are shuffled. */
export async function exactStreams(model: Model, feeds: Feeds, seed: number): Promise<Stream[]> {
  const streams = await findStreams(model, feeds);
  if (streams.length === 0) return [];
  const answer = (of: Model): Promise<Feeds[]> => withSession(of, 1, session => answersOf(session, [feeds]));
  const reference = await answer(model);
  const holds = async (some: readonly Stream[]): Promise<boolean> => {
    const answers = await answer(permuted(model, some, randomOrders(some, seed)));
    return deviationOf(answers, reference).relativeL2 <= tolerance;
  };
  if (await holds(streams)) return streams;
  const exact: Stream[] = [];
  for (const stream of streams) if (await holds([stream])) exact.push(stream);
  return exact;
}
