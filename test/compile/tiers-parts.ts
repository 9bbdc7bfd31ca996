// What the tests of tiers inject: a clock that moves by a set step at each reading, a machine, and plain tensors.
import { type Clock, float32, type Tensor } from 'galerkin/base';
import { type AdaptiveSettings, createAdaptiveOptimizer, type Machine } from 'galerkin/compile';

export interface SteppingClock extends Clock {
  /** How far each reading moves the clock, ms: a call that reads it twice takes this long. */
  stepMs: number;
}

export function steppingClock(stepMs = 10): SteppingClock {
  let now = 0;
  const clock = {
    stepMs,
    now: () => 1_700_000_000_000 + now,
    monotonic: () => {
      now += clock.stepMs;
      return now;
    },
  };
  return clock;
}

export const machine: Machine = { features: 'test', cores: 2, runtime: '1', lowering: '1' };

/** Compiling is believed to cost 25 ms, native code to be four times faster, the first answer to cost nothing. */
export const costs = {
  compileFixedMs: 25,
  compilePerEquationMs: 0,
  firstAnswerFixedMs: 0,
  firstAnswerPerEquationMs: 0,
  speedUp: 4,
};

/** An optimizer in which each call of tier 0 takes 10 ms: it is hot after the fourth (4 * 7.5 ms > 25 ms). */
export function optimizerFor(options: AdaptiveSettings = {}, clock: SteppingClock = steppingClock()) {
  return createAdaptiveOptimizer({ threads: 1, trialCalls: 0, ...options }, { clock, machine, costs });
}

export const hotAfter = 4;

export const vector = (...values: number[]): Tensor => float32(Float32Array.from(values), [values.length]);

export const matrix = (rows: number, columns: number, value: (k: number) => number): Tensor =>
  float32(
    Float32Array.from({ length: rows * columns }, (_, k) => value(k)),
    [rows, columns],
  );

export function numbers({ data }: Tensor): number[] {
  return Array.from(data, Number);
}
