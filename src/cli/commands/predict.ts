// `galerkin predict`: asks a running server about one field and says how far to trust the answer.
import { Command, Option } from 'commander';
import { GalerkinError } from '../../base/index.js';
import { encodeNpz, writeFileAtomic } from '../../store/index.js';
import { type Answer, flatten, outputField, predictOn, rowsOf, sampleOf } from '../client.js';
import { withHeatMaps } from '../heat-map.js';
import { fieldFromFile, parseInclusion, relativeL2, withInclusion } from '../inputs.js';
import { facts, percent, report } from '../output.js';

interface PredictFlags {
  readonly url: string;
  readonly sample?: number;
  readonly inclusion?: string;
  readonly input?: string;
  readonly guard?: string;
  readonly out?: string;
  readonly json: boolean;
}

/** The field asked about, and the truth where it is known beforehand. */
interface Question {
  readonly field: Float64Array;
  readonly n: number;
  readonly truth?: Float64Array;
  readonly of: string;
}

export function predictCommand(): Command {
  return new Command('predict')
    .argument('<model>', 'name of the model, as `galerkin models` lists it')
    .option('--url <url>', 'address of the server', 'http://localhost:8000')
    .addOption(new Option('--sample <index>', 'held-out field of the model’s package (default 0)').argParser(Number))
    .option(
      '--inclusion <x,y,radius,value>',
      'paint a circle of permeability `value` into the field (lengths in units of the square)',
    )
    .option('--input <file.npz>', 'take the field from array `a` [n, n] of a file')
    .addOption(
      new Option(
        '--guard <policy>',
        'what to do with an answer above its bound (default: the model’s own policy)',
      ).choices(['annotate', 'reject', 'fallback']),
    )
    .option('--out <file.npz>', 'write the input and the answer as arrays `a` and `u`')
    .option('--json', 'print one line of JSON', false)
    .action(predict);
}

async function question(model: string, { url, sample, inclusion, input }: PredictFlags): Promise<Question> {
  if (sample !== undefined && (!Number.isInteger(sample) || sample < 0)) {
    throw new GalerkinError('ARGUMENT_INVALID', {
      flag: '--sample',
      wanted: 'a whole number from 0',
      got: String(sample),
    });
  }
  const painted = inclusion === undefined ? undefined : parseInclusion(inclusion);
  const base = input === undefined ? await sampleQuestion(model, url, sample ?? 0) : await fileQuestion(input);
  if (painted === undefined) return base;
  const { field, n, of } = base;
  return { field: withInclusion(field, n, painted), n, of: `${of} with inclusion ${inclusion}` };
}

async function sampleQuestion(model: string, url: string, index: number): Promise<Question> {
  const sample = await sampleOf(url, model, index);
  const rows = sample.inputs.a ?? [];
  return { field: flatten(rows), n: rows.length, truth: flatten(sample.outputs.u ?? []), of: `sample ${index}` };
}

async function fileQuestion(path: string): Promise<Question> {
  return { ...(await fieldFromFile(path, 'a')), of: path };
}

/** The solver's answer, served beside the model; undefined where no solver is served or the model is the solver. */
async function solverTruth(model: string, url: string, { field, n }: Question): Promise<Float64Array | undefined> {
  try {
    return outputField(await predictOn(url, { model: `${model}_solver`, inputs: { a: rowsOf(field, n) } }), 'u');
  } catch (error) {
    if (error instanceof GalerkinError && error.code === 'SERVER_REFUSED') return undefined;
    throw error;
  }
}

async function predict(model: string, flags: PredictFlags): Promise<void> {
  const asked = await question(model, flags);
  const { field, n, of } = asked;
  const inputs = { a: rowsOf(field, n) };
  const answer = await predictOn(
    flags.url,
    flags.guard === undefined ? { model, inputs } : { model, inputs, guard: flags.guard },
  );
  const u = outputField(answer, 'u');
  const truth = asked.truth ?? (await solverTruth(model, flags.url, asked));
  if (flags.out !== undefined) await writeAnswer(flags.out, { a: field, u, n });
  const summary = { ...summarize(answer), input: of, relativeL2: truth && relativeL2(u, truth) };
  const pictures = [
    { name: 'a', field, n },
    { name: 'u', field: u, n },
  ];
  report(flags.json, summary, () => withHeatMaps(facts(rows(summary, answer)), pictures));
}

function summarize({ model, version, guard, answeredBy, latencyMs }: Answer) {
  return {
    model,
    version,
    answeredBy,
    verdict: guard?.verdict,
    residual: guard?.residual,
    residualBound: guard?.residualBound,
    fluxImbalance: guard?.fluxImbalance,
    fluxBound: guard?.fluxBound,
    refusedResidual: guard?.refusedResidual,
    refusedFluxImbalance: guard?.refusedFluxImbalance,
    latencyMs,
  };
}

function rows(summary: { input: string; relativeL2: number | undefined }, answer: Answer): [string, string][] {
  const { guard } = answer;
  const against = (value: number | null, bound: number): string =>
    `${value?.toPrecision(3) ?? 'none'} (bound ${bound.toPrecision(3)})`;
  return [
    ['model', `${answer.model} version ${answer.version}`],
    ['input', summary.input],
    ['answered by', answer.answeredBy],
    ...(guard
      ? ([
          ['guard', guard.verdict],
          ['residual', against(guard.residual, guard.residualBound)],
          ['flux imbalance', against(guard.fluxImbalance, guard.fluxBound)],
          ...refusedRows(guard),
        ] satisfies [string, string][])
      : []),
    ['error (relative L2)', summary.relativeL2 === undefined ? 'truth not known' : percent(summary.relativeL2)],
    ['latency', `${answer.latencyMs.toPrecision(3)} ms`],
  ];
}

/** What the surrogate's answer would have been worth, where the solver's replaced it. */
function refusedRows({ refusedResidual, refusedFluxImbalance }: NonNullable<Answer['guard']>): [string, string][] {
  if (refusedResidual === undefined) return [];
  const shown = (value: number | null | undefined): string => value?.toPrecision(3) ?? 'no number';
  return [['refused answer', `residual ${shown(refusedResidual)}, flux imbalance ${shown(refusedFluxImbalance)}`]];
}

async function writeAnswer(path: string, { a, u, n }: { a: Float64Array; u: Float64Array; n: number }): Promise<void> {
  const array = (data: Float64Array) => ({ dtype: 'float64' as const, shape: [n, n], data });
  await writeFileAtomic(path, encodeNpz({ a: array(a), u: array(u) }));
}
