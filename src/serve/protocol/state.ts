// What the protocols of one server share: settings that clients may change, regions of shared memory, and what is advertised.
import { type Abilities, extensionsOf } from './extensions.js';
import { type LogControl, logControl } from './log-settings.js';
import { type SharedMemory, sharedMemory } from './shared-memory.js';
import { type TraceControl, traceControl } from './trace-settings.js';

export interface ProtocolState {
  readonly log: LogControl;
  readonly trace: TraceControl;
  readonly memory: SharedMemory;
  /** For the server's metadata. */
  readonly extensions: readonly string[];
}

export interface ProtocolOptions {
  readonly allowClientShm: boolean;
  /** Where shared memory lies; the system's place unless told otherwise. */
  readonly shmFolder?: string;
  readonly logFile?: string;
  readonly traceFile?: string;
  readonly abilities?: Partial<Abilities>;
}

const plainAbilities = { sequences: false, modelControl: false, schedulePolicy: false };

/** The state of one server, for all its protocols. */
export function protocolState(options: ProtocolOptions): ProtocolState {
  const { allowClientShm, shmFolder, abilities = {} } = options;
  return {
    log: logControl(options.logFile),
    trace: traceControl(options.traceFile),
    memory: sharedMemory({ allowed: allowClientShm, ...(shmFolder === undefined ? {} : { folder: shmFolder }) }),
    extensions: extensionsOf({ ...plainAbilities, ...abilities, clientShm: allowClientShm }),
  };
}
