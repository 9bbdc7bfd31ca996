import type { Server } from 'galerkin/serve';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  colorsIn,
  hasChromium,
  launch,
  openStudio,
  paintAt,
  pictureOf,
  settled,
  stateOf,
  type View,
} from './browser.js';
import { learnTiny, type ServedModel } from './served-model.js';

const panels = ['permeability', 'surrogate', 'truth', 'error', 'residual'];

describe.skipIf(!hasChromium())('the studio in a browser', () => {
  let model: ServedModel;
  let server: Server;
  let browser: Browser;
  let page: Page;
  let faults: string[];

  const open = async (view: View = {}) => {
    ({ page, faults } = await openStudio(browser, server.url, view));
  };
  const choose = async (policy: string) => {
    await page.locator(`.segmented input[value="${policy}"]`).check();
    await settled(page, `[data-policy="${policy}"]`);
  };

  beforeAll(async () => {
    model = await learnTiny();
    [server, browser] = await Promise.all([model.start(), launch()]);
  }, 180_000);
  afterEach(() => page.close());
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await model?.remove();
  });

  test('shows five fields, the guard’s figures and the model, without an error on the console', async () => {
    await open();
    for (const panel of panels) {
      expect(await page.locator(`[data-panel="${panel}"]`).getAttribute('data-state'), panel).toBe('ready');
      expect(await colorsIn(page, `[data-panel="${panel}"]`), panel).toBeGreaterThan(panel === 'permeability' ? 1 : 30);
    }
    expect(await page.locator('.facts').textContent()).toMatch(/darcy v1.*%.*16 × 16/);
    expect(await page.locator('.gauge-numbers').allTextContents()).toHaveLength(2);
    expect(await stateOf(page)).toMatchObject({ link: 'up', truth: 'solver', sample: '0' });
    expect(faults).toEqual([]);
  });

  test('another sample changes input, answer and truth', async () => {
    await open();
    const before = await Promise.all(panels.map(panel => pictureOf(page, panel)));
    await page.getByRole('button', { name: 'Next sample' }).click();
    await settled(page, '[data-sample="1"]');
    const after = await Promise.all(panels.map(panel => pictureOf(page, panel)));
    expect(after.filter((picture, k) => picture === before[k])).toEqual([]);
    expect(faults).toEqual([]);
  });

  test('an inclusion of 100 is flagged, solved under fallback, and gone after undo', async () => {
    await open();
    await choose('annotate');
    const first = await stateOf(page);
    await paintAt(page, 0.3, 0.6);
    await settled(page, '[data-verdict="flagged"][data-answered-by="surrogate"]');
    await choose('fallback');
    await settled(page, '[data-verdict="fallback"][data-answered-by="solver"]');
    expect(await page.textContent('.verdict p')).toMatch(/residual was \d+(\.\d+)? times its bound/);
    expect(Number((await stateOf(page)).relativeL2)).toBeLessThan(1e-6);
    expect(await pictureOf(page, 'surrogate')).toBe(await pictureOf(page, 'truth'));
    expect(await page.locator('.guard').textContent()).toContain('Fell back to the solver');
    await choose('annotate');
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await settled(page, `[data-verdict="${first.verdict}"]`);
    expect((await stateOf(page)).relativeL2).toBe(first.relativeL2);
    expect(faults).toEqual([]);
  });

  test('under reject the refusal stands where the answer would', async () => {
    await open();
    await choose('reject');
    await paintAt(page, 0.5, 0.5);
    await settled(page, '[data-verdict="rejected"]');
    expect(await page.locator('[data-panel="surrogate"] .panel-notice').textContent()).toMatch(/reject.*residual/);
    expect(faults.filter(fault => !fault.includes('422'))).toEqual([]);
  });

  test('the brush paints by keyboard', async () => {
    await open();
    const before = await pictureOf(page, 'permeability');
    await page.locator('.brush').focus();
    for (const key of ['ArrowLeft', 'Shift+ArrowUp', 'Enter']) await page.keyboard.press(key);
    await settled(page, '[data-revision="2"]');
    expect(await pictureOf(page, 'permeability')).not.toBe(before);
    await page.keyboard.press('Control+z');
    await settled(page, '[data-revision="3"]');
    expect(await pictureOf(page, 'permeability')).toBe(before);
    expect(faults).toEqual([]);
  });

  test('pointing at one field reads out all five at the same point', async () => {
    await open();
    await page.locator('[data-panel="error"] .frame').hover({ position: { x: 60, y: 60 } });
    await page.waitForSelector('[data-panel="residual"] .readout-value');
    expect(new Set(await page.locator('.readout-point').allTextContents()).size).toBe(1);
    expect(await page.locator('.readout-value').count()).toBe(5);
    expect(await page.locator('.crosshair').count()).toBe(5);
  });

  test('the charts draw what the server counts', async () => {
    await open();
    await page.waitForSelector('[data-chart="latency"][data-points="3"]', { timeout: 20_000 });
    for (const chart of ['rate', 'latency']) expect(await colorsIn(page, `[data-chart="${chart}"]`)).toBeGreaterThan(8);
    expect(await page.locator('[data-chart="latency"] .legend').textContent()).toMatch(/p50 \d.*p95 \d.*solver p50 \d/);
    expect(faults).toEqual([]);
  });

  test.each(['light', 'dark'] as const)(
    'at 390 px nothing overflows and a finger finds every target, %s',
    async theme => {
      await open({ width: 390, height: 844, theme, touch: true });
      const { overflow, outside, small } = await page.evaluate(() => {
        const boxes = (selector: string) =>
          [...document.querySelectorAll(selector)]
            .map(element => ({ name: element.className || element.tagName, box: element.getBoundingClientRect() }))
            .filter(({ box }) => box.width > 1);
        return {
          overflow: document.documentElement.scrollWidth - innerWidth,
          outside: boxes('.card, .frame, button, input').filter(({ box }) => box.left < 0 || box.right > innerWidth),
          small: boxes('button, input, .segmented label').filter(({ box }) => box.height < 44 || box.width < 44),
        };
      });
      expect({ overflow, outside, small }).toEqual({ overflow: 0, outside: [], small: [] });
      expect(faults).toEqual([]);
    },
  );

  test('the theme follows the system, then the reader, and is remembered', async () => {
    await open({ theme: 'dark' });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await page.getByRole('button', { name: 'Use the light theme' }).click();
    await page.waitForSelector('html[data-theme="light"]');
    expect(await background()).not.toBe(dark);
    await page.reload();
    await page.waitForSelector('html[data-theme="light"]');
    await settled(page);
    expect(await colorsIn(page, '[data-panel="surrogate"]')).toBeGreaterThan(30);
    expect(faults).toEqual([]);
  });

  test('a lost server is told, and found again when it is back', async () => {
    await open();
    const { port } = server;
    await server.close();
    await page.waitForSelector('#state[data-link="down"]', { state: 'attached' });
    expect(await page.getByRole('alert').textContent()).toMatch(/does not answer.*npm start/);
    server = await model.start(port);
    await settled(page, '[data-link="up"]');
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});
