// A release document from a file: YAML and JSON as plain data with the lines of what is wrong, modules as what they export.
import { pathToFileURL } from 'node:url';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { GalerkinError } from '../../base/index.js';
import { readBytes } from '../../store/index.js';
import { type ReleaseDocument, releaseSchema } from './document.js';

/** Far more than a release needs. */
const mostBytes = 256 * 1024;

const isModule = (path: string): boolean => /\.(mjs|js|mts|ts)$/.test(path);
const isText = (path: string): boolean => /\.(ya?ml|json)$/.test(path);

function refuse(path: string, faults: readonly string[], cause?: unknown): GalerkinError {
  return new GalerkinError('RELEASE_INVALID', { path, faults }, { cause });
}

interface Parsed {
  readonly document: Document;
  readonly lines: LineCounter;
}

/** JSON is YAML too: one reader, which knows where everything stands. No tags of one's own, no key twice, no alias bombs. */
function parseText(text: string, path: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'core',
    customTags: [],
    uniqueKeys: true,
    strict: true,
    merge: false,
    lineCounter: lines,
    prettyErrors: false,
  });
  const faults = [...document.errors, ...document.warnings].map(({ message, pos: [at] }) => {
    const { line, col } = lines.linePos(at);
    return `line ${line}, column ${col}: ${message}`;
  });
  if (faults.length > 0) throw refuse(path, faults);
  return { document, lines };
}

/** Where a value stands, or what it should stand in. */
function lineOf({ document, lines }: Parsed, path: readonly PropertyKey[]): string {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    const at = isNode(node) ? node.range?.[0] : undefined;
    if (at !== undefined) return `line ${lines.linePos(at).line}`;
  }
  return 'line 1';
}

const isMapping = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What stands in the place of a document. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

const wanted = "members such as 'model' and 'strategy'";

function readText(text: string, path: string): ReleaseDocument {
  const parsed = parseText(text, path);
  let value: ReleaseDocument;
  try {
    value = parsed.document.toJS({ maxAliasCount: 50 });
  } catch (cause) {
    throw refuse(path, [cause instanceof Error ? cause.message : String(cause)], cause);
  }
  if (!isMapping(value)) throw refuse(path, [`${lineOf(parsed, [])}: wanted ${wanted}, got ${kindOf(value)}`]);
  const checked = releaseSchema.safeParse(value);
  if (checked.success) return value;
  const faults = checked.error.issues.map(({ path: place, message }) => {
    const name = place.map(String).join('.');
    return `${lineOf(parsed, place)}: ${name === '' ? '' : `${name}: `}${message}`;
  });
  throw refuse(path, faults);
}

/** What a module exports: it is run, so it is trusted as any code that one runs. */
async function readModule(path: string): Promise<ReleaseDocument> {
  let loaded: { readonly default?: ReleaseDocument };
  // A missing file has an error of its own.
  await readBytes(path, { budgetBytes: mostBytes });
  try {
    loaded = await import(pathToFileURL(path).href);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const hint = /\.m?ts$/.test(path) ? ' (TypeScript needs a Node that strips types; or compile it to .mjs)' : '';
    throw refuse(path, [`it cannot be loaded: ${why}${hint}`], cause);
  }
  const { default: value } = loaded;
  if (value === undefined || !isMapping(value))
    throw refuse(path, [`wanted a default export with ${wanted}, got ${kindOf(value)}`]);
  const checked = releaseSchema.safeParse(value);
  if (checked.success) return value;
  throw refuse(
    path,
    checked.error.issues.map(({ path: place, message }) => `${place.map(String).join('.')}: ${message}`),
  );
}

/**
 * Reads a release document: .yaml, .yml and .json as data (at most 256 KiB), .mjs, .js and, where Node strips types, .ts as
 * a module with a default export.
 * @throws RELEASE_INVALID with all faults, and their lines where there are any; FILE_READ_FAILED
 */
export async function readReleaseDocument(path: string): Promise<ReleaseDocument> {
  if (isModule(path)) return readModule(path);
  if (!isText(path)) throw refuse(path, ['wanted a file that ends in .yaml, .yml, .json, .mjs, .js or .ts']);
  const bytes = await readBytes(path, { budgetBytes: mostBytes });
  return readText(new TextDecoder().decode(bytes), path);
}
