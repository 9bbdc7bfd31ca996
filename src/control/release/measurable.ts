// Which criteria can be judged with these two versions and this strategy, and why the others cannot.
import type { ModelPackage } from '../../model/index.js';
import type { Criterion, JudgedMetric } from '../judge/judgement.js';
import type { ReleaseSpec } from './document.js';
import type { Stage } from './status.js';

export interface Measurable {
  readonly judged: readonly Criterion[];
  readonly notJudged: readonly { readonly metric: JudgedMetric; readonly why: string }[];
}

const ofGuard: ReadonlySet<JudgedMetric> = new Set(['guard-rate', 'residual', 'conservation']);

interface Facts {
  readonly spec: ReleaseSpec;
  readonly stages: readonly Stage[];
  readonly packages: readonly ModelPackage[];
}

/** Why a metric cannot be measured; undefined if it can. */
function obstacle(metric: JudgedMetric, { spec, stages, packages }: Facts): string | undefined {
  if (ofGuard.has(metric)) {
    const bare = packages.filter(({ manifest }) => manifest?.guard === undefined).map(({ version }) => version);
    if (bare.length > 0) return `no guard is published with version ${bare.join(' and ')}`;
  }
  const isCopied = stages.some(({ mirrorShare }) => mirrorShare > 0);
  if (metric === 'difference' && !isCopied) return 'no stage sends copies: set a mirror';
  if (metric !== 'accuracy') return undefined;
  if (spec.truth === undefined) return 'no truth is named';
  return isCopied ? undefined : 'the truth answers copies, and no stage sends any: set a mirror';
}

export function measurableOf(facts: Facts): Measurable {
  const all = facts.spec.judge.criteria.map(criterion => ({ criterion, why: obstacle(criterion.metric, facts) }));
  return {
    judged: all.flatMap(({ criterion, why }) => (why === undefined ? [criterion] : [])),
    notJudged: all.flatMap(({ criterion: { metric }, why }) => (why === undefined ? [] : [{ metric, why }])),
  };
}
