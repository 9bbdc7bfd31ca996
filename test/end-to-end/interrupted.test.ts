import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run, start } from './galerkin.js';

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'galerkin-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const learn = ['learn', 'darcy', '--preset', 'tiny', '--json'];

describe('an interrupted run', () => {
  test.each([
    ['SIGINT', 'while solving the data set', /fields\/s/],
    ['SIGINT', 'while training', /loss/],
    ['SIGKILL', 'while training', /loss/],
  ] as const)(
    '%s %s keeps what is finished; the next run goes on to a whole package',
    async (signal, _when, pattern) => {
      const first = start(learn, cwd);
      await first.seen(pattern);
      first.child.kill(signal);
      const { code, stderr } = await first.finished;
      if (signal === 'SIGINT') {
        expect(code).toBe(130);
        expect(stderr).toMatch(/CANCELLED/);
      }
      const second = await run(learn, cwd);
      expect(second.code, second.stderr).toBe(0);
      expect(JSON.parse(second.stdout)).toMatchObject({ status: 'finished' });
      const listed = await run(['models', '--json'], cwd);
      expect(JSON.parse(listed.stdout).models).toMatchObject([{ status: 'ok' }, { status: 'ok' }]);
    },
    180_000,
  );
});
