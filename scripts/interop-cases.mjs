// The cases of `npm run interop`: Triton's own client and load generator against our server, numpy and onnx on our files, a line per case.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeExampleRepository } from './example-repository.mjs';
import { fileCases } from './interop-files.mjs';
import { javascriptCases } from './interop-javascript.mjs';
import { perfAnalyzer, pythonWithClient } from './interop-tools.mjs';
import { root } from './setup.mjs';

const chosen = process.argv[2] ?? '';
const counts = { ok: 0, FAILED: 0, skipped: 0 };
const loud = [];

function line(kind, words) {
  counts[kind] += 1;
  console.log(`${kind.padEnd(7)} ${words}`);
  if (kind !== 'ok') loud.push(`${kind} ${words}`);
}

/** Runs a command without blocking this process, for the server runs in it; gives what it printed and how it ended. */
function talk(command, args, { env = process.env, onLine = () => {}, limitMs }) {
  return new Promise(resolve => {
    const child = spawn(command, args, { env, cwd: root });
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    let printed = '';
    let rest = '';
    const take = piece => {
      printed += piece;
      rest += piece;
      const lines = rest.split('\n');
      rest = lines.pop();
      lines.forEach(onLine);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', piece => {
      printed += piece;
    });
    child.on('error', error => {
      printed += error.message;
    });
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ printed, status: signal === null ? status : signal });
    });
  });
}

/** The example repository behind every door that this build of the server has. */
async function start() {
  const { serve, serveOptions } = await import('../dist/serve/index.js');
  const repository = writeExampleRepository(mkdtempSync(join(tmpdir(), 'galerkin-interop-')));
  const wanted = {
    repository,
    port: 0,
    modelControl: 'explicit',
    loadModels: '*',
    strictReadiness: false,
    grpcPort: 0,
    allowClientShm: true,
    // What Triton's own health example asks for.
    serverName: 'triton',
  };
  const known = Object.keys(serveOptions.shape ?? serveOptions);
  const options = Object.fromEntries(Object.entries(wanted).filter(([name]) => known.includes(name)));
  for (const name of Object.keys(wanted)) {
    if (!known.includes(name)) console.log(`note    this build has no option ${name}`);
  }
  const server = await serve(options);
  return {
    http: `127.0.0.1:${server.port}`,
    grpc: server.grpcPort === undefined ? '-' : `127.0.0.1:${server.grpcPort}`,
    stop: async () => {
      await server.close();
      rmSync(repository, { recursive: true, force: true });
    },
  };
}

async function clientCases({ http, grpc }) {
  const { python, missing, version } = pythonWithClient();
  if (missing !== undefined) {
    line('skipped', `every case of tritonclient: ${missing}`);
    return;
  }
  console.log(`tritonclient ${version}`);
  const onLine = text => {
    const [, kind, words] = /^(ok|FAILED|skipped)\s+(.*)$/.exec(text) ?? [];
    if (kind !== undefined) line(kind, words);
    else console.log(text);
  };
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  const { status, printed } = await talk(python, ['test/interop/run.py', http, grpc, chosen], {
    env,
    onLine,
    limitMs: 300_000,
  });
  if (status !== 0 && status !== 1) line('FAILED', `the run of the cases ended with ${status}: ${printed.slice(-500)}`);
  await javascriptCases({ python, address: grpc, chosen }, line);
}

async function loadCases({ http, grpc }) {
  const { command, env, missing } = perfAnalyzer();
  if (missing !== undefined) {
    line('skipped', `perf_analyzer: ${missing}`);
    return;
  }
  const doors = [
    ['http', http],
    ['grpc', grpc],
  ];
  for (const [protocol, url] of doors) {
    for (const [model, more] of [
      ['simple', []],
      ['simple', ['-b', '4', '--concurrency-range', '8']],
      ['simple_string', ['--string-data', '7']],
    ]) {
      const name = `${protocol} perf_analyzer ${[model, ...more].join(' ')}`;
      if (!name.includes(chosen)) continue;
      if (url === '-') {
        line('skipped', `${name}: nobody listens for ${protocol}`);
        continue;
      }
      const args = ['-m', model, '-i', protocol, '-u', url, '-p', '1000', '-s', '1000', '-r', '4', ...more];
      const { printed, status } = await talk(command, args, { env, limitMs: 60_000 });
      const [, concurrency, rate, latency] =
        /Concurrency: (\d+), throughput: ([\d.]+) infer\/sec, latency (\d+) usec/.exec(printed) ?? [];
      if (status === 0 && Number(rate) > 0)
        line('ok', `${name}: concurrency ${concurrency}, ${rate} infer/s, ${latency} us`);
      else line('FAILED', `${name}: ended with ${status}: ${printed.trim().slice(-400)}`);
    }
  }
}

await fileCases(chosen, line);
const server = await start();
await clientCases(server);
await loadCases(server);
await server.stop();
if (loud.length > 0) console.log(`\n!! Not everything was ok:\n${loud.map(each => `!! ${each}`).join('\n')}`);
console.log(`\ninterop: ${counts.ok} ok, ${counts.FAILED} failed, ${counts.skipped} skipped`);
process.exit(counts.FAILED > 0 ? 1 : 0);
