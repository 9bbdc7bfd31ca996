// Every failure leaves as `{"error": "..."}` with the status of its code; what is not ours says nothing of its insides.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, GalerkinError, isGalerkinError } from '../../base/index.js';
import { rejectionOf } from '../engine/guard-verdict.js';
import { guardForPeople } from '../people/guard.js';
import { faultChannel } from '../statistics/statistics.js';
import { guardParameters } from './v2-guard.js';

/** Failures of the server whose words are meant for clients; all others may name files and stay inside. */
const outward: ReadonlySet<string> = new Set([
  'QUEUE_FULL',
  'MODEL_NOT_READY',
  'INFERENCE_TIMEOUT',
  'INSTANCE_DIED',
  'INFERENCE_FAILED',
  'FALLBACK_FAILED',
] satisfies ErrorCode[]);

interface Limits {
  readonly maxBodyBytes: number;
}

/** Our error for what the HTTP layer or anything else threw. */
function translate(
  error: FastifyError | Error,
  request: FastifyRequest,
  { maxBodyBytes }: Limits,
): GalerkinError | undefined {
  if (isGalerkinError(error)) return error.http < 500 || outward.has(error.code) ? error : undefined;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const stated = request.headers['content-length'];
    const got = stated === undefined ? 'more' : `${stated.slice(0, 20)} bytes`;
    return new GalerkinError('REQUEST_TOO_LARGE', { limitBytes: maxBodyBytes, got });
  }
  if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') {
    return new GalerkinError('REQUEST_MALFORMED', {
      what: 'body',
      wanted: 'as many bytes as Content-Length states',
      got: 'another number',
    });
  }
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new GalerkinError('REQUEST_MALFORMED', {
      what: 'HTTP request',
      wanted: 'a well-formed request',
      got: String(code ?? status),
    });
  }
  return undefined;
}

/** An answer that the guard rejected leaves its figures, named as in answers of the protocol that asked. */
function factsOf(error: GalerkinError, { routeOptions }: FastifyRequest): object {
  const guard = rejectionOf(error);
  if (guard === undefined) return {};
  return routeOptions.url?.startsWith('/v2/')
    ? { parameters: guardParameters(guard) }
    : { guard: guardForPeople(guard) };
}

/** Answers a failed request; unknown errors become a plain 500 and go, with their reason, to the fault channel. */
export function sendError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
  limits: Limits,
): FastifyReply {
  const ours = translate(error, request, limits);
  if (ours !== undefined) return refuse(reply, ours, factsOf(ours, request));
  faultChannel.publish(() => ({
    model: '',
    what: `${request.method} ${request.routeOptions.url ?? ''}`,
    reason: error.message,
  }));
  return reply.code(500).send({ error: 'internal error' });
}

/** Answers with one of our errors; `facts` stand beside its words, for programs. */
export function refuse(reply: FastifyReply, error: GalerkinError, facts: object = {}): FastifyReply {
  if (error.code === 'ENCODING_UNSUPPORTED') reply.header('accept-encoding', 'gzip, deflate');
  if (error.http === 503) reply.header('retry-after', '1');
  return reply
    .code(error.http)
    .type('application/json')
    .send({ error: error.message, ...facts });
}
