// All routes of a gateway as one nginx configuration, to be included in its http block.
import { z } from 'zod';
import { resolveOptions } from '../../base/index.js';
import type { Route } from '../../model/index.js';
import type { Lapse } from './expressed.js';
import type { GatewayLanguage } from './gateway-language.js';
import { assertPlaces, isPort } from './nginx-names.js';
import { type Backends, nginxRoute, passing } from './nginx-route.js';

export interface NginxGatewayOptions {
  /** Where each version answers. */
  readonly backends: Backends;
  /** Addresses to listen on, as host:port or a port. */
  readonly listen: readonly string[];
  /** Places, host:port, for all that no route takes, such as /v2/health/ready. Without them it is answered with 404. */
  readonly elsewhere?: readonly string[];
  /**
   * Connections of clients. 'close': one for each request, so that none is cut when nginx reads its file again. 'keep': kept, and
   * nginx cuts the idle ones as it reads its file: a request that was just being sent on one fails, and its client must send it
   * again. 'keep-over-reloads': kept and not cut; needs nginx 1.27.4 or later. @default 'close'
   */
  readonly connections?: 'close' | 'keep' | 'keep-over-reloads';
}

const connectionLines = {
  close: ['keepalive_timeout 0;'],
  keep: [],
  'keep-over-reloads': ['keepalive_min_timeout 75s;'],
} as const;

const gatewayOptions = z.strictObject({
  backends: z.custom<Backends>(given => typeof given === 'function', 'wanted a function from a version to its places'),
  listen: z.array(z.string()).min(1).readonly(),
  elsewhere: z.array(z.string()).readonly().default([]),
  connections: z.enum(['close', 'keep', 'keep-over-reloads']).default('close'),
});

const elsewhereName = 'galerkin_elsewhere';

const indented = (lines: readonly string[]): string[] => lines.map(line => `    ${line}`);

/** Answers on this machine only which generation of the configuration is obeyed. */
const generationLocation = (generation: number): string[] => [
  'location = /galerkin-gateway {',
  '    allow 127.0.0.1;',
  '    allow ::1;',
  '    deny all;',
  '    default_type application/json;',
  `    return 200 '{"generation":${generation}}';`,
  '}',
];

/**
 * nginx as a gateway: one file with all that it needs, made from routes alone. Model names, versions and places are checked,
 * values of headers and cookies are written as \xHH, salts as digests: no text of a route can end a string or begin a directive.
 * @throws OPTIONS_INVALID
 */
export function nginxGateway(options: NginxGatewayOptions): GatewayLanguage {
  const { backends, listen, elsewhere, connections } = resolveOptions('nginxGateway', gatewayOptions, options);
  const addresses = listen.filter(each => !isPort(each));
  assertPlaces('listen', addresses);
  assertPlaces('elsewhere', elsewhere);
  return {
    name: 'nginx',
    express(routes: readonly Route[], generation: number) {
      const parts = routes.map(route => ({ route, ...nginxRoute(route, backends) }));
      const lapses = new Map<string, readonly Lapse[]>(parts.map(part => [part.route.model, part.lapses]));
      const http = parts.flatMap(({ route: { model, fence }, http: lines }) => [
        `# ${model}: term ${fence.term}, revision ${fence.revision}`,
        ...lines,
        '',
      ]);
      const others = elsewhere.map(place => `    server ${place};`);
      const rest = others.length === 0 ? 'return 404' : `proxy_pass http://${elsewhereName}`;
      const server = [
        ...listen.map(each => `listen ${each};`),
        ...connectionLines[connections],
        ...generationLocation(generation),
        ...parts.flatMap(part => part.server),
        'location / {',
        ...indented([rest, ...(others.length === 0 ? [] : passing)].map(line => `${line};`)),
        '}',
      ];
      const upstream = others.length === 0 ? [] : [`upstream ${elsewhereName} {`, ...others, '}', ''];
      return { text: [...http, ...upstream, 'server {', ...indented(server), '}', ''].join('\n'), lapses };
    },
  };
}
