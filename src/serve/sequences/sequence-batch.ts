// One execution: a request each of several sequences, from their departure to their answers and new states.

import { isGalerkinError } from '../../base/index.js';
import type { Computed, Job, Tensors } from '../backends/backend.js';
import { guardOf } from '../batching/guard-demand.js';
import type { Execution } from '../engine/pool.js';
import type { ExecutedBatch, FlushReason } from '../statistics/executions.js';
import { statesAfter } from './implicit-state.js';
import { blankRow, fallsApart, joinRows, rowFrom, rowOf } from './rows.js';
import type { Turn } from './sequence.js';
import type { SequencePlan } from './sequence-plan.js';

/** What an execution needs of its scheduler. */
export interface SequenceHost {
  readonly plan: SequencePlan;
  readonly model: string;
  /** True for outputs that clients see. */
  isSeen(output: string): boolean;
  nowMs(): number;
  succeed(turn: Turn, computed: Computed): void;
  fail(turn: Turn, error: unknown): void;
  executed(batch: ExecutedBatch): void;
  /** Settles the members of a batch; what becomes ready meanwhile leaves together afterwards. */
  together(settle: () => void): void;
}

export interface SequenceBatchFacts {
  readonly turns: readonly Turn[];
  readonly why: FlushReason;
  /** Each request in the row of its slot, with blank rows between; otherwise one after another. */
  readonly isBySlot: boolean;
  /** The batch failed, and it may be the fault of one of its members only: each is to be tried alone. */
  tryAlone(turns: readonly Turn[]): void;
}

export class SequenceBatch implements Execution {
  readonly job: Job;
  readonly items: number;
  /** The row of each request. */
  private readonly places: readonly number[];
  private readonly rows: number;
  private startedMs = 0;
  private waitedMs = 0;

  constructor(
    private readonly host: SequenceHost,
    private readonly facts: SequenceBatchFacts,
  ) {
    const { turns, isBySlot } = facts;
    this.items = turns.length;
    this.places = turns.map(({ sequence }, k) => (isBySlot ? (sequence?.place ?? k) : k));
    this.rows = Math.max(...this.places) + 1;
    const [first] = turns;
    const given = first?.work.outputs;
    if (given === undefined) this.job = { inputs: this.inputs(), guard: guardOf(turns) };
    else this.job = { inputs: first?.work.inputs ?? {}, outputs: given, guard: guardOf(turns) };
  }

  started(): void {
    const { turns } = this.facts;
    this.startedMs = this.host.nowMs();
    let oldestMs = this.startedMs;
    for (const { work } of turns) {
      work.times.startedMs = this.startedMs;
      oldestMs = Math.min(oldestMs, work.times.queuedMs);
    }
    this.waitedMs = this.startedMs - oldestMs;
  }

  done(computed: Computed): void {
    const { host, rows, places } = this;
    const { turns, why, tryAlone } = this.facts;
    const inferredMs = host.nowMs();
    const whole = rows === 1 || (fallsApart(computed.outputs, rows) && fallsApart(computed.guard ?? {}, rows));
    if (!whole) {
      tryAlone(turns);
      return;
    }
    const inputDoneMs = Math.max(this.startedMs, inferredMs - computed.inferMs);
    const doneMs = host.nowMs();
    for (const { work } of turns)
      Object.assign(work.times, { inputDoneMs, inferredMs, doneMs, batchItems: turns.length });
    host.executed({
      items: turns.length,
      requests: turns.length,
      inputMs: inputDoneMs - this.startedMs,
      inferMs: inferredMs - inputDoneMs,
      outputMs: doneMs - inferredMs,
      why,
      waitedMs: this.waitedMs,
      doneMs,
    });
    host.together(() => {
      turns.forEach((turn, k) => {
        this.answer(turn, places[k] ?? k, computed);
      });
    });
  }

  failed(error: unknown): void {
    const { host, rows } = this;
    const { turns, tryAlone } = this.facts;
    const isShared = rows > 1 && isGalerkinError(error) && error.code === 'INFERENCE_FAILED';
    if (isShared) tryAlone(turns);
    else
      host.together(() => {
        for (const turn of turns) host.fail(turn, error);
      });
  }

  private inputs(): Tensors {
    const { plan } = this.host;
    const rows = new Array<Tensors | undefined>(this.rows).fill(undefined);
    this.facts.turns.forEach((turn, k) => {
      rows[this.places[k] ?? k] = rowOf(turn, plan);
    });
    const like = rows.find(row => row !== undefined) ?? {};
    const blank = this.rows > this.items ? blankRow(like, plan) : like;
    return joinRows(rows.map(row => row ?? blank));
  }

  /** The state is kept before the answer leaves, for the next request may come at once. */
  private answer(turn: Turn, row: number, computed: Computed): void {
    const { host, rows } = this;
    const part = { row, rows };
    try {
      if (turn.sequence !== undefined && host.plan.states.length > 0)
        turn.sequence.state = statesAfter(host.plan.states, computed.outputs, { model: host.model, ...part });
    } catch (error) {
      host.fail(turn, error);
      return;
    }
    const outputs = rowFrom(computed.outputs, part, name => host.isSeen(name));
    const { inferMs } = computed;
    const facts = turn.work.guard === 'none' ? undefined : computed.guard;
    if (facts === undefined) host.succeed(turn, { outputs, inferMs });
    else host.succeed(turn, { outputs, inferMs, guard: rowFrom(facts, part, () => true) });
  }
}
