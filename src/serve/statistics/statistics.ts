// What each model did: exact counters and the guard's verdicts over its whole life, latencies and rates over the last minute. About 1 us a request.
import { type Clock, channel } from '../../base/index.js';
import type { Verdict } from '../engine/guard-verdict.js';
import { recentLatencies } from './latencies.js';
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
  /** Of the requests that succeeded in the last minute; 0 when there were none. */
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
  const latencies = recentLatencies(clock);
  const recent = recentWork(clock);
  const guard: Record<Verdict, number> = { accepted: 0, flagged: 0, rejected: 0, fallback: 0 };
  let requests = 0;
  let failures = 0;
  let items = 0;
  const publish = (status: number, count: number, latencyMs: number, verdict: Verdict | undefined): void =>
    requestChannel.publish(() => ({ model: name, version, status, items: count, latencyMs, verdict }));
  return {
    succeed(latencyMs, count, verdict) {
      requests++;
      items += count;
      if (verdict !== undefined) guard[verdict]++;
      latencies.add(latencyMs);
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
    report() {
      const [p50 = 0, p95 = 0, p99 = 0] = latencies.percentiles([0.5, 0.95, 0.99]);
      return {
        name,
        version,
        requests,
        failures,
        items,
        perSecond: recent.perSecond(),
        latencyMs: { p50, p95, p99 },
        guard: { ...guard },
        recent: recent.list(),
      };
    },
  };
}
