// How far answers are from those of a reference: relative L2 error, of each sample and over all.
import { invariant, type Tensor } from '../base/index.js';
import type { Feeds } from './feeds.js';

export interface Deviation {
  /** Mean over samples of |answer - reference| / |reference| in the L2 norm, the worst of the outputs. */
  readonly relativeL2: number;
  /** The worst sample's. */
  readonly worstRelativeL2: number;
  /** Largest difference of one element. */
  readonly largest: number;
  readonly samples: number;
}

interface Difference {
  readonly relative: number;
  readonly largest: number;
}

/** Not a number in an answer counts as infinitely far, unless the reference has it too. */
function differenceOf(answer: Tensor, reference: Tensor): Difference {
  if (answer.dtype === 'BYTES' || reference.dtype === 'BYTES') return { relative: 0, largest: 0 };
  const [a, b] = [answer.data, reference.data];
  invariant(a.length === b.length, `an answer has ${b.length} values, as the reference has`);
  let [squares, norm, largest] = [0, 0, 0];
  for (let k = 0; k < b.length; k++) {
    const [x, y] = [Number(a[k]), Number(b[k])];
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) {
      if (Number.isFinite(y)) norm += y * y;
      continue;
    }
    const difference = Math.abs(x - y);
    if (!Number.isFinite(difference)) return { relative: Number.POSITIVE_INFINITY, largest: Number.POSITIVE_INFINITY };
    squares += difference * difference;
    norm += y * y;
    largest = Math.max(largest, difference);
  }
  return { relative: squares === 0 ? 0 : Math.sqrt(squares / norm), largest };
}

/** Compares answers with a reference's to the same feeds. Outputs that the reference lacks are ignored. */
export function deviationOf(answers: readonly Feeds[], references: readonly Feeds[]): Deviation {
  invariant(answers.length === references.length && answers.length > 0, 'answers and references pair up');
  const perSample = references.map((reference, k): Difference => {
    const differences = Object.entries(reference).map(([name, truth]) => {
      const answer = answers[k]?.[name];
      return answer === undefined
        ? { relative: Number.POSITIVE_INFINITY, largest: Number.POSITIVE_INFINITY }
        : differenceOf(answer, truth);
    });
    return {
      relative: Math.max(0, ...differences.map(({ relative }) => relative)),
      largest: Math.max(0, ...differences.map(({ largest }) => largest)),
    };
  });
  const relatives = perSample.map(({ relative }) => relative);
  return {
    relativeL2: relatives.reduce((sum, value) => sum + value, 0) / relatives.length,
    worstRelativeL2: Math.max(...relatives),
    largest: Math.max(...perSample.map(({ largest }) => largest)),
    samples: perSample.length,
  };
}
