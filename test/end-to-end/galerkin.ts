// Runs the built command as a user would: a process with arguments, its lines, its exit code.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** The first line of stdout that is JSON. */
  readonly firstJson: Promise<Record<string, unknown>>;
  readonly finished: Promise<Finished>;
  /** Resolves when a line of stderr matches. */
  seen(pattern: RegExp): Promise<void>;
  /** Stdout up to the line that matches. */
  said(pattern: RegExp): Promise<string>;
}

/** Starts `galerkin ...args` in `cwd`. */
export function start(args: readonly string[], cwd: string): Running {
  const child = spawn(process.execPath, [entry, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const waiting: { pattern: RegExp; resolve: () => void }[] = [];
  child.stderr.on('data', chunk => {
    stderr += String(chunk);
    for (const { pattern, resolve } of waiting) if (pattern.test(stderr)) resolve();
  });
  const firstJson = new Promise<Record<string, unknown>>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', line => {
      stdout += `${line}\n`;
      if (line.startsWith('{')) resolve(JSON.parse(line));
    });
    child.on('close', () => reject(new Error(`galerkin ${args.join(' ')} ended without JSON:\n${stderr}`)));
  });
  firstJson.catch(() => {});
  const finished = once(child, 'close').then(([code]) => ({ code, stdout, stderr }));
  const seen = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      if (pattern.test(stderr)) resolve();
      waiting.push({ pattern, resolve });
      child.on('close', () => reject(new Error(`never saw ${pattern}:\n${stderr}`)));
    });
  const said = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(stdout)) resolve(stdout);
      };
      createInterface({ input: child.stdout }).on('line', look);
      child.on('close', () => reject(new Error(`never said ${pattern}:\n${stdout}${stderr}`)));
      look();
    });
  return { child, firstJson, finished, seen, said };
}

/** Runs `galerkin ...args` to its end. */
export const run = (args: readonly string[], cwd: string): Promise<Finished> => start(args, cwd).finished;
