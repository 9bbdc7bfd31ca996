// The ports of a server: HTTP, gRPC, metrics; all are open, or none.
import type { Clock, Timers } from '../base/index.js';
import { processMetrics } from '../observe/index.js';
import type { Engine } from './engine/engine.js';
import type { ServerExtension } from './extension.js';
import { createGrpc } from './grpc/grpc-server.js';
import { closeHttp, createHttp } from './http/server.js';
import { grpcPlace, listen, metricsPlace } from './listen.js';
import { openMetrics } from './metrics-door.js';
import type { ServeConfig } from './options.js';
import type { ProtocolState } from './protocol/state.js';
import { engineMetrics } from './statistics/engine-metrics.js';
import { hostMetrics } from './statistics/host-metrics.js';
import { writeMetrics } from './statistics/metrics-page.js';
import { routeMetrics } from './statistics/route-metrics.js';

/** What every door leads to. */
export interface House {
  readonly engine: Engine;
  readonly config: ServeConfig;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly version: string;
  readonly protocol: ProtocolState;
  readonly extensions: readonly ServerExtension[];
}

export interface Doors {
  readonly port: number;
  readonly grpcPort: number | undefined;
  readonly metricsPort: number | undefined;
  close(): Promise<void>;
}

/** Opens what the options ask for. @throws PORT_UNAVAILABLE; then none is open. */
export async function openDoors(house: House): Promise<Doors> {
  const { engine, config, clock, timers, version, protocol, extensions } = house;
  const { drainTimeoutMs } = config;
  const watched = processMetrics();
  const collectors = [watched, hostMetrics(clock), engineMetrics(engine), routeMetrics(engine.traffic)];
  const page = (accept: string | undefined) => writeMetrics(engine.models, { accept, collectors });
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(closing.map(end => end()));
    watched.stop();
  };
  try {
    const http = await createHttp({ engine, config, clock, timers, version, protocol, extensions, metrics: page });
    const { port } = await listen(http, config);
    closing.push(() => closeHttp(http, drainTimeoutMs));
    let grpcPort: number | undefined;
    if (config.grpc) {
      const facts = { name: config.serverName, version, extensions: protocol.extensions };
      const grpc = createGrpc({
        engine,
        facts,
        timers,
        ...protocol,
        limits: { requestTimeoutMs: config.requestTimeoutMs, maxPartialBytes: config.maxInFlightBytes },
      });
      grpcPort = await grpc.listen(grpcPlace(config));
      closing.push(() => grpc.close(drainTimeoutMs));
    }
    let metricsPort: number | undefined;
    if (config.metrics) {
      const metrics = await openMetrics(metricsPlace(config), page);
      metricsPort = metrics.port;
      closing.push(metrics.close);
    }
    return { port, grpcPort, metricsPort, close };
  } catch (error) {
    await close();
    throw error;
  }
}
