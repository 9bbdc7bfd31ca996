// What the server does beside its models: the door and the cache, for the metrics page.
import type { Collector, MetricHead } from '../../observe/index.js';
import type { Engine } from '../engine/engine.js';

type Facts = Pick<Engine, 'admission' | 'cache'>;

const gauge = (name: string, help: string): MetricHead => ({ name: `galerkin_${name}`, type: 'gauge', help });
const counter = (name: string, help: string): MetricHead => ({ name: `galerkin_${name}_total`, type: 'counter', help });

const doorHeads = {
  inFlight: gauge('door_in_flight', 'Requests that are in the server.'),
  limit: gauge('door_limit', 'Requests that may be in the server at once.'),
  waiting: gauge('door_waiting', 'Requests that wait to be let in.'),
  bytes: gauge('door_in_flight_bytes', 'Bytes of the requests that are in the server.'),
  admitted: counter('door_admitted', 'Requests that were let in.'),
  refused: counter('door_refused', 'Requests that were refused with 429.'),
} as const;

const cacheHeads = {
  hits: counter('cache_hits', 'Answers from the cache, or shared with an equal request in flight.'),
  misses: counter('cache_misses', 'Look-ups that found nothing.'),
  secondHits: counter('cache_second_tier_hits', 'Hits that were found in the second tier.'),
  coalesced: counter('cache_coalesced', 'Hits that were shared with an equal request in flight.'),
  unreadable: counter('cache_unreadable', 'Values that could not be read; each was a miss.'),
} as const;

function sampleAll<Name extends string>(
  heads: Readonly<Record<Name, MetricHead>>,
  values: Readonly<Record<Name, number>>,
  page: Parameters<Collector['collect']>[0],
): void {
  for (const name in heads) {
    page.head(heads[name]);
    page.sample('', values[name]);
  }
}

export const engineMetrics = ({ admission, cache }: Facts): Collector => ({
  collect(page) {
    sampleAll(doorHeads, admission.report(), page);
    if (cache === undefined) return;
    const { hits, misses, secondHits, coalesced, unreadable } = cache.report();
    sampleAll(cacheHeads, { hits, misses, secondHits, coalesced, unreadable }, page);
  },
});
