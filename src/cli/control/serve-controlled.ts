// A server with its control plane: what was ordered is obeyed before the doors open, and the end comes in the right order.
import { resolveOptions } from '../../base/index.js';
import { type ServeOptions, type Server, type Surroundings, serve, serveOptions } from '../../serve/index.js';
import { type ControlPlane, openControl } from './control-plane.js';

const complain = (line: string): void => {
  process.stderr.write(`galerkin: ${line}\n`);
};

/** The loop first, so that nobody orders what a closing server refuses; the database last, for requests that are being answered. */
async function end(control: ControlPlane, server: Server | undefined): Promise<void> {
  await control.stop();
  await server?.close();
  await control.close();
}

/**
 * Serves with releases.
 * @param flags  of the control plane, as they were typed
 * @throws what `serve` and `openControl` throw
 */
export async function serveControlled(
  options: ServeOptions,
  flags: Record<string, unknown>,
  surroundings: Surroundings,
): Promise<Server> {
  const { repository, port } = resolveOptions('serve', serveOptions, options);
  const control = await openControl(flags, { repository, port, complain });
  const { routes, extensions } = control;
  let server: Server | undefined;
  try {
    server = await serve(options, { ...surroundings, routes, extensions });
    await control.begin(server);
  } catch (error) {
    await end(control, server);
    throw error;
  }
  const begun = server;
  let ended: Promise<void> | undefined;
  return { ...begun, close: () => (ended ??= end(control, begun)) };
}
