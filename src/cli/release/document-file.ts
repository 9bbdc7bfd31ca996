// A release document from a file: YAML, JSON, or a module whose default export it is.
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseDocument } from 'yaml';
import { GalerkinError } from '../../base/index.js';
import { readBytes } from '../../store/index.js';

/** Documents are a screenful; what is larger is something else. */
const budgetBytes = 1024 * 1024;
const modules: ReadonlySet<string> = new Set(['.js', '.mjs', '.ts', '.mts']);

const invalid = (path: string, fault: string, cause?: unknown): GalerkinError =>
  new GalerkinError('RELEASE_INVALID', { path, faults: [fault] }, { cause });

async function fromModule(path: string): Promise<unknown> {
  // A missing file has an error of its own.
  await readBytes(path, { budgetBytes });
  try {
    const loaded: unknown = await import(pathToFileURL(resolve(path)).href);
    return typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : undefined;
  } catch (cause) {
    const unread = extname(path).endsWith('ts') ? 'this Node may read no TypeScript: compile it first; ' : '';
    throw invalid(path, `${unread}${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

/** JSON is read as YAML, whose subset it is: both tell line and column of a fault. */
async function fromText(path: string): Promise<unknown> {
  const text = new TextDecoder().decode(await readBytes(path, { budgetBytes }));
  // Aliases can make a small file huge.
  const document = parseDocument(text, { prettyErrors: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw invalid(path, fault.message.split('\n')[0] ?? fault.message, fault);
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** @throws FILE_READ_FAILED, RELEASE_INVALID for what is no mapping; its members are checked by the server */
export async function readReleaseFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const value = modules.has(extname(path)) ? await fromModule(path) : await fromText(path);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  const got = value === null || value === undefined ? 'nothing' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  throw invalid(path, `wanted members such as 'model' and 'strategy', got ${got}`);
}
