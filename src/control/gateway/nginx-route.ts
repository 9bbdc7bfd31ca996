// One route as the parts of an nginx configuration: upstreams and maps for its http block, locations for its server.
import type { Route } from '../../model/index.js';
import { inexpressible, type Lapse } from './expressed.js';
import { copyVariable, nginxChoice, nginxCopies, upstreamOf } from './nginx-choice.js';
import { assertPlaces, prefixOf } from './nginx-names.js';

/** Places, host:port, at which a version of a model answers; several share its requests. */
export type Backends = (model: string, version: number) => readonly string[];

export interface NginxRoute {
  readonly http: readonly string[];
  readonly server: readonly string[];
  readonly lapses: readonly Lapse[];
}

/** Idle connections to each upstream that are kept open. */
const keptConnections = 32;

const upstream = (name: string, servers: readonly string[]): string[] => [
  `upstream ${name} {`,
  ...servers.map(server => `    server ${server};`),
  `    keepalive ${keptConnections};`,
  '}',
];

function upstreams(route: Route, prefix: string, backends: Backends): string[] {
  const placesOf = (version: number): readonly string[] => {
    const places: unknown = backends(route.model, version);
    assertPlaces(`backends of '${route.model}', version ${version}`, places);
    if (places.length > 0) return places;
    throw inexpressible(route, 'nginx', { kind: 'backend', why: `no place was named for version ${version}` });
  };
  const stablePlaces = placesOf(route.stable);
  // A failure is never remembered: a version that does not answer gets its share again at once when it does.
  const own = (version: number): string[] => placesOf(version).map(place => `${place} max_fails=0`);
  return route.shares.flatMap(({ version }) => {
    const name = upstreamOf(prefix, version);
    if (version === route.stable) return upstream(name, own(version));
    const helpers = stablePlaces.map(place => `${place} backup`);
    const isMirror = route.mirrors.some(mirror => mirror.version === version);
    return [
      ...upstream(name, [...own(version), ...helpers]),
      ...(isMirror ? upstream(`${name}_copies`, own(version)) : []),
    ];
  });
}

const location = (match: string, lines: readonly string[]): string[] => [
  `location ${match} {`,
  ...lines.map(line => `    ${line};`),
  '}',
];

/** What every request to a version is sent with. */
export const passing = [
  'proxy_http_version 1.1',
  'proxy_set_header Connection ""',
  'proxy_set_header Host $http_host',
  'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for',
  'proxy_connect_timeout 2s',
  'client_max_body_size 0',
] as const;

function locations({ model, stable, shares, mirrors }: Route, prefix: string): string[] {
  const base = `/v2/models/${model}`;
  const copyPlace = (version: number): string => `/galerkin-copies/${prefix}/${version}`;
  const copying = mirrors.length === 0 ? [] : ['mirror_request_body on'];
  const drawn = [
    ...mirrors.map(({ version }) => `mirror ${copyPlace(version)}`),
    ...copying,
    `proxy_pass http://$${prefix}_to`,
    ...passing,
  ];
  const plain = (version: number): string[] => [`proxy_pass http://${upstreamOf(prefix, version)}`, ...passing];
  return [
    ...location(`= ${base}`, drawn),
    ...location(`^~ ${base}/`, drawn),
    // Who names a version gets it; the stable version's place says that a version does not exist.
    ...location(`^~ ${base}/versions/`, plain(stable)),
    ...shares.flatMap(({ version }) => [
      ...location(`= ${base}/versions/${version}`, plain(version)),
      ...location(`^~ ${base}/versions/${version}/`, plain(version)),
    ]),
    ...mirrors.flatMap(({ version }, k) => [
      `location = ${copyPlace(version)} {`,
      '    internal;',
      `    if (${copyVariable(prefix, k)} = "") { return 204; }`,
      `    proxy_pass http://${copyVariable(prefix, k)}$request_uri;`,
      ...passing.map(line => `    ${line};`),
      '    proxy_set_header Galerkin-Copy 1;',
      '    proxy_read_timeout 10s;',
      '}',
    ]),
  ];
}

function lapsesOf({ mirrors, checks, baseline }: Route): Lapse[] {
  const lapses: Lapse[] = [];
  if (mirrors.length > 0) {
    lapses.push({ kind: 'mirror-comparison', why: 'nginx drops the answers to copies and compares nothing' });
  }
  if (baseline !== undefined) {
    lapses.push({ kind: 'baseline', why: 'a share for fresh instances of the stable version is not kept' });
  }
  if (checks !== undefined) {
    lapses.push({ kind: 'checks', why: `nginx does not ask '${checks.model}' for the truth` });
  }
  return lapses;
}

/**
 * A route in nginx's words. Requests under /v2/models/<model> go to the upstream that rules, shares and the sticky key choose;
 * where a version cannot be reached, the stable one answers. Needs nginx 1.13.4 or later with its usual modules, built with PCRE.
 * @throws ROUTE_INEXPRESSIBLE without a place for a version; ROUTE_INVALID for a model's name that is none; OPTIONS_INVALID
 */
export function nginxRoute(route: Route, backends: Backends): NginxRoute {
  const prefix = prefixOf(route);
  const choice = nginxChoice(route, prefix);
  return {
    http: [...upstreams(route, prefix, backends), ...choice.lines, ...nginxCopies(route, prefix)],
    server: locations(route, prefix),
    lapses: [...choice.lapses, ...lapsesOf(route)],
  };
}
