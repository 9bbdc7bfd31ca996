// What each verdict of the guard says, in one line and one sentence.
import { formatValue } from '../format.js';
import type { Answer, Verdict } from '../state/studio-state.js';

export interface Wording {
  readonly title: string;
  readonly meaning: string;
}

const wordings: Readonly<Record<Verdict, Wording>> = {
  accepted: {
    title: 'Accepted',
    meaning: 'The surrogate’s answer satisfies the equation within the calibrated bounds.',
  },
  flagged: {
    title: 'Flagged',
    meaning: 'The answer breaks a bound. It is shown as it is; do not rely on it.',
  },
  rejected: {
    title: 'Rejected',
    meaning: 'The answer broke a bound, and the policy is to give none.',
  },
  fallback: {
    title: 'Fell back to the solver',
    meaning: 'The surrogate’s answer broke a bound. This is the solver’s, and these are its figures.',
  },
};

/** The fallback's words, with the size of what it replaced where the server says it. */
function replaced({ guard: { refusedResidual, residualBound } }: Answer): Wording {
  const { title, meaning } = wordings.fallback;
  if (refusedResidual === undefined || residualBound === undefined) return { title, meaning };
  const times = formatValue(refusedResidual / residualBound, 2);
  return {
    title,
    meaning: `The surrogate’s residual was ${times} times its bound. This is the solver’s answer, with its figures.`,
  };
}

/** Words for an answer; before the first one, words for waiting. */
export function wordingOf(answer: Answer | undefined): Wording {
  const verdict = answer?.guard.verdict;
  if (answer !== undefined && verdict === 'fallback') return replaced(answer);
  if (verdict !== undefined) return wordings[verdict];
  return answer === undefined
    ? { title: 'Waiting', meaning: 'The guard judges each answer against the physics.' }
    : { title: 'Not guarded', meaning: 'The server sent no verdict with this answer.' };
}
