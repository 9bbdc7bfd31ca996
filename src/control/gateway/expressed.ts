// A route in somebody else's words, and by name whatever those words cannot say.
import { GalerkinError } from '../../base/index.js';
import type { Route } from '../../model/index.js';

/** Parts of a route that a gateway may have no words for. */
export const lapseKinds = [
  /** Clients that stay with one version. */
  'sticky',
  /** A cookie is compared by a regular expression, which not every implementation understands. */
  'cookie-rule',
  /** A condition on a header or a cookie that the gateway cannot read. */
  'rule',
  /** Copies are made of other requests than the route says, or need what not every implementation has. */
  'mirror',
  /** Copies are made, and their answers dropped instead of compared. */
  'mirror-comparison',
  /** Fresh instances of the stable version, to compare latencies with. */
  'baseline',
  /** Copies that the truth answers too. */
  'checks',
  /** The stable version does not step in where a version has gone. */
  'fallback',
  /** No place was named where a version answers. */
  'backend',
] as const;
export type LapseKind = (typeof lapseKinds)[number];

export interface Lapse {
  readonly kind: LapseKind;
  /** For people, in a sentence. */
  readonly why: string;
}

export interface Expressed<Document> {
  readonly document: Document;
  readonly lapses: readonly Lapse[];
}

/** @throws ROUTE_INEXPRESSIBLE with every lapse that is not tolerated */
export function assertExpressed(
  { model }: Route,
  lapses: readonly Lapse[],
  { by, tolerate }: { readonly by: string; readonly tolerate: readonly LapseKind[] },
): void {
  const refused = lapses.filter(({ kind }) => !tolerate.includes(kind));
  if (refused.length === 0) return;
  throw new GalerkinError('ROUTE_INEXPRESSIBLE', {
    model,
    by,
    lapses: refused.map(({ kind, why }) => `${kind} (${why})`),
  });
}

/** A lapse that nothing can tolerate: there is no document without it. */
export function inexpressible({ model }: Route, by: string, { kind, why }: Lapse): GalerkinError {
  return new GalerkinError('ROUTE_INEXPRESSIBLE', { model, by, lapses: [`${kind} (${why})`] });
}
