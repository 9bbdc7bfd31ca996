// What a gateway's router needs of the language in which its gateway is configured.
import type { Route } from '../../model/index.js';
import type { Lapse } from './expressed.js';

export interface GatewayLanguage {
  /** For messages. */
  readonly name: string;
  /** All routes as one text, in which lines that begin with '#' are comments. Pure. @throws ROUTE_INEXPRESSIBLE, ROUTE_INVALID */
  express(
    routes: readonly Route[],
    generation: number,
  ): { readonly text: string; readonly lapses: ReadonlyMap<string, readonly Lapse[]> };
}
