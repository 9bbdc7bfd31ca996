// The crew: worker threads that hold sessions as a server's instances do, and run them at the same time on demand.
import { Worker } from 'node:worker_threads';
import { GalerkinError } from '../../base/index.js';
import type { Feeds } from '../feeds.js';
import type { CrewCall, CrewReply, SliceTimes } from './crew-protocol.js';
import type { Measured, Settings } from './trial.js';

export interface Seat {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly settings: Settings;
  /** Taken in turns. */
  readonly feeds: readonly Feeds[];
}

type NewCall = CrewCall extends infer Call ? (Call extends CrewCall ? Omit<Call, 'id'> : never) : never;

/** One worker and the calls that wait for it. */
class Member {
  readonly #worker = new Worker(new URL('./crew-worker.js', import.meta.url), { execArgv: [] });
  readonly #waiting = new Map<number, { resolve(reply: CrewReply): void; reject(error: Error): void }>();
  #next = 1;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', (reply: CrewReply) => {
      this.#waiting.get(reply.id)?.resolve(reply);
      this.#waiting.delete(reply.id);
    });
    this.#worker.on('error', error => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the worker thread ended')));
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async ask(call: NewCall): Promise<SliceTimes | undefined> {
    const id = this.#next++;
    this.#worker.ref();
    const replying = new Promise<CrewReply>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#worker.postMessage({ ...call, id });
    try {
      const reply = await replying;
      if (reply.failed !== undefined) throw new GalerkinError('SESSION_RUN_FAILED', { reason: reply.failed });
      return reply.times;
    } finally {
      if (this.#waiting.size === 0) this.#worker.unref();
    }
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Bytes of models that may be open at once; beyond that, those that were not used for longest are closed. */
const heldBytes = 768 * 2 ** 20;

export class Crew {
  readonly #members: Member[] = [];
  /** Open seats, those used last at the end. */
  readonly #open = new Map<string, { readonly instances: number; readonly bytes: number }>();

  #member(k: number): Member {
    const member = this.#members[k] ?? new Member();
    this.#members[k] = member;
    return member;
  }

  async #ensure({ key, bytes, settings, feeds }: Seat): Promise<void> {
    const { instances, threads, graphLevel } = settings;
    const held = this.#open.get(key);
    if (held !== undefined) {
      this.#open.delete(key);
      this.#open.set(key, held);
      return;
    }
    // A session takes about its weights, and once more for those that it keeps rearranged.
    const needed = 2 * bytes.byteLength * instances;
    for (const old of [...this.#open.keys()]) {
      const sum = [...this.#open.values()].reduce((total, each) => total + each.bytes, needed);
      if (sum <= heldBytes) break;
      await this.close(old);
    }
    this.#open.set(key, { instances, bytes: needed });
    const open = { op: 'open', key, bytes, threads, graphLevel, feeds } as const;
    const opening = await Promise.allSettled(Array.from({ length: instances }, (_, k) => this.#member(k).ask(open)));
    const failed = opening.find(each => each.status === 'rejected');
    if (failed === undefined) return;
    await this.close(key);
    throw failed.reason;
  }

  /**
   * Runs all instances of a seat at the same time, each `runs` times or until `limitMs` is over, at least once.
   * @throws SESSION_RUN_FAILED with the runtime's reason, also for models that it cannot open.
   */
  async run(seat: Seat, plan: { readonly runs: number; readonly limitMs: number }): Promise<Measured> {
    await this.#ensure(seat);
    const { instances, batch } = seat.settings;
    const slices = await Promise.all(
      Array.from({ length: instances }, (_, k) => this.#member(k).ask({ op: 'run', key: seat.key, ...plan })),
    );
    const times = slices.filter(slice => slice !== undefined);
    const rate = times.reduce((sum, { runsMs, wallMs }) => sum + (1000 * batch * runsMs.length) / wallMs, 0);
    return { runsMs: times.flatMap(({ runsMs }) => runsMs), rates: [rate] };
  }

  async close(key: string): Promise<void> {
    const held = this.#open.get(key);
    this.#open.delete(key);
    if (held === undefined) return;
    await Promise.all(Array.from({ length: held.instances }, (_, k) => this.#member(k).ask({ op: 'close', key })));
  }

  async end(): Promise<void> {
    await Promise.all(this.#members.map(member => member.end()));
  }
}
