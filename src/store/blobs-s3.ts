// A bucket of an S3-compatible store, read only. Requests go to the one endpoint that was configured; redirections are refused.
import { AwsClient } from 'aws4fetch';
import { GalerkinError } from '../base/index.js';
import type { BlobEntry, Blobs } from './blobs.js';
import { parseListPage } from './blobs-s3-list.js';

/** What is left out comes from the environment, by the names that every S3 client knows (AWS_ENDPOINT_URL, …). */
export interface S3Options {
  /** http(s)://host[:port]. @default AWS_ENDPOINT_URL, else AWS's own for the region */
  readonly endpoint?: string;
  /** @default AWS_REGION, AWS_DEFAULT_REGION, us-east-1 */
  readonly region?: string;
  /** @default AWS_ACCESS_KEY_ID */
  readonly accessKeyId?: string;
  /** @default AWS_SECRET_ACCESS_KEY */
  readonly secretAccessKey?: string;
  /** @default AWS_SESSION_TOKEN */
  readonly sessionToken?: string;
  /** Longest time of one request, its body included. @default 600000 */
  readonly timeoutMs?: number;
  /** Most objects that one listing may give. @default 100000 */
  readonly maxListed?: number;
  /** @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** @default the global fetch */
  readonly fetch?: typeof globalThis.fetch;
}

const maxPageBytes = 16 * 2 ** 20;
const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

const invalid = (faults: readonly string[]) => new GalerkinError('OPTIONS_INVALID', { of: 's3', faults });

function endpointOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (isPlain && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw invalid([`endpoint: wanted http(s)://host[:port] without a user or a query, got '${text.slice(0, 100)}'`]);
}

/** Everything that a request needs. */
interface Connection {
  readonly base: string;
  readonly place: string;
  readonly client: AwsClient;
  readonly fetch: typeof globalThis.fetch;
  readonly timeoutMs: number;
}

function connect(bucket: string, options: S3Options): Connection {
  const env = options.environment ?? process.env;
  const region = options.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1';
  const endpoint = endpointOf(options.endpoint ?? env.AWS_ENDPOINT_URL ?? `https://s3.${region}.amazonaws.com`);
  const accessKeyId = options.accessKeyId ?? env.AWS_ACCESS_KEY_ID ?? '';
  const secretAccessKey = options.secretAccessKey ?? env.AWS_SECRET_ACCESS_KEY ?? '';
  const sessionToken = options.sessionToken ?? env.AWS_SESSION_TOKEN;
  const faults = [
    ...(bucketName.test(bucket) ? [] : [`bucket: wanted a name of an S3 bucket, got '${bucket.slice(0, 80)}'`]),
    ...(accessKeyId === '' ? ['accessKeyId: wanted a key, got none (AWS_ACCESS_KEY_ID)'] : []),
    ...(secretAccessKey === '' ? ['secretAccessKey: wanted a secret, got none (AWS_SECRET_ACCESS_KEY)'] : []),
  ];
  if (faults.length > 0) throw invalid(faults);
  return {
    base: `${endpoint.origin}${endpoint.pathname.replace(/\/+$/, '')}/${bucket}`,
    place: `s3://${bucket}`,
    client: new AwsClient({
      accessKeyId,
      secretAccessKey,
      service: 's3',
      region,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    }),
    fetch: options.fetch ?? globalThis.fetch,
    timeoutMs: options.timeoutMs ?? 600_000,
  };
}

const failed = (place: string, wanted: string, got: string, cause?: unknown) =>
  new GalerkinError('BLOBS_FAILED', { place, wanted, got }, { cause });

/** Sends a signed GET; only a 200 comes back. */
async function get({ client, fetch, place, timeoutMs }: Connection, url: string): Promise<Response> {
  const signed = await client.sign(url, { method: 'GET' });
  const answer = await fetch(signed, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) }).catch(
    (cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw failed(place, 'an answer', reason, cause);
    },
  );
  if (answer.status === 200) return answer;
  await answer.body?.cancel().catch(() => undefined);
  const isMove = answer.status >= 300 && answer.status < 400;
  throw failed(place, 'status 200', isMove ? `a redirection (${answer.status})` : `status ${answer.status}`);
}

/** The body in pieces, until it ends or is more than wanted. */
async function* bodyOf(place: string, answer: Response, budgetBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  const reader = answer.body?.getReader();
  try {
    for (;;) {
      const piece = await reader?.read().catch((cause: unknown) => {
        throw failed(place, 'the whole body', 'a connection that ended', cause);
      });
      if (piece?.value === undefined) return;
      bytes += piece.value.length;
      if (bytes > budgetBytes) throw failed(place, `at most ${budgetBytes} bytes`, 'more');
      yield piece.value;
    }
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
}

/** Keys as parts of a path: everything but the slashes is escaped. */
const pathOf = (key: string): string => key.split('/').map(encodeURIComponent).join('/');

async function listPage(connection: Connection, prefix: string, token: string | undefined) {
  const query = new URLSearchParams({ 'list-type': '2', prefix, ...(token && { 'continuation-token': token }) });
  const pieces: Uint8Array[] = [];
  const answer = await get(connection, `${connection.base}?${query}`);
  for await (const piece of bodyOf(connection.place, answer, maxPageBytes)) pieces.push(piece);
  const page = parseListPage(new TextDecoder().decode(Buffer.concat(pieces)));
  if (page === undefined) throw failed(connection.place, 'a listing', 'something else');
  return page;
}

/**
 * Opens a bucket; sends nothing yet.
 * @throws OPTIONS_INVALID for an endpoint, bucket or keys that cannot be.
 */
export function openS3Blobs(bucket: string, options: S3Options = {}): Blobs {
  const connection = connect(bucket, options);
  const { place, base } = connection;
  const maxListed = options.maxListed ?? 100_000;
  return {
    place,
    async list(prefix) {
      const found: BlobEntry[] = [];
      let token: string | undefined;
      do {
        const page = await listPage(connection, prefix, token);
        for (const entry of page.entries) if (entry.key.startsWith(prefix)) found.push(entry);
        if (found.length > maxListed) throw failed(place, `at most ${maxListed} objects`, 'more');
        // A store that gives the same token for ever would be listed for ever.
        if (page.next !== undefined && page.entries.length === 0) throw failed(place, 'a listing', 'an empty page');
        token = page.next;
      } while (token !== undefined);
      return found.sort((a, b) => (a.key < b.key ? -1 : 1));
    },
    async *read(key, budgetBytes) {
      // A URL would resolve such segments, and lead out of the bucket.
      if (key.split('/').some(segment => segment === '.' || segment === '..')) {
        throw failed(place, "a key without '.' and '..' as segments", JSON.stringify(key.slice(0, 160)));
      }
      const answer = await get(connection, `${base}/${pathOf(key)}`);
      yield* bodyOf(`${place}/${key}`, answer, budgetBytes);
    },
  };
}
