// Every failure leaves as `{"error": "..."}` with the status of its code; what is not ours says nothing of its insides.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, GalerkinError, isGalerkinError } from '../../base/index.js';
import { faultChannel } from '../statistics/statistics.js';

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

/** Answers a failed request; unknown errors become a plain 500 and go, with their reason, to the fault channel. */
export function sendError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
  limits: Limits,
): FastifyReply {
  const ours = translate(error, request, limits);
  if (ours !== undefined) return refuse(reply, ours);
  faultChannel.publish(() => ({
    model: '',
    what: `${request.method} ${request.routeOptions.url ?? ''}`,
    reason: error.message,
  }));
  return reply.code(500).send({ error: 'internal error' });
}

/** Answers with one of our errors. */
export function refuse(reply: FastifyReply, error: GalerkinError): FastifyReply {
  if (error.code === 'ENCODING_UNSUPPORTED') reply.header('accept-encoding', 'gzip, deflate');
  if (error.http === 503) reply.header('retry-after', '1');
  return reply.code(error.http).type('application/json').send({ error: error.message });
}
