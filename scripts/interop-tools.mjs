// What `npm run interop` borrows from outside: Triton's Python client and numpy with ONNX's checker in virtual environments, and the load generator.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const cache = join(root, '.galerkin/interop');

/** The newest client when this was written; and the last one that carried the load generator. */
const clientVersion = '2.73.0';
const lastWithAnalyzer = '2.50.0';

/** Readers of our files. */
const readers = { numpy: '2.3.5', onnx: '1.23.2' };

/** Runs a command; undefined when it succeeded, else why it did not. */
function run(command, args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: 600_000,
    ...options,
  });
  if (error) return `${command}: ${error.message}`;
  if (status === 0) return undefined;
  return `${command} ${args.slice(0, 4).join(' ')}: ${(stderr || stdout).trim().split('\n').slice(-2).join(' ')}`;
}

/** Does each step once: a file marks what is complete, so that a run that was cut off begins anew. */
function once(name, steps) {
  const folder = join(cache, name);
  if (existsSync(join(folder, 'complete'))) return { folder };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const step of steps(folder)) {
    const missing = step();
    if (missing !== undefined) return { folder, missing };
  }
  writeFileSync(join(folder, 'complete'), '');
  return { folder };
}

const pip = folder => join(folder, 'venv/bin/pip');

/** The path of a Python that has tritonclient, or why there is none. */
export function pythonWithClient() {
  const { folder, missing } = once(`client-${clientVersion}`, folder => [
    () => run('python3', ['-m', 'venv', join(folder, 'venv')]),
    () => run(pip(folder), ['install', '--quiet', `tritonclient[http,grpc]==${clientVersion}`]),
  ]);
  return { python: join(folder, 'venv/bin/python'), missing, version: clientVersion };
}

/** The path of a Python that has numpy and onnx, or why there is none. */
export function pythonWithReaders() {
  const { numpy, onnx } = readers;
  const { folder, missing } = once(`readers-${numpy}-${onnx}`, folder => [
    () => run('python3', ['-m', 'venv', join(folder, 'venv')]),
    () => run(pip(folder), ['install', '--quiet', `numpy==${numpy}`, `onnx==${onnx}`]),
  ]);
  return { python: join(folder, 'venv/bin/python'), missing, version: `numpy ${numpy}, onnx ${onnx}` };
}

const unpack = (folder, pattern) => {
  const wheel = readdirSync(folder).find(file => pattern.test(file));
  return wheel === undefined
    ? `${pattern} was not downloaded`
    : run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder]);
};

/** The load generator: newer packages of that name are empty, so it is taken out of the last client that carried it. */
export function perfAnalyzer() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { missing: 'it is built for Linux on x86-64 only' };
  const { folder, missing } = once(`perf-analyzer-${lastWithAnalyzer}`, folder => {
    const download = what => run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '-d', folder, what]);
    return [
      () => download(`tritonclient==${lastWithAnalyzer}`),
      () => unpack(folder, /^tritonclient.*\.whl$/),
      // Linked against, though nothing of it is used without a GPU.
      () => download('nvidia-cuda-runtime-cu12'),
      () => unpack(folder, /^nvidia_cuda_runtime.*\.whl$/),
      () => run('apt-get', ['download', 'libb64-0d'], { cwd: folder }),
      () => run('sh', ['-c', 'dpkg -x libb64-0d*.deb .'], { cwd: folder }),
      () => run('chmod', ['+x', binary(folder)]),
    ];
  });
  const libraries = [join(folder, 'usr/lib/x86_64-linux-gnu'), join(folder, 'nvidia/cuda_runtime/lib')].join(':');
  return { command: binary(folder), env: { ...process.env, LD_LIBRARY_PATH: libraries }, missing };
}

const binary = folder => join(folder, `tritonclient-${lastWithAnalyzer}.data/data/bin/perf_analyzer`);
