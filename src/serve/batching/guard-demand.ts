// What joined requests ask of the guard together: what the most demanding one asks.
import type { Job } from '../backends/backend.js';
import type { Work } from '../engine/scheduler.js';

const rank = { none: 0, figures: 1, all: 2 } as const satisfies Record<Job['guard'], number>;

export function guardOf(members: readonly { readonly work: Work }[]): Job['guard'] {
  let most: Job['guard'] = 'none';
  for (const { work } of members) if (rank[work.guard] > rank[most]) most = work.guard;
  return most;
}
