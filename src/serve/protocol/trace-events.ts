// Traces of single requests: when each passed which stage, in the names of Triton's trace files.
import { appendFile } from 'node:fs/promises';
import { channel } from '../../base/index.js';

export interface TraceStamp {
  readonly name: string;
  /** Monotonic, in nanoseconds. */
  readonly ns: number;
}

/** Published on `galerkin:serve:trace` for every traced request, once it is over. */
export interface TraceEvent {
  readonly model: string;
  readonly version: string;
  readonly requestId: string;
  readonly stamps: readonly TraceStamp[];
}

export const traceChannel = channel<TraceEvent>('serve:trace');

/** The stamps of one request on its way. */
export class RequestTrace {
  private readonly stamps: TraceStamp[] = [];
  constructor(private readonly nowMs: () => number) {}

  stamp(name: string): void {
    this.stamps.push({ name, ns: Math.round(this.nowMs() * 1e6) });
  }

  publish(model: string, version: string, requestId: string): void {
    traceChannel.publish(() => ({ model, version, requestId, stamps: this.stamps }));
  }
}

/** Appends every trace to a file, one JSON list a line, until the function that it gives is called; that waits for the last line. */
export function writeTraces(file: string): () => Promise<void> {
  let id = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const end = traceChannel.subscribe(({ model, version, requestId, stamps }) => {
    id++;
    const line = JSON.stringify([
      { id, model_name: model, model_version: Number(version), request_id: requestId },
      { id, timestamps: stamps },
    ]);
    // A full disk must not take the server down: traces are lost then.
    writing = writing.then(() => appendFile(file, `${line}\n`)).catch(() => undefined);
  });
  return async () => {
    end();
    await writing;
  };
}
