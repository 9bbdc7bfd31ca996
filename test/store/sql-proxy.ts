// A proxy before a database that can swallow everything from one moment on, as a network that is cut does.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface SwallowingProxy {
  /** Of the same database, through the proxy. */
  readonly url: string;
  swallow(): void;
  stop(): Promise<void>;
}

export async function swallowingProxy(url: string): Promise<SwallowingProxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let isCut = false;
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', chunk => {
      if (!isCut) to.write(chunk);
    });
    from.on('close', () => void (isCut || to.destroy()));
    from.on('error', () => undefined);
  };
  const server = createServer(near => {
    const far = connect(Number(target.port), target.hostname);
    pass(near, far);
    pass(far, near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: url.replace(`:${target.port}/`, `:${address.port}/`),
    swallow: () => {
      isCut = true;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
