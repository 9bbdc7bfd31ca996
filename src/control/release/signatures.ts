// Whether clients of one version can be answered by another: the same tensors, by name, type and shape.
import type { ModelPackage, TensorSpec } from '../../model/index.js';

const shown = ({ dtype, dims }: TensorSpec): string => `${dtype} [${dims.join(', ')}]`;

function differences(what: string, before: readonly TensorSpec[], after: readonly TensorSpec[]): string[] {
  const byName = new Map(after.map(tensor => [tensor.name, tensor]));
  const faults = before.flatMap(tensor => {
    const other = byName.get(tensor.name);
    byName.delete(tensor.name);
    if (other === undefined) return [`${what} '${tensor.name}' is missing`];
    const [wanted, got] = [shown(tensor), shown(other)];
    return wanted === got ? [] : [`${what} '${tensor.name}' is ${got}, not ${wanted}`];
  });
  return [...faults, ...[...byName.keys()].map(name => `${what} '${name}' is new`)];
}

/** How the candidate's signature differs from the baseline's; empty if clients need not care. */
export const signatureFaults = (baseline: ModelPackage, candidate: ModelPackage): string[] => [
  ...differences('input', baseline.inputs, candidate.inputs),
  ...differences('output', baseline.outputs, candidate.outputs),
];
