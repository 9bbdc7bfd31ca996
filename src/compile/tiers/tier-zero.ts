// Tier 0: the tracer itself runs the function, through its own compiler for WebAssembly, or operation by operation.
import { numpy, type Array as Traced } from '@jax-js/jax';
import { GalerkinError, type Tensor } from '../../base/index.js';
import type { TreeFunction } from '../trace.js';
import { traced } from '../traced.js';
import { describeValue, type FlatTree, flattenTree, type Tree } from '../tree.js';

const isTraced = (value: unknown): value is Traced => value instanceof Object && '_trace' in value && 'aval' in value;

function toTraced(tensor: Tensor): Traced {
  const shape = [...tensor.shape];
  switch (tensor.dtype) {
    case 'FP32':
    case 'FP64':
    case 'INT32':
    case 'UINT32':
      return numpy.array(tensor.data, { shape });
    case 'BOOL':
      return numpy.array(Int32Array.from(tensor.data), { shape }).notEqual(0);
    default:
      throw new GalerkinError('SESSION_INPUT_INVALID', {
        name: 'an argument of tier 0',
        wanted: 'FP32, FP64, INT32, UINT32 or BOOL',
        got: tensor.dtype,
      });
  }
}

/** Reads an array out, and consumes it. */
async function toTensor(array: Traced): Promise<Tensor> {
  const { dtype } = array;
  const shape = [...array.shape];
  const data = await array.data();
  if (data instanceof Float32Array) return { dtype: 'FP32', shape, data };
  if (data instanceof Float64Array) return { dtype: 'FP64', shape, data };
  if (data instanceof Uint32Array) return { dtype: 'UINT32', shape, data };
  if (data instanceof Int32Array) {
    if (dtype === 'bool') return { dtype: 'BOOL', shape, data: Uint8Array.from(data) };
    return { dtype: 'INT32', shape, data };
  }
  throw new GalerkinError('TRACE_FAILED', { reason: `it returned an array of type ${dtype}` });
}

/** The function over flat lists; notes the form of its result whenever it runs. */
class FlatFunction {
  #form: FlatTree<unknown> | undefined;
  readonly #fn: TreeFunction;
  readonly #inputs: FlatTree<unknown>;

  constructor(fn: TreeFunction, inputs: FlatTree<unknown>) {
    this.#fn = fn;
    this.#inputs = inputs;
  }

  readonly call = (...leaves: Traced[]): Traced[] => {
    const args = this.#inputs.build(leaves);
    const result = this.#fn(...(Array.isArray(args) ? args : [args]));
    const flat = flattenTree(result, isTraced, (path, value) => {
      const where = path === '' ? '' : ` at '${path}'`;
      throw new GalerkinError('TRACE_FAILED', {
        reason: `it returned ${describeValue(value)}${where} where an array was wanted`,
      });
    });
    this.#form = flat;
    return [...flat.leaves];
  };

  build(leaves: readonly Tensor[]): Tree<Tensor> {
    if (this.#form === undefined)
      throw new GalerkinError('BUG', { what: 'a function of tier 0 gave a result and was never called' });
    return this.#form.build(leaves);
  }
}

/** One function for one set of shapes. */
export class TierZero {
  readonly #flat: FlatFunction;
  readonly #run: (...leaves: Traced[]) => Traced[];
  readonly #release: () => void;

  /**
   * @param inputs the form of the arguments.
   * @param compiled false runs operation by operation: for functions that look at values and so cannot be recorded.
   */
  constructor(fn: TreeFunction, inputs: FlatTree<unknown>, compiled: boolean) {
    this.#flat = new FlatFunction(fn, inputs);
    if (!compiled) {
      this.#run = this.#flat.call;
      this.#release = () => undefined;
      return;
    }
    const compiledByTracer = traced(this.#flat.call);
    this.#run = compiledByTracer;
    this.#release = () => compiledByTracer.dispose();
  }

  /** Runs the function on this thread. @throws what the function throws. */
  async run(leaves: readonly Tensor[]): Promise<Tree<Tensor>> {
    const results = this.#run(...leaves.map(toTraced));
    const tensors: Tensor[] = [];
    for (const result of results) tensors.push(await toTensor(result));
    return this.#flat.build(tensors);
  }

  /** Frees the constants that the tracer holds for it. */
  close(): void {
    this.#release();
  }
}
