// From the reports of all criteria to one verdict and one sentence.
import type { Criterion, CriterionReport, JudgeConfig, Judgement, JudgeVerdict } from './judgement.js';
import type { TestReport } from './metric-test.js';

/** A criterion with what its test found. */
export interface Finding {
  readonly criterion: Criterion;
  readonly report: TestReport;
  readonly isMeasured: boolean;
  /** False while it may still come to be measured. */
  readonly isGivenUp: boolean;
  readonly needsCount: boolean;
  readonly matters: number;
  /** Shares of the capital that lie on it. */
  readonly shares: number;
}

export interface Heard {
  readonly stable: number;
  readonly candidate: number;
}

export interface VerdictInput {
  readonly config: JudgeConfig;
  readonly heard: Heard;
  readonly findings: readonly Finding[];
  readonly atMs: number;
}

/** Capital that a criterion brings towards a refusal: none where the effect does not matter or the samples are too few. */
function accusation({ report, needsCount, matters, shares }: Finding, isEnough: boolean): number {
  if (needsCount && !isEnough) return 0;
  const { effect } = report;
  return effect !== null && effect > 0 && effect >= matters ? shares * report.harm : 0;
}

const isProved = ({ report, isMeasured }: Finding, falsePass: number): boolean =>
  isMeasured && report.safety >= 1 / falsePass;

const percentages = new Set(['accuracy', 'difference']);
const amount = ({ metric }: Criterion, value: number): string =>
  percentages.has(metric)
    ? value.toPrecision(3)
    : `${(100 * value).toFixed(1)} ${metric.endsWith('-rate') ? 'points' : '%'}`;

function harmSentence({ criterion, report }: Finding): string {
  const { stableSamples, candidateSamples, effect, harm } = report;
  const odds = harm > 1e6 ? 'more than a million' : harm.toFixed(0);
  return `${criterion.metric} is worse by ${amount(criterion, effect ?? 0)} (evidence ${odds} to 1, from ${stableSamples} and ${candidateSamples} samples)`;
}

interface Decision {
  readonly verdict: JudgeVerdict;
  readonly reason: string;
}

/** What keeps a criterion from being proved, in a few words. */
function lack({ criterion, report, isMeasured }: Finding): string {
  if (!isMeasured) return `${criterion.metric} is not measured yet`;
  const bound = report.upper === null ? 'unknown' : amount(criterion, report.upper);
  return `${criterion.metric} may still be worse by ${bound}, ${amount(criterion, report.margin ?? criterion.margin)} is allowed`;
}

function pass({ config, heard, findings }: VerdictInput): Decision {
  const missing = (['stable', 'candidate'] as const).filter(arm => heard[arm] < config.minSamples);
  if (missing.length > 0) {
    const counts = missing.map(arm => `${heard[arm]} of ${config.minSamples} samples of the ${arm} version`);
    return { verdict: 'continue', reason: `There are ${counts.join(' and ')}.` };
  }
  const measured = findings.filter(({ isMeasured }) => isMeasured);
  const passedOver = findings.filter(({ isGivenUp }) => isGivenUp).map(({ criterion }) => criterion.metric);
  const over = passedOver.length === 0 ? '' : ` Not measured: ${passedOver.join(', ')}.`;
  if (measured.length === 0) return { verdict: 'continue', reason: `No criterion can be measured.${over}` };
  const wanted = findings.filter(({ criterion, isGivenUp }) => !criterion.advisory && !isGivenUp);
  // Where all are advisory, at least what they measure must be proved.
  const needed = wanted.length === 0 ? measured : wanted;
  const open = needed.filter(each => !isProved(each, config.falsePass));
  if (open.length > 0) return { verdict: 'continue', reason: `${open.map(lack).join('; ')}.${over}` };
  const proved = needed.map(({ criterion }) => criterion.metric).join(', ');
  return { verdict: 'promote', reason: `No worse than allowed in ${proved}.${over}` };
}

/** The verdict of one criterion by itself, for people. */
function own(finding: Finding, config: JudgeConfig, accused: boolean): JudgeVerdict {
  if (accused) return 'abort';
  return isProved(finding, config.falsePass) ? 'promote' : 'continue';
}

/**
 * The upper bound that goes with the verdict. Bands of shares and quantiles are wider than what their tests know: where "worse
 * by the margin" is refuted, the margin is a bound at the same level. None is given where the estimate is beyond it all the same.
 */
function upperOf({ criterion, report }: Finding, verdict: JudgeVerdict): number | null {
  const { effect, upper, margin = criterion.margin } = report;
  if (verdict !== 'promote' || (upper !== null && upper <= margin)) return upper;
  return effect === null || effect > margin ? null : margin;
}

/**
 * Abort where the capital that the worse criteria have gathered reaches 1/falseAlarm; promote where each criterion that counts
 * has evidence of 1/falsePass that it is not worse by its margin; else continue.
 */
export function judgementOf(input: VerdictInput): Judgement {
  const { config, heard, findings, atMs } = input;
  const isEnough = heard.stable >= config.minSamples && heard.candidate >= config.minSamples;
  const charges = findings.map(finding => accusation(finding, isEnough));
  const isAbort = charges.reduce((sum, each) => sum + each, 0) >= 1 / config.falseAlarm;
  const most = Math.max(...charges);
  // Of several that brought it down, those are named without which it might have stood.
  const accused = charges.map(charge => isAbort && charge * findings.length >= Math.min(most, 1 / config.falseAlarm));
  const criteria = findings.map((finding, k): CriterionReport => {
    const verdict = own(finding, config, accused[k]);
    return {
      metric: finding.criterion.metric,
      ...finding.report,
      test: finding.isGivenUp ? 'not measured' : finding.report.test,
      verdict,
      upper: upperOf(finding, verdict),
      margin: finding.report.margin ?? finding.criterion.margin,
    };
  });
  if (!isAbort) return { ...pass(input), atMs, criteria };
  const why = findings.filter((_, k) => accused[k]).map(harmSentence);
  return { verdict: 'abort', reason: `The candidate's ${why.join('; ')}.`, atMs, criteria };
}
