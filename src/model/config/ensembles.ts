// Ensembles: steps, each a model, joined by tensors that have names of their own; every tensor has one source, and no step waits for itself.
import { z } from 'zod';
import { name, required, unsigned } from './values.js';

const step = z.strictObject({
  model_name: name,
  /** -1: the newest version that is ready. */
  model_version: z
    .int()
    .refine(version => version === -1 || version >= 1, 'wanted -1 (the newest) or a version of at least 1')
    .default(-1),
  /** The step's input → the ensemble's tensor. */
  input_map: z.record(z.string(), name).default({}),
  /** The step's output → the ensemble's tensor. */
  output_map: z.record(z.string(), name).default({}),
});
type Step = z.infer<typeof step>;

export const ensembleScheduling = z.strictObject({
  step: z.array(step, required('at least one step')).min(1, 'wanted at least one step'),
  /** How many requests are inside at once; 0: no bound. */
  max_inflight_requests: unsigned.default(0),
});

interface Ends {
  readonly input: readonly { readonly name: string }[];
  readonly output: readonly { readonly name: string }[];
}

/** Steps that can never run, because what they read is made by themselves or by each other. Linear (Kahn's algorithm). */
function stuckSteps(steps: readonly Step[], given: Iterable<string>): number[] {
  const made = new Set(given);
  const missing = steps.map(({ input_map }) => new Set(Object.values(input_map).filter(tensor => !made.has(tensor))));
  const readers = new Map<string, number[]>();
  missing.forEach((tensors, k) => {
    for (const tensor of tensors) {
      const known = readers.get(tensor);
      if (known === undefined) readers.set(tensor, [k]);
      else known.push(k);
    }
  });
  const ready = missing.flatMap(({ size }, k) => (size === 0 ? [k] : []));
  for (const k of ready) {
    for (const tensor of Object.values(steps[k]?.output_map ?? {})) {
      for (const reader of readers.get(tensor) ?? []) {
        const waits = missing[reader];
        if (waits?.delete(tensor) && waits.size === 0) ready.push(reader);
      }
    }
  }
  const done = new Set(ready);
  return steps.flatMap((_, k) => (done.has(k) ? [] : [k]));
}

/** The flow of tensors: each has one source, each that is read exists, each input is read, each output is made. */
export function checkEnsemble(steps: readonly Step[], { input, output }: Ends, context: z.RefinementCtx): void {
  const fault = (message: string, ...path: readonly PropertyKey[]): void => {
    context.addIssue({ code: 'custom', message, path: [...path] });
  };
  const at = (k: number, ...rest: readonly PropertyKey[]) => ['ensemble_scheduling', 'step', k, ...rest];
  const sources = new Set(input.map(({ name: tensor }) => tensor));
  const readers = new Set(steps.flatMap(({ input_map }) => Object.values(input_map)));
  steps.forEach(({ output_map }, k) => {
    for (const [key, tensor] of Object.entries(output_map)) {
      if (sources.has(tensor)) fault(`the tensor '${tensor}' has a source already`, ...at(k, 'output_map', key));
      sources.add(tensor);
    }
  });
  let isWhole = true;
  steps.forEach(({ input_map }, k) => {
    for (const [key, tensor] of Object.entries(input_map)) {
      if (sources.has(tensor)) continue;
      isWhole = false;
      fault(`no step and no input gives the tensor '${tensor}'`, ...at(k, 'input_map', key));
    }
  });
  input.forEach(({ name: tensor }, k) => {
    if (!readers.has(tensor)) fault(`no step reads the input '${tensor}'`, 'input', k);
  });
  const given = new Set(input.map(({ name: tensor }) => tensor));
  output.forEach(({ name: tensor }, k) => {
    if (!sources.has(tensor) || given.has(tensor)) fault(`no step gives the output '${tensor}'`, 'output', k);
  });
  for (const k of isWhole ? stuckSteps(steps, given) : []) {
    fault('this step waits, in a circle, for what it makes itself', ...at(k));
  }
}
