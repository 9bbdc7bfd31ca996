// grpc.health.v1: Check says it once, Watch says it whenever it changes.
import type { Timers } from '../../base/index.js';
import type { Engine } from '../engine/engine.js';
import type { servingStatuses } from './message-tables.js';
import type { Method, StreamCall, StreamListener } from './method.js';
import { readModelName } from './small-requests.js';
import { ok, type Status } from './status.js';
import { encodeMessage } from './table-encode.js';

type ServingStatus = (typeof servingStatuses)[number];

/** How often Watch looks. */
const lookMs = 500;

const services: ReadonlySet<string> = new Set(['', 'inference.GRPCInferenceService']);

const statusOfService = (engine: Engine, service: string): ServingStatus =>
  services.has(service) ? (engine.isReady() ? 'SERVING' : 'NOT_SERVING') : 'SERVICE_UNKNOWN';

const encoded = (status: ServingStatus): Buffer => encodeMessage('HealthCheckResponse', { status });

function watch(engine: Engine, timers: Timers, call: StreamCall): StreamListener {
  let cancel: (() => void) | undefined;
  const look = (service: string, before: ServingStatus | undefined): void => {
    const now = statusOfService(engine, service);
    if (now !== before) call.send(encoded(now));
    cancel = timers.after(lookMs, () => look(service, now));
  };
  const end = (status: Status): void => {
    cancel?.();
    call.finish(status);
  };
  return {
    message(bytes) {
      if (cancel === undefined) look(readModelName(bytes).name, undefined);
      else end({ code: 'UNIMPLEMENTED', message: 'wanted one request message, got more' });
    },
    halfClosed() {
      if (cancel === undefined) end({ code: 'UNIMPLEMENTED', message: 'wanted one request message, got none' });
    },
    drained() {},
    closed: () => cancel?.(),
    stopping: () => end(ok),
  };
}

/** Both methods, by path. */
export const healthMethods = (engine: Engine, timers: Timers): readonly (readonly [string, Method])[] => [
  [
    '/grpc.health.v1.Health/Check',
    {
      kind: 'unary',
      answer: async bytes => {
        const status = statusOfService(engine, readModelName(bytes).name);
        return status === 'SERVICE_UNKNOWN' ? { code: 'NOT_FOUND', message: 'unknown service' } : encoded(status);
      },
    },
  ],
  ['/grpc.health.v1.Health/Watch', { kind: 'stream', open: call => watch(engine, timers, call) }],
];
