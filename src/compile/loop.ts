// Lowering of a loop: one Loop node; its body is one step, lowered like any function.
import type { AbstractValue, Jaxpr } from './jaxpr.js';
import { materialize } from './layout/materialize.js';
import { freshView, type View } from './layout/view.js';
import { Body } from './onnx/body.js';
import { elementTypes } from './onnx/element-type.js';
import { type BodyValue, type Graph, liveNodes } from './onnx/graph.js';
import { settle } from './rules/factor.js';
import { elementTypeOf, refuse } from './rules/rule.js';
import type { LoopForm } from './unroll/loop-name.js';

export interface LoopCall {
  readonly graph: Graph;
  readonly loop: LoopForm;
  readonly inner: Jaxpr;
  /** True where sizes follow the batch. */
  readonly isOpen: boolean;
}

const typed = (name: string, { shape, dtype }: AbstractValue, isOpen: boolean): BodyValue => ({
  name,
  dtype: elementTypeOf(dtype),
  shape: isOpen ? undefined : shape,
});

/** What a step puts out is repeated in the recording; one of the repeats is what the loop collects. */
function withoutSteps(view: View): View {
  const [first = [], ...axes] = view.axes;
  return first.every(atom => atom.broadcast) ? { ...view, axes } : refuse('the output of its step has an unknown form');
}

/** A tensor of its own for each result of a step: results may be the same, or come from around the body. */
function exits(body: Body, tensors: readonly string[]): string[] {
  return tensors.map(tensor => {
    const own = body.name('t');
    body.nodes.push({ operator: 'Identity', domain: '', inputs: [tensor], outputs: [own], attributes: {} });
    return own;
  });
}

/**
 * @param inputs constants of the step, the state, and a counter that is not used.
 * @param run lowers the step in the body.
 */
export function lowerLoop(
  { graph, loop, inner, isOpen }: LoopCall,
  inputs: readonly View[],
  run: (body: Body, inputs: readonly View[]) => readonly View[],
): View[] {
  const { steps, states } = loop;
  const around = inputs.length - states - 1;
  const whole = (from: Graph, view: View): string => materialize(from, settle(from, view));
  const body = new Body(graph);
  const [iteration, condition] = [body.name('t'), body.name('t')];
  const entries = inner.inBinders.slice(around, around + states).map(({ aval }) => typed(body.name('t'), aval, isOpen));
  const state = inner.inBinders
    .slice(around, around + states)
    .map(({ aval }, k) => freshView(entries[k]?.name ?? '', aval.shape, elementTypeOf(aval.dtype)));
  const counter = freshView(body.node('Cast', [iteration], { to: elementTypes.int32.onnx }), [], 'int32');
  const results = run(body, [...inputs.slice(0, around), ...state, counter]);
  const once = results.map((view, k) => whole(body, k < states ? view : withoutSteps(view)));
  const names = exits(body, [condition, ...once]);
  const outputs = inner.outs.map(({ aval }, k) => {
    const { shape } = aval;
    return typed(
      names[k + 1] ?? '',
      { ...aval, dtype: aval.dtype, shape: k < states ? shape : shape.slice(1) },
      isOpen,
    );
  });
  graph.matmulFlops += steps * body.matmulFlops;
  const made = graph.several(
    'Loop',
    [graph.scalar('int64', steps), '', ...inputs.slice(around, around + states).map(view => whole(graph, view))],
    {
      outputs: outputs.length,
      attributes: {
        body: {
          body: {
            nodes: liveNodes(body.nodes, names),
            inputs: [
              { name: iteration, dtype: 'int64', shape: [] },
              { name: condition, dtype: 'bool', shape: [] },
              ...entries,
            ],
            outputs: [{ name: names[0] ?? '', dtype: 'bool', shape: [] }, ...outputs],
          },
        },
      },
    },
  );
  return inner.outs.map(({ aval }, k) => freshView(made[k] ?? '', aval.shape, elementTypeOf(aval.dtype)));
}
