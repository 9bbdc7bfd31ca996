// The report as a browser draws it: silent, whole on small and large screens, dark where the reader is, ink on white in print.
import { releaseReport } from 'galerkin/control';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, launch } from '../web/browser.js';
import { releaseEvidence } from './release-evidence.js';

const evil = `"><script>document.title='taken'</script><img src=x onerror="document.title='taken'">${'long'.repeat(60)}`;
const cases = {
  running: {},
  promoted: { phase: 'promoted', points: 600 },
  aborted: { phase: 'aborted', points: 60 },
  empty: { phase: 'pending', points: 0 },
  hostile: { words: evil, points: 3 },
} as const;

describe.skipIf(!hasChromium())('the report in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  async function opened(name: keyof typeof cases, width: number, colorScheme: 'light' | 'dark') {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const faults: string[] = [];
    page.on('console', message => faults.push(message.text()));
    page.on('pageerror', error => faults.push(error.message));
    page.on('request', request => faults.push(request.url()));
    await page.setContent(releaseReport(releaseEvidence(cases[name])));
    return { page, faults };
  }

  test.each(Object.keys(cases).filter((name): name is keyof typeof cases => name in cases))(
    '%s: says nothing on the console, asks for nothing, and fits 360 and 1440 pixels',
    async name => {
      for (const [width, scheme] of [
        [360, 'dark'],
        [1440, 'light'],
      ] as const) {
        const { page, faults } = await opened(name, width, scheme);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        const squeezed = await page
          .locator('svg[role="img"]')
          .evaluateAll(all => all.filter(each => each.getBoundingClientRect().height < 60).length);
        expect({ width, overflow, squeezed, faults, title: await page.title() }).toMatchObject({
          overflow: 0,
          squeezed: 0,
          faults: [],
        });
        expect(await page.title()).not.toBe('taken');
        await page.close();
      }
    },
  );

  test('marks stay readable on a small screen', async () => {
    const { page } = await opened('running', 360, 'light');
    const heights = await page
      .locator('svg .mark')
      .evaluateAll(all => all.map(each => each.getBoundingClientRect().height));
    expect(heights.length).toBeGreaterThan(20);
    expect(Math.min(...heights)).toBeGreaterThan(8);
    await page.close();
  });

  test('is dark on a dark screen, and light on paper', async () => {
    const { page } = await opened('promoted', 900, 'dark');
    const brightness = () =>
      page.evaluate(() =>
        Math.max(...(getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? []).map(Number)),
      );
    expect(await brightness()).toBeLessThan(60);
    await page.emulateMedia({ media: 'print' });
    expect(await brightness()).toBe(255);
    await page.close();
  });
});
