import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, launch } from '../web/browser.js';
import { type Fixture, serveFixture } from './fixtures/repository.js';

describe.skipIf(!hasChromium())('the page of the API in a browser', () => {
  let server: Fixture;
  let browser: Browser;
  beforeAll(async () => {
    [server, browser] = await Promise.all([serveFixture(['double']), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)(
    'at %i px, %s: asks the model from its example, without a fault and without leaving this server',
    async (width, colorScheme) => {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
      const faults: string[] = [];
      page.on('console', message => message.type() === 'error' && faults.push(message.text()));
      page.on('pageerror', error => faults.push(error.message));
      page.on('request', request => {
        const url = request.url();
        if (!url.startsWith(server.url) && !url.startsWith('data:')) faults.push(url);
      });
      await page.goto(`${server.url}/docs`);
      await page.click('#operations-predict-post_predict .opblock-summary-control');
      await page.click('.opblock.is-open button.execute');
      await page.waitForSelector('.live-responses-table td.response-col_status >> text=200');
      const [background, overflow] = await page.evaluate(() => [
        getComputedStyle(document.body).backgroundColor,
        document.documentElement.scrollWidth - innerWidth,
      ]);
      expect({ background, overflow, faults }).toEqual({
        background: colorScheme === 'dark' ? 'rgb(28, 32, 34)' : 'rgb(255, 255, 255)',
        overflow: 0,
        faults: [],
      });
      await page.close();
    },
  );
});
