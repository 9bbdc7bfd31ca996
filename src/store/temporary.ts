// Names for what is not finished yet, beside its target, and the sweep of those that dead processes left.
import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { systemCode } from './failures.js';

const host = hostname().replaceAll(/[^A-Za-z0-9]/g, '') || 'host';
/** Tells this process from an earlier one that had the same process id (containers restart as the same number). */
const token = randomBytes(4).toString('hex');
let counter = 0;

/** A name in the same folder as `target`, hidden, that says which process writes it. */
export function temporaryBeside(target: string): string {
  counter += 1;
  return join(dirname(target), `.${basename(target).slice(0, 150)}.${host}-${process.pid}-${token}-${counter}.tmp`);
}

const pattern = /^\..*\.([A-Za-z0-9]+)-(\d+)-([0-9a-f]{8})-\d+\.tmp$/;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return systemCode(cause) !== 'ESRCH';
  }
}

/** True for a temporary whose writer ran on this machine and runs no more. */
function isStale(name: string): boolean {
  const match = pattern.exec(name);
  if (match === null) return false;
  const pid = Number(match[2]);
  if (match[1] !== host) return false;
  return pid === process.pid ? match[3] !== token : !isAlive(pid);
}

/** Removes what dead processes of this machine left half-written in `folder`. Never fails: it is only tidiness. */
export async function sweepTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const stale = names.filter(isStale);
  await Promise.allSettled(stale.map(name => rm(join(folder, name), { recursive: true, force: true })));
}
