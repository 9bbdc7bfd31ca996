import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isGalerkinError, type Random, seededRandom } from 'galerkin/base';
import { expect, test } from 'vitest';
import { freshPaths } from '../store/folder.js';
import { dayMs, publish, type Registry, registry, word } from './fixtures/versions.js';

const freshPath = freshPaths();

/** A server that loads and drops versions whenever it likes, as long as they lie there; sometimes it does not answer. */
function server(folder: string, random: Random) {
  const serving = new Set<number>();
  const path = (version: number) => join(folder, 'm', String(version), 'model.onnx');
  return {
    serving,
    async isServing(): Promise<readonly number[]> {
      const version = 1 + random.integer(12);
      if (random.uniform() < 0.3 && existsSync(path(version))) serving.add(version);
      if (random.uniform() < 0.5) serving.delete([...serving][random.integer(Math.max(1, serving.size))] ?? 0);
      if (random.uniform() < 0.15) throw new Error('away');
      return [...serving];
    },
  };
}

/** Steps that may be refused by name, and by nothing else. */
async function attempt(step: Promise<unknown>): Promise<void> {
  await step.catch((cause: unknown) => {
    if (!isGalerkinError(cause) || !['VERSION_STAGE', 'PACKAGE_VERSION_UNKNOWN'].includes(cause.code)) throw cause;
  });
}

async function step({ versions, folder, clock }: Registry, random: Random, published: number[]): Promise<void> {
  const version = published[random.integer(published.length)] ?? 1;
  const release = `r${random.integer(1e6)}`;
  switch (random.integer(7)) {
    case 0: {
      const next = published.length + 1;
      const parent = random.uniform() < 0.3 ? { parent: `m/${version}` } : {};
      if (next > 12) return;
      await publish(folder, next, parent);
      published.push(next);
      await attempt(versions.register('m', next, word));
      return;
    }
    case 1:
      return attempt(versions.promote('m', version, word));
    case 2:
      return attempt(versions.retire('m', version, word));
    case 3:
      return existsSync(join(folder, 'm', String(version)))
        ? versions.promoted('m', version, word, release)
        : undefined;
    case 4:
      return versions.refused('m', version, word, release);
    case 5:
      return versions.candidate('m', version, word, release);
    default:
      clock.advance(random.integer(20) * dayMs);
  }
}

test('whatever happened before, what serves, answers, or is where a rollback goes is never deleted', async () => {
  let deletions = 0;
  for (let seed = 1; seed <= 14; seed++) {
    const random = seededRandom(seed);
    const opened = await registry(freshPath());
    const { versions, folder } = opened;
    const { serving, isServing } = server(folder, random);
    const published = [1];
    await publish(folder, 1);
    await versions.register('m', 1, word);
    for (let k = 0; k < 40; k++) {
      await step(opened, random, published);
      if (random.uniform() > 0.4) continue;
      const before = await versions.list('m');
      const rollback = (await versions.rollbackTarget('m'))?.version;
      const keepDays = random.integer(8);
      const { deleted } = await versions.collectGarbage({ isServing, keepLatest: 1 + random.integer(2), keepDays });
      deletions += deleted.length;
      const gone = new Set(deleted.map(({ version }) => version));
      const lies = (version: number): boolean => existsSync(join(folder, 'm', String(version), 'model.onnx'));
      const needed = before
        .filter(({ present, stage }) => present && (stage === 'production' || stage === 'candidate'))
        .map(({ version }) => version);
      for (const version of [...needed, ...serving, ...(rollback === undefined ? [] : [rollback])]) {
        expect([seed, k, version, lies(version)]).toEqual([seed, k, version, true]);
        expect(gone.has(version)).toBe(false);
      }
      for (const { version, present } of await versions.list('m')) expect(present).toBe(lies(version));
    }
    await opened.database.close();
  }
  // The histories are of use only if much was deleted.
  expect(deletions).toBeGreaterThan(15);
});
