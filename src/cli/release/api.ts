// What the release commands ask a server, and who asks.
import { hostname, userInfo } from 'node:os';
import { InvalidArgumentError, Option } from 'commander';
import {
  evidenceAnswer,
  listAnswer,
  planAnswer,
  pruneAnswer,
  type ReleaseCommand,
  type StatusAnswer,
  statusAnswer,
  unrouteAnswer,
} from '../../control/index.js';
import { request, requestText } from '../client.js';

function parseServer(text: string): string {
  if (/^https?:\/\/[^/]/.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('Wanted an address such as http://127.0.0.1:8000.');
}

export const serverFlag = (): Option =>
  new Option('--server <url>', 'address of the server').default('http://127.0.0.1:8000').argParser(parseServer);

export const whyFlag = (): Option => new Option('--why <text>', 'the reason, kept in the history').default('');

const user = (): string => {
  try {
    return userInfo().username;
  } catch {
    return 'somebody';
  }
};

export const byFlag = (): Option =>
  new Option('--by <name>', 'who asks, kept in the history (default: user@machine)').default(
    `${user()}@${hostname()}`,
    'user@machine',
  );

export interface Asking {
  readonly server: string;
  readonly by: string;
  readonly why: string;
}

const place = (id: string): string => `/releases/${encodeURIComponent(id)}`;

export const planRelease = (server: string, document: unknown) =>
  request(server, '/releases/plan', planAnswer, { body: { document } });

export const startRelease = ({ server, by, why }: Asking, document: unknown): Promise<StatusAnswer> =>
  request(server, '/releases', statusAnswer, { body: { document, by, why } });

export const commandRelease = (
  { server, by, why }: Asking,
  id: string,
  command: ReleaseCommand,
): Promise<StatusAnswer> => request(server, `${place(id)}/${command}`, statusAnswer, { body: { by, why } });

export const prune = (server: string, olderThanDays: number | undefined, dryRun: boolean) =>
  request(server, '/releases/prune', pruneAnswer, {
    body: { dryRun, ...(olderThanDays !== undefined && { olderThanDays }) },
  });

export const unroute = ({ server, by, why }: Asking, model: string, dryRun: boolean) =>
  request(server, `/routes/${encodeURIComponent(model)}/unroute`, unrouteAnswer, { body: { by, why, dryRun } });

export const releaseStatus = (server: string, id: string, signal?: AbortSignal): Promise<StatusAnswer> =>
  request(server, place(id), statusAnswer, signal && { signal });

export const releaseEvidence = (server: string, id: string, signal?: AbortSignal) =>
  request(server, `${place(id)}/evidence`, evidenceAnswer, signal && { signal });

export const releaseReportPage = (server: string, id: string): Promise<string> =>
  requestText(server, `${place(id)}/report`);

export async function listReleases(
  server: string,
  { model, limit }: { readonly model?: string | undefined; readonly limit: number },
): Promise<readonly StatusAnswer[]> {
  const query = new URLSearchParams({ limit: String(limit), ...(model === undefined ? {} : { model }) });
  return (await request(server, `/releases?${query}`, listAnswer)).releases;
}

/** The latest release where none is named; undefined if there has been none. */
export async function latestRelease(server: string): Promise<StatusAnswer | undefined> {
  return (await listReleases(server, { limit: 1 }))[0];
}
