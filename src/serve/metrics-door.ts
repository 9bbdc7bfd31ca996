// A port of its own for Prometheus, as Triton has it: GET /metrics and nothing else.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { invariant } from '../base/index.js';
import { type Place, portUnavailable } from './listen.js';
import type { MetricsPage } from './statistics/metrics-page.js';

export interface MetricsDoor {
  readonly port: number;
  close(): Promise<void>;
}

const limitMs = 10_000;

/** Listens. @throws PORT_UNAVAILABLE */
export async function openMetrics(
  place: Place,
  page: (accept: string | undefined) => MetricsPage,
): Promise<MetricsDoor> {
  const server = createServer({ requestTimeout: limitMs, headersTimeout: limitMs }, (request, response) => {
    request.resume();
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || request.url?.split('?')[0] !== '/metrics') {
      response
        .writeHead(isRead ? 404 : 405, { 'content-type': 'text/plain' })
        .end(isRead ? 'Not Found' : 'Method Not Allowed');
      return;
    }
    const { contentType, body } = page(request.headers.accept);
    response.writeHead(200, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => reject(portUnavailable(place, cause)));
    server.listen(place.port, place.host, resolve);
  });
  const address: AddressInfo | string | null = server.address();
  invariant(address !== null && typeof address !== 'string', 'the metrics server has no TCP address');
  return {
    port: address.port,
    async close() {
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}
