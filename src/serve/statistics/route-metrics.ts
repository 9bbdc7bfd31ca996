// Routes on the metrics page: which version gets which share, by whose order, and what became of the copies.
import { type Collector, labelSet, type MetricHead } from '../../observe/index.js';
import type { TrafficControl } from '../routing/traffic-control.js';

const gauge = (name: string, help: string): MetricHead => ({ name: `galerkin_route_${name}`, type: 'gauge', help });
const counter = (name: string, help: string): MetricHead => ({
  name: `galerkin_route_${name}_total`,
  type: 'counter',
  help,
});

const heads = {
  share: gauge('share', 'Part of the traffic that a version gets, between 0 and 1.'),
  term: gauge('term', 'Term of the controller whose route is obeyed.'),
  revision: gauge('revision', 'Revision of the route that is obeyed, within its term.'),
  answered: counter('mirrors_answered', 'Copies of requests that a version answered for nobody.'),
  failed: counter('mirrors_failed', 'Copies of requests that a version failed to answer.'),
  dropped: counter('mirrors_dropped', 'Copies of requests that were dropped because too many were under way.'),
} as const;

export const routeMetrics = (traffic: Pick<TrafficControl, 'reports'>): Collector => ({
  collect(page) {
    const { reports } = traffic;
    if (reports.length === 0) return;
    page.head(heads.share);
    for (const { route } of reports) {
      for (const { version, share } of route.shares) {
        page.sample(labelSet({ model: route.model, version: String(version) }), share / 10_000);
      }
    }
    for (const name of ['term', 'revision'] as const) {
      page.head(heads[name]);
      for (const { route } of reports) page.sample(labelSet({ model: route.model }), route.fence[name]);
    }
    for (const name of ['answered', 'failed', 'dropped'] as const) {
      page.head(heads[name]);
      for (const { route, mirrors } of reports) {
        for (const count of mirrors) {
          page.sample(labelSet({ model: route.model, version: String(count.version) }), count[name]);
        }
      }
    }
  },
});
