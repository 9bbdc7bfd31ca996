// Real cache servers for tests: Redis and Memcached from Debian's packages, as child processes on free loopback ports.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port.js';

const programs = {
  redis: process.env.REDIS_SERVER ?? '/usr/bin/redis-server',
  memcached: process.env.MEMCACHED ?? '/usr/bin/memcached',
};
const packages = { redis: 'redis-server', memcached: 'memcached' };
export type Kind = keyof typeof programs;

/** False where the server is not installed; says so loudly. */
export function hasServer(kind: Kind): boolean {
  if (existsSync(programs[kind])) return true;
  console.warn(
    `\n!! The tests of the cache on ${kind} are SKIPPED: there is no ${programs[kind]}.\n` +
      `!! Run: apt-get install ${packages[kind]}\n`,
  );
  return false;
}

export interface CacheServer {
  readonly port: number;
  readonly url: string;
  /** Stops it without a word, as a crash would; resolves once it is gone. */
  kill(): Promise<void>;
  /** Holds it still: connections stay, nothing is answered. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

const argumentsOf = (kind: Kind, port: number, folder: string): string[] =>
  kind === 'redis'
    ? ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]
    : [
        '-l',
        '127.0.0.1',
        '-p',
        `${port}`,
        '-U',
        '0',
        '-m',
        '64',
        '-vv',
        ...(process.getuid?.() === 0 ? ['-u', 'root'] : []),
      ];

/** Resolves once the server says that it listens; both then go on talking, to nobody. */
function listening(child: ChildProcess, kind: Kind): Promise<void> {
  const sign = kind === 'redis' ? /Ready to accept connections/ : /server listening/;
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      if (said.length < 100_000) said += chunk.toString();
      if (sign.test(said)) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.on('exit', code => reject(new Error(`${kind} ended with ${code}: ${said.slice(-500)}`)));
  });
}

/** Starts a server, at `port` if it must be the same as before. */
export async function startServer(kind: Kind, port?: number): Promise<CacheServer> {
  const folder = mkdtempSync(join(tmpdir(), 'galerkin-cache-'));
  const at = port ?? (await freePort());
  const child = spawn(programs[kind], argumentsOf(kind, at, folder), { stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = once(child, 'exit');
  await listening(child, kind);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill('SIGCONT');
    child.kill(signal);
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    port: at,
    url: `${kind}://127.0.0.1:${at}`,
    kill: () => end('SIGKILL'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    stop: () => end('SIGKILL'),
  };
}
