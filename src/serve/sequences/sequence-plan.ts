// How a model's sequences are scheduled: what sequence_batching of its configuration comes down to.
import { GalerkinError } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import { type Controls, readControls } from './control-tensors.js';
import { readStates, type State } from './implicit-state.js';

/** When waiting requests are sent. */
export interface FlushRule {
  /** Rows of one execution. */
  readonly maxRows: number;
  /** Enough rows to wait for no more: the direct strategy's share of the slots; Infinity where only the rest counts. */
  readonly enoughRows: number;
  /** Sizes worth sending at once; empty: only a full batch is. */
  readonly preferred: ReadonlySet<number>;
  /** How long the oldest may wait for company; 0: nobody waits. */
  readonly delayMs: number;
}

export interface SequencePlan {
  /** 'direct': a row of its own for each sequence. 'oldest': rows as they come. */
  readonly strategy: 'direct' | 'oldest';
  /** Sequences under way on one instance. */
  readonly slots: number;
  readonly isBatched: boolean;
  readonly flush: FlushRule;
  /** Answers leave in the order in which the requests came, whatever their sequences. */
  readonly preservesOrder: boolean;
  /** A sequence that is silent for so long is over. */
  readonly idleMs: number;
  readonly controls: Controls;
  readonly states: readonly State[];
}

type SequenceConfig = NonNullable<ModelPackage['config']['sequence_batching']>;

function flushRule({ direct, oldest }: SequenceConfig, maxBatchSize: number): FlushRule {
  const maxRows = Math.max(1, maxBatchSize);
  if (oldest !== undefined) {
    const preferred = new Set(oldest.preferred_batch_size);
    const delayMs = oldest.max_queue_delay_microseconds / 1000;
    return { maxRows, enoughRows: Number.POSITIVE_INFINITY, preferred, delayMs };
  }
  const enoughRows = Math.max(1, Math.ceil((direct?.minimum_slot_utilization ?? 0) * maxRows));
  return { maxRows, enoughRows, preferred: new Set(), delayMs: (direct?.max_queue_delay_microseconds ?? 0) / 1000 };
}

/** @throws MODEL_UNSERVABLE, PACKAGE_INVALID for an initial state that cannot be read */
export async function readSequencePlan(model: ModelPackage): Promise<SequencePlan> {
  const { name, config } = model;
  const { sequence_batching: sequences, max_batch_size: max } = config;
  if (sequences === undefined)
    throw new GalerkinError('MODEL_UNSERVABLE', { model: name, why: 'no sequence_batching' });
  const { oldest, max_sequence_idle_microseconds: idleUs } = sequences;
  const rows = Math.max(1, max);
  return {
    strategy: oldest === undefined ? 'direct' : 'oldest',
    slots: oldest === undefined ? rows : oldest.max_candidate_sequences || rows,
    isBatched: max > 0,
    flush: flushRule(sequences, max),
    preservesOrder: oldest?.preserve_ordering ?? false,
    idleMs: (idleUs || 1_000_000) / 1000,
    controls: readControls(name, sequences.control_input, max > 0),
    states: await readStates(model),
  };
}
