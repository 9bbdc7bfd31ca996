// Headless Chromium on a studio that is really served: opening pages, waiting on the state they tell, looking at pixels.
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** False where there is no browser; says so loudly, once. */
export function hasChromium(): boolean {
  if (existsSync(executablePath)) return true;
  console.warn(
    `\n!! The studio's browser tests are SKIPPED: there is no Chromium at ${executablePath}.\n` +
      '!! Run: apt-get install chromium   (or set CHROMIUM to a browser that is there)\n',
  );
  return false;
}

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

export interface View {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  readonly touch?: boolean;
}

export interface Opened {
  readonly page: Page;
  /** Console errors, thrown errors and refused contents, as they come. */
  readonly faults: string[];
}

/** A fresh page on the studio, once its first answers are there. */
export async function openStudio(browser: Browser, url: string, view: View = {}): Promise<Opened> {
  const { width = 1280, height = 900, theme = 'light', touch = false } = view;
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme, hasTouch: touch });
  const faults: string[] = [];
  page.on('console', message => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', error => faults.push(error.message));
  await page.goto(`${url}/studio/`);
  await settled(page);
  return { page, faults };
}

/** Waits until surrogate and solver have answered the present input; `where` narrows by further state. */
export async function settled(page: Page, where = ''): Promise<void> {
  await page.waitForSelector(`#state[data-settled="true"]${where}`, { state: 'attached', timeout: 20_000 });
}

/** What the page says of itself. */
export const stateOf = (page: Page): Promise<Record<string, string | undefined>> =>
  page.locator('#state').evaluate(element => ('dataset' in element ? Object.assign({}, element.dataset) : {}));

/** Different colours in the canvas of a panel or chart. */
export const colorsIn = (page: Page, selector: string): Promise<number> =>
  page.locator(`${selector} canvas`).evaluate(canvas => {
    if (!(canvas instanceof HTMLCanvasElement)) return 0;
    const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    return new Set(new Uint32Array(Uint8ClampedArray.from(pixels).buffer)).size;
  });

/** The picture of a panel, to compare with another. */
export const pictureOf = (page: Page, panel: string): Promise<string> =>
  page
    .locator(`[data-panel="${panel}"] canvas`)
    .evaluate(canvas => (canvas instanceof HTMLCanvasElement ? canvas.toDataURL() : ''));

/** Presses the mouse at a point of the unit square on the permeability. */
export async function paintAt(page: Page, x: number, y: number): Promise<void> {
  const box = await page.locator('.brush').boundingBox();
  if (box === null) throw new Error('the brush is not on the page');
  await page.mouse.move(box.x + x * box.width, box.y + (1 - y) * box.height);
  await page.mouse.down();
  await page.mouse.up();
}
