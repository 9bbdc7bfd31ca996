// Passes: functions from a model to an equal one; most are rewrites of single nodes, tried on every graph of the model.
import type { Constant } from '../constant.js';
import { GraphEditor } from '../editor.js';
import { localFunctions } from '../functions.js';
import type { Graph, Model, Node } from '../model.js';
import { allNames, withSubgraphs } from '../names.js';
import { inferTypes } from '../types/infer.js';
import type { TensorType } from '../types/rule.js';
import { cleaned } from './clean.js';

export interface Passed {
  /** The very model that came in where nothing was applied. */
  readonly model: Model;
  readonly applied: number;
}

export interface Pass {
  readonly name: string;
  readonly run: (model: Model) => Promise<Passed>;
}

/** What a rewrite sees: one graph in the making, with what is in sight from the graphs around it. */
export interface Scope {
  readonly editor: GraphEditor;
  /** Version of an operator set. */
  opset(domain: string): number;
  typeOf(value: string): TensorType | undefined;
  constant(value: string): Constant | undefined;
  /** Whether a node is one of these standard operators, and not a local function of that name. */
  is(node: Node, ...operators: readonly string[]): boolean;
  is(node: Node | undefined, ...operators: readonly string[]): node is Node;
  /** Makes the runtime's own operators available in the model. */
  useContributed(): void;
}

/** Changes the graph around `node`, and says whether it did. */
export type Rewrite = (node: Node, scope: Scope) => boolean;

interface Rewriting {
  readonly model: Model;
  readonly rewrites: readonly Rewrite[];
  readonly local: ReadonlySet<string>;
  readonly taken: Set<string>;
  applied: number;
  usesContributed: boolean;
}

const known = new WeakMap<Model, Model>();

/** The model with all types, inferred once for each. */
export function typedModel(model: Model): Model {
  const inferred = known.get(model) ?? inferTypes(model);
  known.set(model, inferred);
  return inferred;
}

function typesIn({ inputs, outputs, values, constants }: Graph): Map<string, TensorType> {
  const types = new Map<string, TensorType>();
  for (const { name, type } of [...outputs, ...values.values(), ...inputs])
    if (type?.kind === 'tensor') types.set(name, type);
  for (const { name, dtype, shape } of constants.values()) types.set(name, { dtype, shape });
  return types;
}

function scopeOf(graph: Graph, around: Scope | undefined, rewriting: Rewriting): Scope {
  const editor = new GraphEditor(graph, rewriting.taken);
  const types = typesIn(graph);
  const { model, local } = rewriting;
  return {
    editor,
    opset: domain => model.opsets.get(domain) ?? 1,
    typeOf(value) {
      const constant = editor.constant(value);
      return constant ?? types.get(value) ?? around?.typeOf(value);
    },
    constant(value) {
      const isOwn = editor.isInput(value) || editor.maker(value) !== undefined;
      return editor.constant(value) ?? (isOwn ? undefined : around?.constant(value));
    },
    is: (node, ...operators): node is Node =>
      node !== undefined && node.domain === '' && operators.includes(node.operator) && !local.has(`:${node.operator}`),
    useContributed() {
      rewriting.usesContributed = true;
    },
  };
}

const maxRounds = 30;

/** Returns the node that has had its turn. */
function rewriteNode(node: Node, scope: Scope, rewriting: Rewriting): Node {
  if (rewriting.rewrites.some(rewrite => rewrite(node, scope))) {
    rewriting.applied++;
    return node;
  }
  const before = rewriting.applied;
  const changed = withSubgraphs(node, body => rewriteGraph(body, scope, rewriting));
  if (rewriting.applied === before) return node;
  scope.editor.replace(node, changed);
  return changed;
}

function rewriteGraph(graph: Graph, around: Scope | undefined, rewriting: Rewriting): Graph {
  const scope = scopeOf(graph, around, rewriting);
  const { editor } = scope;
  const before = rewriting.applied;
  const seen = new Set<Node>();
  for (let round = 0; round < maxRounds; round++) {
    // Nodes that a rewrite has changed or made get their turn too.
    const open = editor.nodes.filter(node => !seen.has(node));
    if (open.length === 0) break;
    for (const node of open) if (editor.has(node)) seen.add(rewriteNode(node, scope, rewriting));
  }
  return rewriting.applied === before ? graph : editor.finish();
}

const contributed = 'com.microsoft';

/** A pass that tries rewrites on every node, in order; the first that applies wins. */
export function rewritePass(name: string, rewrites: readonly Rewrite[]): Pass {
  return {
    name,
    async run(model) {
      const inferred = typedModel(model);
      const local = localFunctions(model);
      const taken = new Set(allNames(inferred.graph));
      const rewriting = { model: inferred, rewrites, local, taken, applied: 0, usesContributed: false };
      const rewritten = rewriteGraph(inferred.graph, undefined, rewriting);
      if (rewriting.applied === 0) return { model, applied: 0 };
      // Nodes that a rewrite has made needless are its own to count.
      const { graph } = cleaned(rewritten);
      const opsets = new Map(model.opsets);
      if (rewriting.usesContributed && !opsets.has(contributed)) opsets.set(contributed, 1);
      return { model: { ...model, opsets, graph }, applied: rewriting.applied };
    },
  };
}
