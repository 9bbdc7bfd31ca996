// Models whose types cannot be changed in good conscience are refused with the reason.
import { GalerkinError } from '../../../base/index.js';
import { subgraphsOf } from '../../attributes.js';
import type { Graph, Model, Value } from '../../model.js';

/** Operators whose values hold tensors inside, so that no cast reaches them. */
const holders = /^(Sequence|Optional|SplitToSequence|ConcatFromSequence)/u;

const isHolder = ({ type }: Value): boolean => type?.kind === 'other';

/** What the graph holds that no rule here is for; undefined for nothing. */
function faultIn(graph: Graph): string | undefined {
  const value = [...graph.inputs, ...graph.outputs, ...graph.values.values()].find(isHolder);
  if (value !== undefined) return `'${value.name}' is a sequence, a map or an optional, into which no cast reaches`;
  const [sparse] = graph.sparse;
  if (sparse !== undefined) return `'${sparse.name}' is a sparse constant`;
  for (const node of graph.nodes) {
    if (node.domain === '' && holders.test(node.operator))
      return `${node.operator} '${node.name}' holds tensors in a sequence or an optional`;
    const carried = Object.entries(node.attributes).find(([, { kind }]) => kind === 'other');
    if (carried !== undefined) return `attribute '${carried[0]}' of ${node.operator} '${node.name}' is carried unread`;
    for (const body of subgraphsOf(node)) {
      const fault = faultIn(body);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

/** @throws PRECISION_UNSUPPORTED */
export function refuseWhatIsNotKnown(model: Model): void {
  const opset = model.opsets.get('') ?? 1;
  const fault =
    model.functions.length > 0
      ? 'it defines operators of its own (local functions), whose types are not known'
      : opset < 6
        ? `its operator set is ${opset}, and casts by number are known from 6`
        : faultIn(model.graph);
  if (fault !== undefined) throw new GalerkinError('PRECISION_UNSUPPORTED', { reason: fault });
}
