// Compiled programs on disk: one file each, written whole or not at all, checked by digest, the least recently used removed first.
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Clock, makeFolders } from '../../base/index.js';
import { type CompiledProgram, recordSchema } from './compiled-program.js';

const magic = Buffer.from('galerkin program 1\n');
const digestBytes = 32;
const ending = '.program';
/** A temporary that is older belongs to a process that was killed. */
const staleMs = 3_600_000;

const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

const headSchema = z.strictObject({ key: z.string(), record: recordSchema, modelBytes: z.int().min(0) });

/**
 * magic, length of the head (4 bytes, little-endian), head as JSON, ONNX bytes, the same as the runtime rewrote them (or
 * nothing), SHA-256 of all before it.
 */
export function encodeProgram(key: string, { record, bytes, optimized }: CompiledProgram): Buffer {
  const head = Buffer.from(JSON.stringify({ key, record, modelBytes: bytes.byteLength }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const body = Buffer.concat([magic, length, head, bytes, optimized ?? new Uint8Array()]);
  return Buffer.concat([body, digestOf(body)]);
}

/** @returns undefined for what is torn, foreign, of another key or of another form. */
export function decodeProgram(key: string, file: Buffer): CompiledProgram | undefined {
  const start = magic.length + 4;
  const end = file.length - digestBytes;
  if (end < start || !file.subarray(0, magic.length).equals(magic)) return undefined;
  if (!digestOf(file.subarray(0, end)).equals(file.subarray(end))) return undefined;
  const length = file.readUInt32LE(magic.length);
  if (start + length > end) return undefined;
  const head = readHead(file.toString('utf8', start, start + length));
  if (head === undefined || head.key !== key || start + length + head.modelBytes > end) return undefined;
  const middle = start + length + head.modelBytes;
  const program = { record: head.record, bytes: new Uint8Array(file.subarray(start + length, middle)) };
  return middle === end ? program : { ...program, optimized: new Uint8Array(file.subarray(middle, end)) };
}

function readHead(text: string): z.infer<typeof headSchema> | undefined {
  try {
    return headSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

interface Entry {
  readonly path: string;
  readonly bytes: number;
  readonly usedMs: number;
}

export class DiskShelf {
  readonly #folder: string;
  readonly #limitBytes: number;
  readonly #clock: Clock;

  constructor(folder: string, limitBytes: number, clock: Clock) {
    this.#folder = folder;
    this.#limitBytes = limitBytes;
    this.#clock = clock;
  }

  /** Never fails: what can't be read is not there. A file that is no program is removed. */
  async get(key: string): Promise<CompiledProgram | undefined> {
    const path = this.#path(key);
    try {
      const program = decodeProgram(key, await readFile(path));
      if (program === undefined) {
        await rm(path, { force: true });
        return undefined;
      }
      const now = new Date(this.#clock.now());
      await utimes(path, now, now).catch(() => undefined);
      return program;
    } catch {
      return undefined;
    }
  }

  /** Writes through a temporary and a rename; the last of two writers wins, and both wrote the same. @returns whether it is there now. */
  async put(key: string, program: CompiledProgram): Promise<boolean> {
    const temporary = join(this.#folder, `.${key}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
    try {
      await makeFolders(this.#folder);
      await writeFile(temporary, encodeProgram(key, program), { flag: 'wx' });
      await rename(temporary, this.#path(key));
      await this.#trim();
      return true;
    } catch {
      await rm(temporary, { force: true }).catch(() => undefined);
      return false;
    }
  }

  #path(key: string): string {
    return join(this.#folder, `${key}${ending}`);
  }

  async #entries(): Promise<Entry[]> {
    const names = await readdir(this.#folder);
    const found = names.map(async (name): Promise<Entry[]> => {
      const path = join(this.#folder, name);
      const facts = await stat(path).catch(() => undefined);
      return facts?.isFile() ? [{ path, bytes: facts.size, usedMs: facts.mtimeMs }] : [];
    });
    return (await Promise.all(found)).flat();
  }

  /** Down to the limit, and no temporaries of the dead. Others may do the same at once. */
  async #trim(): Promise<void> {
    const entries = await this.#entries();
    const oldest = this.#clock.now() - staleMs;
    const dead = entries.filter(({ path, usedMs }) => path.endsWith('.tmp') && usedMs < oldest);
    const programs = entries.filter(({ path }) => path.endsWith(ending)).sort((a, b) => b.usedMs - a.usedMs);
    let total = 0;
    const over = programs.filter(({ bytes }, k) => {
      total += bytes;
      return k > 0 && total > this.#limitBytes;
    });
    await Promise.allSettled([...dead, ...over].map(({ path }) => rm(path, { force: true })));
  }
}
