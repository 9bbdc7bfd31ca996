import { mkdirSync, writeFileSync } from 'node:fs';
import { isGalerkinError, type Random, seededRandom } from 'galerkin/base';
import { httpRoutes, httpRoutesYaml, nginxGateway, nginxRoute, openGatewayRouter } from 'galerkin/control';
import { parseRoute, type Route, type RouteCondition } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { freshPaths } from '../store/folder.js';
import { complaintOf, nginxIn } from './fixtures/gateway-nginx.js';

const freshPath = freshPaths();
const backends = (_: string, version: number): readonly string[] => [`127.0.0.1:${9000 + version}`];
const language = nginxGateway({ listen: ['127.0.0.1:8080'], backends });

const nasty = [
  '"; } server { listen 1; } #',
  "'; return 200 'owned",
  '$http_authorization',
  '$\u007brequest_id}',
  '\\',
  '\\"',
  '\n    return 500;\n',
  '\r\nX: y',
  '\0',
  '}',
  '{',
  ';',
  '#',
  '~*.*',
  'default',
  'include /etc/passwd',
  'volatile',
  '--- !!js/function',
  '*',
  'ä',
  '\u{1F600}',
  ' ',
];
const piece = (random: Random): string =>
  random.uniform() < 0.5
    ? (nasty[random.integer(nasty.length)] ?? '')
    : String.fromCharCode(...Array.from({ length: 1 + random.integer(6) }, () => random.integer(200)));
const text = (random: Random, most: number): string =>
  Array.from({ length: 1 + random.integer(4) }, () => piece(random))
    .join('')
    .slice(0, most) || 'x';
const tokenCharacters = "!#$%&'*+.^_`|~0189azAZ-";
const token = (random: Random): string =>
  Array.from({ length: 1 + random.integer(12) }, () => tokenCharacters[random.integer(tokenCharacters.length)]).join(
    '',
  );

/** Any route that the schema lets in: that is all that ever comes here. */
function anyRoute(random: Random): Route {
  const kind = () => (random.uniform() < 0.5 ? 'header' : 'cookie');
  const name = (of: string) => (of === 'header' ? token(random).toLowerCase() : token(random));
  const when = (): unknown => {
    const of = kind();
    return { kind: of, name: name(of), equals: text(random, 256) };
  };
  const of = kind();
  return parseRoute({
    model: random.uniform() < 0.3 ? text(random, 200) : `m.${random.integer(1e6)}_A-b`,
    fence: { term: 1 + random.integer(1e6), revision: random.integer(1e6) },
    stable: 1,
    shares: [
      { version: 1, share: 10_000 - 2 * 333 },
      { version: Number.MAX_SAFE_INTEGER, share: 333 },
      { version: 7, share: 333 },
    ],
    rules: Array.from({ length: random.integer(6) }, () => ({ version: 7, when: when() })),
    ...(random.uniform() < 0.7 ? { sticky: { kind: of, name: name(of) } } : {}),
    salt: text(random, 128),
    mirrors: [{ version: 7, share: random.integer(10_001) }],
  });
}

/** The configuration as nginx's own reader splits it: words and signs, with quoted words told apart. */
const tokens = (configuration: string): string[] =>
  configuration.replaceAll(/^\s*#.*$/gm, '').match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[{};]|[^\s{};"']+/g) ?? [];

describe('hostile texts in routes', () => {
  test('never become words of an nginx configuration, and nginx takes whatever is written', async () => {
    const folder = freshPath();
    mkdirSync(folder, { recursive: true });
    const nginx = await nginxIn(folder);
    const random = seededRandom(5);
    const routes = new Map<string, Route>();
    let refused = 0;
    for (let k = 0; k < 400; k++) {
      const route = anyRoute(random);
      try {
        const { http, server } = nginxRoute(route, (_, version) => [`127.0.0.1:${9000 + (version % 1000)}`]);
        // Names are known words; a quoted word holds letters, digits and signs of patterns only.
        for (const word of tokens([...http, ...server].join('\n')))
          expect(word).toMatch(/^(?:"[A-Za-z0-9_~^$?:()|[\]{}=.;*, \\-]*"|[A-Za-z0-9_./:$^=~%*(){};-]+)$/);
        routes.set(route.model, route);
      } catch (cause) {
        if (!isGalerkinError(cause) || cause.code !== 'ROUTE_INVALID') throw cause;
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(50);
    // All of them in one file, and each model's own directives in the number that an innocent route gives.
    const some = [...routes.values()].slice(0, 60);
    const hostile = nginxGateway({
      listen: [`127.0.0.1:${nginx.port}`],
      backends: (_, version) => [`127.0.0.1:${9000 + (version % 1000)}`],
    });
    writeFileSync(nginx.file, hostile.express(some, 1).text);
    expect(complaintOf(nginx)).toBe('');
  });

  test('of a hundred models are in one file that nginx takes and the next process reads', async () => {
    const folder = freshPath();
    mkdirSync(folder, { recursive: true });
    const nginx = await nginxIn(folder);
    const router = () =>
      openGatewayRouter({ path: nginx.file, reload: ['true'] }, { language, run: async () => undefined });
    const route = (model: string) =>
      parseRoute({
        model,
        fence: { term: 1, revision: 1 },
        stable: 1,
        shares: [{ version: 1, share: 10_000 }],
        rules: [{ version: 1, when: { kind: 'header', name: 'x-a', equals: 'a'.repeat(200) } }],
      });
    for (let k = 0; k < 100; k++) await router().apply(route(`model-${k}`));
    expect(complaintOf(nginx)).toBe('');
    for (const k of [0, 50, 99]) expect((await router().status(`model-${k}`))?.route).toEqual(route(`model-${k}`));
  });

  test('an innocent route and a hostile one give the same directives', () => {
    const make = (equals: string, salt: string): string => {
      const condition: RouteCondition = { kind: 'header', name: 'x-a', equals };
      const shares = [
        { version: 1, share: 9000 },
        { version: 2, share: 1000 },
      ];
      const fence = { term: 1, revision: 1 };
      const route = parseRoute({
        model: 'm',
        fence,
        stable: 1,
        shares,
        rules: [{ version: 2, when: condition }],
        salt,
      });
      return tokens(language.express([route], 1).text)
        .map(word => (/^"~\^.*\$"$/.test(word) || /^"\$\{/.test(word) ? 'text' : word))
        .join(' ');
    };
    const innocent = make('a', 'b');
    for (const evil of nasty.filter(each => /^[\x21-\x7e]+$/.test(each))) expect(make(evil, evil)).toBe(innocent);
  });

  test('places, addresses and model names that are none are refused', () => {
    const route = parseRoute({
      model: 'm',
      fence: { term: 1, revision: 0 },
      stable: 1,
      shares: [{ version: 1, share: 10_000 }],
    });
    const places = ['', 'a', 'a:0', 'a:65536', 'a:1;', 'a b:1', 'http://a:1', 'a:1 backup', '-a:1', '[::1:80', 'a:1\n'];
    const invalid = (of: () => unknown, code: string) => {
      let got: unknown;
      try {
        of();
      } catch (cause) {
        got = isGalerkinError(cause) ? cause.code : cause;
      }
      expect(got).toBe(code);
    };
    for (const place of places) {
      invalid(() => nginxRoute(route, () => [place]), 'OPTIONS_INVALID');
      invalid(() => nginxGateway({ backends, listen: [place] }), 'OPTIONS_INVALID');
      invalid(() => nginxGateway({ backends, listen: ['80'], elsewhere: [place] }), 'OPTIONS_INVALID');
    }
    for (const given of [undefined, null, 'a:1', [1], {}])
      invalid(() => nginxRoute(route, () => JSON.parse(JSON.stringify(given) ?? 'null')), 'OPTIONS_INVALID');
    for (const text of [
      '{"listen":"80"}',
      '{"listen":[]}',
      '{"listen":["99999"]}',
      '{"connections":"x"}',
      '{"backends":1}',
    ])
      invalid(() => nginxGateway({ backends, listen: ['80'], ...JSON.parse(text) }), 'OPTIONS_INVALID');
    for (const place of ['a:1', '10.0.0.1:8000', '[::1]:80', 'a-b.c:65535'])
      expect(nginxRoute(route, () => [place])).toBeDefined();
    for (const model of ['../etc', 'a b', 'a/b', 'a;b', '.a', '$a', 'ä'])
      invalid(() => nginxRoute({ ...route, model }, backends), 'ROUTE_INVALID');
  });

  test('services and languages that are none are refused by name', () => {
    const [route] = [
      parseRoute({ model: 'm', fence: { term: 1, revision: 0 }, stable: 1, shares: [{ version: 1, share: 10_000 }] }),
    ];
    const options = (service: string) => ({ parents: [], service: () => JSON.parse(service) });
    for (const text of ['null', '{}', '{"name":"a"}', '{"name":"","port":1}', '{"name":"a","port":0}', '"a:1"'])
      expect(() => httpRoutes(route, options(text))).toThrow(/service of 'm', version 1/);
    for (const text of ['{}', '{"parents":[]}', '{"it":null}'])
      expect(() => httpRoutes(route, JSON.parse(text).it ?? JSON.parse(text))).toThrow(/Options of httpRoutes/);
    const router = { path: freshPath(), reload: ['true'] } as const;
    for (const text of ['{}', '{"it":null}', '{"it":{}}', '{"it":{"language":{}}}'])
      expect(() => openGatewayRouter(router, JSON.parse(text).it)).toThrow(/language: wanted one/);
  });

  test('come out of YAML as they went in', () => {
    const random = seededRandom(9);
    for (let k = 0; k < 80; k++) {
      const { document } = httpRoutes(anyRoute(random), {
        parents: [{ name: 'gateway' }],
        service: (_, version) => ({ name: `v${version}`, port: 8000 }),
      });
      const yaml = httpRoutesYaml(document);
      const read = parseAllDocuments(yaml).map(each => each.toJS());
      expect(read).toEqual(document);
      for (const { metadata } of document) expect(metadata.name).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
    }
  });
});
