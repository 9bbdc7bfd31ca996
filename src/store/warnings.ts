// What the store noticed and went on from: listeners hear it on the channel `galerkin:store.warning`.
import { channel } from '../base/index.js';

export interface StoreWarning {
  readonly kind: 'checkpoint-skipped';
  /** The file that was passed over. */
  readonly path: string;
  /** Why, as a person would say it. */
  readonly reason: string;
}

export const storeWarnings = channel<StoreWarning>('store.warning');
