// Profiles: what each operator of a model cost in each run, as the runtime itself measured it, with the memory of its arena.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { GalerkinError, type Tensor } from '../base/index.js';
import { openProfiled, type SessionOptions } from './session.js';

export interface ProfiledShape {
  /** The runtime's name: float, double, int64, uint8 … */
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** One execution of one operator. */
export interface ProfiledNode {
  /** Of the runtime's own graph, after its optimizations. */
  readonly name: string;
  readonly operator: string;
  readonly ms: number;
  /** Inputs that are computed; weights are not among them. */
  readonly inputs: readonly ProfiledShape[];
  readonly outputs: readonly ProfiledShape[];
}

export interface ProfiledRun {
  /** Of the whole run inside the runtime, measuring included. */
  readonly ms: number;
  readonly nodes: readonly ProfiledNode[];
  /** Most memory asked of the arena at once: weights that the runtime copied, and values between operators. */
  readonly peakBytes: number;
  /** Memory that the arena held from the system at the end of the run: it grows in powers of two, and gives nothing back. */
  readonly heldBytes: number;
}

const shapes = z
  .array(z.record(z.string(), z.array(z.number())))
  .default([])
  .transform(list =>
    list.flatMap(entry => Object.entries(entry).map(([dtype, shape]): ProfiledShape => ({ dtype, shape }))),
  );
const bytes = z.coerce.number().default(0);
const event = z.object({
  cat: z.string(),
  name: z.string(),
  dur: z.number(),
  args: z
    .object({
      op_name: z.string().optional(),
      input_type_shape: shapes,
      output_type_shape: shapes,
      mem_bytes_requested_in_use: bytes,
      mem_arena_held: bytes,
    })
    .optional(),
});
type Event = z.infer<typeof event>;

const kernelTime = '_kernel_time';

/** The events between the beginning of one run and its end, which the runtime writes behind it. */
function runsOf(events: readonly Event[]): ProfiledRun[] {
  const runs: ProfiledRun[] = [];
  let nodes: ProfiledNode[] = [];
  let [peakBytes, heldBytes] = [0, 0];
  for (const { cat, name, dur, args } of events) {
    if (cat === 'Node' && name.endsWith(kernelTime) && args?.op_name !== undefined) {
      const { op_name: operator, input_type_shape: inputs, output_type_shape: outputs } = args;
      nodes.push({ name: name.slice(0, -kernelTime.length), operator, ms: dur / 1000, inputs, outputs });
      peakBytes = Math.max(peakBytes, args.mem_bytes_requested_in_use);
      heldBytes = args.mem_arena_held || heldBytes;
    }
    if (cat === 'Session' && name === 'model_run') {
      runs.push({ ms: dur / 1000, nodes, peakBytes, heldBytes });
      nodes = [];
      peakBytes = 0;
    }
  }
  return runs;
}

/**
 * Runs a model once for each of `feeds`, measured operator by operator. Measuring costs some microseconds an operator.
 * Writes a file in the system's folder for temporary files, and removes it.
 * @throws what openSession and Session.run throw; SESSION_RUN_FAILED if the runtime wrote no profile.
 */
export async function profileRuns(
  model: Uint8Array | string,
  feeds: readonly Readonly<Record<string, Tensor>>[],
  options: SessionOptions = {},
): Promise<ProfiledRun[]> {
  const folder = await mkdtemp(join(tmpdir(), 'galerkin-profile-'));
  try {
    const session = await openProfiled(model, { ...options, profilePrefix: join(folder, 'run') });
    try {
      for (const feed of feeds) await session.run(feed);
      session.endProfiling();
    } finally {
      await session.close();
    }
    const [file] = await readdir(folder);
    const parsed = z
      .array(event)
      .safeParse(file === undefined ? [] : JSON.parse(await readFile(join(folder, file), 'utf8')));
    const runs = parsed.success ? runsOf(parsed.data) : [];
    if (runs.length !== feeds.length) {
      const reason = `its profile tells of ${runs.length} runs, not of ${feeds.length}`;
      throw new GalerkinError('SESSION_RUN_FAILED', { reason }, parsed.success ? {} : { cause: parsed.error });
    }
    return runs;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
