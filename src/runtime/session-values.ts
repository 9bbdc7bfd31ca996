// What a session's inputs and outputs are, and whether a feed fits: name, datatype, shape, length.
import type { InferenceSession } from 'onnxruntime-node';
import { type DType, elementCount, GalerkinError, type Tensor } from '../base/index.js';

/** An input or output; sizes that are open are given by name. */
export interface SessionValue {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

/** The runtime's names of datatypes, and ours. */
const dtypes: ReadonlyMap<string, DType> = new Map([
  ['bool', 'BOOL'],
  ['uint8', 'UINT8'],
  ['uint16', 'UINT16'],
  ['uint32', 'UINT32'],
  ['uint64', 'UINT64'],
  ['int8', 'INT8'],
  ['int16', 'INT16'],
  ['int32', 'INT32'],
  ['int64', 'INT64'],
  ['float16', 'FP16'],
  ['float32', 'FP32'],
  ['float64', 'FP64'],
  ['string', 'BYTES'],
]);

/** Our name of a datatype of the runtime. @throws SESSION_MODEL_INVALID for one that no tensor of ours can hold. */
export function dtypeOf(name: string, native: string): DType {
  const dtype = dtypes.get(native);
  if (dtype !== undefined) return dtype;
  throw new GalerkinError('SESSION_MODEL_INVALID', {
    source: `value '${name}'`,
    reason: `its datatype ${native} is not supported`,
  });
}

export function sessionValues(metadata: readonly InferenceSession.ValueMetadata[]): SessionValue[] {
  return metadata.map(value => {
    if (value.isTensor) return { name: value.name, dtype: dtypeOf(value.name, value.type), shape: value.shape };
    throw new GalerkinError('SESSION_MODEL_INVALID', { source: `value '${value.name}'`, reason: 'it is not a tensor' });
  });
}

/** `name[2, n]` as people write it. */
const shapeText = (shape: readonly (number | string)[]): string =>
  `[${shape.map(size => (size === '' ? '?' : size)).join(', ')}]`;

/** Open sizes of one name must agree between all feeds of a run. */
function sizeFits(wanted: number | string, got: number, sizes: Map<string, number>): boolean {
  if (typeof wanted === 'number') return wanted === got;
  const known = sizes.get(wanted);
  if (wanted !== '' && known === undefined) sizes.set(wanted, got);
  return got >= 1 && (known === undefined || known === got);
}

/** The feed, if it fits. @throws SESSION_INPUT_INVALID */
export function checkFeed(input: SessionValue, feed: Tensor | undefined, sizes: Map<string, number>): Tensor {
  const { name } = input;
  const fail = (wanted: string, got: string): never => {
    throw new GalerkinError('SESSION_INPUT_INVALID', { name, wanted, got });
  };
  if (feed === undefined) return fail(`a ${input.dtype} tensor ${shapeText(input.shape)}`, 'none');
  if (feed.dtype !== input.dtype) return fail(input.dtype, feed.dtype);
  const { shape } = feed;
  const fits =
    shape.length === input.shape.length && input.shape.every((size, axis) => sizeFits(size, shape[axis] ?? 0, sizes));
  if (!fits) {
    const open = input.shape.flatMap(size =>
      typeof size === 'string' && sizes.has(size) ? `${size} = ${sizes.get(size)}` : [],
    );
    return fail(
      `shape ${shapeText(input.shape)}${open.length === 0 ? '' : ` with ${open.join(', ')}`}`,
      shapeText(shape),
    );
  }
  const count = elementCount(shape);
  if (feed.data.length !== count)
    return fail(`${count} values for shape ${shapeText(shape)}`, `${feed.data.length} values`);
  return feed;
}
