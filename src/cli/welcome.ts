// What a person wants to know once the server is up: where it is, what it serves, and a line to try.
import type { Server } from '../serve/index.js';

/** The port that `galerkin predict` asks unless told otherwise. */
const defaultPort = 8000;
const shownModels = 12;

/** The model that every first start learns; it has samples and a guard to show. */
const firstModel = 'darcy';

function places({ url, host, grpcPort, metricsPort }: Server, hasStudio: boolean): string[] {
  return [
    `HTTP     ${url}`,
    ...(grpcPort === undefined ? [] : [`gRPC     ${host}:${grpcPort}`]),
    ...(metricsPort === undefined ? [] : [`Metrics  http://${host}:${metricsPort}/metrics`]),
    `API      ${url}/docs/`,
    ...(hasStudio ? [`Studio   ${url}/studio/`] : []),
  ];
}

function modelLines({ models }: Server): string[] {
  if (models.length === 0) return ['No model is loaded yet.'];
  const names = models.slice(0, shownModels).map(({ name, version }) => `${name}/${version}`);
  const more = models.length > shownModels ? `, and ${models.length - shownModels} more` : '';
  return [`Serving  ${names.join(', ')}${more}`];
}

function triable({ url, port, models }: Server): string[] {
  const at = port === defaultPort ? '' : ` --url ${url}`;
  const [first] = models;
  const known = models.some(({ name }) => name === firstModel);
  return [
    `  curl -s ${url}/v2/health/ready -o /dev/null -w '%{http_code}\\n'`,
    ...(first === undefined ? [] : [`  curl -s ${url}/v2/models/${known ? firstModel : first.name}`]),
    ...(known
      ? [
          `  npx galerkin predict ${firstModel} --sample 3${at}`,
          `  npx galerkin predict ${firstModel} --inclusion 0.3,0.6,0.2,100 --guard fallback${at}`,
        ]
      : [`  curl -s -X POST ${url}/v2/repository/index`]),
  ];
}

/** The text for a terminal. */
export function welcome(server: Server, hasStudio: boolean): string {
  const lines = [...places(server, hasStudio), ...modelLines(server), '', 'Try it:', ...triable(server)];
  return [...lines, '', 'Ctrl-C stops it.'].join('\n');
}

/** The same for programs. */
export const serverFacts = ({ url, port, grpcPort, metricsPort, models }: Server): object => ({
  url,
  port,
  grpcPort,
  metricsPort,
  models,
  pid: process.pid,
});
