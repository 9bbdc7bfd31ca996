// The command line as an HTTP client: typed answers of a running server, and its errors in our words.
import { z } from 'zod';
import { GalerkinError, invariant } from '../base/index.js';

const fieldRows = z.array(z.array(z.number()));

const answerSchema = z.object({
  model: z.string(),
  version: z.string(),
  outputs: z.record(z.string(), z.unknown()),
  guard: z
    .object({
      residual: z.number().nullable(),
      residualBound: z.number(),
      fluxImbalance: z.number().nullable(),
      fluxBound: z.number(),
      verdict: z.string(),
      /** Figures of the surrogate's answer that the solver's replaced. */
      refusedResidual: z.number().nullable().optional(),
      refusedFluxImbalance: z.number().nullable().optional(),
    })
    .optional(),
  answeredBy: z.string(),
  latencyMs: z.number(),
});
export type Answer = z.infer<typeof answerSchema>;

const sampleSchema = z.object({
  index: z.number(),
  inputs: z.record(z.string(), fieldRows),
  outputs: z.record(z.string(), fieldRows),
});
export type Sample = z.infer<typeof sampleSchema>;

const refusalSchema = z.object({ error: z.string() });

export interface Asked {
  /** Sent as JSON by POST; without it the request is a GET. */
  readonly body?: object;
  readonly signal?: AbortSignal;
}

/** Asks the server at `base`; its refusals and silence become typed errors. */
export async function request<T>(base: string, path: string, schema: z.ZodType<T>, asked?: Asked): Promise<T> {
  return read(base, schema, await requestText(base, path, asked));
}

/** The same, for what is no JSON. */
export async function requestText(base: string, path: string, { body, signal }: Asked = {}): Promise<string> {
  const url = address(base, path);
  const init = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { ...init, ...(signal && { signal }) });
    text = await response.text();
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new GalerkinError('SERVER_UNREACHABLE', { url: base, reason }, { cause });
  }
  if (!response.ok) throw new GalerkinError('SERVER_REFUSED', { url, status: response.status, reason: refusal(text) });
  return text;
}

function address(base: string, path: string): string {
  const wanted = 'an address such as http://localhost:8000';
  if (!/^https?:\/\//.test(base) || !URL.canParse(path, base)) {
    throw new GalerkinError('ARGUMENT_INVALID', { flag: '--url', wanted, got: base });
  }
  return new URL(path, base).href;
}

/** What the server said, if it speaks as ours do; another program may have the port. */
function read<T>(base: string, schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = 'what answers there speaks another language';
    throw new GalerkinError('SERVER_UNREACHABLE', { url: base, reason }, { cause });
  }
}

function refusal(text: string): string {
  try {
    return refusalSchema.parse(JSON.parse(text)).error;
  } catch {
    return text.slice(0, 200);
  }
}

/** Values of `rows` in row-major order. */
export function flatten(rows: readonly (readonly number[])[]): Float64Array {
  return Float64Array.from(rows.flat());
}

/** The rows of a square field. */
export function rowsOf(field: ArrayLike<number>, n: number): number[][] {
  invariant(field.length === n * n, `a field of ${field.length} values is not ${n} by ${n}`);
  return Array.from({ length: n }, (_, j) => Array.from({ length: n }, (_, i) => field[j * n + i]));
}

export interface PredictRequest {
  readonly model: string;
  readonly inputs: Record<string, number[][]>;
  readonly guard?: string;
}

export const predictOn = (base: string, body: PredictRequest): Promise<Answer> =>
  request(base, '/predict', answerSchema, { body });

export const sampleOf = (base: string, model: string, index: number): Promise<Sample> =>
  request(base, `/models/${encodeURIComponent(model)}/samples/${index}`, sampleSchema);

/** One output as a field; a server that leaves it out has a bug. */
export function outputField(answer: Answer, name: string): Float64Array {
  return flatten(fieldRows.parse(answer.outputs[name]));
}
