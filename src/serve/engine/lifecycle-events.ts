// What becomes of models, for whoever listens: studio, logs, metrics.
import { channel } from '../../base/index.js';

/** Published on `galerkin:serve:model` when a version is loaded, is unloaded, or fails to load. */
export interface LifecycleEvent {
  readonly model: string;
  /** '' if a load failed before its version was known. */
  readonly version: string;
  readonly what: 'loaded' | 'unloaded' | 'failed';
  readonly reason: string;
}

export const lifecycleChannel = channel<LifecycleEvent>('serve:model');
