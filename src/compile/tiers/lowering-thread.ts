// Lowers recorded programs in another thread: a recording is plain data, so only tracing and opening must stay here.
import { Worker } from 'node:worker_threads';
import type { OnnxModel } from '../lower.js';
import type { GraphLevel, LoweringAnswer, LoweringWork } from './lowering-worker.js';
import type { PlainProgram } from './plain-program.js';

type Waiting = (answer: LoweringAnswer | undefined) => void;

function isAnswer(value: unknown): value is LoweringAnswer {
  return typeof value === 'object' && value !== null && 'number' in value && 'ms' in value;
}

export interface Lowered {
  readonly model: OnnxModel;
  readonly optimized?: Uint8Array;
  readonly ms: number;
}

export class LoweringThread {
  #worker: Worker | undefined;
  #count = 0;
  readonly #waiting = new Map<number, Waiting>();

  /**
   * Lowers a program. Starts the thread on first use (about 0.3 s until its tracer is loaded, none of it on this thread).
   * @returns undefined if it could not be lowered there: then it is tried, or refused with its place, where the function is.
   */
  async lower(program: PlainProgram): Promise<Lowered | undefined> {
    const answer = await this.#ask({ program });
    if (answer?.model === undefined) return undefined;
    const { model, optimized, ms } = answer;
    return optimized === undefined ? { model, ms } : { model, optimized, ms };
  }

  /** What the runtime makes of a model for this processor; undefined if it could not be written. */
  async optimize(bytes: Uint8Array, graphLevel: GraphLevel): Promise<Uint8Array | undefined> {
    return (await this.#ask({ bytes, graphLevel }))?.optimized;
  }

  #ask(work: LoweringWork): Promise<LoweringAnswer | undefined> {
    this.#count += 1;
    const number = this.#count;
    return new Promise(resolve => {
      this.#waiting.set(number, resolve);
      try {
        const thread = this.#thread();
        thread.ref();
        thread.postMessage({ number, ...work });
      } catch {
        this.#settle(number, undefined);
      }
    });
  }

  /** Ends the thread; what it was doing is answered with undefined. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    this.#giveUp();
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL('./lowering-worker.js', import.meta.url), { stdout: false, stderr: false });
    worker.on('message', (message: unknown) => {
      if (isAnswer(message)) this.#settle(message.number, message);
    });
    const lost = (): void => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#giveUp();
    };
    worker.on('error', lost);
    worker.on('exit', lost);
    this.#worker = worker;
    return worker;
  }

  #settle(number: number, answer: LoweringAnswer | undefined): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    // While something is under way the process must not end; an idle thread must not keep it.
    if (this.#waiting.size === 0) this.#worker?.unref();
    waiting?.(answer);
  }

  #giveUp(): void {
    for (const number of [...this.#waiting.keys()]) this.#settle(number, undefined);
  }
}
