// The table of rules: primitive by name. What is not here is refused.
import { arithmeticRules } from './arithmetic.js';
import { contractionRules } from './contraction.js';
import { convolutionRules } from './convolution.js';
import { withFactors } from './factor.js';
import { indexingRules } from './indexing.js';
import { movementRules } from './movement.js';
import type { Rule } from './rule.js';
import { windowRules } from './window.js';

const plainRules: Readonly<Record<string, Rule>> = {
  ...arithmeticRules,
  ...movementRules,
  ...contractionRules,
  ...convolutionRules,
  ...indexingRules,
  ...windowRules,
};

export const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries(plainRules).map(([primitive, rule]) => [primitive, withFactors(primitive, rule)]),
);
