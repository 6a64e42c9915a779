// SPDX-License-Identifier: MIT
/** @fileoverview The page for those who use a keyboard, a screen reader, or need contrast: judged by axe, and by going through it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { haveOracles } from '../../tools/oracles.js';
import type { Automation } from '../../web/page/main.ts';
import { multibootKernel } from '../support/multibootKernel.ts';
import { Host, PHONE, Tab } from './browser.ts';

declare const diorama: Automation;
declare const axe: { run(): Promise<AxeResults> };

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Windows onto the inside, and what shows that they are filled. */
const VIEWS: readonly [string, readonly string[]][] = [
  ['guide', ['#guide .steps li']],
  ['processor', ['#processor .card-box', '#processor .chart .speed']],
  ['memory', ['#memory-view .regions li', '#memory-view .grid-map']],
  ['devices', ['#devices .device', '#devices .line', '#devices .vector.used']],
  ['debug', ['#debug .registers dd', '#debug .code .current']],
];
const FOR_EVER = [0xeb, 0xfe];
const UD2 = [0x0f, 0x0b];
/** lidt of a table without entries. */
const LOAD_EMPTY_TABLE = [0x0f, 0x01, 0x1d, 0, 0, 0, 0];

describe.skipIf(!haveOracles('chromium'))('the page is for everybody', () => {
  const host = new Host();
  let tab: Tab;
  let page: Page;
  const open = async (options: Parameters<typeof Tab.open>[2] = {}) => {
    // The page's own policy would keep axe out.
    tab = await host.open({ bypassCSP: true, ...options });
    page = tab.page;
    await tab.answer(/login: $/);
  };
  beforeEach(() => {
    tab = undefined as unknown as Tab;
  });
  afterEach(async () => {
    await tab?.close();
  });

  /** What axe calls serious or critical, in short; of a page that stands still. */
  const faults = async (where: string): Promise<string[]> => {
    await page.waitForFunction(() => document.getAnimations().length === 0);
    await page.evaluate(axeSource);
    const { violations } = await page.evaluate(() => axe.run());
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${where}: ${id} ${target}: ${failureSummary}`));
  };
  const look = async (where: string) => expect(await faults(where)).toEqual([]);

  test.each(['light', 'dark'] as const)('axe finds no serious fault, %s', async (colorScheme) => {
    await open({ colorScheme, reducedMotion: 'reduce', hasTouch: true });
    // A machine that stands looks the same whenever one looks, and still tells of its inside.
    await page.click('#pause');
    await page.waitForFunction(() => diorama.state === 'paused');
    for (const [view, present] of VIEWS) {
      await page.click(`#${view}-tab`);
      for (const element of present) await page.locator(element).first().waitFor();
      if (view === 'debug') {
        await page.locator('#debug .code button').first().click();
        await page.locator('#debug .code .stop').waitFor();
        await page.locator('#debug .breakpoints button').waitFor();
        // Which registers are marked as changed hangs on when one looks: all of them.
        await page.evaluate(() => {
          for (const row of document.querySelectorAll('.registers > *')) row.classList.add('changed');
        });
      }
      await look(view);
    }
    await page.click('#com1-tab');
    await page.click('#reader');
    await page.locator('#com1 .xterm-accessibility').filter({ hasText: 'login:' }).waitFor();
    await look("screen readers' console");
    await page.click('#screen-tab');
    await page.locator('#canvas').waitFor();
    await look('screen');
    await page.click('#open-snapshots');
    await page.locator('#shelf-empty').waitFor();
    await look('no snapshots');
    await page.click('#take');
    await page.locator('#shelf li').waitFor();
    await page.locator('#toast:not(:empty)').waitFor();
    await look('snapshots, and a toast');
    await page.keyboard.press('Escape');
    await page.setInputFiles('#files', [
      { name: 'kernel', mimeType: '', buffer: Buffer.from(multibootKernel([...LOAD_EMPTY_TABLE, ...UD2])) },
      { name: 'disk.img', mimeType: '', buffer: Buffer.alloc(512) },
    ]);
    await page.waitForFunction(() => document.querySelectorAll('#chosen li').length === 2);
    await look('settings');
    await page.click('#start');
    await tab.says('Triple fault');
    await page.locator('#message pre').waitFor();
    await look('message with registers');
    await page.setInputFiles('#files', { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') });
    await tab.says('neither a kernel');
    await look('message');
    await page.setInputFiles('#files', { name: 'kernel', mimeType: '', buffer: Buffer.from(multibootKernel(FOR_EVER)) });
    await page.click('#start');
    await page.waitForFunction(() => diorama.state === 'on');
    await page.setViewportSize(PHONE);
    await page.locator('#keys button').first().waitFor();
    await look('phone');
    await page.click('#places [data-place="inside"]');
    await page.click('#memory-tab');
    await page.locator('#memory-view .regions li').first().waitFor();
    await look('inside, on a phone');
  });

  test.each(['light', 'dark'] as const)('nor while it is being loaded, %s', async (colorScheme) => {
    tab = await Tab.blank(host.browser, host.url, { bypassCSP: true, colorScheme, reducedMotion: 'reduce' });
    page = tab.page;
    // Never answered: what is there before that stays to be looked at.
    await page.route('**/boot_archive', () => {});
    await tab.visit(host.url);
    await page.locator('#downloads progress').first().waitFor();
    await page.waitForFunction(() => diorama.state === 'starting');
    await look('loading');
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
    await tab.reload();
    await page.locator('#com1 .xterm-accessibility').filter({ hasText: 'login:' }).waitFor();
    expect(await page.getAttribute('#reader', 'aria-pressed')).toBe('true');
  });
});
