// A runtime session over our tensors: names and datatypes of ONNX on one side, of the wire on the other.
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { type DType, GalerkinError, type Tensor } from '../../base/index.js';
import { ownBuffer, tensorOver } from '../tensors/bytes.js';
import type { Tensors } from './backend.js';

const ortType = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
} as const satisfies Partial<Record<DType, OrtTensor.Type>>;

const wireType = new Map<string, keyof typeof ortType>([
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

export interface OnnxSession {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Computes every output; feeds that the graph does not name are left out. */
  run(feeds: Tensors): Promise<Tensors>;
}

function toOrt({ dtype, shape, data }: Tensor): OrtTensor {
  if (dtype === 'BF16')
    throw new GalerkinError('TENSOR_INVALID', { name: 'feed', wanted: 'a datatype of the runtime', got: dtype });
  return new OrtTensor(ortType[dtype], data, shape);
}

function fromOrt(tensor: OrtTensor): Tensor {
  const dtype = wireType.get(tensor.type);
  const shape = [...tensor.dims];
  const { data } = tensor;
  if (dtype === 'BYTES' && Array.isArray(data)) return { dtype, shape, data };
  if (dtype === undefined || dtype === 'BYTES' || Array.isArray(data)) {
    throw new GalerkinError('TENSOR_INVALID', { name: 'result', wanted: 'a datatype of the wire', got: tensor.type });
  }
  return tensorOver(dtype, shape, ownBuffer(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
}

/** What fails is thrown as well; the runtime's own log on stderr would say it twice. */
const logErrorsOnly = 3;

/** Opens a graph from its bytes; its threads sleep between runs, for the cores are shared with the server; external data files are out of reach because no path is given. */
export async function openOnnx(bytes: Uint8Array, threads: number): Promise<OnnxSession> {
  const session = await InferenceSession.create(bytes, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: logErrorsOnly,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(feeds) {
      const named = session.inputNames.flatMap(name => {
        const tensor = feeds[name];
        return tensor === undefined ? [] : [[name, toOrt(tensor)] as const];
      });
      const results = await session.run(Object.fromEntries(named));
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromOrt(tensor)]));
    },
  };
}
