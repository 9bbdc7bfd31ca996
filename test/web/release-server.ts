// A server of releases for the studio's tests: the real page, answers of the agreed shapes, news over a WebSocket; the test decides what it knows.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname } from 'node:path';
import type { ReleaseEvent, ReleaseEvidence, ReleaseStatus } from 'galerkin/control';
import { type WebSocket, WebSocketServer } from 'ws';

const web = new URL('../../dist/web/', import.meta.url);
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export interface Commanded {
  readonly id: string;
  readonly command: string;
  readonly body: unknown;
}

export interface ReleaseServer {
  readonly url: string;
  /** By id, latest first; undefined: this server knows nothing of releases. */
  evidence: ReleaseEvidence[] | undefined;
  /** Words of the next refusal of a command. */
  refusal: string | undefined;
  readonly commanded: Commanded[];
  /** Times that evidence was asked for, in milliseconds. */
  readonly askedMs: number[];
  /** Takes the place of what was known of the release, and tells those who listen. */
  tell(evidence: ReleaseEvidence): void;
  /** Ends all WebSockets. */
  hangUp(): void;
  close(): Promise<void>;
}

const none = { models: [] };
const quiet = { uptimeSeconds: 1, models: [] };

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

async function sendFile(path: string, response: ServerResponse): Promise<void> {
  const name = path.replace(/^\/studio\//, '') || 'index.html';
  const type = types[extname(name)];
  const content = type === undefined || name.includes('..') ? undefined : await readFile(new URL(name, web));
  response.writeHead(content === undefined ? 404 : 200, { 'content-type': type ?? 'text/plain' }).end(content);
}

/** Starts on a free port; nothing is known at first. */
export async function startReleaseServer(report: (evidence: ReleaseEvidence) => string): Promise<ReleaseServer> {
  const sockets = new Set<WebSocket>();
  const json = (response: ServerResponse, body: unknown, status = 200): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

  const releases = async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    const { evidence } = known;
    if (evidence === undefined) return json(response, { error: 'Not Found' }, 404);
    const [, , id = '', what = ''] = path.split('/').map(decodeURIComponent);
    if (id === '') return json(response, { releases: evidence.map(({ status }) => status) });
    const found = evidence.find(({ status }) => status.id === id);
    if (found === undefined)
      return json(response, { error: { code: 'RELEASE_UNKNOWN', message: `There is no release '${id}'.` } }, 404);
    if (what === 'evidence') {
      known.askedMs.push(performance.now());
      return json(response, found);
    }
    if (what === 'report') return void response.writeHead(200, { 'content-type': 'text/html' }).end(report(found));
    known.commanded.push({ id, command: what, body: JSON.parse(await textOf(request)) });
    const { refusal } = known;
    if (refusal !== undefined) return json(response, { error: { code: 'RELEASE_PHASE', message: refusal } }, 409);
    return json(response, found.status satisfies ReleaseStatus);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path.startsWith('/studio/')) return sendFile(path, response);
    if (path === '/models') return json(response, none);
    if (path === '/stats') return json(response, quiet);
    if (path.startsWith('/releases')) return releases(request, response, path);
    return json(response, { error: 'Not Found' }, 404);
  };

  const http = createServer((request, response) => {
    answer(request, response).catch((thrown: unknown) => json(response, { error: String(thrown) }, 500));
  });
  const doors = new WebSocketServer({ server: http, path: '/ws' });
  doors.on('connection', socket =>
    socket.on('message', data => {
      sockets.add(socket);
      socket.send(JSON.stringify({ type: 'subscribed', events: JSON.parse(String(data)).events }));
    }),
  );
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();

  const known: ReleaseServer = {
    ...{ evidence: undefined, refusal: undefined, commanded: [], askedMs: [] },
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    tell(evidence) {
      const { status, events } = evidence;
      known.evidence = (known.evidence ?? []).map(each => (each.status.id === status.id ? evidence : each));
      const event: ReleaseEvent | undefined = events.at(-1);
      for (const socket of sockets) socket.send(JSON.stringify({ type: 'event', event: 'releases', ...event, status }));
    },
    hangUp() {
      for (const socket of sockets) socket.terminate();
      sockets.clear();
    },
    async close() {
      known.hangUp();
      doors.close();
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
  return known;
}
