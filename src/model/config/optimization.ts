// Hints for the runtime. Those for GPUs are read and kept: on the CPU they change nothing, as in Triton.
import { z } from 'zod';
import { enumerations } from './enumerations.js';
import { name, unsigned } from './values.js';

const shapes = z.record(z.string(), z.strictObject({ dim: z.array(z.int()).default([]) })).default({});
const batchSize = z.int().default(0);
const pinned = z.strictObject({ enable: z.boolean().default(false) }).optional();
const accelerators = z
  .array(z.strictObject({ name, parameters: z.record(z.string(), z.string()).default({}) }))
  .default([]);

export const optimization = z.strictObject({
  /** -1: basic optimisation of the graph; 1: extended; absent or 0: all. */
  graph: z.strictObject({ level: z.int().default(0) }).optional(),
  priority: z.enum(enumerations.ModelPriority).default('PRIORITY_DEFAULT'),
  cuda: z
    .strictObject({
      graphs: z.boolean().default(false),
      busy_wait_events: z.boolean().default(false),
      graph_spec: z
        .array(
          z.strictObject({
            batch_size: batchSize,
            input: shapes,
            graph_lower_bound: z.strictObject({ batch_size: batchSize, input: shapes }).optional(),
          }),
        )
        .default([]),
      output_copy_stream: z.boolean().default(false),
    })
    .optional(),
  execution_accelerators: z.strictObject({ gpu_execution_accelerator: accelerators }).optional(),
  input_pinned_memory: pinned,
  output_pinned_memory: pinned,
  gather_kernel_buffer_threshold: unsigned.default(0),
  eager_batching: z.boolean().default(false),
});
