// The tracer's classes that it does not export: met once on values of a tiny trace, and known by their methods.
import { linearize, makeJaxpr, numpy, Array as TracedArray, vmap } from '@jax-js/jax';
import type { Equation } from './jaxpr.js';

/** A class whose instances count their references. */
export interface Counted {
  dispose(): void;
  readonly ref: unknown;
}

/** The tracer's recorder of equations, as far as we watch it. */
export interface Recorder {
  addEqn(equation: Equation): void;
  addConst(tracer: unknown, value: unknown): unknown;
  build(...values: unknown[]): unknown;
  /** Values that the function took from its surroundings, by their variables. */
  readonly constVals: ReadonlyMap<unknown, unknown>;
}

export interface TracerClasses {
  /** Prototypes of arrays that record, map or differentiate; real arrays are not among them. */
  readonly counted: readonly Counted[];
  /** Prototype of arrays that record. */
  readonly recording: object | undefined;
  readonly recorder: Recorder | undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

export function isRecorder(value: unknown): value is Recorder {
  return isRecord(value) && ['addEqn', 'addConst', 'build'].every(name => typeof value[name] === 'function');
}

/** True for prototypes that have a hand in counting. */
function isCounted(prototype: unknown): prototype is Counted {
  return typeof prototype === 'object' && prototype !== null && Object.hasOwn(prototype, 'dispose');
}

/** The recorder behind an array that records. */
export function recorderOf(value: unknown): Recorder | undefined {
  const trace = isRecord(value) ? value._trace : undefined;
  const main = isRecord(trace) ? trace.main : undefined;
  const recorder = isRecord(main) ? main.globalData : undefined;
  return isRecorder(recorder) ? recorder : undefined;
}

/** True for every array of the tracer: real ones and those that record, map or differentiate. */
export const isTraced = (value: unknown): value is numpy.Array =>
  isRecord(value) && '_trace' in value && 'aval' in value;

/** True for arrays that stand in a recording as they are: real ones and those that record. */
export const isPlain = (value: unknown): boolean =>
  value instanceof TracedArray || (isRecord(value) && Object.getPrototypeOf(value) === tracerClasses().recording);

/** What stands behind an array that is differentiated or mapped. */
function innerValues(value: unknown): unknown[] {
  return isRecord(value) ? [value.primal, value.tangent, value.val].filter(isRecord) : [];
}

function meetClasses(): TracerClasses {
  const met: unknown[] = [];
  makeJaxpr((x: unknown) => {
    met.push(x);
    return numpy.zeros([1]);
  })(numpy.zeros([1]));
  const recording: unknown = Object.getPrototypeOf(met[0]);
  const recorder: unknown = Object.getPrototypeOf(recorderOf(met[0]) ?? {});
  const [result, tangent] = linearize(
    (x: numpy.Array) => {
      met.push(x, ...innerValues(x));
      return x;
    },
    [numpy.zeros([1])],
  );
  result.dispose();
  tangent.dispose();
  vmap((x: numpy.Array) => {
    met.push(x);
    return x;
  })(numpy.zeros([1])).dispose();
  const prototypes = new Set(met.map((value): unknown => Object.getPrototypeOf(value)));
  return {
    counted: [...prototypes].filter(isCounted),
    recording: typeof recording === 'object' && recording !== null ? recording : undefined,
    recorder: isRecorder(recorder) ? recorder : undefined,
  };
}

let classes: TracerClasses | undefined;

/** Met on first use. A class that the tracer has changed is left out; what needs it then fails with the tracer's own words. */
export function tracerClasses(): TracerClasses {
  classes ??= meetClasses();
  return classes;
}

/** The recorder of what is being traced; undefined where nothing is. */
export function currentRecorder(): Recorder | undefined {
  const recorded = numpy.zeros([1]).neg();
  const recorder = recorderOf(recorded);
  if (recorder === undefined) recorded.dispose();
  return recorder;
}
