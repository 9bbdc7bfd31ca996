// Which running model a request means.
import { GalerkinError } from '../../base/index.js';
import type { Engine, RunningModel } from '../engine/engine.js';
import type { Origin } from '../routing/origin.js';
import { malformed, shortName } from './malformed.js';

/** True for models that answer one request with any number of responses. */
export const isDecoupled = ({ served, package: { config } }: RunningModel): boolean =>
  served.unroll !== undefined || config.model_transaction_policy?.decoupled === true;

interface Named {
  readonly name: string;
  readonly version: string;
}

/**
 * @param version '' for the one that the model's route chooses; the newest without a route
 * @param from  of inference; without it what stands for the model is found
 * @throws MODEL_UNKNOWN, MODEL_NOT_READY; REQUEST_MALFORMED for a version that is no number
 */
export function modelOf(engine: Engine, { name, version }: Named, from?: Origin): RunningModel {
  if (version === '') return engine.find(name, undefined, from);
  if (/^[1-9]\d{0,18}$/.test(version)) return engine.find(name, version);
  throw malformed(
    `failed to get model version from specified version string '${shortName(version)}'`,
    'an integral value > 0',
    'something else',
  );
}

/** @throws FEATURE_UNSUPPORTED, in Triton's words, for a model whose answers one response cannot hold */
export function checkOneResponse(model: RunningModel): void {
  if (!isDecoupled(model)) return;
  throw new GalerkinError('FEATURE_UNSUPPORTED', {
    what: "ModelInfer RPC doesn't support models with decoupled transaction policy",
    instead: 'Use ModelStreamInfer.',
  });
}
