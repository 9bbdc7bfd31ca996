// Native programs: a function over arrays, compiled whole; trees of tensors in, trees of tensors out.
import type { Array as Traced } from '@jax-js/jax';
import { GalerkinError, type Tensor } from '../base/index.js';
import { openSession, type Session, type SessionOptions } from '../runtime/index.js';
import { graphLevelFor } from './graph-level.js';
import { type LoweringReport, lower, type OnnxModel } from './lower.js';
import { isStatic, type SpecsOf, type Static } from './spec.js';
import { type Program, type TreeFunction, traceTrees } from './trace.js';
import { describeValue, flattenTree, type Tree } from './tree.js';

/** A tree of arrays with a tensor in the place of each; static arguments stay what they are. */
export type TensorsOf<T> = T extends Traced
  ? Tensor
  : T extends Static
    ? T
    : T extends object
      ? { [Key in keyof T]: TensorsOf<T[Key]> }
      : never;

export interface NativeProgram<Args extends unknown[], Result> {
  readonly program: Program;
  readonly report: LoweringReport;
  /**
   * Runs the program. Results may be fed back as arguments without a copy. See Session.run for what it blocks.
   * @throws SESSION_INPUT_INVALID if an argument has another form, datatype or shape than its spec, or if a static argument
   * has another value than the program was compiled for.
   */
  run(...args: TensorsOf<Args>): Promise<TensorsOf<Result>>;
  /** Frees the native memory; closing twice is fine. */
  close(): Promise<void>;
}

function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'dtype' in value && 'shape' in value && 'data' in value;
}

interface Door {
  readonly program: Program;
  readonly model: OnnxModel;
  readonly session: Session;
}

/** The leaves of the arguments, by the names of the model's inputs. */
function feedsOf({ program, model }: Door, args: readonly unknown[]): Record<string, Tensor> {
  const fail = (name: string, wanted: string, got: string): never => {
    throw new GalerkinError('SESSION_INPUT_INVALID', { name, wanted, got });
  };
  const { statics = new Map<string, Static>() } = program.inputTree;
  const isLeaf = (value: unknown): value is Tensor | Static => isStatic(value) || isTensor(value);
  const all = flattenTree(args, isLeaf, (path, value) =>
    fail(path, 'a tensor, or a tree of tensors', describeValue(value)),
  );
  const flat: { leaves: Tensor[]; paths: string[] } = { leaves: [], paths: [] };
  const missing = new Set(statics.keys());
  all.leaves.forEach((leaf, k) => {
    const path = all.paths[k] ?? '';
    if (!isStatic(leaf)) {
      flat.leaves.push(leaf);
      flat.paths.push(path);
    } else if (missing.delete(path)) {
      const wanted = statics.get(path);
      if (!Object.is(wanted, leaf))
        fail(path, `${describeValue(wanted)}, for which it was compiled`, describeValue(leaf));
    } else fail(path, `a tensor at '${path}'`, describeValue(leaf));
  });
  for (const path of missing) fail(path, describeValue(statics.get(path)), 'nothing');
  const feeds: Record<string, Tensor> = {};
  for (const [k, { path }] of program.inputs.entries()) {
    const leaf = flat.leaves[k];
    if (leaf === undefined || flat.paths[k] !== path)
      return fail(path, `a tensor at '${path}'`, `'${flat.paths[k] ?? 'none'}'`);
    feeds[model.inputs[k]?.name ?? path] = leaf;
  }
  const extra = flat.paths[program.inputs.length];
  return extra === undefined ? feeds : fail(extra, `${program.inputs.length} tensors`, `${flat.leaves.length}`);
}

async function runTrees(door: Door, args: readonly unknown[]): Promise<Tree<Tensor>> {
  const results = await door.session.run(feedsOf(door, args));
  const leaves = door.model.outputs.map(({ name }) => {
    const result = results[name];
    if (result === undefined) throw new GalerkinError('BUG', { what: `the session gave no output '${name}'` });
    return result;
  });
  return door.program.outputTree.build(leaves);
}

/**
 * Traces, lowers and opens `fn` as one native program.
 * @param specs one tree of specs for each argument.
 * @throws what trace, lower and openSession throw.
 */
export function compileNative<Args extends unknown[], Result>(
  fn: (...args: Args) => Result,
  specs: SpecsOf<Args>,
  options?: SessionOptions,
): Promise<NativeProgram<Args, Result>>;
export async function compileNative(fn: TreeFunction, specs: unknown, options: SessionOptions = {}): Promise<unknown> {
  const program = traceTrees(fn, specs);
  const model = lower(program);
  const session = await openSession(model.bytes, {
    graphLevel: graphLevelFor([...program.inputs, ...program.outputs]),
    ...options,
  });
  const door = { program, model, session };
  return {
    program,
    report: model.report,
    run: (...args: readonly unknown[]) => runTrees(door, args),
    close: () => session.close(),
  };
}
