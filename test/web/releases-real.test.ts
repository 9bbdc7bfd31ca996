// The view of releases against a real server, a real release and real requests, from the empty page to the report.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Place, releasePlace, type ServerProcess, serveThere } from '../cli/release-servers.js';
import { hasChromium, launch } from './browser.js';

const steps = [{ weight: '50%', hold: '1h', approve: true }];
const criteria = [{ metric: 'error-rate', margin: '20%' }];
const document = {
  model: 'scale',
  version: 2,
  strategy: { kind: 'canary', steps },
  judge: { minSamples: 20, criteria },
};

describe.skipIf(!hasChromium())('releases of a real server', () => {
  let place: Place;
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];
  const state = (where: string) => page.waitForSelector(`#releases-state${where}`, { state: 'attached' });

  beforeAll(async () => {
    place = await releasePlace();
    [server, browser] = await Promise.all([serveThere(place), launch()]);
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('console', message => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('pageerror', error => faults.push(error.message));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.kill();
    await place?.dispose();
  });

  test('shows a release from its first moment to the word that ends it', async () => {
    await page.goto(`${server.url}/studio/#/releases`);
    await page.waitForSelector('[data-notice="empty"]');
    await state('[data-live="true"]');

    await place.addVersion(2, 2);
    const word = { by: 'ada', why: 'twice as good' };
    const begun = await fetch(`${server.url}/releases`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ document, ...word }),
    });
    expect(begun.status).toBe(200);
    await state('[data-count="1"]');
    await page.locator('.release-list a').click();
    await state('[data-phase="running"]');
    const asked = await server.ask(120);
    expect(asked.failed).toBe(0);
    await page.waitForSelector('[data-criterion="error-rate"]');
    await page.waitForFunction(
      () => Number(window.document.querySelector('[data-plot="effect-error-rate"]')?.getAttribute('data-points')) > 1,
    );
    expect(await page.textContent('.release-begun')).toContain('twice as good');
    await expect
      .poll(() => page.locator('[data-sketch="latency"] rect').count(), { timeout: 10_000 })
      .toBeGreaterThan(2);

    await page.getByRole('button', { name: 'Abort…' }).click();
    await page.keyboard.type('bob');
    await page.getByLabel('Why').fill('only a rehearsal');
    await page.keyboard.press('Enter');
    await state('[data-phase="aborted"]');
    await expect.poll(() => page.textContent('.release-why'), { timeout: 10_000 }).toContain('only a rehearsal');
    await expect
      .poll(() => page.locator('.events').textContent(), { timeout: 10_000 })
      .toMatch(/only a rehearsal.*by bob/);
    expect((await server.ask(20)).versions).toEqual({ 1: 20 });

    const [report] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByRole('link', { name: 'Report for reviewers' }).click(),
    ]);
    await report.waitForLoadState();
    expect(await report.textContent('h1')).toBe('Version 2 of scale was stopped; all requests went back to version 1.');
    expect(await report.locator('svg[role="img"]').count()).toBeGreaterThanOrEqual(4);
    expect(faults).toEqual([]);
  });
});
