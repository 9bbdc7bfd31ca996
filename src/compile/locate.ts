// Where an operation was written: the tracer's equations carry no place, so their creation is watched while a function is traced.
import type { Equation } from './jaxpr.js';
import { type Recorder, tracerClasses } from './tracer-classes.js';

/** Frames kept for one equation; the tracer's own frames are a part of them. */
const keptFrames = 24;
/** Made by the hundred, and never refused: not worth a stack. */
const neverRefused: ReadonlySet<string> = new Set(['reshape', 'transpose', 'broadcast']);
const ownFolder = new URL('.', import.meta.url).pathname;

/** One line of a stack as 'file:line:column', or undefined for frames that are not the user's. */
function placeOf(frame: string): string | undefined {
  if (frame.includes('@jax-js') || frame.includes(ownFolder) || frame.includes('node:')) return undefined;
  return /\(?((?:file:\/\/)?\/?[^\s()]+:\d+:\d+)\)?$/.exec(frame.trim())?.[1]?.replace('file://', '');
}

/** The places of the equations made while it watches. */
export class Watch {
  readonly #stacks = new WeakMap<object, Error>();

  /** Runs `action` with every new equation noted; whatever happens, the recorder is as before afterwards. */
  during<T>(action: () => T): T {
    const prototype = tracerClasses().recorder;
    if (prototype === undefined) return action();
    const original = prototype.addEqn;
    const note = (equation: Equation): void => {
      this.#note(equation);
    };
    prototype.addEqn = function (this: Recorder, equation) {
      note(equation);
      original.call(this, equation);
    };
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = keptFrames;
    try {
      return action();
    } finally {
      Error.stackTraceLimit = limit;
      prototype.addEqn = original;
    }
  }

  #note({ primitive, params, outBinders }: Equation): void {
    if (neverRefused.has(primitive)) return;
    const stack = new Error('here');
    for (const output of outBinders) this.#stacks.set(output, stack);
    if (!this.#stacks.has(params)) this.#stacks.set(params, stack);
  }

  /** 'file:line:column' of the user's code that made the equation; the innermost line known. */
  placeOf({ params, outBinders }: Equation): string | undefined {
    for (const key of [params, ...outBinders]) {
      const place = this.#stacks
        .get(key)
        ?.stack?.split('\n')
        .map(placeOf)
        .find(found => found !== undefined);
      if (place !== undefined) return place;
    }
    return undefined;
  }
}
