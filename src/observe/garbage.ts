// What collecting garbage costs: pauses by kind, as histograms.
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { z } from 'zod';
import type { Collector } from './exposition.js';
import { Family } from './family.js';
import { Histogram } from './histogram.js';
import { logBuckets } from './log-buckets.js';

const kinds: ReadonlyMap<number, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak'],
]);

/** Node leaves the details of its entries untyped. */
const collection = z.object({ detail: z.object({ kind: z.number() }) });

/** From 61 us to 4 s. */
const seconds = logBuckets({ low: -14, high: 2, parts: 1 });

/** Begins to watch the collections of the main thread. */
export function garbageMetrics(): Collector & { stop(): void } {
  const pauses = new Family<Histogram>({
    name: 'galerkin_gc_pause_seconds',
    type: 'histogram',
    help: 'Garbage collections of the main thread by kind.',
    labels: ['kind'],
    maxSeries: kinds.size + 1,
    create: () => new Histogram(seconds),
    write: (page, labels, histogram) => page.histogram(labels, histogram),
  });
  const byKind = new Map([...kinds].map(([code, name]) => [code, pauses.of(name)]));
  const observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
      const { data } = collection.safeParse(entry);
      const pause = byKind.get(data?.detail.kind ?? -1) ?? pauses.of('other');
      pause.record(entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return { collect: page => pauses.collect(page), stop: () => observer.disconnect() };
}
