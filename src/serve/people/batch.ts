// POST /predict/batch: independent requests in one body, each with an answer or an error of its own.
import { setMaxListeners } from 'node:events';
import type { Engine } from '../engine/engine.js';
import type { Caller } from './caller.js';
import { checkBody, predictForm, readPredictBody, readPrediction, writePrediction } from './predict.js';
import { type Refusal, refusalOf } from './refusal.js';
import { batchBody, maxBatchRequests } from './schemas.js';

type Prediction = ReturnType<typeof writePrediction>;

async function predictOne(
  engine: Engine,
  request: unknown,
  { place, caller }: { readonly place: number; readonly caller: Caller },
): Promise<Prediction | Refusal> {
  try {
    const body = readPredictBody(request, `requests[${place}]`);
    const model = engine.find(body.model, body.version === undefined ? undefined : String(body.version));
    const { asked, answered } = await engine.ask(model, () => readPrediction(model.served, body, caller));
    return writePrediction(model.served, asked, answered);
  } catch (error) {
    return refusalOf(error, `POST /predict/batch requests[${place}]`);
  }
}

/**
 * Asks everything at once, so that requests to one model may be batched; the models' own queues bound what runs.
 * @throws REQUEST_MALFORMED if the body is no list of 1 to 256 requests
 */
export async function predictBatch(
  engine: Engine,
  body: unknown,
  caller: Caller,
): Promise<{ answers: (Prediction | Refusal)[] }> {
  const wanted = `{ requests: [1 to ${maxBatchRequests} of ${predictForm}] }`;
  const { requests } = checkBody(body, batchBody, { what: 'request', wanted });
  // All of them listen to the one caller.
  if (caller.signal !== undefined) setMaxListeners(0, caller.signal);
  return {
    answers: await Promise.all(requests.map((request, place) => predictOne(engine, request, { place, caller }))),
  };
}
