// The calls of v2 that are more than one line: JSON both ways, inference, loading and unloading.
import { GalerkinClientError } from './errors.js';
import { type InferInput, type InferTerms, writeInferRequest } from './infer-request.js';
import { type InferAnswer, readInferResponse } from './infer-response.js';
import { type JsonRecord, parseJson, record } from './json.js';
import type { Reply, Transport } from './transport.js';

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Instead of the client's. */
  readonly deadlineMs?: number;
}

export interface LoadCall extends CallOptions {
  readonly config?: JsonRecord;
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

const decoder = new TextDecoder();
const jsonHeaders = { 'content-type': 'application/json' };

const jsonOf = ({ bytes }: Reply): unknown => parseJson(decoder.decode(bytes), 'the body');

/** Base64 in steps that fit the argument list of a call. */
export function base64(bytes: Uint8Array): string {
  const step = 0x6000;
  let out = '';
  for (let at = 0; at < bytes.length; at += step) out += btoa(String.fromCharCode(...bytes.subarray(at, at + step)));
  return out;
}

function loadParameters({ config, files = {} }: LoadCall): JsonRecord {
  const named = Object.entries(files).map(([path, bytes]): [string, string] => [`file:${path}`, base64(bytes)]);
  return { ...(config === undefined ? {} : { config: JSON.stringify(config) }), ...Object.fromEntries(named) };
}

/** The calls over a transport. */
export function createCalls(transport: Transport) {
  const get = async (path: string, call: CallOptions = {}): Promise<unknown> =>
    jsonOf(await transport.send({ method: 'GET', path, isIdempotent: true, ...terms(call) }));

  const postText = (path: string, body: object, call: CallOptions & { readonly isIdempotent: boolean }) =>
    transport.send({
      method: 'POST',
      path,
      body: JSON.stringify(body),
      headers: jsonHeaders,
      isIdempotent: call.isIdempotent,
      ...terms(call),
    });

  return {
    get,
    getRecord: async (path: string, call?: CallOptions): Promise<JsonRecord> =>
      record(await get(path, call), 'the body'),

    post: async (
      path: string,
      body: object,
      call: CallOptions & { readonly isIdempotent: boolean },
    ): Promise<unknown> => jsonOf(await postText(path, body, call)),

    /** Whether the server answers with success; only the caller's own end of the call is thrown. */
    async isOk(path: string, call: CallOptions = {}): Promise<boolean> {
      try {
        await transport.send({ method: 'GET', path, isIdempotent: false, ...terms(call) });
        return true;
      } catch (error) {
        if (error instanceof GalerkinClientError && error.code !== 'ABORTED') return false;
        throw error;
      }
    },

    async infer(
      modelPath: string,
      inputs: Readonly<Record<string, InferInput>>,
      call: InferTerms & CallOptions,
    ): Promise<InferAnswer> {
      const { body, jsonBytes } = writeInferRequest(inputs, call);
      const { bytes, headers } = await transport.send({
        method: 'POST',
        path: `${modelPath}/infer`,
        body,
        headers: {
          'content-type': 'application/octet-stream',
          'inference-header-content-length': String(jsonBytes),
        },
        isIdempotent: call.sequence === undefined,
        ...terms(call),
      });
      return readInferResponse(bytes, headers.get('inference-header-content-length'));
    },

    async load(model: string, call: LoadCall = {}): Promise<void> {
      const path = `/v2/repository/models/${encodeURIComponent(model)}/load`;
      await postText(path, { parameters: loadParameters(call) }, { ...call, isIdempotent: false });
    },

    async unload(model: string, call: CallOptions & { readonly dependents?: boolean } = {}): Promise<void> {
      const path = `/v2/repository/models/${encodeURIComponent(model)}/unload`;
      const parameters = { unload_dependents: call.dependents ?? false };
      await postText(path, { parameters }, { ...call, isIdempotent: false });
    },
  };
}

const terms = ({ signal, deadlineMs }: CallOptions) => ({ signal, deadlineMs });
