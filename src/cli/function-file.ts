// The functions of a user's module, and the specs of their arguments: exported beside them, or typed.
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GalerkinError, type Random, type Tensor } from '../base/index.js';
import type { Spec } from '../compile/index.js';

export interface UserFunction {
  readonly name: string;
  readonly call: (...args: readonly unknown[]) => unknown;
  /** One tree of specs for each argument; numbers, texts and booleans stand for themselves. */
  readonly specs: readonly unknown[];
}

export interface FunctionChoice {
  /** Only this function; '' takes all that have specs. */
  readonly name: string;
  /** Specs as JSON: a list for one function, or a record of lists by name; '' takes what the file exports. */
  readonly specs: string;
}

function fail(file: string, wanted: string, got: string, cause?: unknown): never {
  throw new GalerkinError('FUNCTION_FILE_INVALID', { file, wanted, got }, { cause });
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (/\.[cm]?tsx?$/.test(file)) return fail(file, 'JavaScript', 'TypeScript, which Node 20 does not read');
  const path = resolve(file);
  const facts = await stat(path).catch(() => undefined);
  if (!facts?.isFile()) {
    const reason = facts === undefined ? 'nothing of that name' : 'a folder';
    throw new GalerkinError('FILE_READ_FAILED', { path: file, wanted: 'a JavaScript module', reason });
  }
  try {
    const module: unknown = await import(pathToFileURL(path).href);
    return isRecord(module) ? { ...module } : {};
  } catch (cause) {
    return fail(
      file,
      'a module that loads',
      cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause),
      cause,
    );
  }
}

function typedSpecs(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GalerkinError('ARGUMENT_INVALID', {
      flag: '--specs',
      wanted: 'JSON such as \'[{"shape":["batch",64],"dtype":"float32"}]\'',
      got: text.slice(0, 80),
    });
  }
}

/** The specs of one function, from a list that is for it alone or from a record by name. */
function specsOf(all: unknown, name: string, isAlone: boolean): readonly unknown[] | undefined {
  if (Array.isArray(all)) return isAlone ? all : undefined;
  const own = isRecord(all) ? all[name] : undefined;
  return Array.isArray(own) ? own : undefined;
}

/**
 * Reads the functions of a module. The tracer must be ready: the module may make arrays while it loads.
 * @throws FILE_READ_FAILED, FUNCTION_FILE_INVALID, ARGUMENT_INVALID.
 */
export async function readFunctions(file: string, choice: FunctionChoice): Promise<UserFunction[]> {
  const module = await load(file);
  const exported = Object.entries(module).flatMap(([name, value]) =>
    typeof value === 'function'
      ? [{ name, call: (...args: readonly unknown[]) => Reflect.apply(value, undefined, args) }]
      : [],
  );
  if (exported.length === 0) return fail(file, 'at least one exported function', `exports [${Object.keys(module)}]`);
  const chosen = choice.name === '' ? exported : exported.filter(({ name }) => name === choice.name);
  if (chosen.length === 0)
    return fail(file, `an exported function '${choice.name}'`, `[${exported.map(({ name }) => name).join(', ')}]`);
  const all = choice.specs === '' ? module.specs : typedSpecs(choice.specs);
  const functions = chosen.flatMap(({ name, call }) => {
    const specs = specsOf(all, name, chosen.length === 1);
    return specs === undefined ? [] : [{ name, call, specs }];
  });
  if (functions.length > 0) return functions;
  const names = chosen.map(({ name }) => name).join(', ');
  return fail(
    file,
    `specs of [${names}]: 'export const specs = { ${names.split(',')[0]}: [{ shape, dtype }] }', or --specs`,
    'none',
  );
}

const isSpec = (value: unknown): value is Spec =>
  isRecord(value) && Array.isArray(value.shape) && typeof value.dtype === 'string';

function sampleTensor({ shape: open, dtype }: Spec, batch: number, random: Random): Tensor {
  const shape = open.map(size => (size === 'batch' ? batch : size));
  const length = shape.reduce((product, size) => product * size, 1);
  const of = { length };
  switch (dtype) {
    case 'float16':
      // Patterns of halves between 0.5 and 1: any pattern would do but those of infinities.
      return { dtype: 'FP16', shape, data: Uint16Array.from(of, () => 0x3800 + random.integer(0x400)) };
    case 'float32':
      return { dtype: 'FP32', shape, data: Float32Array.from(of, () => random.normal()) };
    case 'float64':
      return { dtype: 'FP64', shape, data: Float64Array.from(of, () => random.normal()) };
    case 'int32':
      return { dtype: 'INT32', shape, data: Int32Array.from(of, () => random.integer(8)) };
    case 'uint32':
      return { dtype: 'UINT32', shape, data: Uint32Array.from(of, () => random.integer(8)) };
    case 'bool':
      return { dtype: 'BOOL', shape, data: Uint8Array.from(of, () => random.integer(2)) };
  }
}

/** Seeded arguments for specs: normal numbers, small whole ones, coins. */
export function sampleArgument(specs: unknown, batch: number, random: Random): unknown {
  if (isSpec(specs)) return sampleTensor(specs, batch, random);
  if (Array.isArray(specs)) return specs.map(item => sampleArgument(item, batch, random));
  if (!isRecord(specs)) return specs;
  return Object.fromEntries(Object.entries(specs).map(([key, item]) => [key, sampleArgument(item, batch, random)]));
}

/** Positions of the arguments that stand for themselves. */
export function staticPositions(specs: readonly unknown[]): number[] {
  return specs.flatMap((spec, k) => (typeof spec === 'object' && spec !== null ? [] : [k]));
}
