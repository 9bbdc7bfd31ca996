// Which model a path of the v2 protocol is about.
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import type { Engine, RunningModel } from '../engine/engine.js';
import type { Origin } from '../routing/origin.js';

export const targetSchema = z.object({ model: z.string(), version: z.string().optional() });

/** The model that the path names; for inference the version that its route chooses for this request. Versions that are no number are paths that do not exist. @throws ROUTE_UNKNOWN, MODEL_UNKNOWN, MODEL_NOT_READY */
export function modelOf(engine: Engine, request: FastifyRequest, from?: Origin): RunningModel {
  const { model, version } = targetSchema.parse(request.params);
  if (version !== undefined && !/^\d{1,20}$/.test(version)) throw new GalerkinError('ROUTE_UNKNOWN', {});
  return engine.find(model, version, from);
}
