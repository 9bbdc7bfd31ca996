// One route as documents of the Kubernetes Gateway API: HTTPRoutes that any implementation of it, or a service mesh, obeys.
import { z } from 'zod';
import { faultLines, GalerkinError } from '../../base/index.js';
import type { Route, RouteCondition } from '../../model/index.js';
import { cookieFault, cookiePattern, valueFault } from './exact-pattern.js';
import { type Expressed, inexpressible, type Lapse } from './expressed.js';
import type { HeaderMatch, HttpRouteDocument, HttpRouteRule } from './http-route-document.js';
import { type Parent, type RequestMirror, routeDocument, type Service } from './http-route-document.js';

export interface HttpRouteOptions {
  /** Of the gateway, or of the service in a mesh, that the routes belong to. */
  readonly parents: readonly Parent[];
  /** The service behind which a version answers; it must serve that version and no other of the model. */
  readonly service: (model: string, version: number) => Service;
  readonly namespace?: string;
}

const serviceSchema = z.object({
  name: z.string().min(1),
  port: z.int().min(1).max(65_535),
  namespace: z.string().min(1).optional(),
});

function invalid(fault: string): GalerkinError {
  return new GalerkinError('OPTIONS_INVALID', { of: 'httpRoutes', faults: [fault] });
}

/** Options whose services have been looked at: a cluster would take half a reference without a word. */
function checkedOptions(options: HttpRouteOptions): HttpRouteOptions {
  if (typeof options?.service !== 'function') throw invalid('service: wanted a function from a version to its service');
  if (!Array.isArray(options.parents)) throw invalid('parents: wanted a list of gateways or services');
  return {
    ...options,
    service(model, version) {
      const parsed = serviceSchema.safeParse(options.service(model, version));
      if (!parsed.success) {
        throw invalid(`service of '${model}', version ${version}: ${faultLines(parsed.error).join('; ')}`);
      }
      const { namespace, ...place } = parsed.data;
      return { ...place, ...(namespace === undefined ? {} : { namespace }) };
    },
  };
}

/** Of one HTTPRoute, as its definition limits them. */
const maxRules = 16;
const maxMatches = 8;

const headerMatch = (when: RouteCondition): HeaderMatch =>
  when.kind === 'header'
    ? { type: 'Exact', name: when.name, value: when.equals }
    : { type: 'RegularExpression', name: 'cookie', value: `^${cookiePattern(when.name, when.equals)}$` };

interface Matches {
  readonly version: number;
  readonly headers: readonly HeaderMatch[];
}

/** Rules in order; neighbours that choose the same version become one, because the number of rules is limited. */
function ruleGroups(rules: Route['rules'], lapses: Lapse[]): Matches[] {
  const groups: { version: number; headers: HeaderMatch[] }[] = [];
  for (const { version, when } of rules) {
    const fault = when.kind === 'header' ? valueFault(when.equals) : cookieFault(when.equals);
    if (fault !== undefined) {
      lapses.push({ kind: 'rule', why: `${when.kind} '${when.name}': ${fault}` });
      continue;
    }
    const last = groups.at(-1);
    if (last?.version === version && last.headers.length < maxMatches) last.headers.push(headerMatch(when));
    else groups.push({ version, headers: [headerMatch(when)] });
  }
  if (rules.some(({ when }) => when.kind === 'cookie')) {
    const why = 'matches by regular expression are left to each implementation';
    lapses.push({ kind: 'cookie-rule', why });
  }
  return groups;
}

function mirrorFilters({ model, mirrors }: Route, service: HttpRouteOptions['service']): RequestMirror[] {
  return mirrors
    .filter(({ share }) => share > 0)
    .map(({ version, share }) => ({
      type: 'RequestMirror',
      requestMirror: { backendRef: service(model, version), fraction: { numerator: share, denominator: 10_000 } },
    }));
}

function sharedRule(route: Route, { service }: HttpRouteOptions, lapses: Lapse[]): HttpRouteRule {
  const filters = mirrorFilters(route, service);
  const stableAlone = route.shares.every(({ version, share }) => version === route.stable || share === 0);
  const backendRefs = route.shares.map(({ version, share }) => ({
    ...service(route.model, version),
    weight: share,
    ...(version === route.stable && filters.length > 0 && !stableAlone ? { filters } : {}),
  }));
  if (filters.length > 0 && !stableAlone) {
    const why =
      'copies of what the stable version alone answers are a filter of its backend, left to each implementation';
    lapses.push({ kind: 'mirror', why });
  }
  return {
    matches: [{ path: { type: 'PathPrefix', value: `/v2/models/${route.model}` } }],
    ...(filters.length > 0 && stableAlone ? { filters } : {}),
    backendRefs,
  };
}

function alwaysLapsed({ sticky, mirrors, checks, baseline }: Route): Lapse[] {
  const lapses: Lapse[] = [
    { kind: 'fallback', why: 'the Gateway API answers 5xx where a version has gone, and asks no other' },
  ];
  if (sticky !== undefined) {
    lapses.push({ kind: 'sticky', why: 'weights are drawn for each request, and no key can be hashed' });
  }
  if (mirrors.length > 0) lapses.push({ kind: 'mirror-comparison', why: 'answers to copies are dropped' });
  if (baseline !== undefined) {
    lapses.push({ kind: 'baseline', why: 'a share for fresh instances of the stable version is not kept' });
  }
  if (checks !== undefined) lapses.push({ kind: 'checks', why: `'${checks.model}' is not asked for the truth` });
  return lapses;
}

/** Who names a version gets it: paths that are longer go before those that are shared. */
const versionRules = ({ model, shares }: Route, service: HttpRouteOptions['service']): HttpRouteRule[] =>
  shares.map(({ version }) => ({
    matches: [{ path: { type: 'PathPrefix', value: `/v2/models/${model}/versions/${version}` } }],
    backendRefs: [{ ...service(model, version), weight: 1 }],
  }));

/**
 * A route as two HTTPRoutes (gateway.networking.k8s.io/v1): one that shares requests by weights of ten thousand, with its rules
 * before, and one for requests that name a version. Lapses name what the Gateway API has no words for; `fallback` is always one.
 * The fence stands in annotations, and nothing in a cluster compares it: who applies the documents must.
 * @throws ROUTE_INEXPRESSIBLE for more rules than an HTTPRoute may have; OPTIONS_INVALID for a service without name and port
 */
export function httpRoutes(route: Route, given: HttpRouteOptions): Expressed<readonly HttpRouteDocument[]> {
  const options = checkedOptions(given);
  const { service } = options;
  const lapses = alwaysLapsed(route);
  const shared = sharedRule(route, options, lapses);
  const path = shared.matches[0]?.path;
  const before: HttpRouteRule[] = ruleGroups(route.rules, lapses).map(({ version, headers }) => {
    // Copies are made of what the stable version answers, also where a rule chose it.
    const filters = version === route.stable ? mirrorFilters(route, service) : [];
    return {
      matches: headers.map(header => ({ ...(path === undefined ? {} : { path }), headers: [header] })),
      ...(filters.length > 0 ? { filters } : {}),
      backendRefs: [{ ...service(route.model, version), weight: 1 }],
    };
  });
  if (before.length + 1 > maxRules) {
    const why = `an HTTPRoute has at most ${maxRules} rules, and this one would have ${before.length + 1}`;
    throw inexpressible(route, 'the Gateway API', { kind: 'rule', why });
  }
  const document = [
    routeDocument(route, { ...options, suffix: '', rules: [...before, shared] }),
    routeDocument(route, { ...options, suffix: '-versions', rules: versionRules(route, service) }),
  ];
  return { document, lapses };
}
