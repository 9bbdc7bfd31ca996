// `galerkin serve`: serves the repository over KServe v2 and REST, with the studio, until it is asked to stop.
import { Command } from 'commander';
import { type Server, serve, serveOptions } from '../../serve/index.js';
import { addFlags, typedFlags } from '../flags.js';
import { onInterrupt } from '../interrupt.js';
import { report } from '../output.js';
import { solverBackend } from '../solver-backend.js';
import { studioFolder } from '../studio-folder.js';

export function serveCommand(): Command {
  const command = new Command('serve').option('--json', 'print one line of JSON once the server is up', false);
  return addFlags(command, serveOptions, ['studioFolder']).action(run);
}

async function run({ json }: { json: boolean }, command: Command): Promise<void> {
  const { asked, dispose } = onInterrupt();
  const options = { studioFolder: studioFolder(), ...typedFlags(command, serveOptions) };
  const server = await serve(options, { backends: [solverBackend()] });
  report(json, { url: server.url, port: server.port, pid: process.pid }, () => welcome(server));
  await asked;
  dispose();
  await server.close();
}

/** The port that `galerkin predict` asks unless told otherwise. */
const defaultPort = 8000;

/** What a person wants to know once the server is up. */
export function welcome({ url, port }: Server): string {
  const at = port === defaultPort ? '' : ` --url ${url}`;
  return [
    `Server  ${url}`,
    `Studio  ${url}/studio/`,
    '',
    'Try it:',
    `  curl -s ${url}/v2/health/ready -o /dev/null -w '%{http_code}\\n'`,
    `  curl -s ${url}/v2/models/darcy`,
    `  npx galerkin predict darcy --sample 3${at}`,
    `  npx galerkin predict darcy --inclusion 0.3,0.6,0.2,100 --guard fallback${at}`,
    '',
    'Ctrl-C stops it.',
  ].join('\n');
}
