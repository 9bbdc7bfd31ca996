// One tensor of a model file: raw bytes, typed lists or a place in another file, brought to raw bytes.
import { type TensorProto, TensorProto_DataLocation } from 'onnx-buf';
import { GalerkinError } from '../base/index.js';
import { type Constant, constantOf, lengthOf } from './constant.js';
import { bytesOf, type ElementType, elementTypeOf } from './element-type.js';

/** The bytes of the file `location`, a path relative to the model. */
export type External = (location: string) => Uint8Array;

interface Place {
  readonly source: string;
  readonly external: External | undefined;
}

/** A path inside the model's folder: not absolute, and never upwards. */
const isInside = (location: string): boolean =>
  location !== '' && !/^([a-z]:|[/\\])/iu.test(location) && !location.split(/[/\\]/u).includes('..');

function externalBytes(proto: TensorProto, { source, external }: Place): Uint8Array {
  const facts = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const location = facts.get('location') ?? '';
  const fail = (what: string): never => {
    throw new GalerkinError('GRAPH_INVALID', {
      source,
      reason: `the weights of '${proto.name}' lie in '${location}', ${what}`,
    });
  };
  if (external === undefined) return fail('which was not given');
  if (!isInside(location)) return fail("which is outside the model's folder");
  const file = external(location);
  const offset = Number(facts.get('offset') ?? '0');
  const length = Number(facts.get('length') ?? file.byteLength - offset);
  const fits =
    [offset, length].every(size => Number.isSafeInteger(size) && size >= 0) && offset + length <= file.byteLength;
  return fits ? file.subarray(offset, offset + length) : fail(`which has not ${length} bytes from ${offset} on`);
}

/** Values from the list that the format keeps them in for their type. */
function fromLists(proto: TensorProto, dtype: ElementType, shape: readonly number[]): Constant {
  const { name, floatData, int32Data, int64Data, doubleData, uint64Data } = proto;
  if (dtype === 'float32') return constantOf(name, dtype, { shape, values: floatData });
  if (dtype === 'float64') return constantOf(name, dtype, { shape, values: doubleData });
  if (dtype === 'int64') return raw(name, shape, { dtype, array: BigInt64Array.from(int64Data) });
  if (dtype === 'uint64') return raw(name, shape, { dtype, array: BigUint64Array.from(uint64Data) });
  if (dtype === 'uint32') return constantOf(name, dtype, { shape, values: uint64Data.map(Number) });
  if (dtype === 'complex64') return raw(name, shape, { dtype, array: Float32Array.from(floatData) });
  if (dtype === 'complex128') return raw(name, shape, { dtype, array: Float64Array.from(doubleData) });
  // 16 bits are kept as patterns, one to an entry; types of less than a byte as packed bytes.
  if (bytesOf(dtype, 1) === 2) return raw(name, shape, { dtype, array: Uint16Array.from(int32Data) });
  if (dtype === 'int32') return raw(name, shape, { dtype, array: Int32Array.from(int32Data) });
  return raw(name, shape, { dtype, array: Uint8Array.from(int32Data) });
}

interface RawValues {
  readonly dtype: ElementType;
  readonly array: { readonly buffer: ArrayBufferLike; readonly byteOffset: number; readonly byteLength: number };
}

function raw(name: string, shape: readonly number[], { dtype, array }: RawValues): Constant {
  return { name, dtype, shape, bytes: new Uint8Array(array.buffer, array.byteOffset, array.byteLength) };
}

/** @throws GRAPH_INVALID for a type that does not exist or bytes that do not fit the shape. */
export function readTensor(proto: TensorProto, place: Place): Constant {
  const { name } = proto;
  const fail = (reason: string): never => {
    throw new GalerkinError('GRAPH_INVALID', { source: place.source, reason: `tensor '${name}' ${reason}` });
  };
  const dtype = elementTypeOf(proto.dataType) ?? fail(`has the unknown type ${proto.dataType}`);
  const shape = proto.dims.map(Number);
  if (shape.some(size => size < 0)) fail(`has the shape [${shape}]`);
  const count = lengthOf({ shape });
  if (dtype === 'string') {
    const texts = proto.stringData;
    if (texts.length !== count) fail(`has ${texts.length} texts, its shape [${shape}] wants ${count}`);
    return { name, dtype, shape, bytes: new Uint8Array(), texts };
  }
  const isExternal = proto.dataLocation === TensorProto_DataLocation.EXTERNAL;
  const bytes = isExternal ? externalBytes(proto, place) : proto.rawData;
  const wanted = bytesOf(dtype, count);
  const given = isExternal || bytes.byteLength > 0 ? { name, dtype, shape, bytes } : listed();
  if (given.bytes.byteLength !== wanted)
    fail(`has ${given.bytes.byteLength} bytes, its shape [${shape}] wants ${wanted}`);
  return given;

  function listed(): Constant {
    const lists = [proto.floatData, proto.int32Data, proto.int64Data, proto.doubleData, proto.uint64Data];
    if (lists.every(list => list.length === 0)) return { name, dtype, shape, bytes: new Uint8Array() };
    try {
      return fromLists(proto, dtype, shape);
    } catch {
      return fail(`has another number of values than its shape [${shape}] wants`);
    }
  }
}
