// The default backend: each instance holds the sessions of model.onnx and guard.onnx, in a worker thread or a child process.
import { join } from 'node:path';
import { GalerkinError } from '../../base/index.js';
import type { ModelPackage } from '../../model/index.js';
import type { Backend, Computed, Instance, InstanceOptions, Job } from './backend.js';
import { type Calls, pendingCalls } from './calls.js';
import { type Carrier, inlineCarrier, processCarrier, threadCarrier } from './carrier.js';
import type { GraphSource, SessionsOpened, SessionsReply, SessionsStart } from './onnx-protocol.js';
import { type Reshapes, reshaped, reshapesOf } from './reshape.js';
import { sessionTermsOf } from './session-terms.js';
import { warmUpsOf } from './warm-up.js';
import { fromWire, toWire } from './worker-wire.js';

/** An instance that has not opened its sessions after this long is taken for stuck. */
const openTimeoutMs = 60_000;
/** Longest computation that may hold up everything else that the server does. */
const quickMs = 1;

const unservable = (model: string, why: string) => new GalerkinError('MODEL_UNSERVABLE', { model, why });

const carriers = { thread: threadCarrier, process: processCarrier, none: inlineCarrier } as const;

/** Parameter of config.pbtxt: where instances live. */
function isolationOf({ name, config }: Pick<ModelPackage, 'name' | 'config'>): keyof typeof carriers {
  const stated = config.parameters.isolation?.string_value ?? 'thread';
  if (stated === 'thread' || stated === 'process' || stated === 'none') return stated;
  throw unservable(name, `its parameter 'isolation' wants 'thread', 'process' or 'none', got '${stated.slice(0, 40)}'`);
}

/** Parameter of config.pbtxt: memory from which on a child process is replaced, in MB. */
function maxRssBytesOf({ name, config }: ModelPackage): number {
  const stated = config.parameters.max_rss_mb?.string_value;
  if (stated === undefined) return 0;
  const megabytes = Number(stated);
  if (isolationOf({ name, config }) === 'process' && megabytes > 0 && Number.isFinite(megabytes))
    return megabytes * 1e6;
  throw unservable(
    name,
    `its parameter 'max_rss_mb' wants a number above 0, and isolation 'process', got '${stated.slice(0, 40)}'`,
  );
}

/** Graphs with weights beside them are opened by path, so that the runtime maps the weights once for all instances. */
async function graphSource(model: ModelPackage, file: string): Promise<GraphSource> {
  if (model.externalData.length === 0) return model.file(file);
  if (model.folder !== undefined) return join(model.folder, file);
  throw unservable(model.name, 'its weights lie in files of their own, which can be used from a folder on disk only');
}

async function startOf(model: ModelPackage, threads: number): Promise<SessionsStart> {
  const { modelFile, manifest } = model;
  const terms = sessionTermsOf(model, threads);
  if (modelFile === undefined) throw unservable(model.name, 'its manifest names no ONNX graph');
  const guardFile = manifest?.onnx?.guard;
  const [graph, guard, warmUps] = await Promise.all([
    graphSource(model, modelFile),
    guardFile === undefined ? undefined : model.file(guardFile),
    warmUpsOf(model),
  ]);
  const inputs = model.inputs.map(({ name, dtype }) => ({ name, dtype }));
  const mustBeQuick = isolationOf(model) === 'none';
  return {
    model: graph,
    guard,
    terms,
    inputs,
    warmUps,
    quickMs: mustBeQuick ? quickMs : Number.POSITIVE_INFINITY,
    maxRssBytes: maxRssBytesOf(model),
  };
}

async function openInstance(model: ModelPackage, { threads }: InstanceOptions): Promise<Instance> {
  const start = await startOf(model, threads);
  const calls = pendingCalls<SessionsReply>();
  const opening = calls.begin();
  const isolation = isolationOf(model);
  const carrier = carriers[isolation]({
    name: `${model.name}:${model.version}`,
    start,
    onReply: reply => calls.deliver(reply[0], reply),
  });
  const gone = carrier.ended.then(cause =>
    calls.fail(new GalerkinError('INSTANCE_DIED', { model: model.name }, { cause })),
  );
  const opened = await whatOpened(model.name, opening.reply, { kill: carrier.kill, gone });
  // Nothing is gained by a job that lies ready in the same thread; a batch that is formed later is larger.
  const depth = isolation === 'none' ? 1 : 2;
  const instance = sessionsInstance(model.name, { carrier, calls, gone, opened, depth });
  if (isolation === 'none') await assertQuick(model.name, instance, opened.warmUpMs);
  const reshapes = reshapesOf(model);
  return reshapes === undefined ? instance : withReshapes(instance, reshapes);
}

interface Parts {
  readonly carrier: Carrier;
  readonly calls: Calls<SessionsReply>;
  readonly gone: Promise<void>;
  readonly opened: SessionsOpened;
  /** See Instance.depth. */
  readonly depth: number;
}

function sessionsInstance(model: string, { carrier, calls, gone, opened, depth }: Parts): Instance {
  return {
    depth,
    gone,
    kill: carrier.kill,
    async run({ inputs, outputs, guard }: Job): Promise<Computed> {
      const { id, reply } = calls.begin();
      carrier.post([id, guard, toWire(opened.inputs, inputs), outputs && toWire(opened.outputs, outputs)]);
      const [, figure, computed, facts] = await reply;
      if (typeof figure !== 'number' || computed === undefined) {
        throw new GalerkinError('INFERENCE_FAILED', { model }, { cause: new Error(String(figure)) });
      }
      const answer = { inferMs: figure, outputs: fromWire(opened.outputs, computed) };
      return facts === undefined ? answer : { ...answer, guard: fromWire(opened.facts, facts) };
    },
    async close() {
      carrier.kill();
      await gone;
    },
  };
}

/** A model without isolation computes in the server's own thread: only one that is done at once may. */
async function assertQuick(model: string, instance: Instance, warmUpMs: number): Promise<void> {
  if (warmUpMs <= quickMs) return;
  await instance.close();
  const why = `isolation 'none' is for models that take at most ${quickMs} ms, and its warm-up took ${warmUpMs.toFixed(2)} ms`;
  throw unservable(model, why);
}

/** The same instance for the shapes that clients see. */
function withReshapes(inner: Instance, { inputs, outputs, batchAxes }: Reshapes): Instance {
  return {
    ...inner,
    async run(job) {
      const given = job.outputs && { outputs: reshaped(job.outputs, outputs, { batchAxes, inward: true }) };
      const inward = { ...job, ...given, inputs: reshaped(job.inputs, inputs, { batchAxes, inward: true }) };
      const computed = await inner.run(inward);
      return { ...computed, outputs: reshaped(computed.outputs, outputs, { batchAxes, inward: false }) };
    },
  };
}

/** The first message, in reply to call 1 that nobody sends, says whether the sessions opened and what they give. */
async function whatOpened(
  model: string,
  reply: Promise<SessionsReply>,
  { kill, gone }: Pick<Instance, 'kill' | 'gone'>,
): Promise<SessionsOpened> {
  const timer = setTimeout(kill, openTimeoutMs);
  try {
    const [, answer] = await reply;
    if (typeof answer === 'object') return answer;
    kill();
    await gone;
    throw unservable(model, `its graphs do not load (${answer})`);
  } finally {
    clearTimeout(timer);
  }
}

/** Opens a package with model.onnx, and guard.onnx where there is one. */
export const onnxruntimeBackend: Backend = { name: 'onnxruntime', open: openInstance };
