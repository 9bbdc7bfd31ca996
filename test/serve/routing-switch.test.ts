// Routes change two hundred times under load from HTTP and gRPC clients: no request fails, and no version answers that had no share when it was asked.

import { seededRandom } from 'galerkin/base';
import type { Route } from 'galerkin/model';
import { afterEach, expect, test } from 'vitest';
import { type RoutedServer, routedServer, routeOf } from './fixtures/routed-server.js';

let house: RoutedServer | undefined;
afterEach(async () => {
  await house?.close();
  house = undefined;
});

interface Asked {
  /** Orders that had been obeyed when the request was sent, and when its answer came. */
  readonly from: number;
  readonly to: number;
  readonly version: number;
}

/** Asks from many clients at once while `orders` are applied one after another. */
async function underLoad(
  { server, ask, askGrpc }: RoutedServer,
  orders: readonly Route[],
  versionsOf: (k: number) => Set<number>,
) {
  let obeyed = 0;
  let begun = 0;
  let isOver = false;
  const answers: Asked[] = [];
  const client = async (one: () => Promise<number>): Promise<void> => {
    while (!isOver) {
      const from = obeyed;
      const version = await one();
      answers.push({ from, to: begun, version });
    }
  };
  const overHttp = async (): Promise<number> => {
    const { status, version, text } = await ask();
    if (status !== 200) throw new Error(`${status}: ${text}`);
    return version;
  };
  const clients = [
    ...Array.from({ length: 4 }, () => client(overHttp)),
    ...Array.from({ length: 4 }, () => client(askGrpc)),
  ];
  for (const order of orders) {
    begun++;
    await server.traffic.apply(order);
    obeyed++;
    // Some requests pass between one order and the next.
    const seen = answers.length;
    while (answers.length < seen + 3) await new Promise(resolve => setImmediate(resolve));
  }
  isOver = true;
  await Promise.all(clients);
  const wrong = answers.filter(({ from, to, version }) => {
    for (let k = from; k <= to; k++) if (versionsOf(k).has(version)) return false;
    return true;
  });
  return { answers, wrong };
}

const withShare = ({ shares }: Route): Set<number> =>
  new Set(shares.filter(({ share }) => share > 0).map(({ version }) => version));

test('two hundred swaps between ready versions', async () => {
  house = await routedServer();
  const random = seededRandom(11);
  await house.server.traffic.apply(routeOf({ 1: 10_000, 2: 0, 3: 0 }));
  const orders = Array.from({ length: 200 }, () => {
    const some = random.integer(3) + 1;
    const other = (some % 3) + 1;
    const share = random.integer(2) * 5_000;
    return routeOf({ 1: 0, 2: 0, 3: 0, [some]: 10_000 - share, [other]: share }, { stable: some });
  });
  const { answers, wrong } = await underLoad(house, orders, k =>
    k === 0 ? new Set([1]) : withShare(orders[k - 1] ?? routeOf({ 1: 10_000 })),
  );
  expect(answers.length).toBeGreaterThanOrEqual(600);
  expect(wrong).toEqual([]);
  expect(new Set(answers.map(({ version }) => version)).size).toBe(3);
});

test('versions that are loaded and drained all the time', async () => {
  house = await routedServer({ config: '' });
  const { traffic } = house.server;
  await traffic.apply(routeOf({ 1: 10_000 }));
  const orders = Array.from({ length: 16 }, (_, k) => {
    const version = (k % 2) + 1;
    return routeOf({ [version]: 10_000 }, { stable: version });
  });
  const { answers, wrong } = await underLoad(house, orders, k =>
    k === 0 ? new Set([1]) : withShare(orders[k - 1] ?? routeOf({ 1: 10_000 })),
  );
  expect(answers.length).toBeGreaterThanOrEqual(48);
  expect(wrong).toEqual([]);
});
