// `reshape` of config.pbtxt: what clients send as [1] the graph may want as no axis at all; only the shape changes, never the data.
import type { ModelPackage } from '../../model/index.js';
import type { Tensors } from './backend.js';

interface Reshape {
  /** As clients see one item. */
  readonly outside: readonly number[];
  /** As the graph sees it. */
  readonly inside: readonly number[];
}

export interface Reshapes {
  readonly inputs: ReadonlyMap<string, Reshape>;
  readonly outputs: ReadonlyMap<string, Reshape>;
  /** Axes before those of an item: 1 for a model with a batch axis. */
  readonly batchAxes: number;
}

/** Undefined where no tensor has one. */
export function reshapesOf({ config }: ModelPackage): Reshapes | undefined {
  const stated = (tensors: typeof config.input | typeof config.output): Map<string, Reshape> =>
    new Map(
      tensors.flatMap(({ name, dims, reshape }) =>
        reshape === undefined ? [] : [[name, { outside: dims, inside: reshape.shape }] as const],
      ),
    );
  const reshapes = { inputs: stated(config.input), outputs: stated(config.output) };
  if (reshapes.inputs.size + reshapes.outputs.size === 0) return undefined;
  return { ...reshapes, batchAxes: config.max_batch_size > 0 ? 1 : 0 };
}

/** Free sizes keep their order: the first -1 of `to` is the size that stands at the first -1 of `from`. */
function translate(shape: readonly number[], from: readonly number[], to: readonly number[]): number[] {
  const free = shape.filter((_, axis) => from[axis] === -1);
  let next = 0;
  return to.map(size => (size === -1 ? (free[next++] ?? 1) : size));
}

/** The same tensors with the shapes that the other side wants. */
export function reshaped(
  tensors: Tensors,
  which: ReadonlyMap<string, Reshape>,
  { batchAxes, inward }: { readonly batchAxes: number; readonly inward: boolean },
): Tensors {
  if (which.size === 0) return tensors;
  const all: Record<string, Tensors[string]> = { ...tensors };
  for (const [name, { outside, inside }] of which) {
    const tensor = tensors[name];
    if (tensor === undefined) continue;
    const [from, to] = inward ? [outside, inside] : [inside, outside];
    const batch = tensor.shape.slice(0, batchAxes);
    all[name] = { ...tensor, shape: [...batch, ...translate(tensor.shape.slice(batchAxes), from, to)] };
  }
  return all;
}
