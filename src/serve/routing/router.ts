// What the table of models asks of a route: which version takes a request.
import type { RunningModel } from '../engine/running-model.js';
import type { Origin } from './origin.js';

export interface Router {
  /** The version for a request from there; undefined if none may have it. About 50 ns where each request is drawn by itself. */
  choose(from: Origin): RunningModel | undefined;
  /** What stands for the model where nothing is drawn: metadata, steps of ensembles, fallbacks. */
  readonly standing: RunningModel | undefined;
  /** The same route over other running versions (newest first). */
  over(versions: readonly RunningModel[]): Router;
}

/**
 * Keeps a model's traffic at the version that has it now, while others are loaded beside it; the newest if that is gone.
 * Of a model that does not run (undefined) nothing answers yet.
 */
export function heldRouter(version: string | undefined, versions: readonly RunningModel[]): Router {
  const held = versions.find(({ served }) => served.version === version);
  const standing = version === undefined ? undefined : (held ?? versions[0]);
  return { choose: () => standing, standing, over: next => heldRouter(version, next) };
}
