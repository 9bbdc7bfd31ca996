// One execution: the requests joined in it, from their departure to their answers.
import { isGalerkinError } from '../../base/index.js';
import type { Computed, Job } from '../backends/backend.js';
import type { Execution } from '../engine/pool.js';
import type { ExecutedBatch, FlushReason } from '../statistics/executions.js';
import { guardOf } from './guard-demand.js';
import { aloneInputs, type Joined, type JoinParts, joinInputs } from './join.js';
import { splitComputed } from './split.js';
import type { Waiting } from './waiting.js';

/** What a batch needs of its scheduler. */
export interface BatchHost {
  readonly joining: JoinParts;
  nowMs(): number;
  /** The instance is through with it, whatever came of it. Comes before anything else is told. */
  ended(): void;
  succeed(waiting: Waiting, computed: Computed): void;
  fail(waiting: Waiting, error: unknown): void;
  /** The batch failed, and it may be the fault of one of its members only: each is to be tried alone. */
  tryAlone(members: readonly Waiting[]): void;
  executed(batch: ExecutedBatch, members: readonly Waiting[]): void;
}

export interface BatchFacts {
  readonly members: readonly Waiting[];
  readonly items: number;
  readonly why: FlushReason;
}

export class Batch implements Execution {
  readonly job: Job;
  readonly items: number;
  private readonly members: readonly Waiting[];
  private readonly why: FlushReason;
  private readonly joined: Joined | undefined;
  /** When its inputs began to be joined; 0 once an instance has had it. */
  private formedMs: number;
  private startedMs = 0;
  private waitedMs = 0;

  constructor(
    private readonly host: BatchHost,
    { members, items, why }: BatchFacts,
  ) {
    this.formedMs = host.nowMs();
    this.members = members;
    this.items = items;
    this.why = why;
    const [first] = members;
    if (members.length === 1 && first !== undefined) {
      const { outputs, guard } = first.work;
      const inputs = aloneInputs(host.joining.plan, first.work);
      this.job = outputs === undefined ? { inputs, guard } : { inputs, outputs, guard };
    } else {
      this.joined = joinInputs(members, items, host.joining);
      this.job = { inputs: this.joined.inputs, guard: guardOf(members) };
    }
  }

  started(): void {
    this.startedMs = this.formedMs === 0 ? this.host.nowMs() : this.formedMs;
    this.formedMs = 0;
    let oldestMs = this.startedMs;
    for (const { work } of this.members) {
      work.times.startedMs = this.startedMs;
      if (work.times.queuedMs < oldestMs) oldestMs = work.times.queuedMs;
    }
    this.waitedMs = this.startedMs - oldestMs;
  }

  done(computed: Computed): void {
    const { members, host } = this;
    const inferredMs = host.nowMs();
    host.ended();
    const answers = this.joined === undefined ? undefined : splitComputed(computed, this.splitting(this.joined));
    if (this.joined !== undefined && answers === undefined) {
      host.tryAlone(members);
      return;
    }
    // What is not the runtime's time came before it: joining, the way to the instance, and waiting there for its turn.
    const inputDoneMs = Math.max(this.startedMs, inferredMs - computed.inferMs);
    const doneMs = host.nowMs();
    for (const { work } of members) {
      work.times.inputDoneMs = inputDoneMs;
      work.times.inferredMs = inferredMs;
      work.times.doneMs = doneMs;
      work.times.batchItems = this.items;
    }
    host.executed(
      {
        items: this.items,
        requests: members.length,
        inputMs: inputDoneMs - this.startedMs,
        inferMs: inferredMs - inputDoneMs,
        outputMs: doneMs - inferredMs,
        why: this.why,
        waitedMs: this.waitedMs,
        doneMs,
      },
      members,
    );
    for (let k = 0; k < members.length; k++) {
      const member = members[k];
      if (member !== undefined) host.succeed(member, answers?.[k] ?? computed);
    }
    if (this.joined !== undefined) for (const buffer of this.joined.buffers) host.joining.shelf.give(buffer);
  }

  failed(error: unknown): void {
    const { members, host } = this;
    host.ended();
    const mayBeOneOnly = members.length > 1 && isGalerkinError(error) && error.code === 'INFERENCE_FAILED';
    if (mayBeOneOnly) host.tryAlone(members);
    else for (const member of members) host.fail(member, error);
  }

  private splitting({ bucket }: Joined) {
    return { members: this.members, items: this.items, plan: this.host.joining.plan, bucket };
  }
}
