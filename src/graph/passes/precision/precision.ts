// Change of precision: one element type gives way to the next smaller one, throughout a model, and only because somebody asked.
import { subgraphsOf } from '../../attributes.js';
import { lengthOf } from '../../constant.js';
import { bytesOf } from '../../element-type.js';
import type { Graph, Model } from '../../model.js';
import { allNames } from '../../names.js';
import { inOrder } from '../../order.js';
import { asStated, statedNames } from '../../stated.js';
import { inferTypes } from '../../types/infer.js';
import { changeGraph } from './change.js';
import { wantsExact } from './kernels.js';
import { narrowingOf, type PrecisionOptions, type PrecisionReport } from './options.js';
import { refuseWhatIsNotKnown } from './refusals.js';
import type { Work } from './scope.js';

/** Names that nodes read whose numbers must not be rounded. */
const exactNames = ({ nodes }: Graph): string[] =>
  nodes.flatMap(node => [...(wantsExact(node) ? node.inputs : []), ...subgraphsOf(node).flatMap(exactNames)]);

/** Bytes of constants, in bodies and in nodes too. */
function constantBytes({ constants, nodes }: Graph): number {
  let sum = 0;
  for (const { dtype, ...constant } of constants.values()) sum += bytesOf(dtype, lengthOf(constant));
  for (const node of nodes) {
    for (const body of subgraphsOf(node)) sum += constantBytes(body);
    for (const attribute of Object.values(node.attributes))
      if (attribute.kind === 'tensor') sum += bytesOf(attribute.value.dtype, lengthOf(attribute.value));
  }
  return sum;
}

/**
 * The model in the next smaller floating-point type: constants, attributes that name a type, types of values, bodies of branches and
 * loops. Operators that the runtime's CPU cannot compute in it keep their type between casts, as do numbers that make
 * sizes (Range, Resize) or scales of quantization. What comes out is rounded: see docs/graph.md. The model given is not changed.
 * Cost: linear in nodes and constants.
 * @throws OPTIONS_INVALID; PRECISION_OVERFLOW for a constant that is too large; PRECISION_UNSUPPORTED for models with local
 *   functions, sequences, optionals, sparse constants or an operator set before 6.
 */
export function changePrecision(model: Model, options: PrecisionOptions): { model: Model; report: PrecisionReport } {
  const narrowing = narrowingOf(options);
  refuseWhatIsNotKnown(model);
  const { from, to, door } = narrowing;
  const inferred = inferTypes({ ...model, graph: inOrder(model.graph) }).graph;
  const counts = { changed: 0, casts: 0, constants: 0, clamped: 0 };
  const taken = new Set(allNames(inferred));
  const exact = new Set(exactNames(inferred));
  const work: Work = { narrowing, taken, exact, ...counts, kept: new Map(), vanishing: [] };
  const place = { around: undefined, door: door === 'keep' ? 'wide' : 'narrow', isFrozen: false } as const;
  const graph = asStated(changeGraph(inferred, place, work), new Set(statedNames(model.graph)));
  const { changed, casts, constants, clamped, vanishing } = work;
  const report: PrecisionReport = {
    from,
    to,
    changed,
    kept: Object.fromEntries(work.kept),
    casts,
    constants,
    bytesBefore: constantBytes(model.graph),
    bytesAfter: constantBytes(graph),
    clamped,
    vanishing,
  };
  return { model: { ...model, graph }, report };
}
