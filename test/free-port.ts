// A port for a server that cannot be told 0: below the ports that the system deals out itself, so that nobody is given it meanwhile.
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Linux deals out 32768 to 60999 (ip_local_port_range), to listeners at 0 and to outgoing connections alike. */
const [lowest, highest] = [20_000, 32_000];

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>(resolve => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (free) {
    server.close();
    await once(server, 'close');
  }
  return free;
}

/** A port of 127.0.0.1 at which nothing listens. Two callers get the same one with a chance of 1 in 12,000. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) return port;
  }
}
