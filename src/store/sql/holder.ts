// Who has an embedded database: a note beside the file, for people; the lock itself is the operating system's.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const noteSchema = z.object({ pid: z.int().positive(), since: z.iso.datetime() });

const noteOf = (path: string): string => `${path}.holder`;

/** Written after the lock is held. That it cannot be written is no reason to stop. */
export function noteHolder(path: string, nowMs: number): void {
  const note = { pid: process.pid, since: new Date(nowMs).toISOString() };
  try {
    writeFileSync(noteOf(path), `${JSON.stringify(note)}\n`, { mode: 0o600 });
  } catch {
    // Whoever comes second then reads "another process".
  }
}

export function forgetHolder(path: string): void {
  rmSync(noteOf(path), { force: true });
}

/** Who holds the file, in words. A note of a process that is gone, or none, or one that cannot be read, says nothing. */
export function holderOf(path: string): string {
  try {
    const { pid, since } = noteSchema.parse(JSON.parse(readFileSync(noteOf(path), 'utf8')));
    if (pid === process.pid) return `this process (${pid}) since ${since}`;
    return isAlive(pid) ? `process ${pid} since ${since}` : 'another process';
  } catch {
    return 'another process';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
