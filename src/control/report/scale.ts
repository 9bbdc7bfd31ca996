// From values to places in a picture and back to round numbers beside it: linear, logarithmic, and time since the start.

export interface Scale {
  readonly kind: 'linear' | 'log';
  readonly low: number;
  readonly high: number;
  /** Where a value stands. What lies far outside, infinity too, stands a little outside: a path needs numbers that it can draw. */
  at(value: number): number;
}

type Span = readonly [from: number, to: number];

/** How far outside the frame things may stand, in lengths of the frame. */
const outside = 0.5;

const placed = (part: number, [from, to]: Span): number =>
  from + (to - from) * Math.min(1 + outside, Math.max(-outside, part));

/** An empty domain is widened: one value alone stands in the middle. */
export function linearScale([least, most]: Span, span: Span): Scale {
  const room = most > least ? 0 : Math.abs(least) * 0.1 || 1;
  const [low, high] = [least - room, most + room];
  return { kind: 'linear', low, high, at: value => placed((value - low) / (high - low), span) };
}

/** `least` must be positive; what is not positive stands below the frame. */
export function logScale([least, most]: Span, span: Span): Scale {
  const room = most > least ? 1 : 3;
  const [low, high] = [least / room, most * room];
  const length = Math.log(high / low);
  return {
    kind: 'log',
    low,
    high,
    at: value => placed(value > 0 ? Math.log(value / low) / length : -outside, span),
  };
}

const multiplesOf = (step: number, { low, high }: Scale): number[] => {
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.max(0, Math.floor(high / step + 1e-9) - first + 1);
  return Array.from({ length: Math.min(count, 50) }, (_, k) => Number(((first + k) * step).toPrecision(12)));
};

/** Round numbers of a linear scale, about `wanted` of them. */
export function roundTicks(scale: Scale, wanted: number): number[] {
  const rough = (scale.high - scale.low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find(each => each * power >= rough * 0.999) ?? 10);
  return multiplesOf(step, scale);
}

/** Powers of ten of a logarithmic scale, at most `most` of them; with 2 and 5 between where there are fewer than three. */
export function decadeTicks({ low, high }: Scale, most: number): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const count = Math.floor(Math.log10(high) + 1e-9) - first + 1;
  const step = Math.max(1, Math.ceil(count / most));
  const powers = Array.from({ length: Math.max(0, Math.ceil(count / step)) }, (_, k) => 10 ** (first + k * step));
  if (powers.length >= 3) return powers;
  const all = Array.from({ length: count + 2 }, (_, k) => 10 ** (first - 1 + k));
  return all.flatMap(power => [power, 2 * power, 5 * power]).filter(value => value >= low && value <= high);
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const timeSteps = [
  ...[10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map(count => count * second),
  ...[1, 2, 5, 10, 15, 30].map(count => count * minute),
  ...[1, 2, 3, 6, 12, 24, 48, 168].map(count => count * hour),
];

export interface TimeTick {
  readonly ms: number;
  readonly label: string;
}

/** As a clock where some mark lies beyond two minutes: marks of one axis look alike. */
function timeLabel(ms: number, stepMs: number, isClock: boolean): string {
  if (ms === 0) return '0';
  if (stepMs >= 24 * hour) return `${ms / (24 * hour)} d`;
  if (stepMs >= hour) return `${ms / hour} h`;
  if (stepMs >= minute) return `${ms / minute} min`;
  if (!isClock) return `${ms / second} s`;
  return `${Math.floor(ms / minute)}:${String(Math.round((ms % minute) / second)).padStart(2, '0')}`;
}

/** Marks of a scale in milliseconds since the start. */
export function timeTicks(scale: Scale, wanted: number): TimeTick[] {
  const rough = (scale.high - scale.low) / wanted;
  const step = timeSteps.find(each => each >= rough) ?? Math.ceil(rough / (168 * hour)) * 168 * hour;
  return multiplesOf(step, scale).map(ms => ({ ms, label: timeLabel(ms, step, scale.high > 2 * minute) }));
}
