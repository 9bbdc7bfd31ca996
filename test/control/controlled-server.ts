// A real server of 'scale' with extensions of control: what they need of its traffic comes once it is up.
import type { ControlExtension, OwnTraffic } from 'galerkin/control';
import { type RoutedOptions, type RoutedServer, routedServer } from '../serve/fixtures/routed-server.js';

/** `extend` is given the traffic of the server that will be there when the first request comes. */
export async function controlledServer(
  extend: (traffic: OwnTraffic) => readonly ControlExtension[],
  options: RoutedOptions = {},
): Promise<RoutedServer> {
  let there: RoutedServer | undefined;
  const traffic = (): OwnTraffic => {
    if (there === undefined) throw new Error('asked before the server was up');
    return there.server.traffic;
  };
  const extensions = extend({
    apply: route => traffic().apply(route),
    status: model => traffic().status(model),
    standing: model => traffic().standing(model),
    samples: (model, after, limit) => traffic().samples(model, after, limit),
  });
  there = await routedServer({ ...options, surroundings: { ...options.surroundings, extensions } });
  return there;
}
