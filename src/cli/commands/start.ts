// `galerkin start`: the whole path in one command: learn the first model unless it is there, then serve it and stay up.
import { Command } from 'commander';
import { GalerkinError, isGalerkinError, resolveOptions, systemClock } from '../../base/index.js';
import { learn, learnOptions } from '../../learn/index.js';
import { readPackage } from '../../model/index.js';
import { checkPorts, serveOptions } from '../../serve/index.js';
import { controlOptions } from '../control/options.js';
import { serveControlled } from '../control/serve-controlled.js';
import { addFlags, typedFlags } from '../flags.js';
import { folderFlag, repositoryIn } from '../folders.js';
import { onInterrupt } from '../interrupt.js';
import { percent, report } from '../output.js';
import { progressBar } from '../progress-bar.js';
import { solverBackend } from '../solver-backend.js';
import { studioFolder } from '../studio-folder.js';
import { serverFacts, welcome } from '../welcome.js';

interface StartFlags {
  readonly folder: string;
  readonly json: boolean;
}

const problem = 'darcy';

/** Where to listen. */
const placeOptions = serveOptions.pick({
  host: true,
  port: true,
  grpc: true,
  grpcPort: true,
  metrics: true,
  metricsPort: true,
});

const alreadyLearnt = `The model '${problem}' is on disk, so nothing is learnt and options of learning are not used.
Learn another with 'galerkin learn ${problem} …', or take another --folder.
`;

export function startCommand(): Command {
  const command = new Command('start')
    .addOption(folderFlag())
    .option('--json', 'print one line of JSON once the server is up', false);
  return addFlags(addFlags(addFlags(command, placeOptions), controlOptions), learnOptions, ['folder']).action(run);
}

async function run({ folder, json }: StartFlags, command: Command): Promise<void> {
  const { signal, asked, dispose } = onInterrupt();
  try {
    const repository = repositoryIn(folder);
    const place = resolveOptions('start', placeOptions, typedFlags(command, placeOptions));
    // Nobody should train for a minute to learn that the port is taken.
    await checkPorts(place);
    const options = { ...typedFlags(command, learnOptions), folder };
    if (!(await isLearnt(repository))) await learnFirst(options, { signal, json });
    else if (Object.keys(options).length > 1) process.stderr.write(alreadyLearnt);
    if (signal.aborted) return;
    const server = await serveControlled(
      { repository, ...place, studioFolder: studioFolder() },
      typedFlags(command, controlOptions),
      { backends: [solverBackend()], log: complaints },
    );
    report(json, serverFacts(server), () => `\n${welcome(server, true)}`);
    await asked;
    await server.close();
  } finally {
    dispose();
  }
}

/** Of the server's log what went wrong; that all went well is on the screen already. */
function complaints(line: string): void {
  if (!line.startsWith('I')) process.stderr.write(`${line}\n`);
}

/** True if a whole, intact model is on disk; a damaged one is reported, not overwritten. */
async function isLearnt(repository: string): Promise<boolean> {
  try {
    await readPackage(repository, problem);
    return true;
  } catch (error) {
    if (isGalerkinError(error) && error.code === 'PACKAGE_UNKNOWN') return false;
    throw error;
  }
}

async function learnFirst(
  options: Parameters<typeof learn>[1],
  { signal, json }: { signal: AbortSignal; json: boolean },
): Promise<void> {
  const bar = progressBar(process.stderr, systemClock);
  try {
    const result = await learn(problem, options, { onProgress: bar.onProgress, signal });
    bar.finish();
    if (result.status !== 'finished') throw new GalerkinError('TRAINING_FAILED', { status: result.status });
    if (!json)
      console.log(
        `Learnt ${problem} in ${result.seconds.toFixed(0)} s: ${percent(result.testError)} relative L2 error on unseen fields.`,
      );
  } finally {
    bar.finish();
  }
}
