// KServe v2 over HTTP, as the API document describes it.
import { z } from 'zod';
import type { Operation, Parameter } from './operation.js';
import { refusalSchema } from './registry.js';
import {
  inferRequest,
  inferResponse,
  modelConfigAnswer,
  modelMetadata,
  modelReadyAnswer,
  serverMetadata,
} from './v2-schemas.js';

const tag = 'KServe v2';
const refusal = (description: string) => ({ description, content: { schema: refusalSchema } });
const answer = (schema: z.ZodType, description = 'The answer.') => ({ description, content: { schema } });
const unknownModel = refusal('No such model or version.');
const notRunning = refusal('No such model, or no such version of it that runs.');

const headerLength: Parameter = {
  name: 'Inference-Header-Content-Length',
  in: 'header',
  description:
    'Bytes of JSON at the start of the body; binary tensors follow. Absent: all of it is JSON. 0: one raw tensor.',
};

const health: readonly Operation[] = [
  {
    method: 'get',
    path: '/v2/health/live',
    tag,
    summary: 'Is the server alive?',
    answers: { 200: answer(z.looseObject({ live: z.boolean() }).partial()) },
  },
  {
    method: 'get',
    path: '/v2/health/ready',
    tag,
    summary: 'Is every model ready?',
    answers: {
      200: answer(z.looseObject({ ready: z.boolean() }).partial()),
      400: { description: 'Some model is not ready.' },
    },
  },
  { method: 'get', path: '/v2', tag, summary: 'Server metadata', answers: { 200: answer(serverMetadata) } },
];

/** The operations of a model, for the newest version and for a named one. */
const ofModel = (base: string, which: string): readonly Operation[] => [
  {
    method: 'get',
    path: base,
    tag,
    summary: `Metadata of ${which}`,
    answers: { 200: answer(modelMetadata), 400: notRunning, 404: unknownModel },
  },
  {
    method: 'get',
    path: `${base}/config`,
    tag,
    summary: `Configuration of ${which}`,
    answers: { 200: answer(modelConfigAnswer), 400: notRunning, 404: unknownModel },
  },
  {
    method: 'get',
    path: `${base}/ready`,
    tag,
    summary: `Is ${which} ready?`,
    answers: { 200: answer(modelReadyAnswer), 400: { description: 'It is not.' }, 404: unknownModel },
  },
  {
    method: 'post',
    path: `${base}/infer`,
    tag,
    summary: `Inference by ${which}`,
    description: 'JSON, or a JSON header and the tensors as little-endian bytes after it, in the order of the inputs.',
    parameters: [headerLength],
    body: { schema: inferRequest, examplesOf: 'v2' },
    answers: {
      200: answer(inferResponse),
      400: refusal('The request does not fit; in the words of Triton where it has words.'),
      403: refusal('Sent by a page of another origin.'),
      404: unknownModel,
      429: refusal('Too much at once; see Retry-After.'),
      422: refusal("The guard refused the answer (policy 'reject')."),
      503: refusal('Busy or stopping; see Retry-After.'),
      504: refusal('No answer in time.'),
    },
  },
];

export const v2Operations: readonly Operation[] = [
  ...health,
  ...ofModel('/v2/models/{model}', 'the newest version'),
  ...ofModel('/v2/models/{model}/versions/{version}', 'one version'),
];
