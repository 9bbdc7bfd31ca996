// A running version as a route gives it to a request: the same model, followed by the route's trail.
import type { RunningModel, Trail } from '../engine/running-model.js';

export class RoutedModel implements RunningModel {
  readonly served: RunningModel['served'];
  readonly package: RunningModel['package'];
  readonly scheduler: RunningModel['scheduler'];
  readonly statistics: RunningModel['statistics'];
  readonly cached: RunningModel['cached'];
  readonly leases: RunningModel['leases'];

  constructor(
    readonly base: RunningModel,
    readonly trail: Trail,
  ) {
    this.served = base.served;
    this.package = base.package;
    this.scheduler = base.scheduler;
    this.statistics = base.statistics;
    this.cached = base.cached;
    this.leases = base.leases;
  }

  get pending(): number {
    return this.base.pending;
  }

  get ensemble(): RunningModel['ensemble'] {
    return this.base.ensemble;
  }

  isReady(): boolean {
    return this.base.isReady();
  }
}
