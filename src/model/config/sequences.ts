// Sequence batching: strategies, control inputs and the state that the server keeps between the requests of a sequence.
import { z } from 'zod';
import { checkPreferred } from './batching.js';
import { enumerations } from './enumerations.js';
import { checkUnique, dataType, name, relativePath, required, saidDataType, size, unsigned } from './values.js';

const control = z.strictObject({
  kind: z.enum(enumerations.ControlKind).default('CONTROL_SEQUENCE_START'),
  int32_false_true: z.array(z.int()).default([]),
  fp32_false_true: z.array(z.number()).default([]),
  bool_false_true: z.array(z.boolean()).default([]),
  /** Of the correlation id only. */
  data_type: dataType,
});
type Control = z.infer<typeof control>;

const initialState = z.strictObject({
  name: z.string().default(''),
  data_type: saidDataType,
  dims: z.array(size).default([]),
  zero_data: z.boolean().optional(),
  /** A file below the model's folder `initial_state`. */
  data_file: relativePath.optional(),
});

const state = z.strictObject({
  input_name: name,
  output_name: name,
  data_type: saidDataType,
  dims: z.array(size, required('at least one size')).min(1, 'wanted at least one size'),
  initial_state: z.array(initialState).max(1, 'wanted at most one initial state').default([]),
  use_same_buffer_for_input_output: z.boolean().default(false),
});

export const sequenceBatching = z.strictObject({
  direct: z
    .strictObject({
      max_queue_delay_microseconds: unsigned.default(0),
      minimum_slot_utilization: z.number().min(0).max(1).default(0),
    })
    .optional(),
  oldest: z
    .strictObject({
      max_candidate_sequences: unsigned.default(0),
      preferred_batch_size: z.array(z.int().min(1)).default([]),
      max_queue_delay_microseconds: unsigned.default(0),
      preserve_ordering: z.boolean().default(false),
    })
    .optional(),
  /** A sequence that sends nothing for so long is over; 0 stands for one second. */
  max_sequence_idle_microseconds: unsigned.default(0),
  control_input: z
    .array(
      z.strictObject({
        name,
        control: z.array(control, required('at least one control')).min(1, 'wanted at least one control'),
      }),
    )
    .default([]),
  state: z.array(state).default([]),
});

const idTypes: readonly string[] = ['TYPE_UINT64', 'TYPE_INT64', 'TYPE_UINT32', 'TYPE_INT32', 'TYPE_STRING'];

/** What is wrong with one control; undefined when nothing is. */
function controlFault({ kind, int32_false_true, fp32_false_true, bool_false_true, data_type }: Control) {
  const pairs = [int32_false_true, fp32_false_true, bool_false_true].filter(({ length }) => length > 0);
  if (kind === 'CONTROL_SEQUENCE_CORRID') {
    if (pairs.length > 0) return 'a correlation id has no values for false and true';
    return idTypes.includes(data_type) ? undefined : `wanted data_type one of ${idTypes.join(', ')}, got ${data_type}`;
  }
  if (pairs.length === 1 && pairs[0]?.length === 2) return undefined;
  return 'wanted two values, for false and true, in one of int32_false_true, fp32_false_true, bool_false_true';
}

/** Controls, names and sizes against each other. */
export function checkSequences(
  sequences: z.infer<typeof sequenceBatching>,
  maxBatchSize: number,
  context: z.RefinementCtx,
): void {
  const path = ['sequence_batching'];
  const { oldest, control_input: inputs, state: states } = sequences;
  const most = Math.max(1, maxBatchSize);
  checkPreferred(oldest?.preferred_batch_size ?? [], most, { path: [...path, 'oldest'], context });
  checkUnique(inputs, [...path, 'control_input'], context);
  const kinds = new Set<string>();
  inputs.forEach((input, k) => {
    input.control.forEach((each, index) => {
      const where = [...path, 'control_input', k, 'control', index];
      const again = kinds.has(each.kind) ? `${each.kind} is given twice` : undefined;
      const message = controlFault(each) ?? again;
      kinds.add(each.kind);
      if (message !== undefined) context.addIssue({ code: 'custom', message, path: where });
    });
  });
  for (const field of ['input_name', 'output_name'] as const) {
    const seen = new Set<string>();
    states.forEach((each, k) => {
      const message = `the name '${each[field]}' is given twice`;
      if (seen.has(each[field])) context.addIssue({ code: 'custom', message, path: [...path, 'state', k, field] });
      seen.add(each[field]);
    });
  }
}
