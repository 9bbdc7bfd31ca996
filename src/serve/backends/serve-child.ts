// The child's side of a process backend: installs the protocol on this process and hands each call to the handler.
import { invariant } from '../../base/index.js';
import { type Manifest, parseManifest } from '../../model/index.js';
import type { Tensors } from './backend.js';
import { type ChildCall, type ChildReply, readCall, readTensors } from './child-protocol.js';

type Run = (inputs: Tensors) => Tensors | Promise<Tensors>;

/** What a child does: prepares itself for a model's manifest, then computes. */
export interface ChildHandler {
  open(manifest: Manifest): Run | Promise<Run>;
}

/**
 * Serves this process's parent: call it once, as the last thing of the entry file that `processBackend` names.
 * Calls are answered one after another. What the handler throws becomes a failed reply; the child goes on.
 * The child ends with its parent, and leaves Ctrl-C to it.
 */
export function serveChild(handler: ChildHandler): void {
  const send = process.send?.bind(process);
  invariant(send !== undefined, 'serveChild was called in a process without a parent; start it through processBackend');
  let run: Run | undefined;
  const answer = async (call: ChildCall): Promise<ChildReply> => {
    if (call.op === 'open') {
      run = await handler.open(parseManifest(call.manifest));
      return { id: call.id, ok: true, outputs: {} };
    }
    invariant(run !== undefined, 'a child was asked to run before it was opened');
    return { id: call.id, ok: true, outputs: await run(readTensors(call.inputs)) };
  };
  const reply = async (call: ChildCall): Promise<void> => {
    try {
      send(await answer(call));
    } catch (error) {
      send({ id: call.id, ok: false, message: error instanceof Error ? error.message : String(error) });
    }
  };
  let turn: Promise<void> = Promise.resolve();
  process.on('message', message => {
    const call = readCall(message);
    if (call !== undefined) turn = turn.then(() => reply(call));
  });
  process.once('disconnect', () => process.exit(0));
  process.on('SIGINT', () => {});
}
