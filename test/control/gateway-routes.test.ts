import { seededRandom } from 'galerkin/base';
import { type HttpRouteDocument, httpRoutes, kubernetesGateway, nginxRoute } from 'galerkin/control';
import { parseRoute, type RouteDraft } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { shareOrder } from '../../dist/control/gateway/share-order.js';

const share = (version: number, part: number) => ({ version, share: part });
const route = (draft: Partial<RouteDraft> = {}) =>
  parseRoute({
    model: 'darcy',
    fence: { term: 3, revision: 7 },
    stable: 1,
    shares: [share(1, 9000), share(2, 1000)],
    ...draft,
  });
const options = {
  parents: [{ name: 'public', namespace: 'edge' }],
  service: (model: string, version: number) => ({ name: `${model}-v${version}`, port: 8000 }),
};
const kinds = (draft: Partial<RouteDraft>) => httpRoutes(route(draft), options).lapses.map(({ kind }) => kind);

describe('a route as HTTPRoutes', () => {
  test('says weights, exact headers, and versions by path', () => {
    const when = { kind: 'header', name: 'x-canary', equals: 'yes' } as const;
    const { document, lapses } = httpRoutes(route({ rules: [{ version: 2, when }] }), options);
    const [shared, named] = document;
    expect(lapses.map(({ kind }) => kind)).toEqual(['fallback']);
    const path = { type: 'PathPrefix', value: '/v2/models/darcy' } as const;
    expect(shared).toEqual({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: {
        name: 'galerkin-darcy',
        labels: { 'app.kubernetes.io/managed-by': 'galerkin' },
        annotations: { 'galerkin/model': 'darcy', 'galerkin/term': '3', 'galerkin/revision': '7' },
      },
      spec: {
        parentRefs: options.parents,
        rules: [
          {
            matches: [{ path, headers: [{ type: 'Exact', name: 'x-canary', value: 'yes' }] }],
            backendRefs: [{ name: 'darcy-v2', port: 8000, weight: 1 }],
          },
          {
            matches: [{ path }],
            backendRefs: [
              { name: 'darcy-v1', port: 8000, weight: 9000 },
              { name: 'darcy-v2', port: 8000, weight: 1000 },
            ],
          },
        ],
      },
    } satisfies HttpRouteDocument);
    expect(named?.spec.rules.map(rule => rule.matches[0]?.path?.value)).toEqual([
      '/v2/models/darcy/versions/1',
      '/v2/models/darcy/versions/2',
    ]);
  });

  test('names what the Gateway API cannot say, and leaves out nothing in silence', () => {
    expect(kinds({ sticky: { kind: 'header', name: 'x-user' } })).toEqual(['fallback', 'sticky']);
    expect(kinds({ checks: { model: 'solver', share: 5 } })).toEqual(['fallback', 'checks']);
    expect(kinds({ rules: [{ version: 2, when: { kind: 'cookie', name: 'c', equals: 'on' } }] })).toContain(
      'cookie-rule',
    );
    expect(kinds({ rules: [{ version: 2, when: { kind: 'header', name: 'h', equals: ' a' } }] })).toContain('rule');
    expect(kinds({ mirrors: [share(2, 100)] })).toEqual(['fallback', 'mirror-comparison', 'mirror']);
    expect(kinds({ shares: [share(1, 10_000), share(2, 0)], mirrors: [share(2, 100)] })).toEqual([
      'fallback',
      'mirror-comparison',
    ]);
  });

  test("copies are a filter of the stable version's requests alone", () => {
    const filtersOf = (draft: Partial<RouteDraft>) => httpRoutes(route(draft), options).document[0]?.spec.rules.at(-1);
    const mirror = {
      type: 'RequestMirror',
      requestMirror: {
        backendRef: { name: 'darcy-v2', port: 8000 },
        fraction: { numerator: 100, denominator: 10_000 },
      },
    };
    const shadow = filtersOf({ shares: [share(1, 10_000), share(2, 0)], mirrors: [share(2, 100)] });
    expect(shadow?.filters).toEqual([mirror]);
    const canary = filtersOf({ mirrors: [share(2, 100)] });
    expect(canary?.filters).toBeUndefined();
    expect(canary?.backendRefs.map(({ filters }) => filters)).toEqual([[mirror], undefined]);
  });

  test('a pattern of a cookie holds for that cookie only, in JavaScript as in RE2 and PCRE', () => {
    const rules = [{ version: 2, when: { kind: 'cookie', name: 'a.b', equals: 'x+(1)"' } as const }];
    const header = httpRoutes(route({ rules }), options).document[0]?.spec.rules[0]?.matches[0]?.headers?.[0];
    expect(header).toMatchObject({ type: 'RegularExpression', name: 'cookie' });
    const pattern = new RegExp(header?.value ?? '');
    for (const yes of ['a.b=x+(1)"', 'c=d; a.b=x+(1)"', 'a.b=x+(1)" ; c=d', 'a.b="x+(1)""'])
      expect(pattern.test(yes)).toBe(true);
    for (const no of ['axb=x+(1)"', 'za.b=x+(1)"', 'a.b=x+(1)"z', 'A.b=x+(1)"', 'a.b=xx1"', ''])
      expect(pattern.test(no)).toBe(false);
  });

  test('neighbouring rules share one of the sixteen that an HTTPRoute may have; more are refused', () => {
    const rules = (versionOf: (k: number) => number) =>
      Array.from({ length: 32 }, (_, k) => ({
        version: versionOf(k),
        when: { kind: 'header', name: 'x-user', equals: `u${k}` } as const,
      }));
    const { document } = httpRoutes(route({ rules: rules(() => 2) }), options);
    expect(document[0]?.spec.rules.map(rule => rule.matches.length)).toEqual([8, 8, 8, 8, 1]);
    const split = route({ rules: rules(k => 1 + (k % 2)) });
    expect(() => httpRoutes(split, options)).toThrow(/at most 16 rules/);
  });

  test('models whose names Kubernetes does not take get names that differ', () => {
    const nameOf = (model: string) => httpRoutes(route({ model }), options).document[0]?.metadata.name;
    const names = ['darcy', 'Darcy', 'darcy_solver', 'darcy.solver', 'darcy-solver', '_', 'a'.repeat(128)].map(nameOf);
    expect(new Set(names).size).toBe(names.length);
    const { text } = kubernetesGateway(options).express([route()], 4);
    expect(text).toMatch(/^# generation 4\n---\napiVersion: gateway/);
  });
});

describe('a route for nginx', () => {
  test('gives the shares to a hundredth of a percent, whatever they are', () => {
    const random = seededRandom(3);
    for (let k = 0; k < 200; k++) {
      const part = random.integer(10_001);
      const { http } = nginxRoute(route({ shares: [share(1, 10_000 - part), share(2, part)] }), () => ['a:1']);
      const stated = http.flatMap(line => /^ {4}(\d+\.\d\d)% \S+_v2;$/.exec(line)?.[1] ?? []).map(Number);
      const rest = http.flatMap(line => /^ {4}\* \S+_v(\d);$/.exec(line)?.[1] ?? []).map(Number);
      if (part === 0) expect([stated, rest]).toEqual([[], [1]]);
      else if (part === 10_000) expect([stated, rest]).toEqual([[], [2]]);
      else expect([stated.map(each => Math.round(each * 100)), rest]).toEqual([[part], [1]]);
    }
  });

  test('a share that rises keeps every client it has, with one or two versions beside the stable one', () => {
    const random = seededRandom(4);
    /** Of 10,000 equal hashes. */
    const choices = (shares: readonly { version: number; share: number }[]): number[] =>
      shareOrder(route({ shares: [...shares] })).flatMap(each =>
        Array.from({ length: each.share }, () => each.version),
      );
    for (let k = 0; k < 15; k++) {
      let [b, c] = [0, 0];
      let before = choices([share(1, 10_000), share(2, 0), share(3, 0)]);
      for (let step = 0; step < 6; step++) {
        b += random.integer(10_000 - b - c + 1);
        c += random.integer(10_000 - b - c + 1);
        const shares = [share(3, c), share(1, 10_000 - b - c), share(2, b)];
        const after = choices(step % 2 === 0 ? shares : shares.toReversed());
        expect(after).toHaveLength(10_000);
        // Who moves, moves away from the stable version.
        expect(after.every((version, at) => version === before[at] || before[at] === 1)).toBe(true);
        before = after;
      }
    }
  });
});
