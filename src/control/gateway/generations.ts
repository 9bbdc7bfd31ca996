// The configuration of a gateway as a row of generations: whoever writes the next one first has it, and the file always is one of them, whole.
import { randomBytes } from 'node:crypto';
import { link, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { GalerkinError } from '../../base/index.js';
import { type Route, routeSchema } from '../../model/index.js';
import { readBytes, systemCode, writeFailure, writeFileAtomic } from '../../store/index.js';
import { reasonOf } from '../reason.js';

export interface Generation {
  readonly number: number;
  /** By model, in the order of their names. */
  readonly routes: readonly Route[];
  /** The whole file. */
  readonly text: string;
}

const stateSchema = z.strictObject({
  format: z.literal(1),
  number: z.int().min(1),
  routes: z.array(routeSchema).max(10_000),
});
const firstLine = '# Written by galerkin; changes made by hand are lost. ';
const nextLine = '#+ ';
/** nginx takes no comment of 4096 characters in a line. */
const mostInLine = 2000;
const maxBytes = 64 * 2 ** 20;

/** The file: what the gateway reads, after lines of comment that say what it was made from. */
export function textOf({ number, routes }: Omit<Generation, 'text'>, body: string): string {
  const state = Buffer.from(JSON.stringify({ format: 1, number, routes })).toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < state.length; at += mostInLine) lines.push(state.slice(at, at + mostInLine));
  return `${firstLine}${lines.join(`\n${nextLine}`)}\n${body}`;
}

/** What the lines of comment say, in base64. */
function stateIn(text: string): string {
  const parts: string[] = [];
  for (let at = 0, mark = firstLine; text.startsWith(mark, at); mark = nextLine) {
    const end = text.indexOf('\n', at);
    if (end < 0) break;
    parts.push(text.slice(at + mark.length, end));
    at = end + 1;
  }
  return parts.join('');
}

function parsed(text: string, path: string): Generation {
  try {
    if (!text.startsWith(firstLine)) throw new Error('it was not written by galerkin');
    const state: unknown = JSON.parse(Buffer.from(stateIn(text), 'base64').toString());
    const { number, routes } = stateSchema.parse(state);
    return { number, routes, text };
  } catch (cause) {
    throw new GalerkinError(
      'GATEWAY_FAILED',
      { path, what: 'touched', why: `what lies there cannot be read: ${reasonOf(cause).slice(0, 200)}` },
      { cause },
    );
  }
}

export interface Generations {
  /** The latest that was written; undefined before the first. @throws GATEWAY_FAILED if the file is somebody else's */
  latest(): Promise<Generation | undefined>;
  /** Writes down a generation after `latest`, unless somebody was faster. It survives a kill from then on. @returns whether it was taken */
  claim(generation: Generation): Promise<boolean>;
  /** Puts the latest generation into the gateway's file, whoever wrote it. */
  install(): Promise<void>;
  /** Takes the gateway's file away, where there was none before; the generations stay. */
  withdraw(): Promise<void>;
}

/** Generations beside the gateway's file, as hidden files that are linked into place: a number exists once, and whole. */
export function openGenerations(path: string): Generations {
  const folder = dirname(path);
  const prefix = `.${basename(path)}.generation-`;
  const fileOf = (number: number): string => join(folder, `${prefix}${String(number).padStart(12, '0')}`);
  const numbers = async (): Promise<number[]> => {
    const names = await readdir(folder).catch((): string[] => []);
    const found = names.filter(name => name.startsWith(prefix)).map(name => name.slice(prefix.length));
    return found
      .filter(text => /^\d{12}$/.test(text))
      .map(Number)
      .sort((a, b) => b - a);
  };
  const read = async (file: string): Promise<Generation | undefined> => {
    try {
      return parsed(new TextDecoder().decode(await readBytes(file, { budgetBytes: maxBytes })), file);
    } catch (cause) {
      if (cause instanceof GalerkinError && systemCode(cause.cause) === 'ENOENT') return undefined;
      throw cause;
    }
  };
  const latest = async (): Promise<Generation | undefined> => {
    const [number = 0] = await numbers();
    const installed = await read(path);
    if (installed !== undefined && installed.number >= number) return installed;
    return number === 0 ? undefined : read(fileOf(number));
  };
  return {
    latest,
    async claim(generation) {
      const file = fileOf(generation.number);
      const temporary = `${file}.${randomBytes(6).toString('hex')}`;
      await writeFileAtomic(temporary, generation.text);
      try {
        await link(temporary, file);
      } catch (cause) {
        if (systemCode(cause) === 'EEXIST') return false;
        throw writeFailure(file, cause);
      } finally {
        await rm(temporary, { force: true });
      }
      // A number below the latest was swept once; taking it again would be no claim.
      const [highest = 0] = await numbers();
      if (highest === generation.number) return true;
      await rm(file, { force: true });
      return false;
    },
    withdraw: () => rm(path, { force: true }),
    async install() {
      for (;;) {
        const last = await latest();
        if (last === undefined) return;
        await writeFileAtomic(path, last.text);
        const known = await numbers();
        for (const old of known.filter(number => number < last.number)) await rm(fileOf(old), { force: true });
        // Somebody may have written a later one meanwhile, and this must not stand in its place.
        if ((known[0] ?? 0) <= last.number) return;
      }
    },
  };
}
