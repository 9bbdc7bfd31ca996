// POST /predict/batch: independent requests in one body, each with an answer or an error of its own.
import { setMaxListeners } from 'node:events';
import type { Engine } from '../engine/engine.js';
import { predictAdmitted } from './admitted.js';
import type { Caller } from './caller.js';
import { checkBody, type PredictionAnswer, predictForm, readPredictBody } from './predict.js';
import { type Refusal, refusalOf } from './refusal.js';
import { batchBody, maxBatchRequests } from './schemas.js';

interface Sender {
  readonly caller: Caller;
  /** Of what was sent. */
  readonly bytes: number;
}

async function predictOne(
  engine: Engine,
  request: unknown,
  { place, ...sender }: Sender & { readonly place: number },
): Promise<PredictionAnswer | Refusal> {
  try {
    return await predictAdmitted(engine, readPredictBody(request, `requests[${place}]`), sender);
  } catch (error) {
    return refusalOf(error, `POST /predict/batch requests[${place}]`);
  }
}

/**
 * Asks everything at once, so that requests to one model may be batched; the engine's door and queues bound what runs.
 * @throws REQUEST_MALFORMED if the body is no list of 1 to 256 requests
 */
export async function predictBatch(
  engine: Engine,
  body: unknown,
  { caller, bytes }: Sender,
): Promise<{ answers: (PredictionAnswer | Refusal)[] }> {
  const wanted = `{ requests: [1 to ${maxBatchRequests} of ${predictForm}] }`;
  const { requests } = checkBody(body, batchBody, { what: 'request', wanted });
  // All of them listen to the one caller.
  if (caller.signal !== undefined) setMaxListeners(0, caller.signal);
  const each = { caller, bytes: Math.ceil(bytes / requests.length) };
  return {
    answers: await Promise.all(requests.map((request, place) => predictOne(engine, request, { place, ...each }))),
  };
}
