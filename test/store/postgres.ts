// A real PostgreSQL for tests: Debian's, made in a temporary folder, on a free loopback port, with a password.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port.js';

const versions = '/usr/lib/postgresql';
const user = 'galerkin';
export const password = 'p:ss/w@rd';

/** The folder of its programs: POSTGRES_BIN, or the newest that Debian has put down. */
function programs(): string | undefined {
  if (process.env.POSTGRES_BIN !== undefined) return process.env.POSTGRES_BIN;
  if (!existsSync(versions)) return undefined;
  return readdirSync(versions)
    .sort((a, b) => Number(b) - Number(a))
    .map(version => join(versions, version, 'bin'))
    .find(folder => existsSync(join(folder, 'postgres')));
}

/** False where it is not installed; says so loudly. */
export function hasPostgres(): boolean {
  if (programs() !== undefined) return true;
  console.warn(
    `\n!! The tests on PostgreSQL are SKIPPED: there is none below ${versions}.\n` +
      '!! Run: apt-get install postgresql, or name the folder of its programs in POSTGRES_BIN\n',
  );
  return false;
}

/** PostgreSQL refuses to run as root: as root we run it as the user that Debian's package makes. */
function runner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

export interface PostgresServer {
  /** Of a fresh, empty database. */
  freshDatabase(): Promise<string>;
  /** Stops it at once, as a crash would. */
  crash(): Promise<void>;
  /** Starts it again, on the same port. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

function initialise(folder: string, as: { uid: number; gid: number } | undefined, bin: string): void {
  const secret = join(folder, 'password');
  writeFileSync(secret, password);
  if (as !== undefined) for (const path of [folder, secret]) chownSync(path, as.uid, as.gid);
  const given = ['-D', join(folder, 'data'), '-U', user, '--auth=scram-sha-256', `--pwfile=${secret}`];
  const made = spawnSync(join(bin, 'initdb'), [...given, '--no-sync', '--locale=C', '--encoding=UTF8'], {
    ...as,
    cwd: folder,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || made.error}`);
}

interface Launch {
  readonly port: number;
  readonly as: ReturnType<typeof runner>;
  readonly isDurable: boolean;
}

function launch(bin: string, folder: string, { port, as, isDurable }: Launch) {
  const settings = [
    `fsync=${isDurable ? 'on' : 'off'}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=60',
  ];
  const given = ['-D', join(folder, 'data'), '-p', `${port}`, ...settings.flatMap(each => ['-c', each])];
  return spawn(join(bin, 'postgres'), given, { ...as, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}

type Child = ReturnType<typeof launch>;

function listening(child: Child): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      if (said.length < 100_000) said += chunk.toString();
      if (/ready to accept connections/.test(said)) resolve();
    });
    child.on('exit', code => reject(new Error(`postgres ended with ${code}: ${said.slice(-500)}`)));
  });
}

/** Starts it; with `isDurable` it waits for the disk, as one would in earnest. */
export async function startPostgres({ isDurable = false } = {}): Promise<PostgresServer> {
  const bin = programs();
  if (bin === undefined) throw new Error('PostgreSQL is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'galerkin-postgres-'));
  const as = runner();
  initialise(folder, as, bin);
  const port = await freePort();
  let child: Child | undefined;
  let made = 0;
  // Should the tests die, it dies with them.
  const end = (): void => void child?.kill('SIGQUIT');
  process.once('exit', end);
  const url = (database: string) => `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  const server: PostgresServer = {
    async start() {
      child = launch(bin, folder, { port, as, isDurable });
      await listening(child);
    },
    async crash() {
      if (child === undefined) return;
      const gone = once(child, 'exit');
      child.kill('SIGQUIT');
      await gone;
      child = undefined;
    },
    async freshDatabase() {
      const { default: pg } = await import('pg');
      const client = new pg.Client({ connectionString: url('postgres') });
      await client.connect();
      made += 1;
      await client.query(`create database test_${made}`);
      await client.end();
      return url(`test_${made}`);
    },
    async stop() {
      await server.crash();
      process.off('exit', end);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}
