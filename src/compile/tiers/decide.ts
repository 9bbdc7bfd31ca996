// The rules: when a function is worth compiling, and when another choice is worth a switch. Pure; every answer says why.

export interface Decision {
  readonly yes: boolean;
  readonly rule: string;
  readonly why: string;
}

const ms = (value: number): string => `${value < 10 ? value.toPrecision(2) : Math.round(value)} ms`;

/** Before the first call: the tracer's own compiler may take longer for its first answer than native code does. */
export function decideFirst(facts: {
  readonly firstAnswerMs: number;
  readonly compileMs: number;
  readonly threshold: number;
}): Decision {
  const { firstAnswerMs, compileMs, threshold } = facts;
  const yes = firstAnswerMs * (1 - threshold) > compileMs;
  const told = `tier 0 is predicted to take ${ms(firstAnswerMs)} for its first answer, compiling ${ms(compileMs)}`;
  return yes ? { yes, rule: 'native first', why: told } : { yes, rule: 'cold', why: told };
}

/**
 * After a call in tier 0. As many calls are expected to come as came: a function seen n times is, on average, half-way
 * through its life.
 */
export function decideHot(facts: {
  readonly calls: number;
  readonly tierZeroMs: number;
  readonly nativeMs: number;
  readonly compileMs: number;
  readonly threshold: number;
}): Decision {
  const { calls, tierZeroMs, nativeMs, compileMs, threshold } = facts;
  const gainMs = calls * (tierZeroMs - nativeMs);
  const told = `${calls} more calls save ${ms(tierZeroMs - nativeMs)} each (${ms(tierZeroMs)} to ${ms(nativeMs)})`;
  if (nativeMs >= tierZeroMs * (1 - threshold)) {
    return {
      yes: false,
      rule: 'no gain',
      why: `native code is predicted to take ${ms(nativeMs)} of ${ms(tierZeroMs)}`,
    };
  }
  if (gainMs > compileMs) return { yes: true, rule: 'hot', why: `${told}, compiling costs ${ms(compileMs)}` };
  return { yes: false, rule: 'cold', why: `${told}, less than the ${ms(compileMs)} of compiling` };
}

/** What tier 2 may gain at most before it has tried: a third of each call. */
const hopedGain = 1 / 3;

/** After a native call: are there enough of them to pay for trying other choices? */
export function decideTrial(facts: {
  readonly calls: number;
  readonly nativeMs: number;
  readonly openMs: number;
}): Decision {
  const { calls, nativeMs, openMs } = facts;
  const gainMs = calls * nativeMs * hopedGain;
  const why = `${calls} native calls of ${ms(nativeMs)}, ${ms(openMs)} to open the others`;
  return { yes: gainMs > openMs, rule: gainMs > openMs ? 'try choices' : 'native', why };
}

/** After a trial: the fastest, if it is faster than what runs by more than the threshold. */
export function decideSwitch<Choice extends { readonly medianMs: number; readonly label: string }>(
  current: Choice,
  others: readonly Choice[],
  threshold: number,
): { readonly chosen: Choice; readonly why: string } {
  const best = others.reduce((a, b) => (b.medianMs < a.medianMs ? b : a), current);
  const told = [current, ...others].map(({ label, medianMs }) => `${label}: ${ms(medianMs)}`).join(', ');
  const chosen = best.medianMs < current.medianMs * (1 - threshold) ? best : current;
  return { chosen, why: `${told}; ${chosen === current ? 'kept' : 'took'} ${chosen.label}` };
}
