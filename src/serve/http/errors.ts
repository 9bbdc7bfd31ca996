// Every failure leaves as `{"error": "..."}` with the status of its code; what is not ours says nothing of its insides.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GalerkinError, isGalerkinError } from '../../base/index.js';
import { rejectionOf } from '../engine/guard-verdict.js';
import { guardForPeople } from '../people/guard.js';
import { outwardError } from '../protocol/outward.js';
import { withRequestId } from '../protocol/request-id.js';
import { faultChannel } from '../statistics/statistics.js';
import { guardParameters } from './v2-guard.js';

/** Our error for what the HTTP layer or anything else threw; undefined for what is nobody's business outside. */
function translate(error: unknown): GalerkinError | undefined {
  if (isGalerkinError(error)) return outwardError(error);
  if (!(error instanceof Error)) return undefined;
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  const code = 'code' in error ? error.code : status;
  return new GalerkinError('REQUEST_MALFORMED', {
    what: 'HTTP request',
    wanted: 'a well-formed request',
    got: String(code),
  });
}

/** What a failed request was. */
export interface Failed {
  readonly method: string;
  /** The route, never the client's own text. */
  readonly route: string;
  /** Of an inference request; '' when the client gave none, undefined where there is no inference. */
  readonly id?: string | undefined;
}

export interface Failure {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** In the protocol of Triton a model that nobody knows is a bad argument. */
const statusOf = ({ code, http }: GalerkinError, isV2: boolean): number =>
  isV2 && code === 'MODEL_UNKNOWN' ? 400 : http;

function headersOf({ code, http, fields }: GalerkinError): Readonly<Record<string, string>> {
  if (code === 'ENCODING_UNSUPPORTED') return { 'accept-encoding': 'gzip, deflate' };
  // The rest of such a body is not worth reading.
  if (code === 'REQUEST_TOO_LARGE') return { connection: 'close' };
  if ('retryAfterMs' in fields) return { 'retry-after': String(Math.max(1, Math.ceil(fields.retryAfterMs / 1000))) };
  return http === 503 ? { 'retry-after': '1' } : {};
}

/** An answer that the guard rejected leaves its figures, named as in answers of the protocol that asked. */
function factsOf(error: GalerkinError, isV2: boolean): object {
  const guard = rejectionOf(error);
  if (guard === undefined) return {};
  return isV2 ? { parameters: guardParameters(guard) } : { guard: guardForPeople(guard) };
}

/** The answer to a failed request; unknown errors become a plain 500 and go, with their reason, to the fault channel. */
export function failureOf(error: unknown, { method, route, id }: Failed): Failure {
  const ours = translate(error);
  if (ours === undefined) {
    const reason = error instanceof Error ? error.message : String(error);
    faultChannel.publish(() => ({ model: '', what: `${method} ${route}`, reason }));
    return { status: 500, headers: {}, body: '{"error":"internal error"}' };
  }
  const isV2 = route.startsWith('/v2');
  const text = id === undefined ? ours.message : withRequestId(ours, id);
  return {
    status: statusOf(ours, isV2),
    headers: headersOf(ours),
    body: JSON.stringify({ error: text, ...factsOf(ours, isV2) }),
  };
}

/**
 * Answers a failed request.
 * @param id  of the inference request that it was
 */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply, id?: string): FastifyReply {
  const { status, headers, body } = failureOf(error, {
    method: request.method,
    route: request.routeOptions.url ?? '',
    id,
  });
  return reply.code(status).headers(headers).type('application/json').send(body);
}
