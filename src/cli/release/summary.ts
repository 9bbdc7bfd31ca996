// How a release ended, in one sentence and an exit code.
import type { StatusAnswer } from '../../control/index.js';
import { isFinal } from './frame.js';
import type { TrafficTally } from './traffic.js';
import { clockTime, plain } from './words.js';

/** What the shell is told of a release that ended at the old version. */
const abortedExit = 70;

export function summaryOf(status: StatusAnswer, traffic?: TrafficTally): string {
  const { spec, phase, candidate, baseline, startedAtMs, endedAtMs, reason, id } = status;
  const took = endedAtMs === undefined ? '' : ` after ${clockTime(endedAtMs - startedAtMs)}`;
  const sentences: Readonly<Record<string, string>> = {
    promoted: `Promoted${took}: '${spec.model}' answers with version ${candidate}.`,
    aborted: `Aborted${took}: '${spec.model}' stays with version ${baseline}.`,
    reported: `Compared${took}: '${spec.model}' stays with version ${baseline}.`,
  };
  const head = sentences[phase] ?? `The release is ${phase}.`;
  const sent =
    traffic === undefined
      ? []
      : [`${traffic.answered} requests, ${traffic.failed === 0 ? 'none' : traffic.failed} failed.`];
  const report = isFinal(status) ? [`galerkin release report ${plain(id)} --out release.html shows why.`] : [];
  return plain([head, reason, ...sent, ...report].filter(text => text !== '').join(' '));
}

/** 0 if the new version was let in, or only compared. */
export const exitOf = ({ phase }: StatusAnswer): number => (phase === 'aborted' ? abortedExit : 0);
