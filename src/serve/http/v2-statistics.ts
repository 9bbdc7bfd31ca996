// What models did, in the form of Triton's statistics: perf_analyzer reads these numbers before and after each of its windows.
import { isGalerkinError } from '../../base/index.js';
import type { Engine } from '../engine/engine.js';
import { malformed, shortName } from './v2-header.js';

/** Of every running version. */
export const serverStatistics = ({ models }: Engine): object => ({
  model_stats: models.map(model => model.statistics.triton()),
});

/** Of every running version of one model, or of one version. @throws REQUEST_MALFORMED in Triton's words if there is none */
export function modelStatistics(
  engine: Engine,
  { model: name, version }: { model: string; version?: string | undefined },
): object {
  try {
    engine.find(name, version);
  } catch (error) {
    if (!isGalerkinError(error) || error.code !== 'MODEL_UNKNOWN') throw error;
    throw malformed(`requested model '${shortName(name)}' is not available`, 'a model that is served', 'another');
  }
  const models = engine.models.filter(
    ({ served }) => served.name === name && (version === undefined || served.version === String(BigInt(version))),
  );
  return { model_stats: models.map(model => model.statistics.triton()) };
}
