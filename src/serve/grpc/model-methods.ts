// What clients ask about the server and its models: health, metadata, configuration, statistics, and the repository's state.
import { toMetadata } from '../../model/index.js';
import type { Engine, RunningModel } from '../engine/engine.js';
import { malformed, shortName } from './malformed.js';
import type { CallInfo } from './method.js';
import { modelOf } from './model-of.js';
import { type ControlRequest, readControlRequest, readIndexRequest, readModelName } from './small-requests.js';
import { encodeMessage } from './table-encode.js';

export type Answer = (message: Buffer, call: CallInfo) => Promise<Buffer>;

export interface ServerFacts {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

/** Unknown models are not ready; that is an answer, no error. */
function isReady(engine: Engine, name: string, version: string): boolean {
  try {
    return modelOf(engine, { name, version }).isReady();
  } catch {
    return false;
  }
}

const asked = (engine: Engine, message: Buffer): RunningModel => {
  return modelOf(engine, readModelName(message));
};

/** Statistics of one model, of all its versions, or of all models. */
function counted(engine: Engine, message: Buffer): readonly RunningModel[] {
  const { name, version } = readModelName(message);
  if (name === '') return engine.models;
  const model = modelOf(engine, { name, version });
  return version === '' ? engine.models.filter(({ served }) => served.name === name) : [model];
}

/** The RPCs by name. */
export function modelAnswers(engine: Engine, facts: ServerFacts): Readonly<Record<string, Answer>> {
  return {
    ServerLive: async () => encodeMessage('ServerLiveResponse', { live: true }),
    ServerReady: async () => encodeMessage('ServerReadyResponse', { ready: engine.isReady() }),
    ServerMetadata: async () => encodeMessage('ServerMetadataResponse', facts),
    ModelReady: async message => {
      const { name, version } = readModelName(message);
      return encodeMessage('ModelReadyResponse', { ready: isReady(engine, name, version) });
    },
    ModelMetadata: async message => {
      const model = asked(engine, message);
      return encodeMessage('ModelMetadataResponse', toMetadata(model.package, engine.versionsOf(model.served.name)));
    },
    ModelConfig: async message =>
      encodeMessage('ModelConfigResponse', { config: asked(engine, message).package.config }),
    ModelStatistics: async message => {
      const model_stats = counted(engine, message).map(({ statistics }) => statistics.triton());
      return encodeMessage('ModelStatisticsResponse', { model_stats });
    },
  };
}

function checkRepository(repository: string): void {
  if (repository === '') return;
  throw malformed("'repository_name'", 'none: there is one repository', `'${shortName(repository)}'`);
}

const unknownParameter = (name: string, wanted: string) =>
  malformed(`unrecognized parameter '${shortName(name)}'`, wanted, 'another, or one of another type');

/** The parameters of a load: a configuration as JSON, and files as bytes, which need the configuration. */
function overrideOf({ parameters }: ControlRequest) {
  const files = new Map<string, Uint8Array>();
  let config: string | undefined;
  for (const [name, value] of parameters) {
    if (name === 'config' && typeof value === 'string') config = value;
    else if (name.startsWith('file:') && Buffer.isBuffer(value)) files.set(name.slice('file:'.length), value);
    else throw unknownParameter(name, "'config' as string_param or 'file:PATH' as bytes_param");
  }
  if (parameters.size === 0) return undefined;
  return { ...(config === undefined ? {} : { config }), ...(files.size === 0 ? {} : { files }) };
}

function dependentsOf({ parameters }: ControlRequest): boolean {
  let dependents = false;
  for (const [name, value] of parameters) {
    if (name !== 'unload_dependents' || typeof value !== 'boolean') {
      throw unknownParameter(name, "'unload_dependents' as bool_param");
    }
    dependents = value;
  }
  return dependents;
}

/** The RPCs of the model repository extension, by name. */
export function repositoryAnswers({ repository }: Engine): Readonly<Record<string, Answer>> {
  return {
    RepositoryIndex: async message => {
      const request = readIndexRequest(message);
      checkRepository(request.repository);
      return encodeMessage('RepositoryIndexResponse', { models: await repository.index(request.readyOnly) });
    },
    RepositoryModelLoad: async message => {
      const request = readControlRequest(message);
      checkRepository(request.repository);
      await repository.load(request.model, overrideOf(request));
      return encodeMessage('Empty', {});
    },
    RepositoryModelUnload: async message => {
      const request = readControlRequest(message);
      checkRepository(request.repository);
      await repository.unload(request.model, { dependents: dependentsOf(request) });
      return encodeMessage('Empty', {});
    },
  };
}
