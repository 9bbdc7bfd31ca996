// `galerkin release` against real servers: started, followed, commanded, looked up.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { run, start } from '../end-to-end/galerkin.js';
import {
  canary,
  type Place,
  patient,
  release,
  releasePlace,
  type ServerProcess,
  serveThere,
} from './release-servers.js';

let place: Place;
const servers: ServerProcess[] = [];
const serve = async (args: readonly string[] = []): Promise<ServerProcess> => {
  const server = await serveThere(place, args);
  servers.push(server);
  return server;
};
afterEach(async () => {
  for (const server of servers.splice(0)) await server.kill();
  await place.dispose();
});

describe('galerkin release', { timeout: 60_000 }, () => {
  test('starts a release and follows it, with traffic, until it is promoted', async () => {
    place = await releasePlace();
    const server = await serve();
    await place.addVersion(2, 2);
    const file = await place.document('canary.yaml', canary('30s'));
    const planned = await release(place, server, ['plan', file]);
    expect(planned.stdout).toMatch(/version 1 → 2[\s\S]*It would start/);
    expect(existsSync(join(place.folder, 'control.db'))).toBe(false);

    const { code, stdout, stderr } = await release(place, server, [
      'start',
      file,
      '--traffic',
      '100',
      '--why',
      'it is faster',
    ]);
    expect(stdout).toMatch(/^Promoted after .*'scale' answers with version 2.*none failed/);
    expect(code).toBe(0);
    expect(stderr).toMatch(/scale 1 → 2 {2}canary/);
    expect(stderr).toMatch(/stage {4}Stage 1 of 1/);
    expect(existsSync(join(place.folder, 'control.db'))).toBe(true);
    expect(await server.ask(20)).toEqual({ versions: { 2: 20 }, failed: 0 });

    const history = await release(place, server, ['history']);
    expect(history.stdout).toMatch(/release +model[\s\S]*scale +1 → 2 +canary +promoted/);
    const versions = (...args: string[]) => run(['versions', ...args, '--server', server.url], place.folder);
    expect((await versions('list')).stdout).toMatch(/scale +2 +production[\s\S]*scale +1 /);
    expect((await versions('history', 'scale')).stdout).toMatch(/→ production +\S+@\S+ +scale-2-/);
    expect((await versions('gc', '--keep-latest', '1', '--keep-days', '0')).stdout).toMatch(
      /scale\/2 stays: it serves/,
    );
    // Between replicas only, and this server has none.
    expect((await fetch(`${server.url}/traffic/scale`)).status).toBe(404);
    expect((await server.stop()).code).toBe(0);
  });

  test('aborts by a word, ends with 70, and the reason stays in the report', async () => {
    place = await releasePlace();
    const server = await serve();
    await place.addVersion(2, 2);
    const file = await place.document('patient.json', JSON.stringify({ ...parsed, description: 'by hand' }));
    const begun = await release(place, server, ['start', file, '--no-watch', '--json', '--by', 'ada']);
    const { id, startedBy } = JSON.parse(begun.stdout);
    expect(startedBy).toBe('ada');
    const watching = start(['release', 'status', id, '--watch', '--server', server.url], place.folder);
    await watching.seen(/canary 50 %/);
    expect((await release(place, server, ['status', id])).stdout).toMatch(/scale 1 → 2 {2}canary {2}running/);
    expect((await release(place, server, ['pause', id])).stdout).toMatch(/is paused/);
    await expect.poll(async () => (await server.status(id)).phase, { timeout: 5000 }).toBe('paused');
    const abort = await release(place, server, ['abort', id, '--by', 'bob', '--why', 'the flux looks odd']);
    expect(abort.stdout).toMatch(/is abort(ing|ed)\..*bob/);
    expect(abort.code).toBe(0);
    const { code, stdout } = await watching.finished;
    expect(stdout).toMatch(/^Aborted after .*stays with version 1/);
    expect(code).toBe(70);
    expect(await server.ask(10)).toEqual({ versions: { 1: 10 }, failed: 0 });
    const written = await release(place, server, ['report', id, '--out', 'release.html', '--json']);
    expect(JSON.parse(written.stdout)).toMatchObject({ file: 'release.html' });
    const page = await readFile(join(place.folder, 'release.html'), 'utf8');
    expect(page).toMatch(/the flux looks odd/);
    expect(page).toMatch(/bob/);
    const versions = (...args: string[]) => run(['versions', ...args, '--server', server.url], place.folder);
    const refused = await versions('promote', 'scale', '2', '--why', 'it is mine');
    expect(refused.stderr).toMatch(/only a release may do that/);
    expect(refused.code).toBe(65);
    expect((await versions('promote', 'scale', '1')).code).toBe(2);
    expect((await versions('promote', 'scale', '1', '--why', 'it answers', '--by', 'bob')).stdout).toBe(
      'scale/1 is now production.\n',
    );
    expect((await versions('retire', 'scale', '1', '--why', 'tired')).stderr).toMatch(/until another version/);

    const asked = await release(place, server, ['unroute', 'scale', '--dry-run', '--json']);
    expect(JSON.parse(asked.stdout)).toMatchObject({ dryRun: true, answers: 1, versions: [2] });
    const back = await release(place, server, ['unroute', 'scale', '--why', 'we trust it']);
    expect(back.stderr).toMatch(/Version 1 of 'scale' answers by the route[\s\S]*version 2 answers by it/);
    expect(back.stdout).toMatch(/policy decides again \(.*we trust it\)/);
    expect(await server.ask(10)).toEqual({ versions: { 2: 10 }, failed: 0 });
    expect((await release(place, server, ['unroute', 'scale'])).code).toBe(65);
    const pruned = await release(place, server, ['prune', '--older-than', '0d', '--json']);
    expect(JSON.parse(pruned.stdout)).toMatchObject({ dryRun: false, releases: [{ id }] });
    expect((await release(place, server, ['prune', '--older-than', 'ever'])).code).toBe(2);
    const late = await release(place, server, ['promote', id, '--json']);
    expect(late.code).toBe(65);
    expect(JSON.parse(late.stderr).error.message).toMatch(/aborted/);
  });

  test('leaves the release running when the watching is broken off', async () => {
    place = await releasePlace();
    const server = await serve();
    await place.addVersion(2, 2);
    const file = await place.document('patient.yaml', patient);
    const watching = start(['release', 'start', file, '--traffic', '20', '--server', server.url], place.folder);
    await watching.seen(/canary 50 %/);
    watching.child.kill('SIGINT');
    const { code, stdout } = await watching.finished;
    expect(code).toBe(130);
    expect(stdout).toMatch(/The release goes on[\s\S]*galerkin release abort \S+ --server/);
    const { releases } = await (await fetch(`${server.url}/releases`)).json();
    expect(releases[0].phase).toBe('running');
  });
});

const parsed = {
  model: 'scale',
  version: 2,
  strategy: { kind: 'canary', steps: [{ weight: '50%', hold: '1h', approve: true }] },
  judge: { criteria: [{ metric: 'error-rate', margin: '20%' }] },
};

describe('what galerkin release refuses', { timeout: 30_000 }, () => {
  test('is said with its place, starts nothing and makes no database', async () => {
    place = await releasePlace();
    const server = await serve();
    await place.addVersion(2, 2);
    const odd = await place.document('odd.yaml', canary('10s').replace('50%', '500%'));
    const stranger = await place.document(
      'stranger.mjs',
      'export default { model: "nobody", strategy: { kind: "shadow" } };',
    );
    const same = await place.document('same.yaml', canary('10s').replace('version: 2', 'version: 1\nbaseline: 1'));
    const cases: [string, number, RegExp][] = [
      [odd, 65, /percentage/],
      [stranger, 65, /nobody/],
      [same, 65, /held against itself/],
      ['nowhere.yaml', 66, /nowhere\.yaml/],
    ];
    for (const [file, exit, said] of cases) {
      const { code, stderr, stdout } = await release(place, server, ['start', file]);
      expect(stderr).toMatch(said);
      expect(code, stderr).toBe(exit);
      expect(stdout).toBe('');
    }
    expect((await (await fetch(`${server.url}/releases`)).json()).releases).toEqual([]);
    expect(existsSync(join(place.folder, 'control.db'))).toBe(false);
  });

  test.each([
    ['no server', ['status', '--server', 'http://127.0.0.1:9'], 69, /npm start/],
    ['an address that is none', ['status', '--server', 'localhost'], 2, /--server/],
    ['traffic without end', ['start', 'x.yaml', '--traffic', '1e9'], 2, /requests per second/],
    ['a word that is unknown', ['launch', 'x.yaml'], 2, /unknown command/],
  ])('%s', async (_what, args, exit, said) => {
    place = await releasePlace();
    const { code, stderr } = await run(['release', ...args], place.folder);
    expect(stderr).toMatch(said);
    expect(code).toBe(exit);
  });
});
