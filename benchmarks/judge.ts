// The judge of releases: how often it is wrong, how soon it is right, what it costs; and Kayenta's judge on the same traffic.
import { seededRandom } from 'galerkin/base';
import { openJudge } from 'galerkin/control';
import { exactInterval, sampleOf, type Traffic, usualConfig, versions } from '../test/control/judge-traffic.js';
import { firstOver, kayentaMinutes, kayentaPath, noises, ourPath, watched } from './fixtures/judged-releases.js';
import { shipped } from './peers/kayenta-judge.js';
import type { BenchResult } from './result.js';

const everySeed = <T>(count: number, of: (seed: number) => T): T[] =>
  Array.from({ length: count }, (_, k) => of(k + 1));
const known = (value: number | undefined): value is number => value !== undefined;
/** Median over all, with those that never came as the largest. */
const middle = (values: readonly (number | undefined)[]): number =>
  values.map(value => value ?? Number.POSITIVE_INFINITY).toSorted((a, b) => a - b)[values.length >> 1];
const percent = (value: number): string => `${(100 * value).toFixed(2)} %`;

/** Refusals of a version that is the same, over whole releases of 2,000 requests, asked every 50. */
function falseAlarms(): BenchResult[] {
  const kinds: [string, number, Partial<Traffic>][] = [
    ...Object.entries(noises).map(([name, noise], k): [string, number, Partial<Traffic>] => [
      name,
      k === 0 ? 10_000 : 1000,
      { noise },
    ]),
    ['one request of a hundred fails', 10_000, { errors: 0.01 }],
    ['one of a hundred fails, share 10 %', 1000, { errors: 0.01, share: 0.1 }],
  ];
  return kinds.map(([name, releases, traffic]) => {
    const endings = everySeed(releases, seed => watched({ seed, requests: 2000, ...traffic }, 50));
    const refused = endings.filter(({ refusedAt }) => known(refusedAt)).length;
    const passed = endings.filter(({ passedAt }) => known(passedAt)).length;
    const [low, high] = exactInterval(refused, releases);
    const interval = `95 % interval ${percent(low)} to ${percent(high)}`;
    const note = `${refused} of ${releases}, ${interval}; let in ${percent(passed / releases)} within 2,000 requests, those at the median after ${middle(endings.map(({ passedAt }) => passedAt).filter(known))} of its samples`;
    return { name: `A/A refused, ${name}`, value: (100 * refused) / releases, unit: '%', note };
  });
}

/** Samples of the candidate until a version 10 % slower is refused. */
function slowdown(): BenchResult[] {
  return [0.1, 0.2, 0.25, 0.3, 0.4].map(scatter => {
    const endings = everySeed(200, seed => watched({ seed, requests: 4000, slower: 1.1, scatter }, 10));
    const refused = endings.filter(({ refusedAt }) => known(refusedAt)).length;
    const early = endings.filter(
      each => known(each.passedAt) && each.passedAt < (each.refusedAt ?? Number.POSITIVE_INFINITY),
    );
    const note = `of 200 releases ${refused} refused within 2,000 an arm, ${early.length} let in before`;
    const value = middle(endings.map(({ refusedAt }) => refusedAt));
    return { name: `+10 % latency, scatter ${scatter}: samples an arm, median`, value, unit: 'samples', note };
  });
}

const perSecond = 100;

/** Seconds at 100 requests/s until a refusal, the judge being asked ten times a second. */
function seconds(): BenchResult[] {
  const bad: [string, Partial<Traffic>][] = [
    ['twice the latency', { slower: 2 }],
    ['+5 points of errors', { moreErrors: 0.05 }],
    ['+5 points of errors over 1 %', { errors: 0.01, moreErrors: 0.05 }],
    ['all fail', { moreErrors: 1 }],
  ];
  return bad.flatMap(([name, traffic]) =>
    [0.1, 0.5].map(share => {
      const endings = everySeed(100, seed => watched({ seed, requests: 6000, share, ...traffic }, 10));
      const times = endings.map(({ refusedAt }) => (known(refusedAt) ? refusedAt / share / perSecond : undefined));
      const worst = times.filter(known).toSorted((a, b) => a - b);
      const note = `100 releases, ${worst.length} refused; 95 % of them within ${worst[Math.floor(0.95 * worst.length)]?.toFixed(1)} s`;
      return { name: `${name}, share ${100 * share} %: time, median`, value: middle(times), unit: 's', note };
    }),
  );
}

const aa = (seed: number): Traffic => ({ seed, requests: 2000 });

/** Kayenta's test with each request, at its own level and at one whose false alarms over the release are 1 %. */
function kayentaRequests(): BenchResult[] {
  const every = 100;
  const releases = 500;
  const calm = everySeed(releases, seed => kayentaPath(aa(seed), every));
  const worst = calm.map(path => Math.max(...path.map(({ z }) => z))).toSorted((a, b) => a - b);
  const levelled = worst[Math.floor(0.99 * releases)];
  const alarms = worst.filter(z => z > shipped.z).length / releases;
  const [low, high] = exactInterval(Math.round(alarms * releases), releases);
  const slow = everySeed(100, seed => kayentaPath({ ...aa(seed + releases), slower: 1.1 }, every));
  const ours = everySeed(100, seed => watched({ ...aa(seed + releases), slower: 1.1 }, every));
  const ourAt = ours.map(({ refusedAt }) => refusedAt);
  const ourWorst = everySeed(releases, seed => Math.max(...ourPath(aa(seed), every).map(({ z }) => z))).toSorted(
    (a, b) => a - b,
  );
  const ourLevel = ourWorst[Math.floor(0.99 * releases)];
  const alone = everySeed(100, seed => firstOver(ourPath({ ...aa(seed + releases), slower: 1.1 }, every), ourLevel));
  const found = (z: number) => slow.map(path => firstOver(path, z));
  const row = (name: string, at: (number | undefined)[], note: string): BenchResult => ({
    name,
    value: (100 * at.filter(known).length) / at.length,
    unit: '% found',
    note: `${note}; at the median after ${middle(at)} samples`,
  });
  const calmNote = `95 % interval ${percent(low)} to ${percent(high)}; 20 looks of each request`;
  return [
    { name: "Kayenta's test, each request: A/A refused", value: 100 * alarms, unit: '%', note: calmNote },
    row("+10 %, scatter 0.3: Kayenta's, each request", found(shipped.z), 'as shipped'),
    row(
      "+10 %, scatter 0.3: Kayenta's, each request",
      found(levelled),
      `its z raised to ${levelled.toFixed(2)}: 1 % false alarms`,
    ),
    row(
      '+10 %, scatter 0.3: our evidence of latency alone',
      alone,
      `wanted e^${ourLevel.toFixed(2)}: 1 % false alarms`,
    ),
    row('+10 %, scatter 0.3: ours, as shipped', ourAt, '1 % false alarms promised, over all metrics and looks'),
  ];
}

/** The same test, as shipped, where requests are not independent, as it supposes. */
function kayentaNoises(): BenchResult[] {
  const releases = 200;
  return ['correlated by 0.5', 'correlated by 0.9', 'bursts of one version', 'drift and a rising share'].map(name => {
    const rising = { lastShare: 0.5, share: 0.05, noise: { drift: 2 } };
    const traffic = name in noises ? { noise: noises[name] } : rising;
    const theirs = everySeed(releases, seed => firstOver(kayentaPath({ ...aa(seed), ...traffic }, 100), shipped.z));
    const ours = everySeed(releases, seed => watched({ ...aa(seed), ...traffic }, 100).refusedAt);
    const note = `of ${releases}; ours ${ours.filter(known).length}`;
    const value = (100 * theirs.filter(known).length) / releases;
    return { name: `Kayenta's, each request: A/A refused, ${name}`, value, unit: '%', note };
  });
}

/** Kayenta's as it is used: a point a minute. Latencies are correlated by 0.9, so that means of minutes scatter at all. */
function kayentaByMinutes(): BenchResult[] {
  const minutes = 20;
  const traffic = (seed: number, slower: number): Traffic => {
    return { seed, requests: minutes * 60 * perSecond, slower, noise: { correlation: 0.9 } };
  };
  const calm = everySeed(60, seed => firstOver(kayentaMinutes(traffic(seed, 1), perSecond), shipped.z));
  const slow = everySeed(20, seed => firstOver(kayentaMinutes(traffic(seed, 1.1), perSecond), shipped.z));
  const ours = everySeed(20, seed => watched({ ...traffic(seed, 1.1), requests: 20_000 }, perSecond).refusedAt);
  const alarms = calm.filter(known).length;
  const [low, high] = exactInterval(alarms, calm.length);
  const inSeconds = ours.map(at => (known(at) ? at / 0.5 / perSecond : undefined));
  return [
    {
      name: "Kayenta's test, a point a minute: A/A refused",
      value: (100 * alarms) / calm.length,
      unit: '%',
      note: `${alarms} of ${calm.length}, 95 % interval ${percent(low)} to ${percent(high)}; asked each of ${minutes} minutes`,
    },
    {
      name: "+10 %, a point a minute: Kayenta's, median",
      value: 60 * middle(slow),
      unit: 's',
      note: `${slow.filter(known).length} of ${slow.length} found`,
    },
    {
      name: '+10 %, the same traffic: ours, median',
      value: middle(inSeconds),
      unit: 's',
      note: `${ours.filter(known).length} of ${ours.length} found within 200 s; latencies correlated by 0.9`,
    },
  ];
}

/** CPU time of a sample and of a question, with all usual criteria measured. */
function cost(): BenchResult[] {
  const random = seededRandom(3);
  const positive = () => Math.exp(0.3 * random.normal());
  const samples = Array.from({ length: 1009 }, () =>
    sampleOf({
      version: 1 + random.integer(2),
      latencyMs: positive(),
      residual: positive(),
      fluxImbalance: positive(),
      accepted: true,
    }),
  );
  const judge = openJudge(usualConfig, versions);
  const hear = (count: number) => {
    for (let k = 0; k < count; k++) judge.hear(samples[k % samples.length]);
  };
  const micros = (work: () => void): number => {
    const before = process.cpuUsage();
    work();
    return process.cpuUsage(before).user;
  };
  hear(50_000);
  const [heard, asked] = [500_000, 2000];
  const hearing = (1000 * micros(() => hear(heard))) / heard;
  const asking =
    micros(() => {
      for (let k = 0; k < asked; k++) judge.judge(k);
    }) / asked;
  const bytes = JSON.stringify(judge.remember()).length;
  return [
    { name: 'hearing a sample', value: hearing, unit: 'ns CPU', note: 'six criteria, all measured' },
    { name: 'a judgement', value: asking, unit: 'us CPU', note: `its memory is ${bytes} bytes of JSON` },
  ];
}

/** Shares of releases, samples and seconds; CPU time. */
export async function run(): Promise<BenchResult[]> {
  return [
    ...cost(),
    ...slowdown(),
    ...seconds(),
    ...kayentaRequests(),
    ...kayentaNoises(),
    ...kayentaByMinutes(),
    ...falseAlarms(),
  ];
}
