// SPDX-License-Identifier: MIT
/** @fileoverview The page for those who use a keyboard, a screen reader, or need contrast: judged by axe, and by going through it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { haveOracles } from '../../tools/oracles.js';
import type { Automation } from '../../web/page/main.ts';
import { BUILD_TIMEOUT, launchBrowser, PHONE, type Served, serve, Tab } from './browser.ts';

declare const diorama: Automation;
declare const axe: { run(): Promise<AxeResults> };

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const VIEWS = ['guide', 'processor', 'memory', 'devices', 'debug'];

describe.skipIf(!haveOracles('chromium'))('the page is for everybody', () => {
  let served: Served;
  let browser: Browser;
  let tab: Tab;
  let page: Page;

  beforeAll(async () => {
    [served, browser] = await Promise.all([serve(), launchBrowser()]);
  }, BUILD_TIMEOUT);
  afterAll(async () => {
    await browser?.close();
    served?.stop();
  });
  const open = async (options: Parameters<typeof Tab.open>[2] = {}) => {
    // The page's own policy would keep axe out.
    tab = await Tab.open(browser, served.url, { bypassCSP: true, ...options });
    page = tab.page;
    await tab.answer(/login: $/);
  };
  beforeEach(() => {
    tab = undefined as unknown as Tab;
  });
  afterEach(async () => {
    await tab?.close();
  });

  /** What axe calls serious or critical, in short. */
  const faults = async (where: string): Promise<string[]> => {
    await page.evaluate(axeSource);
    const { violations } = await page.evaluate(() => axe.run());
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${where}: ${id} ${target}: ${failureSummary}`));
  };

  test.each(['light', 'dark'] as const)('axe finds no serious fault, %s', async (colorScheme) => {
    await open({ colorScheme });
    for (const view of VIEWS) {
      await page.click(`#${view}-tab`);
      // Its first figures.
      await page.waitForTimeout(400);
      // Which registers are marked as changed hangs on when one looks: all of them.
      await page.evaluate(() => {
        for (const row of document.querySelectorAll('.registers > *')) row.classList.add('changed');
      });
      expect(await faults(view)).toEqual([]);
    }
    await page.click('#screen-tab');
    expect(await faults('screen')).toEqual([]);
    await page.click('#snapshot');
    await page.waitForFunction(async () => (await diorama.snapshots.list()).length > 0);
    await page.click('#open-snapshots');
    await page.locator('#shelf li').waitFor();
    expect(await faults('snapshots')).toEqual([]);
    await page.keyboard.press('Escape');
    await page.click('#open-machine');
    expect(await faults('machine')).toEqual([]);
    await page.click('#stop');
    await page.setInputFiles('#files', { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') });
    await tab.says('neither a kernel');
    expect(await faults('message')).toEqual([]);
    await page.setViewportSize(PHONE);
    expect(await faults('phone')).toEqual([]);
  });

  test('everything is reached by keyboard, and the console lets go of it', async () => {
    await open();
    const active = () =>
      page.evaluate(() => {
        const { activeElement: one } = document;
        return one?.id || (one as HTMLElement)?.dataset.type || one?.getAttribute('aria-label') || one?.className || '';
      });
    // From the top to the console, which takes Tab for itself.
    const reached = new Set<string>();
    await page.focus('.skip');
    for (let i = 0; i < 40 && !reached.has('First serial port'); i++) {
      await page.keyboard.press('Tab');
      reached.add(await active());
    }
    await page.keyboard.press('Tab');
    expect(await active()).toBe('First serial port');
    // F6 goes on to the inside, and round; Shift+Tab goes back.
    await page.keyboard.press('F6');
    expect(await active()).toBe('guide-tab');
    await page.keyboard.press('Shift+Tab');
    expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).name)).toBe('speed');
    await page.focus('#guide-tab');
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab');
      reached.add(await active());
    }
    await page.focus('#guide-tab');
    await page.keyboard.press('F6');
    expect(await active()).toBe('open-machine');
    await page.keyboard.press('F6');
    expect(await active()).toBe('First serial port');
    await page.keyboard.press('Shift+Tab');
    expect(await active()).toBe('reader');
    for (const id of ['pause', 'reset', 'power', 'snapshot', 'open-machine', 'open-snapshots', 'theme', 'full-screen', 'root'])
      expect(reached, id).toContain(id);
    for (const id of ['toggle-inside', 'com1-tab', 'copy', 'paste', 'reader', 'uname -a']) expect(reached, id).toContain(id);

    // Tabs by arrows, dialogs closed by Escape, which gives the focus back.
    await page.focus('#guide-tab');
    await page.keyboard.press('ArrowRight');
    expect(await page.getAttribute('#processor-tab', 'aria-selected')).toBe('true');
    await page.focus('#open-machine');
    await page.keyboard.press('Enter');
    await page.locator('#machine-dialog[open]').waitFor();
    await page.keyboard.press('Escape');
    expect(await active()).toBe('open-machine');
  });

  test("screen readers hear the console in the terminal's screen reader mode", async () => {
    await open();
    expect(await page.locator('.xterm-accessibility').count()).toBe(0);
    await page.click('#reader');
    await page.locator('#com1 .xterm-accessibility').filter({ hasText: 'login:' }).waitFor();
    // It is remembered.
    await page.reload();
    await page.locator('#com1 .xterm-accessibility').filter({ hasText: 'login:' }).waitFor();
    expect(await page.getAttribute('#reader', 'aria-pressed')).toBe('true');
  });
});
