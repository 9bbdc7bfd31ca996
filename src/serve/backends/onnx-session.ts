// A native session as a worker wants it: fed by name from whatever is at hand, its threads asleep between runs.
import type { Tensor } from '../../base/index.js';
import { openSession, type Session } from '../../runtime/index.js';
import type { Tensors } from './backend.js';
import type { GraphSource } from './onnx-protocol.js';
import type { SessionTerms } from './session-terms.js';
import type { WireOrder } from './worker-wire.js';

export interface OnnxSession {
  readonly inputs: Session['inputs'];
  readonly outputs: WireOrder;
  /** Computes every output; feeds that the graph does not name are left out. */
  run(feeds: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

/** Opens a graph. From bytes no other file is within reach; by path those that the package has checked. The cores are shared with the server, so threads do not spin. */
export async function openOnnx(source: GraphSource, terms: SessionTerms): Promise<OnnxSession> {
  const session = await openSession(source, { ...terms, spin: false });
  const inputs = session.inputs.map(({ name }) => name);
  return {
    inputs: session.inputs,
    outputs: session.outputs.map(({ name, dtype }) => ({ name, dtype })),
    run(feeds) {
      const named: Record<string, Tensor> = {};
      for (const name of inputs) {
        const tensor = feeds[name];
        if (tensor !== undefined) named[name] = tensor;
      }
      return session.run(named);
    },
    close: () => session.close(),
  };
}
