// Releases as the server tells them: the list, one with its evidence, the four commands, and news over the WebSocket.
import { json } from './client.js';
import {
  evidenceSchema,
  type ReleaseEvidence,
  type ReleaseStatus,
  releaseEventSchema,
  releasesSchema,
  statusSchema,
} from './release-schemas.js';

export const releaseCommands = ['pause', 'resume', 'promote', 'abort'] as const;
export type ReleaseCommand = (typeof releaseCommands)[number];

/** Who says it, and why. */
export interface Word {
  readonly by: string;
  readonly why: string;
}

const listed = 50;
const timeoutMs = 10_000;
const path = (id: string, rest: string): string => `/releases/${encodeURIComponent(id)}/${rest}`;

/** Latest first. Rejects with RequestFailure; its status is 404 where the server knows nothing of releases. */
export const fetchReleases = async (): Promise<readonly ReleaseStatus[]> =>
  (await json(`/releases?limit=${listed}`, releasesSchema, { signal: AbortSignal.timeout(timeoutMs) })).releases;

export const fetchEvidence = (id: string): Promise<ReleaseEvidence> =>
  json(path(id, 'evidence'), evidenceSchema, { signal: AbortSignal.timeout(timeoutMs) });

export const sendCommand = (id: string, command: ReleaseCommand, word: Word): Promise<ReleaseStatus> =>
  json(path(id, command), statusSchema, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(word),
  });

/** The page for reviewers. */
export const reportPath = (id: string): string => path(id, 'report');

export interface Listener {
  readonly onStatus: (status: ReleaseStatus) => void;
  /** Whether news come by themselves. */
  readonly onLive: (isLive: boolean) => void;
}

const firstWaitMs = 1000;
const longestWaitMs = 30_000;

function parsed(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/** Listens until the returned function is called; connects again, ever more rarely, when the connection is lost. */
export function listenToReleases({ onStatus, onLive }: Listener): () => void {
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMs = firstWaitMs;
  let isOver = false;

  const hear = (data: unknown): void => {
    const message = parsed(data);
    const news = releaseEventSchema.safeParse(message);
    if (news.success) onStatus(news.data.status);
    else if (typeof message === 'object' && message !== null && 'type' in message) {
      if (message.type === 'subscribed') {
        waitMs = firstWaitMs;
        onLive(true);
      } else if (message.type === 'unsubscribed' || message.type === 'error') socket?.close();
    }
  };

  const connect = (): void => {
    const opened = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`);
    socket = opened;
    opened.onopen = () => opened.send(JSON.stringify({ type: 'subscribe', events: ['releases'] }));
    opened.onmessage = ({ data }) => hear(data);
    opened.onclose = () => {
      if (isOver) return;
      onLive(false);
      timer = setTimeout(connect, waitMs);
      waitMs = Math.min(longestWaitMs, 2 * waitMs);
    };
  };

  connect();
  return () => {
    isOver = true;
    clearTimeout(timer);
    socket?.close();
  };
}
