// The view of releases in a browser: what it shows of each state, live; commands with their confirmation; small screens, keyboards, hostile words.
import { releaseReport } from 'galerkin/control';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { releaseEvidence } from '../control/release-evidence.js';
import { hasChromium, launch, type View } from './browser.js';
import { type ReleaseServer, startReleaseServer } from './release-server.js';

const evil = `"><script>document.title='taken'</script><img src=x onerror="document.title='taken'">${'long'.repeat(60)}`;

describe.skipIf(!hasChromium())('releases in the studio', () => {
  let server: ReleaseServer;
  let browser: Browser;
  let page: Page;
  let faults: string[];

  const open = async (hash: string, { width = 1280, height = 900, theme = 'light', touch = false }: View = {}) => {
    page = await browser.newPage({ viewport: { width, height }, colorScheme: theme, hasTouch: touch });
    faults = [];
    page.on('console', message => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('pageerror', error => faults.push(error.message));
    await page.goto(`${server.url}/studio/${hash}`);
  };
  const state = (where: string) => page.waitForSelector(`#releases-state${where}`, { state: 'attached' });

  beforeAll(async () => {
    browser = await launch();
  });
  beforeEach(async () => {
    server = await startReleaseServer(releaseReport);
  });
  afterEach(async () => {
    await page.close();
    await server.close();
  });
  afterAll(() => browser?.close());

  test('a server without releases is told as such, with how to switch them on', async () => {
    await open('#/releases');
    await state('[data-desk="off"]');
    expect(await page.textContent('[data-notice="off"]')).toMatch(/Releases are off.*galerkin serve/);
    expect(await page.getByRole('alert').count()).toBe(0);
    server.evidence = [];
    await page.reload();
    await state('[data-desk="on"]');
  });

  test('before the first release the page teaches the three commands', async () => {
    server.evidence = [];
    await open('#/releases');
    await page.waitForSelector('[data-notice="empty"]');
    const commands = await page.locator('.steps code').allTextContents();
    expect(commands).toHaveLength(3);
    expect(commands[2]).toMatch(/^npx galerkin release start examples\/release\/canary\.yaml/);
    expect(faults).toEqual([]);
  });

  test('the list names each release, and the keyboard opens one', async () => {
    server.evidence = [releaseEvidence({ id: 'b' }), releaseEvidence({ id: 'a', phase: 'aborted' })];
    await open('');
    await page.getByRole('link', { name: 'Releases', exact: true }).focus();
    await page.keyboard.press('Enter');
    await state('[data-count="2"]');
    const entries = await page.locator('.release-list a').allTextContents();
    expect(entries[0]).toMatch(/darcy 2 ← 1.*running.*canary.*100 %/);
    expect(entries[1]).toMatch(/aborted.*0 %.*Latency, mean: 62 % worse/);
    await page.locator('.release-list a').nth(1).focus();
    await page.keyboard.press('Enter');
    await state('[data-id="a"][data-phase="aborted"]');
    expect(await page.title()).toContain('a');
    await page.goBack();
    await page.waitForSelector('.desk-hint');
    await page.getByRole('link', { name: 'Fields' }).click();
    await page.waitForSelector('.bench');
    expect(faults).toEqual([]);
  });

  test.each(['running', 'promoted', 'aborted'] as const)('a release that is %s is drawn whole', async phase => {
    server.evidence = [releaseEvidence({ phase })];
    await open('#/releases/r-0001');
    await state(`[data-phase="${phase}"][data-points="120"]`);
    const plots = await page.locator('[data-plot] canvas').evaluateAll(all =>
      all.map(canvas => {
        if (!(canvas instanceof HTMLCanvasElement)) return 0;
        const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        return new Set(new Uint32Array(Uint8ClampedArray.from(pixels).buffer)).size;
      }),
    );
    expect(plots).toHaveLength(9);
    expect(Math.min(...plots)).toBeGreaterThan(10);
    expect(await page.locator('[data-criterion="latency-mean"]').getAttribute('data-look')).toBe(
      phase === 'aborted' ? 'bad' : 'good',
    );
    expect(await page.locator('[data-sketch] rect').count()).toBeGreaterThan(40);
    expect(await page.locator('.events li').first().textContent()).toMatch(
      phase === 'running' ? /stage/ : new RegExp(phase),
    );
    expect(faults).toEqual([]);
  });

  test.each([0, 1, 600])('%d points are drawn', async points => {
    server.evidence = [releaseEvidence({ points })];
    await open('#/releases/r-0001');
    await state(`[data-points="${points}"]`);
    expect(await page.locator('[data-plot] canvas').count()).toBe(points === 0 ? 1 : 9);
    expect(await page.locator('[data-notice="unjudged"]').count()).toBe(points === 0 ? 1 : 0);
    expect(faults).toEqual([]);
  });

  test('evidence whose time was over is missed by nobody: the page says when it went', async () => {
    const { status, events } = releaseEvidence({ phase: 'promoted' });
    const gone = { prunedAtMs: Date.UTC(2027, 1, 20), baselineFault: 'no memory was left' };
    server.evidence = [{ status: { ...status, ...gone }, events, points: [], sketches: [] }];
    await open('#/releases/r-0001');
    await state('[data-points="0"]');
    const head = await page.textContent('.release-head');
    for (const words of ['deleted on', '2027', 'No fresh baseline: no memory was left']) expect(head).toContain(words);
    expect(await page.locator('[data-notice="unjudged"]').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test('what happens is seen without being asked for, and a lost connection is found again', async () => {
    server.evidence = [releaseEvidence({ points: 30 })];
    await open('#/releases/r-0001');
    await state('[data-live="true"]');
    server.tell(releaseEvidence({ points: 60, phase: 'aborted' }));
    await state('[data-phase="aborted"][data-points="60"]');
    expect(await page.textContent('#release-title')).toBe(
      'Version 2 of darcy was stopped; all requests went back to version 1.',
    );
    server.hangUp();
    await state('[data-live="false"]');
    await state('[data-live="true"]');
    expect(faults).toEqual([]);
  });

  test('a command wants a name and a reason, says what it does, and is sent once', async () => {
    server.evidence = [releaseEvidence()];
    await open('#/releases/r-0001');
    await page.getByRole('button', { name: 'Abort…' }).click();
    const form = page.getByRole('form', { name: 'Abort this release' });
    expect(await form.textContent()).toContain('All traffic goes back to version 1');
    const send = form.getByRole('button', { name: 'Abort version 2' });
    expect(await send.isDisabled()).toBe(true);
    await page.keyboard.type('ada');
    await form.getByLabel('Why').fill('too slow in Lyon');
    server.refusal = 'The release is aborting already.';
    await send.click();
    expect(await form.getByRole('alert').textContent()).toBe('The release is aborting already.');
    server.refusal = undefined;
    await page.keyboard.press('Enter');
    await form.waitFor({ state: 'detached' });
    expect(server.commanded.at(-1)).toEqual({
      id: 'r-0001',
      command: 'abort',
      body: { by: 'ada', why: 'too slow in Lyon' },
    });
    expect(server.commanded).toHaveLength(2);
    await page.getByRole('button', { name: 'Pause…' }).click();
    expect(await page.getByLabel('Your name').inputValue()).toBe('ada');
    await page.keyboard.press('Escape');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Pause…');
    expect(faults.filter(fault => !fault.includes('409'))).toEqual([]);
  });

  test('only what a phase allows is offered', async () => {
    const offered: Record<string, string[]> = {};
    for (const phase of ['pending', 'running', 'paused', 'promoting', 'aborting', 'promoted'] as const) {
      server.evidence = [releaseEvidence({ phase })];
      await open('#/releases/r-0001');
      await state(`[data-phase="${phase}"]`);
      offered[phase] = await page.locator('.commands button').allTextContents();
      await page.close();
    }
    const abort = ['Abort…'];
    const running = ['Pause…', 'Promote…', ...abort];
    const paused = ['Resume…', 'Promote…', ...abort];
    expect(offered).toEqual({ pending: abort, running, paused, promoting: abort, aborting: [], promoted: [] });
  });

  test('the report for reviewers is one link away', async () => {
    server.evidence = [releaseEvidence({ phase: 'promoted' })];
    await open('#/releases/r-0001');
    const [report] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByRole('link', { name: 'Report for reviewers' }).click(),
    ]);
    await report.waitForLoadState();
    expect(await report.textContent('h1')).toBe('Version 2 of darcy was promoted; all requests went to it.');
    await report.close();
  });

  test('a release that does not exist is told, beside those that do', async () => {
    server.evidence = [releaseEvidence()];
    await open('#/releases/none');
    expect(await page.getByRole('alert').textContent()).toMatch(/no release 'none'.*Choose another/);
    expect(await page.locator('.release-list a').count()).toBe(1);
  });

  test('hostile words stay words', async () => {
    server.evidence = [releaseEvidence({ words: evil, points: 5 })];
    await open('#/releases/r-0001', { width: 360, height: 800 });
    await state('[data-points="5"]');
    expect(await page.locator('img, main script').count()).toBe(0);
    expect(await page.title()).not.toContain('taken');
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    expect(faults).toEqual([]);
  });
});
