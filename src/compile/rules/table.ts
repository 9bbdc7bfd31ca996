// The table of rules: primitive by name. What is not here is refused.
import { arithmeticRules } from './arithmetic.js';
import { bitRules } from './bits.js';
import { contractionRules } from './contraction.js';
import { convolutionRules } from './convolution.js';
import { withFactors } from './factor.js';
import { fourierRules } from './fourier.js';
import { functionRules } from './functions.js';
import { indexingRules } from './indexing.js';
import { luRules } from './lu.js';
import { movementRules } from './movement.js';
import { randomRules } from './random-bits.js';
import type { Rule } from './rule.js';
import { selectionRules } from './selection.js';
import { sortingRules } from './sorting.js';
import { triangularRules } from './triangular.js';
import { windowRules } from './window.js';

const plainRules: Readonly<Record<string, Rule>> = {
  ...arithmeticRules,
  ...functionRules,
  ...selectionRules,
  ...bitRules,
  ...movementRules,
  ...contractionRules,
  ...convolutionRules,
  ...indexingRules,
  ...windowRules,
  ...sortingRules,
  ...randomRules,
  ...triangularRules,
  ...luRules,
  ...fourierRules,
};

export const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries(plainRules).map(([primitive, rule]) => [primitive, withFactors(primitive, rule)]),
);
