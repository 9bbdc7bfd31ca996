// The distributions that people look at afterwards: latency, cost, residual and difference of both arms.
import { z } from 'zod';
import type { RequestSample } from '../../observe/index.js';
import type { Arm } from './arms.js';
import type { ArmSketch } from './judge.js';
import { addToSketch, quantileOf, type SketchState, sketchState, upperEdge } from './log-sketch.js';

const armsState = z.strictObject({ stable: sketchState.prefault({}), candidate: sketchState.prefault({}) });

export const sketchesState = z.strictObject({
  latency: armsState.prefault({}),
  compute: armsState.prefault({}),
  residual: armsState.prefault({}),
  difference: armsState.prefault({}),
});
export type SketchesState = z.infer<typeof sketchesState>;

const figures = ['latency', 'compute', 'residual', 'difference'] as const;
const units = { latency: 'ms', compute: 'ms', residual: '1', difference: '1' } as const;
const probabilities = [0.5, 0.9, 0.95, 0.99] as const;

function add(state: SketchState, value: number | null): void {
  if (value !== null) addToSketch(state, value);
}

/** Counts a sample where it was measured; latencies and costs of requests that failed are left out. */
export function addToSketches(state: SketchesState, sample: RequestSample, arm: Arm): void {
  if (sample.ok) {
    add(state.latency[arm], sample.latencyMs);
    add(state.compute[arm], sample.computeMs);
  }
  add(state.residual[arm], sample.residual);
  if (arm === 'candidate' && sample.paired !== null) add(state.difference.candidate, sample.paired.difference);
}

function sketchOf(figure: (typeof figures)[number], arm: Arm, state: SketchState): ArmSketch {
  const { count, first, counts } = state;
  return {
    figure,
    arm,
    unit: units[figure],
    count,
    edges: counts.map((_, k) => upperEdge(first + k)),
    counts: [...counts, 0],
    quantiles: probabilities.map(probability => ({ probability, value: quantileOf(state, probability) ?? 0 })),
  };
}

/** Of each figure and arm that has values. */
export const armSketches = (state: SketchesState): ArmSketch[] =>
  figures.flatMap(figure =>
    (['stable', 'candidate'] as const)
      .filter(arm => state[figure][arm].count > 0)
      .map(arm => sketchOf(figure, arm, state[figure][arm])),
  );
