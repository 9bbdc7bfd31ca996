// `galerkin serve [DIR]`: serves a repository of models until it is asked to stop.
import { Command } from 'commander';
import { serveOptions } from '../../serve/index.js';
import { controlOptions } from '../control/options.js';
import { serveControlled } from '../control/serve-controlled.js';
import { addFlags, typedFlags } from '../flags.js';
import { onInterrupt } from '../interrupt.js';
import { report } from '../output.js';
import { solverBackend } from '../solver-backend.js';
import { studioFolder } from '../studio-folder.js';
import { serverFacts, welcome } from '../welcome.js';

export function serveCommand(): Command {
  const command = new Command('serve')
    .argument(
      '[repository]',
      'folder of models, as Triton lays them out, or s3://bucket/prefix; stands for --repository',
    )
    .option('--json', 'print one line of JSON once the server is up', false);
  return addFlags(addFlags(command, serveOptions, ['studioFolder']), controlOptions).action(run);
}

async function run(repository: string | undefined, { json }: { json: boolean }, command: Command): Promise<void> {
  const { asked, dispose } = onInterrupt();
  const place = repository === undefined ? {} : { repository };
  const options = { studioFolder: studioFolder(), ...typedFlags(command, serveOptions), ...place };
  const server = await serveControlled(options, typedFlags(command, controlOptions), {
    backends: [solverBackend()],
    log: line => process.stderr.write(`${line}\n`),
  });
  report(json, serverFacts(server), () => welcome(server, options.studioFolder !== ''));
  await asked;
  dispose();
  await server.close();
}
