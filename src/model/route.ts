// How the traffic of one model is shared between its versions: data that an engine, a gateway or a service mesh obeys.
import { z } from 'zod';
import { faultLines, GalerkinError } from '../base/index.js';

/** All of a model's traffic, in the unit of shares: one part in ten thousand. */
export const wholeShare = 10_000;

const version = z.int().min(1);
const share = z.int().min(0).max(wholeShare);
const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9a-z-]{1,64}$/, "wanted a header's name in lower case, up to 64 characters");
const cookieName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/, "wanted a cookie's name");
const value = z.string().min(1).max(256);

/** What a request must show so that a rule takes it. */
export const routeCondition = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('header'), name: headerName, equals: value }),
  z.strictObject({ kind: z.literal('cookie'), name: cookieName, equals: value }),
]);

/** What makes a client stay with one version while shares stand, and move at most once as they rise. */
export const routeStickiness = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('header'), name: headerName }),
  z.strictObject({ kind: z.literal('cookie'), name: cookieName }),
  z.strictObject({ kind: z.literal('client-address') }),
]);

export const routeSchema = z
  .strictObject({
    model: z.string().min(1).max(200),
    /**
     * Who says so, and in which order: an engine refuses what is older than what it obeys, so that a controller that has lost
     * its office moves no traffic. `term` grows with each controller that takes office, `revision` with each of its orders.
     */
    fence: z.strictObject({ term: z.int().min(1), revision: z.int().min(0) }),
    /** Answers whatever nothing else takes; also where a chosen version has gone. */
    stable: version,
    /** Of the traffic that no rule takes, in parts of ten thousand that sum to 10,000. A share of 0 keeps a version loaded and warm. */
    shares: z.array(z.strictObject({ version, share })).min(1).max(16),
    /** The first that holds decides. */
    rules: z
      .array(z.strictObject({ version, when: routeCondition }))
      .max(32)
      .default([]),
    /** Without it each request is drawn by itself. A request without the key is drawn by itself too. */
    sticky: routeStickiness.optional(),
    /** Part of the hash, so that two releases do not choose the same clients. */
    salt: z.string().max(128).default(''),
    /** Versions that get copies of requests which the stable version answered; their answers are compared and dropped. */
    mirrors: z.array(z.strictObject({ version, share })).max(4).default([]),
    /**
     * Of the stable version's part, what fresh instances of it answer, as rarely asked as the candidate's: caches of seldom used
     * instances are cold, so that the same version at 5 % of the traffic is a quarter slower than at 95 %. A share of 0 loads them.
     */
    baseline: z.strictObject({ share }).optional(),
    /** Copies that a model of the same repository, such as the solver, answers too, as the truth for both versions. */
    checks: z.strictObject({ model: z.string().min(1).max(200), share }).optional(),
    /**
     * The model's own version policy decides, as if no route had ever been; `shares` only name what it was expected to serve when
     * this was ordered, so that it is loaded before the swap. The fence stands: older orders are refused.
     */
    policy: z.literal(true).optional(),
  })
  .superRefine(({ model, stable, shares, rules, mirrors, baseline, checks }, context) => {
    const sum = shares.reduce((total, each) => total + each.share, 0);
    const fault = (path: string, message: string) => context.addIssue({ code: 'custom', message, path: [path] });
    if (sum !== wholeShare) fault('shares', `wanted shares that sum to ${wholeShare}, got ${sum}`);
    const known = new Set(shares.map(each => each.version));
    if (known.size !== shares.length) fault('shares', 'wanted each version once');
    if (!known.has(stable)) fault('stable', 'wanted one of the versions in shares');
    const own = shares.find(each => each.version === stable)?.share ?? 0;
    if (baseline !== undefined && baseline.share > own)
      fault('baseline', `wanted at most the stable version's share of ${own}, got ${baseline.share}`);
    for (const each of [...rules, ...mirrors])
      if (!known.has(each.version)) fault('shares', `wanted version ${each.version}, which a rule or mirror names`);
    if (checks?.model === model) fault('checks', 'wanted another model: this one would be true by its own word');
    if (mirrors.some(each => each.version === stable)) fault('mirrors', 'wanted other versions than the stable one');
  });

export type Route = Readonly<z.infer<typeof routeSchema>>;
export type RouteDraft = z.input<typeof routeSchema>;
export type RouteCondition = Route['rules'][number]['when'];
export type Stickiness = NonNullable<Route['sticky']>;

/** What an engine says of a route that it obeys. */
export interface RouteStatus {
  readonly route: Route;
  /** Versions of the model that can answer now, ascending. */
  readonly ready: readonly number[];
  /** Why versions that the route names are not ready, by version. */
  readonly faults: Readonly<Record<string, string>>;
  /** Why the route is obeyed without the fresh baseline that it asks for; absent where it has one or asks for none. */
  readonly baselineFault?: string | undefined;
}

/** A route that was read or made, checked. @throws ROUTE_INVALID with all faults */
export function parseRoute(value: unknown): Route {
  const parsed = routeSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new GalerkinError('ROUTE_INVALID', { faults: faultLines(parsed.error) });
}

/** True if `next` may take the place of `current`: of a later term, or of the same term and not of an earlier revision. */
export const isCurrent = (next: Route['fence'], current: Route['fence']): boolean =>
  next.term > current.term || (next.term === current.term && next.revision >= current.revision);

/** The share of a version, 0 where the route does not name it. */
export const shareOf = ({ shares }: Route, of: number): number => shares.find(each => each.version === of)?.share ?? 0;
