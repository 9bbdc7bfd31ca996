// `galerkin optimize`: the fastest way to run a model within its error budget, found on this machine and written as its next version.
import { Command, Option } from 'commander';
import { GalerkinError, systemClock } from '../../base/index.js';
import {
  OptimizedModel,
  type Published,
  type TuneOptions,
  tuneOptions,
  type WorkloadProfileInput,
} from '../../optimize/index.js';
import { writeFileAtomic } from '../../store/index.js';
import { addFlags, typedFlags } from '../flags.js';
import { onInterrupt } from '../interrupt.js';
import { report } from '../output.js';
import { progressBar } from '../progress-bar.js';
import { parseBytes, parseCounts, parseDuration, parsePercent } from '../quantities.js';
import { optimizeText } from '../tuning-table.js';

interface OptimizeFlags {
  readonly targetLatency?: string;
  readonly targetThroughput?: string;
  readonly budget: string;
  readonly residualBudget?: string;
  readonly maxMemory?: string;
  readonly batch: string;
  readonly concurrency: string;
  readonly timeLimit: string;
  readonly samples?: string;
  readonly output?: string;
  readonly report?: string;
  readonly json: boolean;
}

/** Where the model of an .onnx file goes: what `galerkin serve` serves. */
const defaultOutput = '.galerkin/models';
const isFile = (model: string): boolean => /\.onnx$/i.test(model);

export function optimizeCommand(): Command {
  const command = new Command('optimize')
    .argument('<model>', 'package folder REPOSITORY/MODEL or REPOSITORY/MODEL/VERSION, or an .onnx file')
    .option(
      '--target-latency <time>',
      'largest p95 of one request, such as 10ms (us, ms, s); the command fails if nothing reaches it',
    )
    .option(
      '--target-throughput <number>',
      'least items a second over all instances; the command fails if nothing reaches it',
    )
    .addOption(
      new Option(
        '--budget <percent>',
        "largest distance of the answers from the original's, mean relative L2 over the samples",
      ).default('0.5%'),
    )
    .option(
      '--residual-budget <percent>',
      'largest growth of the mean physics residual, where the package has a guard (default: no bound)',
    )
    .option(
      '--max-memory <size>',
      'largest growth of resident memory by all instances, such as 512MB (default: no bound)',
    )
    .addOption(new Option('--batch <sizes>', 'items in one request, with commas between').default('1'))
    .addOption(
      new Option(
        '--concurrency <number>',
        'requests at once; more instances than that are not tried, unless for throughput',
      ).default('1'),
    )
    .addOption(new Option('--time-limit <time>', 'the search ends within this time (ms, s, min)').default('60s'))
    .option(
      '--samples <file.npz>',
      'inputs by name, and right answers where they are known, samples along the first axis (default: those of the package)',
    )
    .option(
      '--output <folder>',
      `repository for the result (default: that of the package; for a file ${defaultOutput})`,
    )
    .option('--report <file.html>', 'write the report as one page (the version holds it too, as optimization.html)')
    .option('--json', 'print one line of JSON', false);
  return addFlags(command, tuneOptions, ['timeLimitMs', 'samples']).action(run);
}

function workloadOf(flags: OptimizeFlags): WorkloadProfileInput {
  const { targetLatency, targetThroughput, residualBudget, maxMemory } = flags;
  const [concurrency = 1, ...more] = parseCounts('--concurrency', flags.concurrency);
  if (more.length > 0)
    throw new GalerkinError('ARGUMENT_INVALID', {
      flag: '--concurrency',
      wanted: 'one number',
      got: flags.concurrency,
    });
  const budget = { relativeL2: parsePercent('--budget', flags.budget) };
  return {
    batchSizes: parseCounts('--batch', flags.batch),
    concurrency,
    budget:
      residualBudget === undefined
        ? budget
        : { ...budget, residual: parsePercent('--residual-budget', residualBudget) },
    ...(targetLatency === undefined ? {} : { targetLatencyMs: parseDuration('--target-latency', targetLatency) }),
    ...(targetThroughput === undefined ? {} : { targetThroughput: rate(targetThroughput) }),
    ...(maxMemory === undefined ? {} : { memoryBytes: parseBytes('--max-memory', maxMemory) }),
  };
}

function rate(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0) return value;
  throw new GalerkinError('ARGUMENT_INVALID', {
    flag: '--target-throughput',
    wanted: 'items a second, a number above 0',
    got: text.slice(0, 60),
  });
}

async function run(model: string, flags: OptimizeFlags, command: Command): Promise<void> {
  const workload = workloadOf(flags);
  const options: TuneOptions = {
    ...typedFlags(command, tuneOptions),
    timeLimitMs: parseDuration('--time-limit', flags.timeLimit),
    ...(flags.samples === undefined ? {} : { samples: flags.samples }),
  };
  const { signal, dispose } = onInterrupt();
  const bar = progressBar(process.stderr, systemClock);
  const onWarning = (warning: string): void => {
    bar.finish();
    process.stderr.write(`warning: ${warning}\n`);
  };
  try {
    const hooks = { onProgress: bar.onProgress, onWarning, signal };
    const optimized = await OptimizedModel.fromWorkload(model, workload, options, hooks);
    bar.finish();
    if (flags.report !== undefined) await writeFileAtomic(flags.report, new TextEncoder().encode(optimized.html()));
    const published = optimized.status === 'missed' ? undefined : await publish(optimized, model, flags);
    if (published?.isServed === false)
      onWarning(
        `the version_policy of '${published.name}' does not let version ${published.version} in: it is not served`,
      );
    const result = { status: optimized.status, published: published ?? null, report: optimized.report };
    report(flags.json, result, () => optimizeText(optimized.report, published));
    // Throws, with the figures: what was asked for is not there.
    if (published === undefined) await optimized.publish();
  } finally {
    bar.finish();
    dispose();
  }
}

function publish(optimized: OptimizedModel, model: string, { output }: OptimizeFlags): Promise<Published> {
  const place = output ?? (isFile(model) ? defaultOutput : undefined);
  return optimized.publish(place === undefined ? {} : { output: place });
}
