// The gRPC door of a server: KServe v2 with Triton's extensions as inference.GRPCInferenceService, and grpc.health.v1.
import { type Clock, systemClock, systemTimers, type Timers } from '../../base/index.js';
import type { Engine } from '../engine/engine.js';
import { type LogControl, logControl } from '../protocol/log-settings.js';
import { type SharedMemory, sharedMemory } from '../protocol/shared-memory.js';
import { type TraceControl, traceControl } from '../protocol/trace-settings.js';
import { healthMethods } from './health-methods.js';
import { type Door, type DoorLimits, Http2Door } from './http2-door.js';
import { inferMethod, type Sources } from './infer-method.js';
import { streamMethod } from './infer-stream.js';
import type { Method, Methods } from './method.js';
import { type Answer, modelAnswers, repositoryAnswers, type ServerFacts } from './model-methods.js';
import { memoryAnswers, settingAnswers } from './state-methods.js';

export type GrpcLimits = DoorLimits;

/** As Triton: any message that the format can carry; pings every two hours. */
export const grpcLimits: GrpcLimits = Object.freeze({
  maxMessageBytes: 2 ** 31 - 1,
  maxPartialBytes: 2 ** 32,
  maxCallsPerConnection: 1024,
  requestTimeoutMs: 30_000,
  keepaliveTimeMs: 7_200_000,
  keepaliveTimeoutMs: 20_000,
});

export interface GrpcOptions {
  readonly engine: Engine;
  /** What differs from `grpcLimits`. */
  readonly limits?: Partial<GrpcLimits>;
  /** Name, version and extensions, as ServerMetadata gives them. */
  readonly facts: ServerFacts;
  /** Shared with the other protocols of the server; by default of its own, shared memory being off. */
  readonly memory?: SharedMemory;
  readonly trace?: TraceControl;
  readonly log?: LogControl;
  readonly timers?: Timers;
  /** For traces. */
  readonly clock?: Clock;
}

const service = '/inference.GRPCInferenceService/';

const unaryMethods = (answers: Readonly<Record<string, Answer>>): [string, Method][] =>
  Object.entries(answers).map(([name, answer]) => [service + name, { kind: 'unary', answer }]);

function allMethods(options: GrpcOptions): Methods {
  const { engine, facts, timers = systemTimers, clock = systemClock } = options;
  const { memory = sharedMemory({ allowed: false }), trace = traceControl(), log = logControl() } = options;
  const sources: Sources = { engine, memory, trace, clock };
  return new Map<string, Method>([
    [`${service}ModelInfer`, inferMethod(sources)],
    [`${service}ModelStreamInfer`, streamMethod(sources)],
    ...unaryMethods(modelAnswers(engine, facts)),
    ...unaryMethods(repositoryAnswers(engine)),
    ...unaryMethods(memoryAnswers(memory)),
    ...unaryMethods(settingAnswers(engine, { memory, trace, log })),
    ...healthMethods(engine, timers),
  ]);
}

/** The gRPC server, not yet listening. It never closes the engine or what else it was given. */
export function createGrpc(options: GrpcOptions): Door {
  const { limits, timers = systemTimers } = options;
  return new Http2Door({ methods: allMethods(options), limits: { ...grpcLimits, ...limits }, timers });
}
