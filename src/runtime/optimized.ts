// The runtime's own optimizations made visible: the graph that it would execute, as an ONNX model.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWritten, type SessionOptions } from './session.js';

/**
 * The model as the runtime executes it at `options.graphLevel`: fused, folded, and at 'all' in layouts for this processor, with operators
 * of the runtime's own. Meant to be read; it need not run elsewhere. Writes and removes a temporary file.
 * @throws what openSession throws.
 */
export async function optimizedModel(model: Uint8Array | string, options: SessionOptions = {}): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'galerkin-optimized-'));
  try {
    const path = join(folder, 'model.onnx');
    const session = await openWritten(model, { ...options, writePath: path });
    await session.close();
    return new Uint8Array(await readFile(path));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
