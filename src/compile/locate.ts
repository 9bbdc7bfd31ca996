// Where an operation was written: the tracer's equations carry no place, so they are numbered while a function is traced,
// and when a place is asked for, the function is traced once more, up to the equation of that number.
import type { Equation } from './jaxpr.js';
import { replaceProperty } from './replace-property.js';
import { type Recorder, tracerClasses } from './tracer-classes.js';

/** Frames kept of a stack; the tracer's own frames are a part of them. */
const keptFrames = 40;
/** More equations than an inner function has. */
const innerNumbers = 2 ** 24;
const ownFolder = new URL('.', import.meta.url).pathname;

/** One line of a stack as 'file:line:column', or undefined for frames that are not the user's. */
function placeOfFrame(frame: string): string | undefined {
  if (frame.includes('@jax-js') || frame.includes(ownFolder) || frame.includes('node:')) return undefined;
  return /\(?((?:file:\/\/)?\/?[^\s()]+:\d+:\d+)\)?$/.exec(frame.trim())?.[1]?.replace('file://', '');
}

function placeHere(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = keptFrames;
  const { stack = '' } = new Error('here');
  Error.stackTraceLimit = limit;
  return stack
    .split('\n')
    .map(placeOfFrame)
    .find(found => found !== undefined);
}

/** Traces the same function again under another watch. */
export type Retrace = (watch: Watch) => void;

/** The places of the equations made while it watches. */
export class Watch {
  readonly #numbers = new WeakMap<object, number>();
  readonly #places = new Map<number, string | undefined>();
  readonly #retrace: Retrace | undefined;
  readonly #sought: number | undefined;
  #outer: Recorder | undefined;
  #count = 0;
  #inner = 0;

  /** @param sought the number of an equation whose place is noted while it is made. */
  constructor(retrace?: Retrace, sought?: number) {
    this.#retrace = retrace;
    this.#sought = sought;
  }

  /** Runs `action` with every new equation numbered; whatever happens, the recorder is as before afterwards. */
  during<T>(action: () => T): T {
    const { recorder } = tracerClasses();
    if (recorder === undefined) return action();
    const original = recorder.addEqn;
    const note = (from: Recorder, equation: Equation): void => {
      this.#note(from, equation);
    };
    const restore = replaceProperty(recorder, 'addEqn', {
      value(this: Recorder, equation: Equation) {
        note(this, equation);
        original.call(this, equation);
      },
    });
    try {
      return action();
    } finally {
      restore();
    }
  }

  /** Equations of `recorder` are counted; those of inner functions from one of these to the next. */
  follow(recorder: Recorder | undefined): void {
    this.#outer = recorder;
  }

  #note(from: Recorder, { params, outBinders }: Equation): void {
    if (from === this.#outer) {
      this.#count++;
      this.#inner = 0;
    } else this.#inner++;
    const number = this.#count * innerNumbers + this.#inner;
    if (number === this.#sought) this.#places.set(number, placeHere());
    if (this.#sought !== undefined) return;
    const [output] = outBinders;
    if (output !== undefined) this.#numbers.set(output, number);
    if (!this.#numbers.has(params)) this.#numbers.set(params, number);
  }

  #seek(number: number): string | undefined {
    const seeker = new Watch(undefined, number);
    try {
      this.#retrace?.(seeker);
    } catch {
      // What the function throws the second time tells nothing about the first.
    }
    return seeker.#places.get(number);
  }

  /** 'file:line:column' of the user's code that made the equation. Traces again, once for each place. */
  placeOf({ params, outBinders: [output] }: Equation): string | undefined {
    const number = this.#numbers.get(params) ?? (output === undefined ? undefined : this.#numbers.get(output));
    if (number === undefined) return undefined;
    if (!this.#places.has(number)) this.#places.set(number, this.#seek(number));
    return this.#places.get(number);
  }
}
