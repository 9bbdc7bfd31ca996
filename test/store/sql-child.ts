// Another process that opens a database; tests hear what it says, and kill it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const fixture = fileURLToPath(new URL('./fixtures/sql-open.mjs', import.meta.url));

export interface SqlChild {
  readonly pid: number | undefined;
  /** The first line that matches. Rejects when the process ends before. */
  says(pattern: RegExp): Promise<string>;
  /** All lines so far. */
  readonly said: readonly string[];
  readonly ended: Promise<number | null>;
  /** SIGKILL; resolves when it is gone and all it said is heard. */
  kill(): Promise<void>;
}

export function sqlChild(url: string, what: 'hold' | 'try' | 'office' | 'pairs'): SqlChild {
  const child = spawn(process.execPath, [fixture, url, what], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  const waiting = new Set<() => void>();
  let isOver = false;
  const wake = (): void => {
    for (const each of waiting) each();
  };
  createInterface({ input: child.stdout }).on('line', line => {
    said.push(line);
    wake();
  });
  const ended = once(child, 'close').then(([code]) => {
    isOver = true;
    wake();
    return typeof code === 'number' ? code : null;
  });
  return {
    pid: child.pid,
    said,
    ended,
    says: pattern =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = said.find(line => pattern.test(line));
          if (found === undefined && !isOver) return;
          waiting.delete(look);
          if (found === undefined) reject(new Error(`it ended and said only: ${said.join(' | ')}`));
          else resolve(found);
        };
        waiting.add(look);
        look();
      }),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
