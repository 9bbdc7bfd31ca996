// The RPCs over what protocols share: shared memory, trace settings, log settings.
import { GalerkinError } from '../../base/index.js';
import type { Engine } from '../engine/engine.js';
import type { LogControl } from '../protocol/log-settings.js';
import type { SharedMemory } from '../protocol/shared-memory.js';
import type { TraceControl } from '../protocol/trace-settings.js';
import type { Answer } from './model-methods.js';
import { readLogRequest, readModelName, readRegionRequest, readTraceRequest } from './small-requests.js';
import { encodeMessage } from './table-encode.js';

/** What the protocols of one server share. */
export interface SharedState {
  readonly memory: SharedMemory;
  readonly trace: TraceControl;
  readonly log: LogControl;
}

/** Shared memory of the CPU works where the server allows it; that of GPUs is refused kindly: nothing here computes on one. */
export function memoryAnswers(memory: SharedMemory): Readonly<Record<string, Answer>> {
  const nameIn = (message: Buffer): string | undefined => readModelName(message).name || undefined;
  const empty = encodeMessage('Empty', {});
  return {
    SystemSharedMemoryStatus: async message => {
      const regions = Object.fromEntries(memory.status(nameIn(message)).map(region => [region.name, region]));
      return encodeMessage('SystemSharedMemoryStatusResponse', { regions });
    },
    SystemSharedMemoryRegister: async message => {
      const { name, ...place } = readRegionRequest(message);
      memory.register(name, place);
      return empty;
    },
    SystemSharedMemoryUnregister: async message => {
      memory.unregister(nameIn(message));
      return empty;
    },
    CudaSharedMemoryStatus: async message => {
      const name = nameIn(message);
      if (name !== undefined)
        throw new GalerkinError('SHARED_MEMORY_UNKNOWN', { name: name.slice(0, 80), kind: 'cuda' });
      return encodeMessage('CudaSharedMemoryStatusResponse', { regions: {} });
    },
    CudaSharedMemoryRegister: async () => {
      throw new GalerkinError('FEATURE_UNSUPPORTED', {
        what: 'CUDA shared memory is not served: the models run on the CPU',
        instead: 'Use system shared memory, or send the tensors in the request.',
      });
    },
    CudaSharedMemoryUnregister: async () => empty,
  };
}

const traceMessage = (settings: object): Buffer => {
  const values = Object.entries(settings).map(([name, value]) => [
    name,
    { value: Array.isArray(value) ? value.map(String) : [String(value)] },
  ]);
  return encodeMessage('TraceSettingResponse', { settings: Object.fromEntries(values) });
};

function logMessage(settings: object): Buffer {
  const choice = (value: unknown): object => {
    if (typeof value === 'boolean') return { bool_param: value };
    return typeof value === 'number' ? { uint32_param: value } : { string_param: String(value) };
  };
  const values = Object.entries(settings).map(([name, value]) => [name, choice(value)]);
  return encodeMessage('LogSettingsResponse', { settings: Object.fromEntries(values) });
}

/** Settings without a value are cleared, as null does over HTTP. */
export function settingAnswers(engine: Engine, { trace, log }: SharedState): Readonly<Record<string, Answer>> {
  return {
    TraceSetting: async message => {
      const { model, settings } = readTraceRequest(message);
      const name = model === '' ? undefined : engine.find(model).served.name;
      if (settings.size === 0) return traceMessage(trace.of(name));
      const changes = [...settings].map(([key, values]) => [key, values.length === 0 ? null : values]);
      return traceMessage(trace.change(name, Object.fromEntries(changes)));
    },
    LogSettings: async message => {
      const settings = readLogRequest(message);
      return logMessage(settings.size === 0 ? log.current : log.change(Object.fromEntries(settings)));
    },
  };
}
