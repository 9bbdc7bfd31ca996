// The server as the studio sees it: same origin, HTTP only, every answer checked before use.
import type * as z from 'zod/mini';
import { RequestFailure } from './failure.js';
import { type ModelInfo, modelsSchema, type Sample, type Stats, sampleSchema, statsSchema } from './schemas.js';
import { decodeInfer, encodeInfer, type InferRequest, type InferResponse } from './v2-binary.js';

const headerLengthName = 'inference-header-content-length';

/** Words of a refusal: `{ error: "…" }` as Triton says it, or `{ error: { message } }`. */
function refusalOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined;
  const { error } = body;
  if (typeof error === 'string') return error;
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return undefined;
}

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, init).catch((cause: unknown) => {
    const why = init.signal?.aborted === true ? 'did not answer in time' : 'does not answer';
    throw new RequestFailure('unreachable', `The server at ${location.host} ${why}.`, undefined, cause);
  });
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => undefined);
  const message = refusalOf(body) ?? `${path} answered ${response.status} ${response.statusText}`.trim();
  throw new RequestFailure(response.status >= 500 ? 'unavailable' : 'refused', message, response.status, body);
}

/** One answer in JSON, checked. Rejects with RequestFailure. */
export async function json<Schema extends z.ZodMiniType>(
  path: string,
  schema: Schema,
  init?: RequestInit,
): Promise<z.infer<Schema>> {
  const body: unknown = await (await request(path, init)).json().catch(() => undefined);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RequestFailure('malformed', `${path} answered something else: ${issue?.path.join('.')} ${issue?.message}`);
}

/** The models that the server holds. */
export const fetchModels = async (): Promise<readonly ModelInfo[]> => (await json('/models', modelsSchema)).models;

/** A held-out sample: input and truth as rows. */
export const fetchSample = (model: string, index: number): Promise<Sample> =>
  json(`/models/${encodeURIComponent(model)}/samples/${index}`, sampleSchema);

/** Counters and percentiles; gives up after `timeoutMs`. */
export const fetchStats = (timeoutMs: number): Promise<Stats> =>
  json('/stats', statsSchema, { signal: AbortSignal.timeout(timeoutMs) });

/** One binary v2 inference. Rejects with RequestFailure. */
export async function infer(model: string, message: InferRequest): Promise<InferResponse> {
  const { body, headerLength } = encodeInfer(message);
  const path = `/v2/models/${encodeURIComponent(model)}/infer`;
  const response = await request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', [headerLengthName]: String(headerLength) },
    body,
  });
  const length = response.headers.get(headerLengthName);
  const bytes = new Uint8Array(await response.arrayBuffer());
  try {
    return decodeInfer(bytes, length === null ? undefined : Number(length));
  } catch (thrown) {
    throw new RequestFailure('malformed', `${path}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}
