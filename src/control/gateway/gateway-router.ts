// The hand on a gateway's traffic: routes are written into its file, all at once, and the gateway is told to read it again.
import { z } from 'zod';
import { GalerkinError, integerOption, optionSchema, resolveOptions, type Timers } from '../../base/index.js';
import { isCurrent, parseRoute, type Route } from '../../model/index.js';
import { reasonOf } from '../reason.js';
import { confirmGeneration } from './confirm-generation.js';
import { assertExpressed, type Lapse, type LapseKind, lapseKinds } from './expressed.js';
import { type GatewayCommand, type RunCommand, runCommand } from './gateway-command.js';
import type { GatewayLanguage } from './gateway-language.js';
import { type Generation, openGenerations, textOf } from './generations.js';

const command = z.array(z.string().min(1)).min(1).readonly();

export const gatewayOptions = optionSchema({
  path: z.string().min(1).meta({ description: "The gateway's file." }),
  check: command.optional().meta({ description: 'Command that reads the file and fails if the gateway would not.' }),
  reload: command.meta({ description: 'Command that makes the gateway read the file.' }),
  confirmUrl: z.url().optional().meta({ description: 'Where the gateway answers which generation it obeys.' }),
  tolerate: z
    .array(z.enum(lapseKinds))
    .readonly()
    .default([])
    .meta({ description: 'What may be left out of a route.' }),
  timeoutMs: integerOption({
    doc: 'For each command, and for the gateway to obey.',
    unit: 'ms',
    default: 10_000,
    min: 1,
  }),
});

export interface GatewayOptions {
  readonly path: string;
  /** Such as ['nginx', '-t']. */
  readonly check?: GatewayCommand;
  /** Such as ['nginx', '-s', 'reload'], or ['kubectl', 'apply', '-f', path]. */
  readonly reload: GatewayCommand;
  /** nginx: http://<address>/galerkin-gateway. With it `apply` returns once new connections meet the new routes. */
  readonly confirmUrl?: string;
  /** What may be left out of a route, by name. @default [] */
  readonly tolerate?: readonly LapseKind[];
  /** @default 10 s */
  readonly timeoutMs?: number;
}

export interface GatewayMeans {
  readonly language: GatewayLanguage;
  readonly run?: RunCommand;
  readonly fetch?: typeof fetch;
  readonly timers?: Timers;
}

export interface GatewayStatus {
  readonly route: Route;
  /** Grows by one with every change of the file. */
  readonly generation: number;
  /** What the gateway does not do of the route; all of it was tolerated. */
  readonly lapses: readonly Lapse[];
}

export interface GatewayRouter {
  /**
   * Writes the route into the gateway's file and makes the gateway obey. One at a time; several processes may share a file.
   * A route that is as old as the one obeyed is applied again.
   * @throws ROUTE_INVALID, ROUTE_INEXPRESSIBLE; ROUTE_STALE if the file holds a later fence; GATEWAY_FAILED, and then the
   * routes before stand again
   */
  apply(route: Route): Promise<GatewayStatus>;
  /** The route that the file holds; undefined for a model without one. */
  status(model: string): Promise<GatewayStatus | undefined>;
}

/** Timers that keep the process alive: it waits for them. */
const waitingTimers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Routes of the next generation. @throws ROUTE_STALE */
function withRoute(current: Generation | undefined, route: Route): readonly Route[] {
  const others = (current?.routes ?? []).filter(each => each.model !== route.model);
  const obeyed = current?.routes.find(each => each.model === route.model);
  if (obeyed !== undefined && !isCurrent(route.fence, obeyed.fence)) {
    throw new GalerkinError('ROUTE_STALE', {
      model: route.model,
      ...route.fence,
      currentTerm: obeyed.fence.term,
      currentRevision: obeyed.fence.revision,
    });
  }
  return [...others, route].sort((a, b) => (a.model < b.model ? -1 : 1));
}

/**
 * The gateway whose file is `path`. The file itself says, in a comment, which routes and fences it was made from, so that a
 * controller that has lost its office is refused by whoever reads the file, after any restart.
 * @throws OPTIONS_INVALID
 */
export function openGatewayRouter(options: GatewayOptions, means: GatewayMeans): GatewayRouter {
  const { path, check, reload, confirmUrl, tolerate, timeoutMs } = resolveOptions(
    'openGatewayRouter',
    gatewayOptions,
    options,
  );
  if (typeof means?.language?.express !== 'function') {
    const faults = ['language: wanted one, such as nginxGateway gives, in the second argument'];
    throw new GalerkinError('OPTIONS_INVALID', { of: 'openGatewayRouter', faults });
  }
  const { language, run = runCommand, timers = waitingTimers } = means;
  const generations = openGenerations(path);
  let last: Promise<unknown> = Promise.resolve();

  const obey = async (number: number): Promise<void> => {
    const commandOf = ([program = '', ...args]: readonly string[]): GatewayCommand => [program, ...args];
    if (check !== undefined) await run(commandOf(check), timeoutMs);
    await run(commandOf(reload), timeoutMs);
    if (confirmUrl !== undefined)
      await confirmGeneration(confirmUrl, number, { fetch: means.fetch ?? fetch, timers, timeoutMs });
  };

  const express = (routes: readonly Route[], number: number) => {
    const { text, lapses } = language.express(routes, number);
    return { text: textOf({ number, routes }, text), lapses };
  };

  /** The routes before, as a generation of their own, unless somebody wrote another one meanwhile; no file where there was none. */
  const restore = async (failed: Generation, before: Generation | undefined): Promise<void> => {
    const routes = before?.routes ?? [];
    const number = failed.number + 1;
    const isTaken = await generations.claim({ number, routes, text: express(routes, number).text });
    if (isTaken && before === undefined) return generations.withdraw();
    await generations.install();
    if (isTaken) await obey(number);
  };

  const applyNow = async (wanted: Route): Promise<GatewayStatus> => {
    for (;;) {
      const before = await generations.latest();
      const routes = withRoute(before, wanted);
      const number = (before?.number ?? 0) + 1;
      const { text, lapses: all } = express(routes, number);
      const lapses = all.get(wanted.model) ?? [];
      assertExpressed(wanted, lapses, { by: language.name, tolerate });
      const generation = { number, routes, text };
      if (!(await generations.claim(generation))) continue;
      await generations.install();
      try {
        await obey(number);
      } catch (cause) {
        await restore(generation, before).catch(() => undefined);
        throw new GalerkinError('GATEWAY_FAILED', { path, what: 'changed', why: reasonOf(cause) }, { cause });
      }
      return { route: wanted, generation: number, lapses };
    }
  };

  return {
    apply(route) {
      const applying = last.then(() => applyNow(parseRoute(route)));
      last = applying.catch(() => undefined);
      return applying;
    },
    async status(model) {
      const current = await generations.latest();
      const route = current?.routes.find(each => each.model === model);
      if (current === undefined || route === undefined) return undefined;
      const lapses = language.express([route], current.number).lapses.get(model) ?? [];
      return { route, generation: current.number, lapses };
    },
  };
}
