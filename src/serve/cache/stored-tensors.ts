// Tensors as the cache stores them: name, datatype, shape, bytes; read back into buffers of their own.
import { type DType, dtypeBytes, elementCount, type Tensor } from '../../base/index.js';
import type { Tensors } from '../backends/backend.js';
import { bytesOf, decodeBytesElements, isFixed, ownBuffer, tensorOver } from '../tensors/bytes.js';
import { type ByteReader, Unreadable } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';

/** Their places are their codes: only ever add at the end. */
const dtypes = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'BF16',
  'FP32',
  'FP64',
  'BYTES',
] as const satisfies readonly DType[];

const maxTensors = 1024;
const maxRank = 64;

export function writeTensors(writer: ByteWriter, tensors: Tensors): void {
  const entries = Object.entries(tensors);
  writer.u32(entries.length);
  for (const [name, tensor] of entries) {
    writer.text(name);
    writer.u8(dtypes.indexOf(tensor.dtype));
    writer.u8(tensor.shape.length);
    for (const size of tensor.shape) writer.f64(size);
    writer.bytes(bytesOf(tensor));
  }
}

function readShape(reader: ByteReader): number[] {
  const rank = reader.u8();
  if (rank > maxRank) throw new Unreadable('a shape of too many axes');
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const size = reader.f64();
    if (!Number.isSafeInteger(size) || size < 0) throw new Unreadable('a size that is none');
    shape.push(size);
  }
  return shape;
}

function readTensor(reader: ByteReader): Tensor {
  const dtype = dtypes[reader.u8()];
  if (dtype === undefined) throw new Unreadable('a datatype that is none');
  const shape = readShape(reader);
  const bytes = reader.bytes();
  if (isFixed(dtype)) {
    if (elementCount(shape) * dtypeBytes[dtype] !== bytes.length)
      throw new Unreadable('a shape that its values do not fill');
    return tensorOver(dtype, shape, ownBuffer(bytes));
  }
  const elements = decodeBytesElements(bytes);
  if (elements?.length !== elementCount(shape)) throw new Unreadable('elements that do not fill their shape');
  return { dtype: 'BYTES', shape, data: elements };
}

/**
 * Each tensor in a buffer that it owns whole, because whoever gets the answer may write to it or move it to another thread.
 * The copy also aligns the values, wherever they lay. Throws Unreadable.
 */
export function readTensors(reader: ByteReader): Tensors {
  const count = reader.u32();
  if (count > maxTensors) throw new Unreadable('too many tensors');
  const entries: [string, Tensor][] = [];
  for (let k = 0; k < count; k++) entries.push([reader.text(), readTensor(reader)]);
  const tensors = Object.fromEntries(entries);
  if (Object.keys(tensors).length !== count) throw new Unreadable('two tensors of one name');
  return tensors;
}
