// Counters polled each second while the page is seen: two minutes of request rates and latencies, and whether the server lives.
import { useEffect } from 'preact/hooks';
import { fetchStats } from '../api/client.js';
import type { Stats } from '../api/schemas.js';
import { createStore, type Store } from './store.js';
import type { Studio } from './studio.js';

const periodMs = 1000;
const timeoutMs = 4000;
const pointsKept = 121;

/** Columns for the charts: seconds since the epoch, then one value a second; null where nothing was measured. */
export interface History {
  readonly time: readonly number[];
  readonly rate: readonly (number | null)[];
  readonly solverRate: readonly (number | null)[];
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly solverP50: readonly (number | null)[];
}

const emptyHistory: History = { time: [], rate: [], solverRate: [], p50: [], p95: [], solverP50: [] };

interface Poll {
  readonly at: number;
  readonly stats: Stats;
}

const modelOf = (poll: Poll | undefined, name: string | undefined) =>
  poll?.stats.models.find(model => model.name === name);

/** Requests per second between two polls; null before the second one and when the server restarted between. */
function rateOf(name: string | undefined, now: Poll, before: Poll | undefined): number | null {
  const [last, first] = [modelOf(now, name), modelOf(before, name)];
  if (before === undefined || last === undefined || first === undefined || last.requests < first.requests) return null;
  return (1000 * (last.requests - first.requests)) / Math.max(1, now.at - before.at);
}

const append = <T>(column: readonly T[], value: T): readonly T[] => [...column, value].slice(-pointsKept);

function extend(
  history: History,
  names: { model?: string; solver?: string },
  polls: [Poll, Poll | undefined],
): History {
  const [now] = polls;
  const latency = modelOf(now, names.model)?.latencyMs;
  return {
    time: append(history.time, now.at / 1000),
    rate: append(history.rate, rateOf(names.model, ...polls)),
    solverRate: append(history.solverRate, rateOf(names.solver, ...polls)),
    p50: append(history.p50, latency?.p50 || null),
    p95: append(history.p95, latency?.p95 || null),
    solverP50: append(history.solverP50, modelOf(now, names.solver)?.latencyMs.p50 || null),
  };
}

export const createHistory = (): Store<History> => createStore(emptyHistory);

/** Polls while the component lives and the page is visible; reloads the models when a lost server is back. */
export function useStats(studio: Studio, history: Store<History>): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let before: Poll | undefined;
    let stopped = false;

    const poll = async () => {
      const { model, solver, link } = studio.store.get();
      try {
        const stats = await fetchStats(timeoutMs);
        const now = { at: Date.now(), stats };
        const names = { ...(model && { model: model.name }), ...(solver && { solver: solver.name }) };
        history.set(extend(history.get(), names, [now, before]));
        before = now;
        if (link !== 'up') studio.store.set({ link: 'up' });
        if (link === 'down' || model === undefined) void studio.load();
      } catch {
        before = undefined;
        if (link !== 'down') studio.store.set({ link: 'down' });
      }
      if (!stopped) timer = setTimeout(tick, periodMs);
    };
    const tick = () => {
      if (!document.hidden) void poll();
    };
    const onVisible = () => {
      clearTimeout(timer);
      tick();
    };

    document.addEventListener('visibilitychange', onVisible);
    timer = setTimeout(tick, periodMs);
    return () => {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [studio, history]);
}
