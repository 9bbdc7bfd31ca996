// KServe v2 inference with the binary tensor extension: a JSON header, then each tensor's raw little-endian float32.

export interface FloatTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface InferRequest {
  readonly inputs: Readonly<Record<string, FloatTensor>>;
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
}

export interface InferResponse {
  readonly model: string;
  readonly version: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, FloatTensor>>;
}

export interface WireMessage {
  /** Bytes of the JSON header, for the HTTP header `Inference-Header-Content-Length`. */
  readonly headerLength: number;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A response that does not follow the protocol; the message says where. */
export class WireFault extends Error {
  override readonly name = 'WireFault';
}

const bytesOf = (array: Float32Array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Encodes float32 inputs; asks for all outputs in binary. Cost: one copy of each tensor. */
export function encodeInfer({ inputs, parameters = {} }: InferRequest): WireMessage {
  const tensors = Object.entries(inputs);
  const header = new TextEncoder().encode(
    JSON.stringify({
      inputs: tensors.map(([name, { shape, data }]) => ({
        name,
        shape,
        datatype: 'FP32',
        parameters: { binary_data_size: data.byteLength },
      })),
      parameters: { ...parameters, binary_data_output: true },
    }),
  );
  const size = tensors.reduce((sum, [, { data }]) => sum + data.byteLength, header.length);
  const body = new Uint8Array(size);
  body.set(header);
  let at = header.length;
  for (const [, { data }] of tensors) {
    body.set(bytesOf(data), at);
    at += data.byteLength;
  }
  return { headerLength: header.length, body };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const recordOr = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});

function numbers(value: unknown, what: string): number[] {
  const flat = Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [];
  if (!Array.isArray(value) || flat.some(item => typeof item !== 'number'))
    throw new WireFault(`${what} is not a list of numbers`);
  return flat.map(Number);
}

/** Cuts tensors off the binary tail, in order; a tensor's own bytes are copied so that they are aligned. */
class Tail {
  private at: number;
  constructor(
    private readonly bytes: Uint8Array,
    start: number,
  ) {
    this.at = start;
  }

  take(size: number, name: string): Float32Array {
    if (this.at + size > this.bytes.length) throw new WireFault(`output '${name}' is cut short`);
    const copy = this.bytes.slice(this.at, this.at + size);
    this.at += size;
    return new Float32Array(copy.buffer, 0, size / 4);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }
}

function decodeOutput(output: unknown, tail: Tail): [string, FloatTensor] {
  const { name, datatype, shape, data, parameters } = recordOr(output);
  if (typeof name !== 'string') throw new WireFault('an output has no name');
  if (datatype !== 'FP32') throw new WireFault(`output '${name}' is ${String(datatype)}, wanted FP32`);
  const dims = numbers(shape, `the shape of output '${name}'`);
  const count = dims.reduce((product, size) => product * size, 1);
  const size = recordOr(parameters).binary_data_size;
  const values = typeof size === 'number' ? undefined : new Float32Array(numbers(data, `the data of output '${name}'`));
  const found = values === undefined ? Number(size) / 4 : values.length;
  if (found !== count)
    throw new WireFault(`output '${name}' holds ${found} values, its shape [${dims}] wants ${count}`);
  return [name, { shape: dims, data: values ?? tail.take(count * 4, name) }];
}

/**
 * Decodes a v2 response. `headerLength` is the HTTP header `Inference-Header-Content-Length`; without it the body is
 * all JSON. Throws WireFault when lengths, shapes or datatypes do not agree.
 */
export function decodeInfer(body: Uint8Array, headerLength = body.length): InferResponse {
  if (!Number.isInteger(headerLength) || headerLength < 0 || headerLength > body.length) {
    throw new WireFault(`the header is said to be ${headerLength} bytes of ${body.length}`);
  }
  const header = recordOr(parseJson(new TextDecoder().decode(body.subarray(0, headerLength))));
  if (!Array.isArray(header.outputs)) throw new WireFault("the response has no 'outputs'");
  const tail = new Tail(body, headerLength);
  const outputs = Object.fromEntries(header.outputs.map(output => decodeOutput(output, tail)));
  if (tail.left !== 0) throw new WireFault(`${tail.left} bytes are left over after the last output`);
  return {
    model: String(header.model_name ?? ''),
    version: String(header.model_version ?? ''),
    parameters: recordOr(header.parameters),
    outputs,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WireFault('the header is not JSON', { cause });
  }
}
