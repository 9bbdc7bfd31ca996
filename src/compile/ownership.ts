// Ownership: while a function is traced nothing is computed, so arrays need not be counted; each may be used any number of times.
import { Array as TracedArray } from '@jax-js/jax';
import { type Restore, replaceProperty } from './replace-property.js';
import { type Recorder, tracerClasses } from './tracer-classes.js';

/** Arrays that record are names in a list of equations: taking and dropping references of them changes nothing. */
function uncount(prototype: object): Restore[] {
  return [
    replaceProperty(prototype, 'dispose', { value: () => undefined }),
    replaceProperty(prototype, 'ref', {
      get(this: unknown) {
        return this;
      },
    }),
  ];
}

const { prototype: realArray } = TracedArray;
const realDispose = realArray.dispose;

const realReference = Object.getOwnPropertyDescriptor(realArray, 'ref')?.get;

/** One reference more, counted as always. @throws the tracer's error if the array has been freed. */
const takeReference = (array: TracedArray): unknown => realReference?.call(array);

interface Scope {
  /** Recorders that have met a value from outside and are not finished. */
  readonly open: Set<Recorder>;
  /** Depth of reads: what they make and drop inside is memory, and counted. */
  reading: number;
}

/** Real arrays keep their memory: uses and reads in the function leave the count as it was. */
function keepRealArrays(scope: Scope): Restore[] {
  const realRead = realArray.dataSync;
  return [
    replaceProperty(realArray, 'dispose', {
      value(this: TracedArray) {
        if (scope.reading > 0) realDispose.call(this);
      },
    }),
    replaceProperty(realArray, 'ref', {
      get(this: TracedArray) {
        if (scope.reading > 0 || this.refCount <= 0) takeReference(this);
        return this;
      },
    }),
    replaceProperty(realArray, 'dataSync', {
      value(this: TracedArray) {
        if (scope.reading > 0) return realRead.call(this);
        takeReference(this);
        scope.reading++;
        try {
          return realRead.call(this);
        } finally {
          scope.reading--;
        }
      },
    }),
  ];
}

/** Notes the recorders of this scope; those of inner functions are built before it ends. */
function followRecorders(prototype: Recorder, scope: Scope): Restore[] {
  const { addConst, build } = prototype;
  return [
    replaceProperty(prototype, 'addConst', {
      value(this: Recorder, tracer: unknown, value: unknown) {
        scope.open.add(this);
        return addConst.call(this, tracer, value);
      },
    }),
    replaceProperty(prototype, 'build', {
      value(this: Recorder, ...values: unknown[]) {
        scope.open.delete(this);
        return build.apply(this, values);
      },
    }),
  ];
}

let current: Scope | undefined;

/** Takes a recorder that was given up out of account. */
export function forgetRecorder(recorder: Recorder): void {
  current?.open.delete(recorder);
}

/**
 * Runs `action`, a part of a trace, in which every array may be used any number of times: `.ref` and `dispose` do nothing.
 * Arrays from outside keep their count; the trace takes one reference of each that it met, and whoever reads the
 * recording gives it back. Whatever happens, the tracer counts as before afterwards.
 */
export function withoutOwnership<T>(action: () => T): T {
  if (current !== undefined) return action();
  const scope: Scope = { open: new Set(), reading: 0 };
  const { counted, recorder } = tracerClasses();
  const restores = [
    ...counted.flatMap(uncount),
    ...keepRealArrays(scope),
    ...(recorder === undefined ? [] : followRecorders(recorder, scope)),
  ];
  current = scope;
  let result: T;
  try {
    result = action();
  } finally {
    current = undefined;
    for (const restore of restores.reverse()) restore();
  }
  for (const { constVals } of scope.open)
    for (const value of constVals.values()) if (value instanceof TracedArray) takeReference(value);
  return result;
}
