// A request of people through the engine's door: let in when there is room, and seen off with the time it took.
import type { Arrival } from '../admission/admission.js';
import type { Engine, RunningModel } from '../engine/engine.js';
import type { Caller } from './caller.js';
import { type Prediction, type PredictionAnswer, readPrediction, writePrediction } from './predict.js';
import type { PredictBody } from './schemas.js';

/** @param bytes of the request, for the door's budget. @throws OVERLOADED, REQUEST_CANCELLED, and what reading and the engine throw */
export async function predictAdmitted(
  engine: Engine,
  body: PredictBody,
  { caller, bytes }: { readonly caller: Caller; readonly bytes: number },
): Promise<PredictionAnswer> {
  const version = body.version === undefined ? undefined : String(body.version);
  const model: RunningModel = engine.find(body.model, version, caller);
  const arrival: Arrival = {
    tenant: caller.tenant,
    bytes,
    get signal() {
      return caller.signal;
    },
  };
  const leave = await engine.admission.enter(arrival);
  let latencyMs: number | undefined;
  try {
    const read = ({ served }: RunningModel): Prediction => readPrediction(served, body, caller);
    const { model: home, asked, answered } = await engine.ask(model, read);
    latencyMs = answered.latencyMs;
    return writePrediction(home.served, asked, answered);
  } finally {
    leave(latencyMs);
  }
}
