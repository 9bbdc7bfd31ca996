// The routes of generate and generate_stream: one JSON answer, or server-sent events as the model gives them.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GalerkinError } from '../../base/index.js';
import type { Answered, RunningModel } from '../engine/engine.js';
import { RequestOrigin } from '../routing/origin.js';
import { readBody } from './body.js';
import { failureOf, sendError } from './errors.js';
import { parseJsonBody } from './json-body.js';
import { InferCall } from './v2-call.js';
import { type GenerateRequest, generateText, readGenerate } from './v2-generate.js';
import { oneHeader, type V2Options } from './v2-infer.js';
import { modelOf } from './v2-target.js';

/** A request to generate, opened: its model, its call, and the answers as they come. */
interface Generating {
  readonly call: InferCall;
  readonly answers: AsyncGenerator<Answered<GenerateRequest>, void, undefined>;
}

async function begin(
  { engine, protocol, maxBodyBytes }: V2Options,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Generating> {
  const call = new InferCall(protocol.memory, oneHeader(request.headers['x-tenant']), reply.raw);
  const model = modelOf(engine, request, new RequestOrigin(request.raw));
  const bytes = await readBody(request, maxBodyBytes);
  const body = parseJsonBody(bytes);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const read = ({ served }: RunningModel): GenerateRequest => {
    const asked = readGenerate(served, { body, text }, call);
    call.id = asked.id;
    return asked;
  };
  return { call, answers: engine.stream(model, read) };
}

/** One answer as JSON. @throws RESPONSE_COUNT for a model that gives another number of them */
export async function generate(
  options: V2Options,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  let call: InferCall | undefined;
  try {
    const generating = await begin(options, request, reply);
    call = generating.call;
    const texts: string[] = [];
    for await (const { model, asked, answered } of generating.answers) {
      texts.push(generateText(model.served, asked.id, answered));
      // A stream without end must not fill the memory of one who asked for a single answer.
      if (texts.length > 1) break;
    }
    const [only] = texts;
    if (only === undefined || texts.length > 1) throw new GalerkinError('RESPONSE_COUNT', { got: texts.length });
    return reply.type('application/json').send(only);
  } catch (error) {
    return sendError(error, request, reply, call?.id);
  }
}

/** Writes one event; waits while the client reads slower than the model computes. False once the client has gone. */
async function sendEvent(response: ServerResponse, data: string, signal: AbortSignal | undefined): Promise<boolean> {
  if (response.destroyed) return false;
  if (response.write(`data: ${data}\n\n`)) return true;
  await once(response, 'drain', { ...(signal === undefined ? {} : { signal }) }).catch(() => undefined);
  return !response.destroyed;
}

/** Every answer as an event; what fails after the first one is an event too, for the status has been sent. */
export async function generateStream(
  options: V2Options,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  let generating: Generating;
  let next: IteratorResult<Answered<GenerateRequest>, void>;
  try {
    generating = await begin(options, request, reply);
  } catch (error) {
    return sendError(error, request, reply, '');
  }
  const { answers, call } = generating;
  try {
    next = await answers.next();
  } catch (error) {
    return sendError(error, request, reply, call.id);
  }
  const response = reply.raw;
  reply.hijack();
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  });
  try {
    while (next.done !== true) {
      const { model, asked, answered } = next.value;
      if (!(await sendEvent(response, generateText(model.served, asked.id, answered), call.signal))) break;
      next = await answers.next();
    }
  } catch (error) {
    const { body } = failureOf(error, { method: 'POST', route: '/v2/models/:model/generate_stream', id: call.id });
    await sendEvent(response, body, call.signal);
  } finally {
    await answers.return();
    response.end();
  }
  return reply;
}
