// The commands of a gateway, run without a shell and with a limit of time.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A program and its arguments. */
export type GatewayCommand = readonly [string, ...string[]];

/** Runs a command to its end; rejects with what it wrote if it fails or takes too long. */
export type RunCommand = (command: GatewayCommand, timeoutMs: number) => Promise<void>;

const shownCharacters = 500;

export const runCommand: RunCommand = async ([program, ...args], timeoutMs) => {
  try {
    await promisify(execFile)(program, args, { timeout: timeoutMs, killSignal: 'SIGKILL', encoding: 'utf8' });
  } catch (cause) {
    const written = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : '';
    const why = written === '' && cause instanceof Error ? cause.message : written;
    throw new Error(`${program}: ${why.slice(-shownCharacters)}`, { cause });
  }
};
