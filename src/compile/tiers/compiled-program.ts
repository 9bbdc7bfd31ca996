// A compiled program as it is kept: ONNX bytes, and a record that needs no trace to run them.
import { z } from 'zod';
import { GalerkinError, type Tensor } from '../../base/index.js';
import { openSession, type Session } from '../../runtime/index.js';
import { graphLevelFor } from '../graph-level.js';
import type { OnnxModel } from '../lower.js';
import { type FlatTree, flattenTree, type Tree } from '../tree.js';
import type { PlainProgram } from './plain-program.js';

/** How a session of the program is opened: found by trying (tier 2), or the default. */
export const choiceSchema = z.strictObject({
  /** 0 takes one thread for each core. */
  threads: z.int().min(0).max(1024),
  graphLevel: z.enum(['disabled', 'basic', 'extended', 'all']),
});

export type SessionChoice = Readonly<z.infer<typeof choiceSchema>>;

const form: z.ZodType<unknown> = z.json();

export const recordSchema = z.strictObject({
  /** Names of the model's inputs, in the order of the arguments' arrays. */
  inputs: z.array(z.string()),
  outputs: z.array(z.string()),
  /** The result, with the number of an output in the place of each array. */
  outputForm: form,
  equations: z.int().min(0),
  nodes: z.int().min(0),
  /** How far the runtime may rewrite the program without a loss of digits. */
  graphLevel: z.enum(['basic', 'all']),
  /** What compiling took where it was compiled. */
  compileMs: z.number().min(0),
  /** Set once tier 2 has tried. */
  choice: choiceSchema.optional(),
});

export type ProgramRecord = Readonly<z.infer<typeof recordSchema>>;

export interface CompiledProgram {
  readonly record: ProgramRecord;
  readonly bytes: Uint8Array;
  /** The same as the runtime rewrote it for this processor, at the record's graph level: opens in a third of the time. */
  readonly optimized?: Uint8Array;
}

const isNumber = (value: unknown): value is number => typeof value === 'number';

export function recordOf(
  program: PlainProgram,
  model: Pick<OnnxModel, 'inputs' | 'outputs' | 'report'>,
  facts: { readonly equations: number; readonly compileMs: number },
): ProgramRecord {
  return {
    inputs: model.inputs.map(({ name }) => name),
    outputs: model.outputs.map(({ name }) => name),
    outputForm: program.outputForm,
    nodes: model.report.nodes,
    graphLevel: graphLevelFor([...model.inputs, ...model.outputs]),
    ...facts,
  };
}

/** A compiled program with an open session: arrays in, the function's result out. */
export class OpenProgram {
  readonly #session: Session;
  readonly #outputs: FlatTree<number>;

  private constructor(
    readonly record: ProgramRecord,
    readonly choice: SessionChoice,
    session: Session,
  ) {
    this.#session = session;
    this.#outputs = flattenTree(record.outputForm, isNumber, path => {
      throw new GalerkinError('BUG', { what: `the record of a compiled program has no number at '${path}'` });
    });
  }

  /** Opens a session; takes the thread for as long as the runtime needs for the graph. @throws SESSION_MODEL_INVALID */
  static async open({ record, bytes, optimized }: CompiledProgram, choice: SessionChoice): Promise<OpenProgram> {
    const isDone = optimized !== undefined && choice.graphLevel === record.graphLevel;
    const session = isDone
      ? await openSession(optimized, { ...choice, graphLevel: 'disabled' })
      : await openSession(bytes, choice);
    return new OpenProgram(record, choice, session);
  }

  /** @param leaves the arrays of all arguments, in order. */
  async run(leaves: readonly Tensor[]): Promise<Tree<Tensor>> {
    const feeds: Record<string, Tensor> = {};
    this.record.inputs.forEach((name, k) => {
      const leaf = leaves[k];
      if (leaf !== undefined) feeds[name] = leaf;
    });
    const results = await this.#session.run(feeds);
    const outputs = this.#outputs.leaves.map(number => {
      const name = this.record.outputs[number];
      const result = name === undefined ? undefined : results[name];
      if (result === undefined) throw new GalerkinError('BUG', { what: `the session gave no output '${name}'` });
      return result;
    });
    return this.#outputs.build(outputs);
  }

  /** Frees the session once its runs have ended. */
  close(): Promise<void> {
    return this.#session.close();
  }
}
