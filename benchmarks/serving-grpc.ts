// Inference over gRPC: of a small model beside HTTP and beside Node's bare HTTP/2, and of tensors of 64 KiB beside HTTP.
import { rm } from 'node:fs/promises';
import { startChild } from './fixtures/child.js';
import type { EchoOrder, EchoTold } from './fixtures/echo-process.js';
import { type IdentityName, identities, identityRepository } from './fixtures/identity-repository.js';
import { loadGrpc, loadHttp } from './fixtures/native-loads.js';
import type { ServerOrder, ServerTold } from './fixtures/server-process.js';
import { between, countersOf } from './fixtures/triton-statistics.js';
import { inWindows, result, share } from './fixtures/windows.js';
import { type Asked, grpcRequest, httpRequest } from './fixtures/wire-requests.js';
import { type BenchResult, median } from './result.js';

const durationS = 2;
const counts = { warmUps: 1, windows: 5 };
/** Concurrency 32, as clients have it that share channels. */
const [connections, calls] = [4, 8];
const concurrency = connections * calls;

interface Rates {
  readonly bareHttp: number;
  readonly http: number;
  readonly grpc: number;
  readonly bare: number;
  readonly perBatch: number;
}
type Ports = Pick<EchoTold & ServerTold, 'port' | 'grpcPort'>;

const askedFor = (model: IdentityName): Asked => {
  const size = identities[model];
  return { model, input: 'x', shape: [1, size], values: new Float32Array(size).fill(1) };
};

/** One model's rates; what h2load counts must be what the server counts as answered. */
async function measure(model: IdentityName, server: Ports, echo: Ports): Promise<Rates> {
  const asked = askedFor(model);
  const message = grpcRequest(asked);
  const overHttp = (port: number) => loadHttp(httpRequest(asked), { port, connections: concurrency, durationS });
  const bareHttp = await overHttp(echo.port);
  const http = await overHttp(server.port);
  const before = await countersOf(server.port, model);
  const grpc = await loadGrpc(message, { port: server.grpcPort, connections, calls, durationS });
  const { succeeded, failed, items, executions } = between(before, await countersOf(server.port, model));
  // What is under way when the load stops is cut off, and counts as cancelled.
  if (failed > 2 * concurrency || succeeded < 0.9 * grpc * durationS) {
    throw new Error(`gRPC: ${failed} failed, ${succeeded} answered`);
  }
  const bare = await loadGrpc(message, { port: echo.grpcPort, connections, calls, durationS });
  return { bareHttp: bareHttp.perSecond, http: http.perSecond, grpc, bare, perBatch: items / executions };
}

function figures(model: IdentityName, windows: readonly Rates[]): BenchResult[] {
  const http = windows.map(each => each.http);
  const grpc = windows.map(each => each.grpc);
  const bare = windows.map(each => each.bare);
  const bareHttp = windows.map(each => each.bareHttp);
  const isSmall = model === 'identity';
  const what = isSmall ? '16 floats' : '64 KiB';
  const note = `${median(windows.map(each => each.perBatch)).toFixed(1)} in a batch`;
  const ofHttp = { name: `${what}: share of HTTP's rate`, unit: '%', values: share(grpc, http) };
  return [
    { name: `${what}: bare node:http, concurrency ${concurrency}`, unit: 'requests/s', values: bareHttp },
    {
      name: `${what}: HTTP, concurrency ${concurrency}`,
      unit: 'infer/s',
      values: http,
      against: { of: 'bare node:http', values: bareHttp },
    },
    { name: `${what}: bare node:http2, the same calls`, unit: 'calls/s', values: bare },
    {
      name: `${what}: gRPC, ${connections} connections of ${calls} calls`,
      unit: 'infer/s',
      values: grpc,
      against: { of: 'bare node:http2', values: bare },
      note,
      ...(isSmall ? { target: '>= 8,000' } : {}),
    },
    isSmall ? ofHttp : { ...ofHttp, target: '>= 25' },
  ].map(result);
}

async function measureModel(model: IdentityName, server: Ports, echo: ReturnType<typeof startEcho>) {
  // A message that gives the request's own bytes back is as long as an answer.
  const ports = await echo.ask({ answerBytes: 0, grpcAnswer: grpcRequest(askedFor(model)) });
  return figures(model, await inWindows(counts, () => measure(model, server, ports)));
}
const startEcho = () => startChild<EchoOrder, EchoTold>('./echo-process.js');

/** Rates over gRPC, each window beside the others. */
export async function run(): Promise<BenchResult[]> {
  const repository = await identityRepository();
  const server = startChild<ServerOrder, ServerTold>('./server-process.js', 'server');
  const ports = await server.ask({ serve: { repository, port: 0, threads: 1 } });
  const echo = startEcho();
  const small = await measureModel('identity', ports, echo);
  const large = await measureModel('identity_64k', ports, echo);
  await Promise.all([server.stop(), echo.stop()]);
  await rm(repository, { recursive: true });
  return [...small, ...large];
}
