// Offers to change the protocol: WebSocket is taken, any other (h2c, as Java's client offers) is passed over and the request answered in HTTP/1.1.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';

const hopHeaders = new Set(['upgrade', 'http2-settings']);

/** The request as it came, without its offer. */
function withoutOffer({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]];
    if (hopHeaders.has(name.toLowerCase())) continue;
    if (name.toLowerCase() !== 'connection') lines.push(`${name}: ${value}`);
    else {
      const kept = value.split(',').filter(option => !hopHeaders.has(option.trim().toLowerCase()));
      if (kept.length > 0) lines.push(`${name}: ${kept.join(',')}`);
    }
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/**
 * Splits the offers that come to `server`: those of WebSocket reach the server returned, which itself listens nowhere.
 * Without this, Node takes every request with an Upgrade header out of HTTP once anyone listens for upgrades.
 */
export function webSocketOffers(server: Server): Server {
  const offers = createServer();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() === 'websocket') {
      offers.emit('upgrade', request, socket, head);
      return;
    }
    socket.unshift(Buffer.concat([withoutOffer(request), head]));
    server.emit('connection', socket);
  });
  return offers;
}
