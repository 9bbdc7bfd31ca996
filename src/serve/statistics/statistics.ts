// What each model did: exact counters, a latency histogram, the last minute, and the guard's verdicts. About 1 us a request.
import { createHistogram } from 'node:perf_hooks';
import { type Clock, channel } from '../../base/index.js';
import type { Verdict } from '../engine/guard-verdict.js';
import { recentWork, type SecondOfWork } from './rates.js';

/** Published on `galerkin:serve:request` after every request to a model. */
export interface RequestEvent {
  readonly model: string;
  readonly version: string;
  readonly status: number;
  readonly items: number;
  readonly latencyMs: number;
  readonly verdict: Verdict | undefined;
}

/** Published on `galerkin:serve:fault` when an instance fails; the only place where inner reasons go. */
export interface FaultEvent {
  readonly model: string;
  readonly what: string;
  readonly reason: string;
}

export const requestChannel = channel<RequestEvent>('serve:request');
export const faultChannel = channel<FaultEvent>('serve:fault');

export interface ModelReport {
  readonly name: string;
  readonly version: string;
  readonly requests: number;
  readonly failures: number;
  /** Items of the batches answered. */
  readonly items: number;
  readonly perSecond: number;
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly guard: Readonly<Record<Verdict, number>>;
  readonly recent: readonly SecondOfWork[];
}

export interface ModelStatistics {
  succeed(latencyMs: number, items: number, verdict: Verdict | undefined): void;
  fail(latencyMs: number, status: number, verdict?: Verdict): void;
  report(): ModelReport;
}

export function modelStatistics(name: string, version: string, clock: Clock): ModelStatistics {
  const histogram = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 });
  const recent = recentWork(clock);
  const guard: Record<Verdict, number> = { accepted: 0, flagged: 0, rejected: 0, fallback: 0 };
  let requests = 0;
  let failures = 0;
  let items = 0;
  const milliseconds = (percentile: number): number =>
    histogram.count === 0 ? 0 : histogram.percentile(percentile) / 1000;
  const publish = (status: number, count: number, latencyMs: number, verdict: Verdict | undefined): void =>
    requestChannel.publish(() => ({ model: name, version, status, items: count, latencyMs, verdict }));
  return {
    succeed(latencyMs, count, verdict) {
      requests++;
      items += count;
      if (verdict !== undefined) guard[verdict]++;
      histogram.record(Math.max(1, Math.round(latencyMs * 1000)));
      recent.add(latencyMs, false);
      publish(200, count, latencyMs, verdict);
    },
    fail(latencyMs, status, verdict) {
      requests++;
      failures++;
      if (verdict !== undefined) guard[verdict]++;
      recent.add(latencyMs, true);
      publish(status, 0, latencyMs, verdict);
    },
    report: () => ({
      name,
      version,
      requests,
      failures,
      items,
      perSecond: recent.perSecond(),
      latencyMs: { p50: milliseconds(50), p95: milliseconds(95), p99: milliseconds(99) },
      guard: { ...guard },
      recent: recent.list(),
    }),
  };
}
