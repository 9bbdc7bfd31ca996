// InferTensorContents: values written as typed protobuf lists, one list for each family of datatypes, become a tensor.
import { elementCount, GalerkinError, type Tensor } from '../../base/index.js';
import type { CheckedInput } from '../engine/signature.js';
import { type FixedDType, tensorOver, wantedBytes } from '../tensors/bytes.js';
import { textOf } from '../tensors/element-text.js';
import { malformed } from './malformed.js';
import { tagOf, WireReader } from './wire-reader.js';

type Kind = 'bool' | 'int' | 'int64' | 'uint' | 'uint64' | 'fp32' | 'fp64' | 'bytes';

const fieldOf: Readonly<Record<Kind, number>> = {
  bool: 1,
  int: 2,
  int64: 3,
  uint: 4,
  uint64: 5,
  fp32: 6,
  fp64: 7,
  bytes: 8,
};
const kindAt: readonly (Kind | undefined)[] = [
  undefined,
  'bool',
  'int',
  'int64',
  'uint',
  'uint64',
  'fp32',
  'fp64',
  'bytes',
];

/** The list that carries a datatype; 16-bit floats have none. */
const kindOf: Readonly<Partial<Record<string, Kind>>> = {
  BOOL: 'bool',
  INT8: 'int',
  INT16: 'int',
  INT32: 'int',
  INT64: 'int64',
  UINT8: 'uint',
  UINT16: 'uint',
  UINT32: 'uint',
  UINT64: 'uint64',
  FP32: 'fp32',
  FP64: 'fp64',
  BYTES: 'bytes',
};

/** How one value of each kind lies on the wire, when it is not in a packed list. */
const wireTypeOf = (kind: Kind): 0 | 1 | 2 | 5 =>
  kind === 'fp32' ? 5 : kind === 'fp64' ? 1 : kind === 'bytes' ? 2 : 0;

/** Fewest bytes that one value takes. */
const leastBytes: Readonly<Record<Kind, number>> = {
  bool: 1,
  int: 1,
  int64: 1,
  uint: 1,
  uint64: 1,
  fp32: 4,
  fp64: 8,
  bytes: 2,
};

/** Writes the value that the reader comes to into the tensor; integers keep their low bits, as casts in C do. */
function putValue(tensor: Tensor, index: number, reader: WireReader): void {
  switch (tensor.dtype) {
    case 'FP32':
      tensor.data[index] = reader.float();
      break;
    case 'FP64':
      tensor.data[index] = reader.double();
      break;
    case 'INT64':
      tensor.data[index] = BigInt(reader.int64());
      break;
    case 'UINT64':
      tensor.data[index] = BigInt(reader.uint64());
      break;
    case 'BOOL':
      tensor.data[index] = reader.bool() ? 1 : 0;
      break;
    case 'BYTES':
      break;
    default:
      tensor.data[index] = reader.int32();
  }
}

interface Contents {
  readonly kind: Kind;
  /** Room for that many values; what comes beyond is only counted. */
  readonly expected: number;
  readonly wrongKind: (field: number) => GalerkinError;
}

/** Reads all values of the wanted kind. @returns how many there are */
function readValues(
  parts: readonly Buffer[],
  { kind, expected, wrongKind }: Contents,
  put: (reader: WireReader, index: number) => void,
): number {
  const packed = tagOf(fieldOf[kind], 2);
  const single = tagOf(fieldOf[kind], wireTypeOf(kind));
  let count = 0;
  const next = (reader: WireReader): void => {
    if (count >= expected) reader.skip(single);
    else put(reader, count);
    count++;
  };
  for (const part of parts) {
    const reader = new WireReader(part);
    for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
      if (tag === single) next(reader);
      else if (tag === packed) {
        const outer = reader.enter();
        while (!reader.isDone) next(reader);
        reader.leave(outer);
      } else if (kindAt[tag >>> 3] !== undefined) throw wrongKind(tag >>> 3);
      else reader.skip(tag);
    }
  }
  return count;
}

const sum = (parts: readonly Buffer[]): number => parts.reduce((total, part) => total + part.length, 0);

/**
 * The tensor that `parts`, an InferTensorContents, write out for an input that fits its model.
 * @throws REQUEST_MALFORMED for another list than the datatype's, or 16-bit floats; INPUT_SIZE for too few or too many values
 */
export function readContents(model: string, { spec, shape }: CheckedInput, parts: readonly Buffer[]): Tensor {
  const { name, dtype } = spec;
  const kind = kindOf[dtype];
  if (kind === undefined) {
    throw malformed(`input '${name}' for model '${model}' of type '${dtype}'`, 'raw_input_contents', 'contents');
  }
  const expected = elementCount(shape);
  const sizeError = (got: number): GalerkinError =>
    new GalerkinError('INPUT_SIZE', { model, input: name, unit: 'element count', expected, got });
  const wrongKind = (field: number): GalerkinError =>
    malformed(
      `unexpected explicit tensor data for input tensor '${name}' for model '${model}' of type '${dtype}'`,
      `${kind}_contents`,
      `${kindAt[field] ?? 'other'}_contents`,
    );
  const possible = sum(parts) / leastBytes[kind];
  const contents: Contents = { kind, expected: expected > possible ? 0 : expected, wrongKind };
  if (dtype === 'BYTES') {
    const data: string[] = [];
    const count = readValues(parts, contents, reader => void data.push(textOf(reader.view())));
    if (count !== expected) throw sizeError(count);
    return { dtype, shape, data };
  }
  const tensor = emptyTensor(dtype, contents.expected === expected ? shape : [0]);
  const count = readValues(parts, contents, (reader, index) => putValue(tensor, index, reader));
  if (count !== expected) throw sizeError(count);
  return tensor;
}

const emptyTensor = (dtype: FixedDType, shape: readonly number[]): Tensor =>
  tensorOver(dtype, shape, new ArrayBuffer(wantedBytes(dtype, shape)));
