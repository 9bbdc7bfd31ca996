// A server elsewhere as a replica: its routes over HTTP, in bounded time, its answers checked.
import type { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import type { Replica } from '../replica.js';
import { applyAnswerSchema, errorOf, sampleBatchSchema, trafficSchema } from './replica-wire.js';
import { bearer } from './secret.js';

export interface HttpReplicaOptions {
  readonly name: string;
  /** Such as http://10.0.0.7:8000. */
  readonly url: string;
  readonly secret: string;
  /** For an answer about what is there. @default 3000 */
  readonly timeoutMs?: number;
  /** For obeying a route, which may load and warm a model. @default 60_000 */
  readonly applyTimeoutMs?: number;
  readonly fetch?: typeof fetch;
}

const statusAnswer = trafficSchema.pick({ status: true });
const standingAnswer = trafficSchema.pick({ standing: true });

interface Ask {
  readonly path: string;
  readonly timeoutMs: number;
  readonly body?: object;
}

/** @throws REPLICA_UNREACHABLE in place of whatever went wrong on the way */
export function httpReplica(options: HttpReplicaOptions): Replica {
  const { name, url, secret, timeoutMs = 3000, applyTimeoutMs = 60_000, fetch: send = fetch } = options;
  const unreachable = (why: string, cause?: unknown) =>
    new GalerkinError('REPLICA_UNREACHABLE', { replica: name, why }, { cause });

  const ask = async <T>(schema: z.ZodType<T>, { path, timeoutMs: limitMs, body }: Ask): Promise<T> => {
    const signal = AbortSignal.timeout(limitMs);
    const headers = { authorization: bearer(secret), ...(body && { 'content-type': 'application/json' }) };
    const init = { method: body ? 'PUT' : 'GET', headers, signal, ...(body && { body: JSON.stringify(body) }) };
    let status = 0;
    let text = '';
    try {
      // A secret must not follow a redirection to somewhere else.
      const response = await send(new URL(path, url), { ...init, redirect: 'error' });
      status = response.status;
      text = await response.text();
    } catch (cause) {
      if (signal.aborted) throw unreachable(`no answer within ${limitMs} ms`, cause);
      throw unreachable(reasonOf(cause), cause);
    }
    if (status !== 200) throw unreachable(`status ${status}: ${text.slice(0, 200)}`);
    return read(schema, text);
  };

  const read = <T>(schema: z.ZodType<T>, text: string): T => {
    try {
      return schema.parse(JSON.parse(text));
    } catch (cause) {
      throw unreachable('what answers there speaks another language', cause);
    }
  };

  const place = (model: string): string => `/traffic/${encodeURIComponent(model)}`;
  return {
    name,
    async apply(route) {
      const answer = await ask(applyAnswerSchema, { path: place(route.model), timeoutMs: applyTimeoutMs, body: route });
      if ('refused' in answer) throw errorOf(answer.refused);
      return answer.status;
    },
    async status(model) {
      const { status } = await ask(statusAnswer, { path: place(model), timeoutMs });
      return status ?? undefined;
    },
    async standing(model) {
      const { standing } = await ask(standingAnswer, { path: place(model), timeoutMs });
      return standing ?? undefined;
    },
    samples: (model, after, limit) =>
      ask(sampleBatchSchema, { path: `${place(model)}/samples?after=${after}&limit=${limit}`, timeoutMs }),
  };
}

const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
};
