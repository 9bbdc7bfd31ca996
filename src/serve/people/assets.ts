// Files for browsers, read once at the start: strong tags, compressed on first use and kept, and no path that could lead elsewhere.
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { matchesTag, strongTag } from '../http/caching.js';
import { type Coding, codedTag, encode, vary, wishOf } from '../http/compression.js';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};

/** Files smaller than this, and pictures and fonts, are not worth compressing. */
const compressFromBytes = 1024;
const isPacked = (path: string): boolean => /\.(png|ico|webp|woff2)$/.test(path);

/** Built files carry a hash in their name (index-B1x9Kd2q.js) and never change; the page that names them does. */
const isHashed = (path: string): boolean => /-[\w-]{8,}\.\w+$/.test(path);

export interface Asset {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly tag: string;
  /** What was compressed already, or is being. */
  readonly coded: Map<Coding, Promise<Buffer>>;
}

export const asset = (path: string, bytes: Uint8Array | string): Asset => ({
  path,
  bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
  type: types[extname(path)] ?? 'application/octet-stream',
  tag: strongTag(bytes),
  coded: new Map(),
});

/** Every file of a folder by its path in it, '/' between; hidden files and links stay out. */
export async function readAssets(folder: string): Promise<ReadonlyMap<string, Asset>> {
  const assets = new Map<string, Asset>();
  const read = async (inner: string): Promise<void> => {
    for (const entry of await readdir(join(folder, inner), { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const path = inner === '' ? entry.name : `${inner}/${entry.name}`;
      if (entry.isDirectory()) await read(path);
      else if (entry.isFile()) assets.set(path, asset(path, await readFile(join(folder, path))));
    }
  };
  await read('');
  return assets;
}

function codedBytes({ bytes, coded }: Asset, coding: Coding): Promise<Buffer> {
  const known = coded.get(coding);
  if (known !== undefined) return known;
  const packing = encode(coding, bytes);
  coded.set(coding, packing);
  return packing;
}

/** Answers with a file under a content policy; 304 where the client has it. */
export async function sendAsset(
  request: FastifyRequest,
  reply: FastifyReply,
  { file, contentPolicy }: { readonly file: Asset; readonly contentPolicy: string },
): Promise<FastifyReply> {
  const { path, bytes, type, tag } = file;
  const mayPack = bytes.length >= compressFromBytes && !isPacked(path);
  const coding = mayPack ? wishOf(request.headers['accept-encoding'])?.coding : undefined;
  reply.type(type);
  reply.header('cache-control', isHashed(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
  reply.header('content-security-policy', contentPolicy).header('referrer-policy', 'no-referrer');
  reply.header('etag', coding === undefined ? tag : codedTag(tag, coding));
  if (mayPack) vary(reply, 'accept-encoding');
  if (matchesTag(request.headers['if-none-match'], tag)) return reply.code(304).removeHeader('content-type').send();
  if (coding === undefined) return reply.send(bytes);
  return reply.header('content-encoding', coding).send(await codedBytes(file, coding));
}
