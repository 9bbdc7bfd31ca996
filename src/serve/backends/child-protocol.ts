// The words between a server and its child processes, and the check of tensors that come from the other side.
import { z } from 'zod';
import { dtypeBytes, elementCount, GalerkinError, type Tensor } from '../../base/index.js';
import { isDType, isFixed, ownBuffer, tensorOver } from '../tensors/bytes.js';
import type { Tensors } from './backend.js';

const callSchema = z.discriminatedUnion('op', [
  z.object({ id: z.int(), op: z.literal('open'), manifest: z.unknown() }),
  z.object({ id: z.int(), op: z.literal('run'), inputs: z.record(z.string(), z.unknown()) }),
]);
export type ChildCall = z.infer<typeof callSchema>;

const replySchema = z.discriminatedUnion('ok', [
  z.object({ id: z.int(), ok: z.literal(true), outputs: z.record(z.string(), z.unknown()) }),
  z.object({ id: z.int(), ok: z.literal(false), message: z.string() }),
]);
export type ChildReply = z.infer<typeof replySchema>;

const tensorSchema = z.object({ dtype: z.string(), shape: z.array(z.int().min(0)), data: z.unknown().optional() });

/** A parent's message, or undefined if it is none of the protocol. */
export const readCall = (message: unknown): ChildCall | undefined => callSchema.safeParse(message).data;

/** A child's message, or undefined if it is none of the protocol. */
export const readReply = (message: unknown): ChildReply | undefined => replySchema.safeParse(message).data;

function readTensor(name: string, value: unknown): Tensor {
  const { dtype, shape, data } = tensorSchema.parse(value);
  const wanted = `${elementCount(shape)} values of ${dtype}`;
  if (isDType(dtype) && isFixed(dtype) && ArrayBuffer.isView(data)) {
    if (data.byteLength !== elementCount(shape) * dtypeBytes[dtype]) {
      throw new GalerkinError('TENSOR_INVALID', { name, wanted, got: `${data.byteLength} bytes` });
    }
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return tensorOver(dtype, shape, ownBuffer(bytes));
  }
  const elements = z.array(z.string()).length(elementCount(shape)).safeParse(data).data;
  if (dtype === 'BYTES' && elements !== undefined) return { dtype, shape, data: elements };
  throw new GalerkinError('TENSOR_INVALID', { name, wanted, got: 'something else' });
}

/** Tensors from the other side, copied into buffers of their own. Throws TENSOR_INVALID. */
export function readTensors(record: Readonly<Record<string, unknown>>): Tensors {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, readTensor(name, value)]));
}
