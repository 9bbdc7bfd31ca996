// The routes for people, as the API document describes them.
import { z } from 'zod';
import { healthAnswer, scalingAnswer, statsAnswer } from '../people/monitoring-schemas.js';
import {
  batchAnswer,
  batchBodyInFull,
  guardRefusal,
  modelInfo,
  modelList,
  predictAnswer,
  predictBody,
  sampleAnswer,
  sampleCountAnswer,
} from '../people/schemas.js';
import type { Operation } from './operation.js';
import { refusalSchema } from './registry.js';

const refusal = (description: string) => ({ description, content: { schema: refusalSchema } });
const answer = (schema: z.ZodType, description = 'The answer.') => ({ description, content: { schema } });
const unknownModel = refusal('No such model or version.');
const refused = {
  400: refusal('The body does not fit; the message says what was wanted, what came, and where.'),
  403: refusal('Sent by a page of another origin.'),
  404: unknownModel,
  429: refusal('Too much at once, from everyone or from you; see Retry-After.'),
  503: refusal('Busy or stopping; see Retry-After.'),
  504: refusal('No answer in time.'),
};

const predictions: readonly Operation[] = [
  {
    method: 'post',
    path: '/predict',
    tag: 'predict',
    summary: 'Ask a model',
    body: { schema: predictBody, examplesOf: 'predict' },
    answers: {
      200: answer(predictAnswer),
      ...refused,
      422: answer(guardRefusal, "The guard refused the answer (policy 'reject'); its figures stand beside the words."),
    },
  },
  {
    method: 'post',
    path: '/predict/batch',
    tag: 'predict',
    summary: 'Ask several things at once',
    description: 'The status is 200 even where single requests fail: each has its own answer or error, in order.',
    body: { schema: batchBodyInFull, examplesOf: 'batch' },
    answers: { 200: answer(batchAnswer), 400: refused[400], 403: refused[403] },
  },
];

const modelAnswers = {
  200: answer(modelInfo),
  400: refusal('The model is known, and this version does not run.'),
  404: unknownModel,
};
const models: readonly Operation[] = [
  { method: 'get', path: '/models', tag: 'models', summary: 'What is served', answers: { 200: answer(modelList) } },
  {
    method: 'get',
    path: '/models/{model}',
    tag: 'models',
    summary: 'The newest version of a model',
    answers: modelAnswers,
  },
  {
    method: 'get',
    path: '/models/{model}/versions/{version}',
    tag: 'models',
    summary: 'One version of a model',
    answers: modelAnswers,
  },
  {
    method: 'get',
    path: '/models/{model}/samples',
    tag: 'models',
    summary: 'How many held-out fields there are',
    answers: { 200: answer(sampleCountAnswer), 404: unknownModel },
  },
  {
    method: 'get',
    path: '/models/{model}/samples/{index}',
    tag: 'models',
    summary: 'A held-out field and its truth',
    answers: { 200: answer(sampleAnswer), 400: refused[400], 404: refusal('No such model or sample.') },
  },
];

const monitoring: readonly Operation[] = [
  {
    method: 'get',
    path: '/health',
    tag: 'monitoring',
    summary: 'Is every model ready?',
    answers: { 200: answer(healthAnswer), 503: answer(healthAnswer, 'Some model is not ready.') },
  },
  {
    method: 'get',
    path: '/stats',
    tag: 'monitoring',
    summary: 'What every model did',
    answers: { 200: answer(statsAnswer) },
  },
  {
    method: 'get',
    path: '/monitoring/scaling',
    tag: 'monitoring',
    summary: 'What an autoscaler needs',
    answers: { 200: answer(scalingAnswer) },
  },
  {
    method: 'get',
    path: '/monitoring/metrics',
    tag: 'monitoring',
    summary: 'Metrics for Prometheus',
    answers: { 200: { description: 'The page.', content: { schema: z.string(), type: 'text/plain' } } },
  },
  {
    method: 'get',
    path: '/openapi.json',
    tag: 'monitoring',
    summary: 'This document',
    answers: { 200: answer(z.looseObject({ openapi: z.string() })) },
  },
];

export const peopleOperations: readonly Operation[] = [...predictions, ...models, ...monitoring];
