// Fresh instances of the stable version end: with their server, with the order that wanted them, and with the version beside which they are.
import { type Backend, onnxruntimeBackend } from 'galerkin/serve';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { scaleBy, scaleConfig } from './fixtures/plain-repository.js';
import { everyVersion, type RoutedServer, routedServer, routeOf } from './fixtures/routed-server.js';

/** Instances that are open, as the versions that they are of. */
let alive: number[];
let asked = 0;
let hold: Promise<void> | undefined;
let letGo: () => void;
/** However busy the machine is. */
const eventually = (claim: () => unknown) => vi.waitFor(claim, 20_000);

let house: RoutedServer;

const counting: Backend = {
  name: 'onnxruntime',
  async open(model, options) {
    asked++;
    await hold;
    const instance = await onnxruntimeBackend.open(model, options);
    alive.push(model.version);
    let isOpen = true;
    const ended = (): void => {
      if (isOpen) alive.splice(alive.indexOf(model.version), 1);
      isOpen = false;
    };
    return {
      depth: instance.depth,
      gone: instance.gone,
      run: job => instance.run(job),
      kill() {
        ended();
        instance.kill();
      },
      close() {
        ended();
        return instance.close();
      },
    };
  },
};

const holdOpenings = (): void => {
  hold = new Promise(resolve => {
    letGo = resolve;
  });
};
const candidate = () => routeOf({ 1: 8_000, 2: 2_000 }, { baseline: { share: 2_000 } });
const post = async (what: 'load' | 'unload'): Promise<void> => {
  const reply = await fetch(`${house.server.url}/v2/repository/models/scale/${what}`, { method: 'POST', body: '{}' });
  expect(reply.status).toBe(200);
};

beforeEach(async () => {
  alive = [];
  hold = undefined;
  letGo = () => undefined;
  house = await routedServer({
    versions: [1, 2],
    options: { modelControl: 'explicit', loadModels: '*' },
    surroundings: { backends: [counting] },
  });
  expect(alive.toSorted()).toEqual([1, 2]);
});
afterEach(() => house.close());

test('also where the server is closed while they are being opened', async () => {
  holdOpenings();
  const before = asked;
  const applied = house.server.traffic.apply(candidate()).catch(() => undefined);
  await eventually(() => expect(asked).toBe(before + 1));
  const closed = house.server.close();
  letGo();
  await Promise.all([applied, closed]);
  expect(alive).toEqual([]);
});

test('also where the order that wanted them was overtaken, or two orders wanted them at once', async () => {
  const { traffic } = house.server;
  holdOpenings();
  const [first, second] = [candidate(), candidate()];
  const overtaken = [traffic.apply(first), traffic.apply(second)].map(each => each.catch(({ code }) => code));
  await traffic.apply(routeOf({ 1: 10_000, 2: 0 }));
  letGo();
  expect(await Promise.all(overtaken)).toEqual(['ROUTE_STALE', 'ROUTE_STALE']);
  await eventually(() => expect(alive.toSorted()).toEqual([1, 2]));
  hold = undefined;
  await Promise.all([traffic.apply(candidate()), traffic.apply(candidate())]);
  await eventually(() => expect(alive.toSorted()).toEqual([1, 1, 2]));
});

test('with the version beside which they are, and come again with it', async () => {
  const { traffic } = house.server;
  await traffic.apply(candidate());
  expect(alive.toSorted()).toEqual([1, 1, 2]);
  await post('unload');
  await eventually(() => expect(alive).toEqual([]));
  await post('load');
  await eventually(() => expect(alive.toSorted()).toEqual([1, 1, 2]));
  await house.repository.configure('scale', scaleConfig(`${everyVersion} dynamic_batching { }`));
  await post('load');
  await eventually(() => expect(alive.toSorted()).toEqual([1, 1, 2]));
  await traffic.apply(routeOf({ 1: 10_000, 2: 0 }));
  await eventually(() => expect(alive.toSorted()).toEqual([1, 2]));
});

test('beside the stable version that runs, where a reload has overtaken the order that wanted them', async () => {
  const { traffic } = house.server;
  await house.repository.add('scale', 3, scaleBy(3));
  holdOpenings();
  const before = asked;
  const applied = traffic.apply(routeOf({ 1: 8_000, 3: 2_000 }, { baseline: { share: 2_000 } }));
  await eventually(() => expect(asked).toBe(before + 1));
  await house.repository.configure('scale', scaleConfig(`${everyVersion} dynamic_batching { }`));
  const loaded = post('load');
  // By then it stands in line behind the order.
  await house.count(5);
  letGo();
  await Promise.all([applied, loaded]);
  await eventually(() => expect(alive.toSorted()).toEqual([1, 1, 2, 3]));
});
