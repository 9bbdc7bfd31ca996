// A native session as a worker wants it: fed by name from whatever is at hand, its threads asleep between runs.
import { openSession } from '../../runtime/index.js';
import type { Tensors } from './backend.js';

export interface OnnxSession {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Computes every output; feeds that the graph does not name are left out. */
  run(feeds: Tensors): Promise<Tensors>;
}

/** Opens a graph from its bytes; external data files are out of reach because no path is given. The cores are shared with the server, so threads do not spin. */
export async function openOnnx(bytes: Uint8Array, threads: number): Promise<OnnxSession> {
  const session = await openSession(bytes, { threads, spin: false });
  const inputs = session.inputs.map(({ name }) => name);
  const outputs = session.outputs.map(({ name }) => name);
  return {
    inputs,
    outputs,
    run(feeds) {
      const named = inputs.flatMap(name => {
        const tensor = feeds[name];
        return tensor === undefined ? [] : [[name, tensor] as const];
      });
      return session.run(Object.fromEntries(named));
    },
  };
}
