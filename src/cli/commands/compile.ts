// `galerkin compile`: functions of a module as ONNX models, or what the tiers do with them and why.
import { Command } from 'commander';
import {
  flagOption,
  GalerkinError,
  integerOption,
  isGalerkinError,
  numberOption,
  optionSchema,
  resolveOptions,
  seededRandom,
  textOption,
} from '../../base/index.js';
import { AdaptiveOptimizer, adaptiveOptions, lower, ready, traceTrees } from '../../compile/index.js';
import { type Explained, explainText } from '../explain-text.js';
import { addFlags, typedFlags } from '../flags.js';
import { readFunctions, sampleArgument, staticPositions, type UserFunction } from '../function-file.js';
import { report } from '../output.js';
import { modelText, type WrittenModel, writeModel } from '../written-model.js';

const compileOptions = optionSchema({
  function: textOption({ doc: 'Only this exported function; all that have specs otherwise.', default: '' }),
  specs: textOption({
    doc: "Specs of the arguments as JSON, in the place of the file's own: a list, or a record of lists by function.",
    default: '',
  }),
  explain: flagOption({
    doc: 'Run each function through the tiers on seeded arguments and say what they do and why.',
    default: false,
  }),
  seconds: numberOption({
    doc: 'With --explain: how long each function is called.',
    unit: 's',
    default: 3,
    min: 0.01,
    max: 3600,
  }),
  calls: integerOption({ doc: 'With --explain: calls of each function at most.', default: 100_000, min: 1, max: 1e9 }),
  batch: integerOption({
    doc: "With --explain: size of axes that specs leave open ('batch').",
    default: 4,
    min: 1,
    max: 1e6,
  }),
  seed: integerOption({ doc: 'With --explain: seed of the arguments.', default: 0, min: 0, max: 2 ** 31 }),
});

interface CompileFlags {
  readonly out?: string;
  readonly json: boolean;
}

export function compileCommand(): Command {
  const command = new Command('compile')
    .argument('<file>', 'JavaScript module that exports functions over arrays, and their specs')
    .option('-o, --out <model.onnx>', 'where to write the model of one function; <function>.onnx otherwise')
    .option('--json', 'print one line of JSON', false);
  return addFlags(addFlags(command, compileOptions), adaptiveOptions).action(compile);
}

async function compile(file: string, { out, json }: CompileFlags, command: Command): Promise<void> {
  const options = resolveOptions('compile', compileOptions, typedFlags(command, compileOptions));
  const adaptive = resolveOptions('compile', adaptiveOptions, typedFlags(command, adaptiveOptions));
  // The module may make arrays while it loads.
  await ready();
  const functions = await readFunctions(file, { name: options.function, specs: options.specs });
  if (options.explain) {
    const explained = await explain(functions, options, new AdaptiveOptimizer(adaptive));
    report(json, { file, functions: explained }, () => explainText(explained));
    return;
  }
  if (out !== undefined && functions.length > 1)
    throw new GalerkinError('ARGUMENT_INVALID', {
      flag: '--out',
      wanted: '--function with it, for one model',
      got: `${functions.length} functions: ${functions.map(({ name }) => name).join(', ')}`,
    });
  const models: WrittenModel[] = [];
  for (const each of functions) models.push(await writeModel(each, out ?? `${each.name}.onnx`));
  report(json, { file, models }, () => models.map(modelText).join('\n\n'));
}

interface ExplainTerms {
  readonly seconds: number;
  readonly calls: number;
  readonly batch: number;
  readonly seed: number;
}

/** Why the function can't be compiled, also where it was never hot enough to find out. */
function obstacleOf({ call, specs }: UserFunction): string | undefined {
  try {
    lower(traceTrees(call, specs));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Calls each function, one after another, until its time is over; lets the background work between calls. */
async function explain(
  functions: readonly UserFunction[],
  { seconds, calls, batch, seed }: ExplainTerms,
  optimizer: AdaptiveOptimizer,
): Promise<Explained[]> {
  const errors = new Map<string, string>();
  try {
    for (const [k, { name, call, specs }] of functions.entries()) {
      const statics = staticPositions(specs);
      const dynamic = specs.filter((_, position) => !statics.includes(position));
      const f = optimizer.wrap((...args: unknown[]) => call(...args), {
        name,
        staticArguments: statics,
        specs: dynamic,
      });
      const args = specs.map((spec, n) => sampleArgument(spec, batch, seededRandom(seed).fork(k).fork(n)));
      const end = performance.now() + 1000 * seconds;
      try {
        for (let count = 0; count < calls && performance.now() < end; count++) {
          await f(...args);
          await new Promise(resolve => setImmediate(resolve));
        }
      } catch (error) {
        errors.set(name, isGalerkinError(error) ? `${error.message} [${error.code}]` : String(error));
        process.exitCode = 65;
      }
      await optimizer.idle();
    }
    const obstacles = new Map(functions.map(each => [each.name, obstacleOf(each)]));
    return optimizer
      .report()
      .map(each => ({ ...each, error: errors.get(each.name), obstacle: obstacles.get(each.name) }));
  } finally {
    await optimizer.close();
  }
}
