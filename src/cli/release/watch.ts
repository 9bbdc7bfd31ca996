// Follows a release until it is over: asks again and again, draws in place on a terminal, writes plain lines elsewhere.
import { type GalerkinError, isGalerkinError } from '../../base/index.js';
import type { EventAnswer, StatusAnswer } from '../../control/index.js';
import { releaseEvidence, releaseStatus } from './api.js';
import { plainLine } from './canvas.js';
import { eventPieces, frame, headPieces, isFinal, type Seen, trafficPieces } from './frame.js';
import { liveScreen } from './live-screen.js';
import type { Traffic } from './traffic.js';

export interface WatchOptions {
  readonly server: string;
  readonly id: string;
  readonly traffic?: Traffic | undefined;
  /** Ends the watching, not the release. */
  readonly signal: AbortSignal;
  /** Prints nothing while it goes on. */
  readonly quiet: boolean;
}

export interface Watched {
  readonly status: StatusAnswer;
  readonly isOver: boolean;
}

const everyMs = 300;
const answerWithinMs = 5000;
/** A server that restarts is back by then. */
const patienceMs = 60_000;
const plainEveryMs = 15_000;

interface Picture {
  show(seen: Seen): void;
  finish(): void;
}

const hasColours = (): boolean => (process.env.NO_COLOR ?? '') === '';

function livePicture(): Picture {
  const screen = liveScreen(process.stderr);
  let last: Seen | undefined;
  const show = (seen: Seen): void => {
    last = seen;
    const columns = Math.max(20, (process.stderr.columns ?? 80) - 1);
    screen.draw(frame(seen, { columns, colours: hasColours() }));
  };
  const onResize = (): void => {
    if (last !== undefined) show(last);
  };
  process.stderr.on('resize', onResize);
  return {
    show,
    finish() {
      process.stderr.off('resize', onResize);
      screen.finish();
    },
  };
}

/** Each event once, and now and then what the traffic does. */
function plainPicture(): Picture {
  let told = 0;
  let atMs = 0;
  let trouble = '';
  const write = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  return {
    show(seen) {
      if (atMs === 0) write(plainLine(headPieces(seen.status)));
      for (const event of seen.events) {
        if (event.sequence <= told) continue;
        told = event.sequence;
        write(plainLine(eventPieces(event, seen.status.startedAtMs)));
      }
      if (seen.trouble !== undefined && seen.trouble !== trouble) write(seen.trouble);
      trouble = seen.trouble ?? '';
      const isDue = atMs === 0 || seen.nowMs - atMs >= plainEveryMs;
      if (isDue && atMs > 0 && seen.status.judgement) write(`      judge    ${seen.status.judgement.reason}`);
      if (isDue && atMs > 0 && seen.traffic) write(`      ${plainLine(trafficPieces(seen.traffic))}`);
      if (isDue) atMs = seen.nowMs;
    },
    finish() {},
  };
}

const silentPicture: Picture = { show() {}, finish() {} };

const pictureFor = (quiet: boolean): Picture => {
  if (quiet) return silentPicture;
  return process.stderr.isTTY && process.env.TERM !== 'dumb' ? livePicture() : plainPicture();
};

/** What changes when something happened; evidence is large, so it is fetched only then, and now and then. */
const happenings = ({ phase, stage, revision, obeyed, judgement, reason }: StatusAnswer, nowMs: number): string =>
  [phase, stage, revision, obeyed.length, judgement?.verdict, reason, Math.floor(nowMs / 10_000)].join(' ');

const isSilence = (error: unknown): error is GalerkinError<'SERVER_UNREACHABLE'> =>
  isGalerkinError(error) && error.code === 'SERVER_UNREACHABLE';

const pause = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(done, everyMs);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });

/** Asks for what is new; keeps what it knew while the server is silent. */
function observer({ server, id }: WatchOptions) {
  let status: StatusAnswer | undefined;
  let events: readonly EventAnswer[] = [];
  let mark = '';
  let silentSinceMs: number | undefined;
  return async (): Promise<Pick<Seen, 'status' | 'events' | 'trouble'>> => {
    const signal = AbortSignal.timeout(answerWithinMs);
    try {
      status = await releaseStatus(server, id, signal);
      const next = happenings(status, Date.now());
      if (next !== mark) ({ events, status } = await releaseEvidence(server, id, signal));
      mark = next;
      silentSinceMs = undefined;
      return { status, events };
    } catch (error) {
      if (!isSilence(error) || status === undefined) throw error;
      silentSinceMs ??= Date.now();
      if (Date.now() - silentSinceMs > patienceMs) throw error;
      return { status, events, trouble: `no answer from ${server}; asking again for up to ${patienceMs / 1000} s` };
    }
  };
}

/** @throws SERVER_UNREACHABLE once the server was silent for a minute, SERVER_REFUSED */
export async function watchRelease(options: WatchOptions): Promise<Watched> {
  const { traffic, signal, quiet } = options;
  const picture = pictureFor(quiet);
  const look = observer(options);
  try {
    for (;;) {
      const found = await look();
      picture.show({ ...found, traffic: traffic?.tally(), nowMs: Date.now() });
      const { status } = found;
      if (isFinal(status) || signal.aborted) return { status, isOver: isFinal(status) };
      await pause(signal);
    }
  } finally {
    picture.finish();
  }
}
