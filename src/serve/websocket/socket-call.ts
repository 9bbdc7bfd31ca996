// An inference call of a WebSocket: its own signal says that its client has cancelled it or gone.
import { InferCall } from '../http/v2-call.js';
import type { SharedMemory } from '../protocol/shared-memory.js';

export class SocketCall extends InferCall {
  constructor(
    memory: SharedMemory,
    tenant: string,
    private readonly ended: AbortSignal,
  ) {
    super(memory, tenant);
  }

  override get signal(): AbortSignal {
    return this.ended;
  }
}
