// The client in a page of a real browser, calling the server that the page came from.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Fixture, serveFixture } from '../serve/fixtures/repository.js';
import { hasChromium, launch } from '../web/browser.js';
import { bundleClient } from './bundle.js';

/** What a page of ours would do: infer, be refused, and be called off; the results are shown as JSON. */
const script = `
  import { connect, textsOf } from './client.js';
  const client = connect(location.origin);
  const vector = values => ({ shape: [1, 16], data: Int32Array.from({ length: 16 }, values) });
  const show = async () => {
    const { outputs } = await client.infer('simple', { INPUT0: vector((_, k) => k), INPUT1: vector(() => 1) });
    const texts = await client.infer('kinds', { x_BYTES: { shape: [2], data: ['å', ''] } }).catch(error => error);
    const refusal = await client.infer('nobody', {}).catch(error => error);
    const called = new AbortController();
    const inFlight = client.serverMetadata({ signal: called.signal }).catch(error => error);
    called.abort();
    return {
      live: await client.health.live(),
      sum: [...outputs.OUTPUT0.data],
      refusal: [refusal.name, refusal.code],
      missing: [texts.code, texts.status],
      aborted: (await inFlight).code,
    };
  };
  document.body.textContent = JSON.stringify(await show().catch(error => ({ failed: String(error) })));
  document.body.id = 'done';
`;

let folder: string;
let code: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'galerkin-client-'));
  code = await bundleClient(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the bundle asks for nothing that only Node has, and is small', () => {
  expect(code).not.toMatch(/node:|\brequire\(|\bBuffer\b|\bprocess\b|browser-external/);
  const bytes = gzipSync(code).length;
  console.log(`galerkin/client: ${code.length} bytes minified, ${bytes} with gzip`);
  expect(bytes).toBeLessThan(12_000);
});

describe.skipIf(!hasChromium())('in Chromium', () => {
  let server: Fixture;
  let browser: Browser;

  beforeAll(async () => {
    await writeFile(join(folder, 'page.js'), script);
    await writeFile(
      join(folder, 'index.html'),
      '<!doctype html><title>client</title><body><script type="module" src="page.js"></script>',
    );
    [server, browser] = await Promise.all([serveFixture(['simple', 'kinds'], { studioFolder: folder }), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test('a page of the server’s own origin infers, is refused and aborts', async () => {
    const page = await browser.newPage();
    await page.goto(`${server.url}/studio/`);
    await page.waitForSelector('#done', { timeout: 20_000 });
    const shown: unknown = JSON.parse((await page.textContent('body')) ?? '');
    expect(shown).toEqual({
      live: true,
      sum: Array.from({ length: 16 }, (_, k) => k + 1),
      refusal: ['GalerkinClientError', 'REFUSED'],
      missing: ['REFUSED', 400],
      aborted: 'ABORTED',
    });
    await page.close();
  });
});
