import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type GatewayCommand, nginxGateway, openGatewayRouter } from 'galerkin/control';
import { parseRoute, type RouteDraft } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { openGenerations, textOf } from '../../dist/control/gateway/generations.js';
import { freshPaths } from '../store/folder.js';

const freshPath = freshPaths();
const language = nginxGateway({ listen: ['8080'], backends: (_, version) => [`10.0.0.${version}:8000`] });
const route = (term: number, revision: number, draft: Partial<RouteDraft> = {}) =>
  parseRoute({
    model: 'darcy',
    fence: { term, revision },
    stable: 1,
    shares: [{ version: 1, share: 10_000 }],
    ...draft,
  });
const stale = { code: 'ROUTE_STALE' };

/** A router whose commands are written down, and fail when told. */
function router(path: string, fail: (command: GatewayCommand) => boolean = () => false) {
  const commands: string[] = [];
  const run = async (command: GatewayCommand): Promise<void> => {
    commands.push(command.join(' '));
    if (fail(command)) throw new Error('nginx: host not found in upstream');
  };
  const opened = openGatewayRouter(
    { path, check: ['nginx', '-t'], reload: ['nginx', '-s', 'reload'] },
    { language, run },
  );
  return { ...opened, commands };
}

describe('a router of a gateway', () => {
  test('writes one file with all routes, checks it, and then has it read', async () => {
    const path = freshPath();
    const { apply, status, commands } = router(path);
    expect(await status('darcy')).toBeUndefined();
    expect(await apply(route(1, 1))).toMatchObject({ generation: 1, lapses: [] });
    expect(await apply(route(1, 1, { model: 'burgers' }))).toMatchObject({ generation: 2 });
    expect(commands).toEqual(['nginx -t', 'nginx -s reload', 'nginx -t', 'nginx -s reload']);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('# burgers: term 1, revision 1');
    expect(text).toContain('# darcy: term 1, revision 1');
    expect(text).toContain(`return 200 '{"generation":2}';`);
    expect(await status('darcy')).toMatchObject({ generation: 2, route: route(1, 1) });
  });

  test('refuses a controller that has lost its office, in another process and after a restart too', async () => {
    const path = freshPath();
    await router(path).apply(route(2, 5));
    const text = readFileSync(path, 'utf8');
    for (const [term, revision] of [
      [1, 99],
      [2, 4],
    ] as const)
      await expect(router(path).apply(route(term, revision))).rejects.toMatchObject({
        ...stale,
        fields: { term, revision, currentTerm: 2, currentRevision: 5 },
      });
    expect(readFileSync(path, 'utf8')).toBe(text);
    // Another model has a fence of its own; the same order may come again.
    await router(path).apply(route(1, 0, { model: 'burgers' }));
    await router(path).apply(route(2, 5));
    await router(path).apply(route(3, 0));
  });

  test('of many controllers at once the latest order stands, whoever wrote first', async () => {
    const path = freshPath();
    const orders = Array.from({ length: 24 }, (_, k) => route(1 + (k % 4), Math.floor(k / 4)));
    const results = await Promise.allSettled(orders.map(order => router(path).apply(order)));
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject(stale);
    expect((await router(path).status('darcy'))?.route.fence).toEqual({ term: 4, revision: 5 });
    const { text } = (await openGenerations(path).latest()) ?? { text: '' };
    expect(readFileSync(path, 'utf8')).toBe(text);
    const hidden = readdirSync(dirname(path)).filter(name => name.startsWith(`.${basename(path)}.`));
    expect(hidden.filter(name => !/generation-\d{12}$/.test(name))).toEqual([]);
  });

  test('puts the routes before back when the gateway refuses the new ones, and takes the same order later', async () => {
    const path = freshPath();
    const good = router(path);
    await good.apply(route(1, 1));
    let isBroken = true;
    const { apply } = router(path, ([, flag]) => isBroken && flag === '-t');
    const next = route(1, 2, {
      shares: [
        { version: 1, share: 0 },
        { version: 2, share: 10_000 },
      ],
    });
    await expect(apply(next)).rejects.toMatchObject({
      code: 'GATEWAY_FAILED',
      message: expect.stringContaining('host not found'),
    });
    expect((await good.status('darcy'))?.route).toEqual(route(1, 1));
    expect(readFileSync(path, 'utf8')).not.toContain('10.0.0.2');
    isBroken = false;
    await apply(next);
    expect((await good.status('darcy'))?.route).toEqual(next);
  });

  test('leaves no file where there was none, when the gateway refuses the first routes', async () => {
    const path = freshPath();
    await expect(router(path, () => true).apply(route(1, 1))).rejects.toMatchObject({ code: 'GATEWAY_FAILED' });
    expect(existsSync(path)).toBe(false);
    expect(await router(path).apply(route(1, 1))).toMatchObject({ generation: 3 });
    expect(readFileSync(path, 'utf8')).toContain('# darcy: term 1, revision 1');
  });

  test('a controller that was killed after its order was written down is not undone by an older one', async () => {
    const path = freshPath();
    await router(path).apply(route(1, 1));
    // Killed between the claim and the installation: the file is still the old one.
    const routes = [route(5, 0)];
    await openGenerations(path).claim({ number: 2, routes, text: textOf({ number: 2, routes }, '# body\n') });
    await expect(router(path).apply(route(4, 0))).rejects.toMatchObject(stale);
    await router(path).apply(route(5, 0));
    expect((await openGenerations(path).latest())?.number).toBe(3);
  });

  test("leaves a file that is somebody else's alone", async () => {
    for (const content of [
      'user www-data;\n',
      '',
      '# Written by galerkin; changes made by hand are lost. e30=\n',
      '\0',
    ]) {
      const path = freshPath();
      writeFileSync(path, content);
      await expect(router(path).apply(route(1, 1))).rejects.toMatchObject({ code: 'GATEWAY_FAILED' });
      expect(readFileSync(path, 'utf8')).toBe(content);
    }
  });

  test('refuses by name what the gateway cannot do, unless it is told to leave it out', async () => {
    const path = freshPath();
    const mirrored = route(1, 1, {
      shares: [
        { version: 1, share: 10_000 },
        { version: 2, share: 0 },
      ],
      mirrors: [{ version: 2, share: 100 }],
      checks: { model: 'darcy_solver', share: 10 },
      sticky: { kind: 'header', name: 'x_user' },
      rules: [{ version: 2, when: { kind: 'header', name: 'x-a', equals: 'ä' } }],
    });
    await expect(router(path).apply(mirrored)).rejects.toMatchObject({
      code: 'ROUTE_INEXPRESSIBLE',
      fields: { lapses: ['sticky', 'rule', 'mirror-comparison', 'checks'].map(kind => expect.stringContaining(kind)) },
    });
    expect(readdirSync(dirname(path)).filter(name => name.includes(basename(path)))).toEqual([]);
    const tolerate = ['sticky', 'rule', 'mirror-comparison', 'checks'] as const;
    const tolerant = openGatewayRouter({ path, reload: ['true'], tolerate }, { language, run: async () => undefined });
    expect((await tolerant.apply(mirrored)).lapses.map(({ kind }) => kind)).toEqual(tolerate);
    const noPlace = nginxGateway({ listen: ['80'], backends: (_, version) => (version === 1 ? ['a:1'] : []) });
    const router2 = openGatewayRouter({ path, reload: ['true'] }, { language: noPlace, run: async () => undefined });
    await expect(router2.apply(mirrored)).rejects.toMatchObject({ code: 'ROUTE_INEXPRESSIBLE' });
  });

  test('commands that fail or hang, and options that are none, are told by name', async () => {
    const path = freshPath();
    const real = (reload: readonly [string, ...string[]], timeoutMs = 5000) =>
      openGatewayRouter({ path, reload, timeoutMs }, { language });
    const failed = (what: string) => ({ code: 'GATEWAY_FAILED', message: expect.stringContaining(what) });
    await expect(real(['sh', '-c', 'echo no such thing >&2; exit 3']).apply(route(1, 1))).rejects.toMatchObject(
      failed('no such thing'),
    );
    await expect(real(['/no/such/program']).apply(route(1, 1))).rejects.toMatchObject(failed('ENOENT'));
    await expect(real(['sleep', '60'], 50).apply(route(1, 1))).rejects.toMatchObject(failed('sleep'));
    expect(await real(['true']).status('darcy')).toBeUndefined();
    for (const options of [{ path: '' }, { reload: JSON.parse('[]') }, { timeoutMs: 0 }, { confirmUrl: 'x' }])
      expect(() => openGatewayRouter({ path, reload: ['true'], ...options }, { language })).toThrow(/Options of/);
  });
});
