// The traffic of every routed model: orders are checked against the fence, versions loaded, and the route swapped in one step.
import { type Clock, GalerkinError, type Random } from '../../base/index.js';
import { isCurrent, parseRoute, type Route, type RouteStatus } from '../../model/index.js';
import type { SampleBatch } from '../../observe/index.js';
import type { Lifecycle } from '../engine/lifecycle.js';
import type { ModelTable } from '../engine/model-table.js';
import type { RunningModel } from '../engine/running-model.js';
import type { VersionNotes } from '../engine/version-notes.js';
import { FreshBaseline, isRepeatable } from './fresh-baseline.js';
import { type MirrorCount, Mirroring } from './mirroring.js';
import { ModelTraffic } from './model-traffic.js';
import { Orders } from './orders.js';
import { heldRouter } from './router.js';
import { SampleRing } from './sample-ring.js';
import type { Traffic } from './traffic.js';
import type { VersionPins } from './version-pins.js';

/** What the metrics page shows of a routed model. */
export interface RouteReport {
  readonly route: Route;
  readonly mirrors: readonly MirrorCount[];
}

export interface TrafficControl extends Traffic {
  /** Obeys routes before anything is loaded; what they name is then loaded with the models. */
  stand(routes: readonly Route[]): void;
  /** Loads models that have a route and do not run. What does not load is in the status. */
  bringStanding(): Promise<void>;
  readonly reports: readonly RouteReport[];
  /** No more requests come: what waits for sequences to go on waits no more. */
  end(): void;
}

export interface TrafficControlParts {
  readonly table: ModelTable;
  readonly notes: VersionNotes;
  readonly lifecycle: Lifecycle;
  readonly pins: VersionPins;
  readonly clock: Clock;
  readonly random: Random;
  /** Looks which models there are, so that `notes` knows them. */
  look(): Promise<unknown>;
}

const samplesKept = 16_384;
const mirrorsAtOnce = 8;

/** A model that has, or is about to get, a route. */
interface Routed {
  readonly traffic: ModelTraffic;
  readonly orders: Orders;
  readonly baseline: FreshBaseline;
}

export const trafficControl = (parts: TrafficControlParts): TrafficControl => new RoutedModels(parts);

class RoutedModels implements TrafficControl {
  private readonly models = new Map<string, Routed>();

  constructor(private readonly parts: TrafficControlParts) {}

  apply(order: Route): Promise<RouteStatus> {
    try {
      const route = parseRoute(order);
      if (this.parts.notes.isKnown(route.model)) return this.order(route);
      return this.parts.look().then(() => this.order(route));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  status(model: string): RouteStatus | undefined {
    const route = this.models.get(model)?.orders.obeyed;
    if (route === undefined) this.assertKnown(model);
    return route === undefined ? undefined : this.statusOf(route);
  }

  standing(model: string): number | undefined {
    return this.parts.table.running(model)?.package.version;
  }

  samples(model: string, after: number, limit: number): SampleBatch {
    const routed = this.models.get(model);
    if (routed !== undefined) return routed.traffic.ring.since(after, limit);
    this.assertKnown(model);
    return { samples: [], next: 0, lost: 0 };
  }

  stand(routes: readonly Route[]): void {
    for (const route of routes.map(parseRoute)) {
      const routed = this.routed(route.model);
      const { obeyed } = routed.orders;
      // Of several for one model the latest stands, in whatever order they come.
      if (obeyed === undefined || isCurrent(route.fence, obeyed.fence)) this.swap(routed, route);
    }
  }

  async bringStanding(): Promise<void> {
    const { table, notes, lifecycle } = this.parts;
    const routed = [...this.models].flatMap(([model, { orders }]) => (orders.obeyed?.policy === true ? [] : [model]));
    const idle = routed.filter(model => table.running(model) === undefined && notes.isKnown(model));
    // The reason is in the index and the status; the other models serve.
    await Promise.allSettled(idle.map(model => lifecycle.load(model)));
  }

  get reports(): readonly RouteReport[] {
    return [...this.models.values()].flatMap(({ orders: { obeyed: route }, traffic }) =>
      route === undefined || route.policy === true ? [] : [{ route, mirrors: traffic.mirroring.report }],
    );
  }

  end(): void {
    for (const { traffic, baseline } of this.models.values()) {
      traffic.end();
      baseline.release();
    }
  }

  private order(route: Route): Promise<RouteStatus> {
    this.assertKnown(route.model);
    const routed = this.routed(route.model);
    const known = routed.orders.judge(route);
    if (known === 'obeyed') return Promise.resolve(this.statusOf(route));
    if (known !== 'new') return known;
    const missing = this.missingOf(route);
    const isLoaded = missing.every(version => isWithdrawn(version, route, routed.orders.obeyed));
    if (isLoaded && !this.lacksBaseline(routed, route)) {
      this.swap(routed, route);
      return Promise.resolve(this.statusOf(route));
    }
    return routed.orders.pend(route, this.bring(routed, route, missing));
  }

  /** Loads what is missing while the traffic stays as it is, then swaps, unless a later order was obeyed meanwhile. */
  private async bring(routed: Routed, route: Route, missing: readonly number[]): Promise<RouteStatus> {
    const { table, pins, lifecycle } = this.parts;
    const { model } = route;
    const unpin = pins.pin(model, namedBy(route));
    const [newest] = table.versionsOf(model);
    // What is loaded must not answer before its share, even if it is the newest.
    if (table.router(model) === undefined) {
      table.direct(model, heldRouter(newest?.served.version, table.versionsOf(model)));
    }
    try {
      await lifecycle.bring(model, missing);
      const stable = this.stableOf(route);
      if (stable !== undefined && route.baseline !== undefined) await routed.baseline.bring(stable);
      routed.orders.assertCurrent(route);
      this.swap(routed, route);
      // The stable version may have been opened anew while fresh instances were opened beside the one before.
      if (routed.baseline.fault === '') void this.renewBaseline(routed, route);
      return this.statusOf(route);
    } catch (error) {
      // This order is still among those under way.
      const { obeyed, underWay } = routed.orders;
      if ((obeyed === undefined || obeyed.policy === true) && underWay <= 1) table.direct(model, undefined);
      unpin();
      this.settleBaseline(routed);
      void lifecycle.release(model, missing);
      throw error;
    } finally {
      unpin();
    }
  }

  /** From the next request on the route is obeyed. */
  private swap({ traffic, orders, baseline }: Routed, route: Route): void {
    const { table, pins, lifecycle } = this.parts;
    const { model } = route;
    const before = orders.obeyed;
    orders.obey(route, pins.pin(model, versionsOf(route)));
    const stable = this.stableOf(route);
    if (route.baseline === undefined) baseline.release();
    else baseline.keepBeside(stable === undefined ? [] : [stable]);
    const isPolicy = route.policy === true;
    table.direct(model, isPolicy ? undefined : traffic.compile(route, table.versionsOf(model)));
    const dropped =
      before === undefined ? [] : versionsOf(before).filter(version => !versionsOf(route).includes(version));
    if (dropped.length > 0) void lifecycle.release(model, dropped);
  }

  private missingOf(route: Route): number[] {
    const running = new Set(this.parts.table.versionsOf(route.model).map(({ package: { version } }) => version));
    return namedBy(route).filter(version => !running.has(version));
  }

  private stableOf({ model, stable }: Route): RunningModel | undefined {
    return this.parts.table.versionsOf(model).find(({ package: { version } }) => version === stable);
  }

  private lacksBaseline({ baseline }: Routed, route: Route): boolean {
    const stable = this.stableOf(route);
    if (route.baseline === undefined || stable === undefined || !isRepeatable(stable)) return false;
    return baseline.twinOf(stable) === undefined;
  }

  /** Fresh instances beside a stable version that was opened anew. */
  private async renewBaseline(routed: Routed, route: Route): Promise<void> {
    const { table } = this.parts;
    // The table is being changed; what runs then is seen afterwards.
    await Promise.resolve();
    const stable = this.stableOf(route);
    if (stable === undefined || !this.lacksBaseline(routed, route)) return;
    await routed.baseline.bring(stable);
    if (routed.orders.obeyed === route) {
      table.direct(route.model, routed.traffic.compile(route, table.versionsOf(route.model)));
    } else this.settleBaseline(routed);
  }

  /** Lets go of fresh instances that the route which is obeyed does not want. */
  private settleBaseline({ orders, baseline }: Routed): void {
    if (orders.obeyed?.baseline === undefined) baseline.release();
  }

  private statusOf(route: Route): RouteStatus {
    const { table, notes } = this.parts;
    const ready = table.versionsOf(route.model).flatMap(each => (each.isReady() ? [each.package.version] : []));
    const faults = versionsOf(route)
      .filter(version => !ready.includes(version))
      .map(version => [version, notes.reasonOf(route.model, String(version)) || 'it does not run'] as const);
    const baselineFault = route.baseline === undefined ? '' : this.routed(route.model).baseline.fault;
    const status = { route, ready: ready.sort((a, b) => a - b), faults: Object.fromEntries(faults) };
    return baselineFault === '' ? status : { ...status, baselineFault };
  }

  private routed(model: string): Routed {
    const known = this.models.get(model);
    if (known !== undefined) return known;
    const { table, clock, random } = this.parts;
    const ring = new SampleRing(samplesKept);
    const mirroring = new Mirroring({
      clock,
      random: random.fork(this.models.size + 1),
      aid: { running: name => table.running(name), clock },
      limit: mirrorsAtOnce,
      record: sample => ring.add(sample),
    });
    const orders = new Orders();
    const present = { versions: () => table.versionsOf(model), router: () => table.router(model) };
    const { lifecycle } = this.parts;
    const baseline = new FreshBaseline({
      open: stable => lifecycle.openBeside(stable),
      dismiss: twin => lifecycle.dismiss(twin),
    });
    const twinOf = (stable: RunningModel) => baseline.twinOf(stable);
    const moved = (route: Route, versions: readonly RunningModel[]): void => {
      baseline.keepBeside(versions);
      if (route.baseline !== undefined) void this.renewBaseline(routed, route);
    };
    const traffic = new ModelTraffic({ clock, random, ring, mirroring, present, twinOf, moved });
    const routed: Routed = { traffic, orders, baseline };
    this.models.set(model, routed);
    return routed;
  }

  private assertKnown(model: string): void {
    const { notes, table } = this.parts;
    if (notes.isKnown(model)) return;
    const known = [...new Set(table.models.map(({ served }) => served.name))];
    throw new GalerkinError('MODEL_UNKNOWN', { model: String(model).slice(0, 200), version: undefined, known });
  }
}

const namedBy = ({ shares }: Route): number[] => shares.map(({ version }) => version);

/** Versions that the route keeps loaded: none where the model's own policy decides. */
const versionsOf = (route: Route): number[] => (route.policy === true ? [] : namedBy(route));

/** True for a version that gets nothing more and was loaded once: that it has gone must not keep traffic from leaving it. */
function isWithdrawn(version: number, { shares, rules, mirrors }: Route, obeyed: Route | undefined): boolean {
  const getsNothing =
    shares.some(each => each.version === version && each.share === 0) &&
    [...rules, ...mirrors].every(each => each.version !== version);
  return getsNothing && obeyed !== undefined && versionsOf(obeyed).includes(version);
}
