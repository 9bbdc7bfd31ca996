// The view of releases for everyone: fingers on small screens, readers of dark screens, those who listen to a page.
import { releaseReport } from 'galerkin/control';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseEvidence } from '../control/release-evidence.js';
import { hasChromium, launch } from './browser.js';
import { type ReleaseServer, startReleaseServer } from './release-server.js';

const themes = ['light', 'dark'] as const;

/** Texts whose contrast with what lies behind them is below what WCAG 2.2 wants (AA, 4.5 to 1). */
const faintTexts = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const numbers = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color: string): number => {
      const [r = 0, g = 0, b = 0] = numbers(color).map(each => {
        const part = each / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element: Element | null): string => {
      if (element === null) return 'rgb(255, 255, 255)';
      const color = getComputedStyle(element).backgroundColor;
      return (numbers(color)[3] ?? 1) === 0 ? behind(element.parentElement) : color;
    };
    const contrast = (element: Element): number => {
      const both = [luminance(getComputedStyle(element).color), luminance(behind(element))];
      return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    };
    return [...document.querySelectorAll('main *, header *')]
      .filter(element => [...element.childNodes].some(node => node.nodeType === 3 && node.textContent?.trim() !== ''))
      .filter(
        element =>
          element.getBoundingClientRect().width > 1 && !(element instanceof HTMLButtonElement && element.disabled),
      )
      .map(element => ({ element, ratio: contrast(element) }))
      .filter(({ ratio }) => ratio < 4.5)
      .map(({ element, ratio }) => `${element.tagName} '${element.textContent?.slice(0, 30)}' ${ratio.toFixed(2)}`);
  });

describe.skipIf(!hasChromium())('releases for everyone', () => {
  let server: ReleaseServer;
  let browser: Browser;
  beforeAll(async () => {
    [server, browser] = await Promise.all([startReleaseServer(releaseReport), launch()]);
    server.evidence = [
      releaseEvidence({ id: 'b' }),
      releaseEvidence({ id: 'a', phase: 'aborted' }),
      releaseEvidence({ id: 'p', phase: 'paused' }),
    ];
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  async function opened(id: string, width: number, theme: 'light' | 'dark') {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: theme, hasTouch: width < 500 });
    await page.goto(`${server.url}/studio/#/releases/${id}`);
    await page.waitForSelector(`#releases-state[data-id="${id}"]`, { state: 'attached' });
    return page;
  }

  test.each(themes)('at 360 px nothing overflows and a finger finds every target, %s', async theme => {
    const page = await opened('b', 360, theme);
    await page.getByRole('button', { name: 'Abort…' }).click();
    const found = await page.evaluate(() => {
      const boxes = (selector: string) =>
        [...document.querySelectorAll(selector)].map(element => ({
          name: element.textContent,
          box: element.getBoundingClientRect(),
        }));
      return {
        overflow: document.documentElement.scrollWidth - innerWidth,
        outside: boxes('.card, button, input, canvas, svg, table').filter(
          ({ box }) => box.width > 1 && (box.left < 0 || box.right > innerWidth + 0.5),
        ),
        small: boxes('button, input, main a').filter(({ box }) => box.height < 44),
        tabs: boxes('.views a').filter(({ box }) => box.height < 38),
      };
    });
    expect(found).toEqual({ overflow: 0, outside: [], small: [], tabs: [] });
    await page.close();
  });

  test.each(themes)('every text can be read, %s', async theme => {
    for (const id of ['b', 'a', 'p']) {
      const page = await opened(id, 1280, theme);
      if (id === 'b') await page.getByRole('button', { name: 'Promote…' }).click();
      expect(await faintTexts(page)).toEqual([]);
      await page.close();
    }
  });

  test('whoever listens gets names, figures and places', async () => {
    const page = await opened('b', 1280, 'light');
    await page.getByRole('button', { name: 'Abort…' }).click();
    const unnamed = await page
      .locator('button, input, a, [role="img"]')
      .evaluateAll(
        all =>
          all.filter(
            each =>
              (each.textContent?.trim() ?? '') === '' &&
              !each.hasAttribute('aria-label') &&
              !(each instanceof HTMLInputElement && (each.labels?.length ?? 0) > 0),
          ).length,
      );
    expect(unnamed).toBe(0);
    expect(await page.getByRole('img', { name: /Latency, mean.*margin \+10/ }).count()).toBe(1);
    expect(await page.getByRole('link', { name: 'Releases', exact: true }).getAttribute('aria-current')).toBe('page');
    expect(await page.locator('[aria-current="step"]').count()).toBe(1);
    expect(await page.locator('.release-list [aria-current="page"]').count()).toBe(1);
    await page.close();
  });

  test('the whole page is reached by keyboard, in the order that is seen', async () => {
    const page = await opened('b', 1280, 'light');
    const seen: string[] = [];
    await page.locator('.views a').first().focus();
    for (let k = 0; k < 12; k++) {
      await page.keyboard.press('Tab');
      seen.push(await page.evaluate(() => (document.activeElement?.textContent ?? '').slice(0, 12)));
    }
    const order = ['Releases', 'Report for r', 'Pause…', 'Promote…', 'Abort…'].map(name =>
      seen.findIndex(each => each.startsWith(name)),
    );
    expect(order.every(place => place >= 0)).toBe(true);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    await page.close();
  });
});
