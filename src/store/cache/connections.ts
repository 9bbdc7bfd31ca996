// That the connection to a cache server came or went: listeners hear it on the channel `galerkin:store.cache`.
import { channel } from '../../base/index.js';

export interface CacheConnectionEvent {
  readonly tier: string;
  readonly state: 'up' | 'down';
  readonly reason: string;
}

export const cacheConnections = channel<CacheConnectionEvent>('store.cache');
