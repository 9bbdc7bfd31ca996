// Native sessions: a graph's bytes opened in ONNX Runtime, tensors in and tensors out. Knows nothing of how the graph was made.
export type { ArenaFigures } from './memory/arena.js';
export {
  type Lent,
  MemoryManager,
  type MemoryManagerOptions,
  type MemoryReport,
  memoryOptions,
  type NumberType,
  type Reservation,
} from './memory/memory-manager.js';
export { optimizedModel } from './optimized.js';
export { type ProfiledNode, type ProfiledRun, type ProfiledShape, profileRuns } from './profile.js';
export { openSession, type Session, type SessionOptions, sessionOptions } from './session.js';
export type { SessionValue } from './session-values.js';
