// Runs a fixture in a child process that is killed at its k-th call into the file system.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const killAt = fileURLToPath(new URL('./fixtures/kill-at.mjs', import.meta.url));

/** Runs `fixture`; 'killed' when it died at call `k`, 'finished' when it got through. Throws when it failed otherwise. */
export function runKilledAt(k: number, fixture: URL, ...given: string[]): 'killed' | 'finished' {
  const child = spawnSync(process.execPath, [killAt, String(k), fileURLToPath(fixture), ...given], {
    encoding: 'utf8',
  });
  if (child.signal === 'SIGKILL') return 'killed';
  if (child.status === 0) return 'finished';
  throw new Error(`the fixture failed: ${child.stderr}`);
}
