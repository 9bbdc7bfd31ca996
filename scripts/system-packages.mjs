// The Debian packages that tests and benchmarks drive for real; installed when we may, otherwise named.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

/** Debian keeps each version of PostgreSQL in a folder of its own. */
const hasProgram = (folder, program) =>
  existsSync(folder) && readdirSync(folder).some(version => existsSync(`${folder}/${version}/${program}`));

/** Each: the Debian package, a file that shows it is there, and what it is for. */
const ofTests = [
  {
    name: 'chromium',
    present: () => existsSync(process.env.CHROMIUM ?? '/usr/bin/chromium'),
    use: 'browser tests of the studio',
  },
  {
    name: 'prometheus',
    present: () => existsSync(process.env.PROMETHEUS ?? '/usr/bin/prometheus'),
    use: 'tests that scrape the metrics',
  },
  {
    name: 'redis-server',
    present: () => existsSync(process.env.REDIS_SERVER ?? '/usr/bin/redis-server'),
    use: 'tests of the cache on Redis',
  },
  {
    name: 'memcached',
    present: () => existsSync(process.env.MEMCACHED ?? '/usr/bin/memcached'),
    use: 'tests of the cache on Memcached',
  },
  {
    name: 'nginx',
    present: () => existsSync(process.env.NGINX ?? '/usr/sbin/nginx'),
    use: 'tests of routes in a gateway',
  },
  {
    name: 'postgresql',
    present: () => process.env.POSTGRES_BIN !== undefined || hasProgram('/usr/lib/postgresql', 'bin/postgres'),
    use: 'tests of state in PostgreSQL',
  },
  {
    name: 'libonnx-testdata',
    present: () => existsSync(process.env.ONNX_TESTDATA ?? '/usr/share/libonnx-testdata/data'),
    use: 'conformance of the graph passes',
  },
];
const ofBenchmarks = [
  { name: 'wrk', present: () => existsSync('/usr/bin/wrk'), use: 'benchmarks of serving over HTTP' },
  { name: 'nghttp2-client', present: () => existsSync('/usr/bin/h2load'), use: 'benchmarks of serving over gRPC' },
  {
    name: 'python3-torch',
    present: () => existsSync('/usr/lib/python3/dist-packages/torch'),
    use: 'the PyTorch peer of the training step',
  },
];

/** Installs what the tests want, or the benchmarks, if this user may; returns the names that are still missing, with their use. */
export function ensureSystemPackages(wanted = ofTests) {
  const missing = () => wanted.filter(item => !item.present());
  if (missing().length === 0) return [];
  const names = missing().map(item => item.name);
  const prefix = asRoot();
  if (prefix && existsSync('/usr/bin/apt-get')) {
    console.log(`Installing Debian packages: ${names.join(' ')} …`);
    const apt = args =>
      spawnSync([...prefix, 'apt-get', '-qq', ...args].join(' '), {
        shell: true,
        stdio: ['ignore', 'ignore', 'inherit'],
        // Run level 1: servers are installed for us to start, not started for us.
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
      });
    apt(['update']);
    apt(['install', '-y', '--no-install-recommends', ...names]);
  }
  return missing().map(({ name, use }) => ({ name, use }));
}

/** The same for `npm run bench`; what is still missing is said, and its benchmarks then fail by name. */
export function ensureBenchmarkPackages() {
  for (const { name, use } of ensureSystemPackages(ofBenchmarks))
    console.error(`Not installed: ${name}, for ${use}. Run: apt-get install ${name}`);
}

function asRoot() {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined;
}
