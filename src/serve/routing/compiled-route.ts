// A route over the versions that run: made once when either changes, so that choosing is a few comparisons.
import type { Random } from '../../base/index.js';
import { type Route, type RouteCondition, type Stickiness, shareOf, wholeShare } from '../../model/index.js';
import type { RunningModel, Trail } from '../engine/running-model.js';
import { cookieOf } from './cookie.js';
import type { Origin } from './origin.js';
import { RoutedModel } from './routed-model.js';
import type { Router } from './router.js';
import { placeOf, saltState } from './sticky-hash.js';

export interface RouteParts {
  readonly random: Random;
  /** What follows the requests of a version. */
  trailOf(model: RunningModel, route: CompiledRoute): Trail;
  /** Told when the versions that run have changed under a route. */
  moved(route: Route, versions: readonly RunningModel[]): void;
  /** The fresh instances of a stable version, if there are some. */
  twinOf(stable: RunningModel): RunningModel | undefined;
}

interface Rule {
  readonly when: RouteCondition;
  readonly model: RoutedModel | undefined;
}

/** A version with the place where its part of the traffic ends. */
interface Part {
  readonly below: number;
  readonly model: RoutedModel | undefined;
}

function shows(from: Origin, { kind, name, equals }: RouteCondition): boolean {
  return (kind === 'header' ? from.header(name) : cookieOf(from.header('cookie'), name)) === equals;
}

/** What a client is known by; '' is as good as nothing. */
function keyOf(from: Origin, sticky: Stickiness): string | undefined {
  if (sticky.kind === 'client-address') return from.address || undefined;
  return (
    (sticky.kind === 'header' ? from.header(sticky.name) : cookieOf(from.header('cookie'), sticky.name)) || undefined
  );
}

export class CompiledRoute implements Router {
  /** The versions that run, as requests get them. */
  readonly arms: readonly RoutedModel[];
  /** The stable version; where that does not run, the one with the largest share of those that do. */
  readonly anchor: RoutedModel | undefined;
  /** Fresh instances of the stable version, which take the last places. */
  readonly twin: RoutedModel | undefined;
  private readonly twinFrom: number;
  /** The stable version's own instances, where fresh ones beside them answer too. */
  private readonly warm: RunningModel | undefined;
  private readonly rules: readonly Rule[];
  /** Of the versions besides the stable one, which take places from 0 upwards in their order. */
  private readonly parts: readonly Part[];
  private readonly state: number;

  constructor(
    readonly route: Route,
    versions: readonly RunningModel[],
    private readonly compiling: RouteParts,
  ) {
    const named = new Set(route.shares.map(({ version }) => String(version)));
    this.arms = versions
      .filter(({ served }) => named.has(served.version))
      .map(model => new RoutedModel(model, compiling.trailOf(model, this)));
    const stable = this.arm(route.stable);
    this.anchor = stable ?? this.largest();
    const twin = route.baseline === undefined || stable === undefined ? undefined : compiling.twinOf(stable.base);
    this.twin = twin && new RoutedModel(twin, compiling.trailOf(twin, this));
    this.twinFrom = wholeShare - (this.twin === undefined ? 0 : (route.baseline?.share ?? 0));
    const isTwinAsked = this.twin !== undefined && (this.twinFrom < wholeShare || this.hasCopies);
    this.warm = isTwinAsked ? stable?.base : undefined;
    this.rules = route.rules.map(({ version, when }) => ({ when, model: this.arm(version) }));
    let below = 0;
    this.parts = [...route.shares]
      .sort((a, b) => a.version - b.version)
      .filter(({ version, share }) => version !== route.stable && share > 0)
      .map(({ version, share }) => {
        below += share;
        return { below, model: this.arm(version) };
      });
    this.state = saltState(route.salt);
  }

  /** Some of what the stable version answers is asked again. */
  get hasCopies(): boolean {
    return this.route.mirrors.some(({ share }) => share > 0);
  }

  get standing(): RunningModel | undefined {
    return this.anchor?.base;
  }

  choose(from: Origin): RunningModel | undefined {
    return this.pick(from) ?? this.anchor;
  }

  over(versions: readonly RunningModel[]): CompiledRoute {
    this.compiling.moved(this.route, versions);
    return new CompiledRoute(this.route, versions, this.compiling);
  }

  /** The arm of a version that runs. */
  arm(version: number): RoutedModel | undefined {
    const name = String(version);
    return this.arms.find(({ served }) => served.version === name);
  }

  /** The arm of a version that is to take what the same version, opened before, would have taken. */
  openedAnew(version: number): RoutedModel | undefined {
    const isAsked = shareOf(this.route, version) > 0 || this.route.rules.some(rule => rule.version === version);
    const arm = isAsked ? this.arm(version) : undefined;
    return arm?.isReady() ? arm : undefined;
  }

  /** True for the stable version's own instances while fresh ones are asked: they are warmer than the candidate's, so that times mean nothing. */
  isUneven(model: RunningModel): boolean {
    return model === this.warm;
  }

  private pick(from: Origin): RoutedModel | undefined {
    const { rules, parts, route } = this;
    for (const { when, model } of rules) if (shows(from, when)) return model;
    if (parts.length === 0 && this.twinFrom === wholeShare) return this.anchor;
    const key = route.sticky === undefined ? undefined : keyOf(from, route.sticky);
    const place = key === undefined ? this.compiling.random.uniform() * wholeShare : placeOf(this.state, key);
    for (const { below, model } of parts) if (place < below) return model;
    return place >= this.twinFrom ? this.twin : this.anchor;
  }

  private largest(): RoutedModel | undefined {
    const share = ({ served }: RoutedModel): number => shareOf(this.route, Number(served.version));
    const [most] = [...this.arms].sort((a, b) => share(b) - share(a));
    return most !== undefined && share(most) > 0 ? most : undefined;
  }
}
