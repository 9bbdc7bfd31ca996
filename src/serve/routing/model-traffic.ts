// The traffic of one routed model: the route that is obeyed, the samples of its requests, and where its sequences live.
import type { Clock, Random } from '../../base/index.js';
import type { Route } from '../../model/index.js';
import type { Question } from '../engine/question.js';
import type { RunningModel, Served, Trail } from '../engine/running-model.js';
import type { SequenceTerms } from '../engine/terms.js';
import { CompiledRoute } from './compiled-route.js';
import type { Mirroring } from './mirroring.js';
import type { Router } from './router.js';
import { sampleOfAnswer, sampleOfFailure, warm } from './sample-of.js';
import type { NewSample, SampleRing } from './sample-ring.js';
import { SequenceHomes } from './sequence-homes.js';

/** The versions of the model that run now, and what chooses among them. */
export interface Present {
  versions(): readonly RunningModel[];
  router(): Router | undefined;
}

export interface ModelTrafficParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly ring: SampleRing;
  readonly mirroring: Mirroring;
  readonly present: Present;
  twinOf(stable: RunningModel): RunningModel | undefined;
  moved(route: Route, versions: readonly RunningModel[]): void;
}

export class ModelTraffic {
  private readonly homes = new SequenceHomes();

  constructor(private readonly parts: ModelTrafficParts) {}

  get ring(): SampleRing {
    return this.parts.ring;
  }

  get mirroring(): Mirroring {
    return this.parts.mirroring;
  }

  /** The route over these versions, whose requests are followed from here. */
  compile(route: Route, versions: readonly RunningModel[]): CompiledRoute {
    const { random, twinOf, moved } = this.parts;
    return new CompiledRoute(route, versions, {
      random,
      twinOf,
      moved,
      trailOf: (model, of) => new ArmTrail(this, model, of),
    });
  }

  record(sample: NewSample | undefined): void {
    if (sample !== undefined) this.parts.ring.add(sample);
  }

  now(): number {
    return this.parts.clock.now();
  }

  /** The version as the present route gives it; as it is, where that does not name it. */
  armOf(model: RunningModel): RunningModel {
    const route = this.parts.present.router();
    const arms = route instanceof CompiledRoute ? route.arms : [];
    return arms.find(({ base }) => base === model) ?? model;
  }

  /** The same version where it was opened anew and still gets requests; else the stable one. */
  successorOf(model: RunningModel): RunningModel {
    const { present } = this.parts;
    const route = present.router();
    if (!(route instanceof CompiledRoute)) return present.versions()[0] ?? model;
    return route.openedAnew(Number(model.served.version)) ?? route.anchor ?? model;
  }

  /** The instances that answer in the place of ones which cannot: the stable version's own. */
  standInOf(model: RunningModel): RunningModel | undefined {
    const route = this.parts.present.router();
    const other = route instanceof CompiledRoute ? route.anchor?.base : undefined;
    return other !== model && other?.isReady() ? other : undefined;
  }

  /** No more requests come: sequences need not be waited for. */
  end(): void {
    this.homes.clear();
  }

  homeOf(sequence: SequenceTerms, sentTo: RunningModel): RunningModel | undefined {
    return this.homes.of(sequence, sentTo, this.parts.present.versions());
  }
}

class ArmTrail implements Trail {
  private readonly version: number;
  private readonly hasMirrors: boolean;

  constructor(
    private readonly traffic: ModelTraffic,
    private readonly model: RunningModel,
    private readonly route: CompiledRoute,
  ) {
    this.version = Number(model.served.version);
    this.hasMirrors = this.version === route.route.stable && route.hasCopies;
  }

  successor(): RunningModel {
    return this.traffic.successorOf(this.model);
  }

  standIn(): RunningModel | undefined {
    return this.traffic.standInOf(this.model);
  }

  homeOf(sequence: SequenceTerms): RunningModel {
    const { traffic } = this;
    const model = this.model.isReady() ? this.model : (this.standIn() ?? this.model);
    if (model.scheduler.holds === undefined) return traffic.armOf(model);
    return traffic.armOf(traffic.homeOf(sequence, model) ?? model);
  }

  answered(served: Served): void {
    const { traffic, version, model, route } = this;
    const sample = sampleOfAnswer(served, version, traffic.now());
    traffic.record(route.isUneven(model) ? warm(sample) : sample);
    if (this.hasMirrors) traffic.mirroring.consider(route, model, served);
  }

  failed(error: unknown, question: Question | undefined): void {
    const { traffic, model } = this;
    traffic.record(sampleOfFailure(error, question, { served: model.served, atMs: traffic.now() }));
  }
}
