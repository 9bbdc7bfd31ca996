// Feeds: the inputs of one run by name. A list of them stands for what the model will be asked.
import type { Tensor } from '../base/index.js';
import type { Session } from '../runtime/index.js';

export type Feeds = Readonly<Record<string, Tensor>>;

/** The answers to all feeds, one after another. */
export async function answersOf(session: Session, samples: readonly Feeds[]): Promise<Feeds[]> {
  const answers: Feeds[] = [];
  for (const feeds of samples) answers.push(await session.run(feeds));
  return answers;
}
