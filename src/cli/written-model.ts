// One function as an ONNX file, and what there is to say of it.
import { lower, traceTrees } from '../compile/index.js';
import { writeFileAtomic } from '../store/index.js';
import type { UserFunction } from './function-file.js';
import { facts } from './output.js';

export interface WrittenModel {
  readonly function: string;
  readonly path: string;
  readonly bytes: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: number;
  readonly byOperator: Readonly<Record<string, number>>;
  /** Of all matrix products in one run. */
  readonly matmulFlops: number;
  readonly constantBytes: number;
  readonly primitives: Readonly<Record<string, number>>;
  readonly compileMs: number;
}

/** Lowers one function and writes its model. @throws what trace and lower throw; FILE_WRITE_FAILED. */
export async function writeModel({ name, call, specs }: UserFunction, path: string): Promise<WrittenModel> {
  const start = performance.now();
  const program = traceTrees(call, specs);
  const { bytes, inputs, outputs, report: facts } = lower(program);
  const compileMs = performance.now() - start;
  await writeFileAtomic(path, bytes);
  const primitives: Record<string, number> = {};
  for (const { primitive } of program.recordings[0]?.jaxpr.eqns ?? [])
    primitives[primitive] = (primitives[primitive] ?? 0) + 1;
  const door = (values: typeof inputs): string[] =>
    values.map(({ name: label, dtype, shape }) => `${label} ${dtype}[${shape.join(', ')}]`);
  const { nodes, byOperator, matmulFlops, constantBytes } = facts;
  const sizes = { nodes, byOperator, matmulFlops, constantBytes, primitives, compileMs };
  return { function: name, path, bytes: bytes.byteLength, inputs: door(inputs), outputs: door(outputs), ...sizes };
}

function counted(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, 8).map(([name, count]) => `${name} ${count}`);
  return sorted.length > 8 ? `${shown.join(', ')}, ${sorted.length - 8} kinds more` : shown.join(', ');
}

const few = (items: readonly string[]): string =>
  items.length > 6 ? `${items.slice(0, 6).join(', ')}, ${items.length - 6} more` : items.join(', ');

/** A model in a few lines. */
export function modelText(model: WrittenModel): string {
  return facts([
    ['function', model.function],
    [
      'written',
      `${model.path} (${(model.bytes / 1024).toFixed(1)} KiB, opset 20), in ${model.compileMs.toFixed(0)} ms`,
    ],
    ['inputs', few(model.inputs)],
    ['outputs', few(model.outputs)],
    ['nodes', `${model.nodes}: ${counted(model.byOperator)}`],
    ['primitives', counted(model.primitives)],
    ['products', `${(model.matmulFlops / 1e6).toPrecision(3)} MFLOP in one run`],
    ['constants', `${(model.constantBytes / 1024).toFixed(1)} KiB`],
  ]);
}
