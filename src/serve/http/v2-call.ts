// One inference call over HTTP: who asks, what it is called, what it holds on to, and how to hear that its client has gone.
import type { ServerResponse } from 'node:http';
import type { Arrival } from '../admission/admission.js';
import type { RegionPiece, SharedMemory } from '../protocol/shared-memory.js';
import type { ShmPlace } from './v2-checked-header.js';
import type { Caller } from './v2-terms.js';

export class InferCall implements Caller, Arrival {
  /** The request's id, as soon as it has been read; errors are told with it. */
  id = '';
  /** Of its body: what admission weighs. */
  bytes = 0;
  private controller: AbortController | undefined;
  private pieces: Map<string, RegionPiece> | undefined;

  /**
   * @param response  the answer to come; its connection closing early is what says that the client has gone
   */
  constructor(
    readonly memory: SharedMemory,
    readonly tenant = '',
    private readonly response?: ServerResponse,
  ) {}

  /** Made at the first look: a controller and a listener for each request would cost more than reading most of them. */
  get signal(): AbortSignal | undefined {
    const { response } = this;
    if (response === undefined) return undefined;
    if (this.controller === undefined) {
      const controller = new AbortController();
      this.controller = controller;
      if (response.destroyed) controller.abort();
      else
        response.once('close', () => {
          if (!response.writableFinished) controller.abort();
        });
    }
    return this.controller.signal;
  }

  /** Holds a piece of shared memory for an output until `release`. @throws as SharedMemory.take does */
  hold(output: string, { region, offset, byteSize }: ShmPlace): void {
    this.pieces ??= new Map();
    // A request that is read again holds what it read last.
    this.pieces.get(output)?.release();
    this.pieces.set(output, this.memory.take(region, offset, byteSize));
  }

  piece(output: string): RegionPiece | undefined {
    return this.pieces?.get(output);
  }

  release(): void {
    if (this.pieces === undefined) return;
    for (const piece of this.pieces.values()) piece.release();
    this.pieces = undefined;
  }
}
