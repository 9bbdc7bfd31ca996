import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isGalerkinError } from 'galerkin/base';
import { writePackage } from 'galerkin/model';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { draft } from '../model/fixtures/draft.mjs';
import { freshPaths } from '../store/folder.js';
import { simulatedReplica, sound } from './release-fleet.js';

const freshPath = freshPaths();
const controller = fileURLToPath(new URL('./fixtures/release-controller.mjs', import.meta.url));
const message = z.union([
  z.object({
    call: z.int(),
    name: z.string(),
    method: z.enum(['apply', 'status', 'standing', 'samples']),
    args: z.array(z.any()),
  }),
  z.object({ phase: z.string(), id: z.string() }),
]);

/** Replicas that outlive their controllers, and answer what these ask over a pipe. */
function outside() {
  const behaviour = new Map([1, 2].map(version => [version, sound]));
  const replicas = [1, 2].map(place => simulatedReplica(`r${place}`, { behaviour, seed: place, policy: 2 }));
  const answer = async (child: ChildProcess, raw: unknown): Promise<string | undefined> => {
    const asked = message.parse(raw);
    if ('phase' in asked) return asked.phase;
    const { call, name, method, args } = asked;
    const replica = replicas.find(each => each.name === name);
    const [first, second, third] = args;
    try {
      if (method === 'samples') replica?.serve(40, Date.now());
      const result = await (method === 'samples'
        ? replica?.samples(first, second, third)
        : method === 'status'
          ? replica?.status(first)
          : method === 'standing'
            ? replica?.standing(first)
            : replica?.apply(first));
      if (child.connected) child.send({ call, result });
    } catch (error) {
      if (child.connected) child.send({ call, code: isGalerkinError(error) ? error.code : 'failed' });
    }
    return undefined;
  };
  return { replicas, answer };
}

describe('a controller in a process of its own', () => {
  test('killed with -9 again and again, in each phase, the release goes on and ends right', async () => {
    const repository = freshPath();
    for (const version of [1, 2]) await writePackage(repository, draft({ version, text: `v${version}` }));
    const url = `sqlite:${freshPath()}`;
    const { replicas, answer } = outside();
    const phases: string[] = [];
    let kills = 0;
    /** One life: until it is over, or the first news of a phase that it has not been killed in yet. */
    const live = async (): Promise<void> => {
      const child = fork(controller, [url, repository], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      child.on('message', raw => {
        answer(child, raw).then(
          phase => {
            if (phase === undefined || phases.includes(phase) || child.killed) return;
            phases.push(phase);
            kills++;
            child.kill('SIGKILL');
          },
          () => child.kill('SIGKILL'),
        );
      });
      const [code, signal] = await once(child, 'exit');
      expect([code, signal]).toEqual([null, 'SIGKILL']);
    };
    while (!phases.includes('promoted')) await live();
    expect(phases).toEqual(expect.arrayContaining(['preparing', 'running', 'promoting', 'promoted']));
    expect(kills).toBeGreaterThan(3);
    for (const { route } of replicas) expect(route?.shares.find(({ version }) => version === 2)?.share).toBe(10_000);
    const terms = replicas.flatMap(({ obeyed }) => obeyed.map(({ fence }) => fence.term));
    expect(Math.max(...terms)).toBeGreaterThanOrEqual(kills - 1);
  });
});
