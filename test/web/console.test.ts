// SPDX-License-Identifier: MIT
/** @fileoverview What people do with a console: copy and paste, resize, full screen; pictures and the mouse; power button and speed. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { haveOracles } from '../../tools/oracles.js';
import type { Automation } from '../../web/page/main.ts';
import { ANSWER_TIMEOUT, Host, type Tab } from './browser.ts';
import { ASK_SIZE, fromLetters, OBEY_POWER_BUTTON, PICTURE, REPORT_MOUSE } from './kernels.ts';

declare const diorama: Automation;

describe.skipIf(!haveOracles('chromium'))('the console', () => {
  const host = new Host();
  let tab: Tab;
  let page: Page;
  host.openForEach(
    (opened) => {
      tab = opened;
      page = tab.page;
    },
    () => tab,
    { permissions: ['clipboard-read', 'clipboard-write'] },
  );

  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  const putIntoClipboard = (text: string) => page.evaluate((words) => navigator.clipboard.writeText(words), text);

  test('copies the screen and what is selected; pastes by button and by keys', async () => {
    await tab.logIn();
    await page.locator('#com1 .xterm-rows > div').filter({ hasText: 'login:' }).waitFor();
    await putIntoClipboard('');
    await page.click('#copy');
    await expect.poll(clipboard, { timeout: ANSWER_TIMEOUT }).toMatch(/diorama ttya login: root\n/);
    // A double click selects a word; a layer above the lines takes it.
    await page
      .locator('#com1 .xterm-rows > div')
      .filter({ hasText: 'login:' })
      .dblclick({ position: { x: 4, y: 4 }, force: true });
    await page.keyboard.press('Control+Shift+C');
    await expect.poll(clipboard, { timeout: ANSWER_TIMEOUT }).toBe('diorama');

    await putIntoClipboard('echo pasted $((40 + 2))\r');
    await tab.hearAnew();
    await page.click('#paste');
    await tab.answer(/^pasted 42\r$/m);
    await putIntoClipboard('echo by keys $((40 + 3))\r');
    await tab.hearAnew();
    await tab.focusConsole();
    await page.keyboard.press('Control+Shift+V');
    await tab.answer(/^by keys 43\r$/m);
  });

  test('the terminal is as large as its place, and tells guests that ask', async () => {
    await tab.boot(ASK_SIZE);
    const rows = () => page.locator('#com1 .xterm-rows > div').count();
    /** The answers: CSI 8 ; lines ; columns t. */
    const answers = async () =>
      [...(await page.evaluate(() => diorama.com1.output)).matchAll(/\[8;(\d+);(\d+)t/g)].map((found) =>
        found.slice(1).map(Number),
      );
    const told = async (times: number) => {
      await expect.poll(async () => (await answers()).length, { timeout: ANSWER_TIMEOUT }).toBe(times);
      return (await answers())[times - 1];
    };
    const before = await told(1);
    expect(before[0]).toBe(await rows());
    await page.setViewportSize({ width: 1100, height: 500 });
    await page.waitForFunction((n) => document.querySelectorAll('#com1 .xterm-rows > div').length < n, before[0]);
    await page.evaluate(() => diorama.com1.send('q'));
    const after = await told(2);
    expect(after[0]).toBe(await rows());
    expect(after[1]).toBeLessThan(before[1]);
    // Larger letters, fewer lines.
    await page.click('#larger');
    await page.waitForFunction((n) => document.querySelectorAll('#com1 .xterm-rows > div').length < n, after[0]);
  });

  test("a line longer than the guest's eighty columns goes on below, however wide the terminal is", async () => {
    await tab.logIn();
    const row = (text: string | RegExp) => page.locator('#com1 .xterm-rows > div').filter({ hasText: text });
    await page.keyboard.type(`: ${'0123456789'.repeat(8)}end`);
    await row('[root@diorama ~]# : 0123456789').waitFor();
    // 80 less the prompt's 18 cells and the two of the command: the rest is on the next row.
    await row(/^01234567890123456789end/).waitFor();
  });

  test('full screen, where the console goes on', async () => {
    await tab.logIn();
    await page.click('#full-screen');
    await page.waitForFunction(() => document.fullscreenElement?.id === 'consoles');
    // The keyboard is the terminal's.
    await page.waitForFunction(() => document.activeElement?.classList.contains('xterm-helper-textarea'));
    await tab.ask('echo all of $((6 * 7))', /^all of 42\r$/m);
    await page.evaluate(() => document.exitFullscreen());
    await page.waitForFunction(() => document.fullscreenElement === null);
    await tab.ask('echo back', /^back\r$/m);
  });

  test('shows pictures of the VGA', async () => {
    await tab.boot(PICTURE);
    await page.click('#screen-tab');
    await page.waitForFunction(() => document.getElementById('screen-text')?.textContent === 'A picture');
    // The colours of two neighbours at the beginning and of the last pixel.
    const colours = () =>
      page.evaluate(() => {
        const canvas = document.getElementById('canvas') as HTMLCanvasElement;
        const { width, height } = canvas;
        const { data } = canvas.getContext('2d', { willReadFrequently: true })!.getImageData(0, 0, width, height);
        const at = (column: number, line: number) => {
          const [left, top] = [((column + 0.5) * width) / 320, ((line + 0.5) * height) / 200].map(Math.floor);
          return [...data.subarray((top * width + left) * 4, (top * width + left) * 4 + 3)].join(' ');
        };
        return [at(0, 0), at(1, 0), at(2, 0), at(319, 199)];
      });
    await expect.poll(colours, { timeout: ANSWER_TIMEOUT }).toEqual(['255 0 0', '0 255 0', '0 0 0', '255 0 0']);
  });

  test('holds the mouse for the guest, and lets it go', async () => {
    await tab.boot(REPORT_MOUSE);
    const reported = async () => fromLetters(await page.evaluate(() => diorama.com1.output));
    // The mouse acknowledges the command.
    await expect.poll(reported, { timeout: ANSWER_TIMEOUT }).toEqual([0xfa]);
    await page.click('#screen-tab');
    await page.click('#canvas');
    await page.click('#canvas');
    await page.waitForFunction(() => document.pointerLockElement?.id === 'canvas');
    const { x, y, width, height } = (await page.locator('#canvas').boundingBox())!;
    const [left, top] = [x + width / 2, y + height / 2];
    // Three bytes a packet, bit 3 of the first always set; up and to the right is positive.
    const packets = async () => {
      const bytes = (await reported()).slice(1);
      const whole = bytes.length - (bytes.length % 3);
      return Array.from({ length: whole / 3 }, (_, n) => bytes.slice(n * 3, n * 3 + 3));
    };
    const moved = async () => {
      let [right, up] = [0, 0];
      for (const [flags, dx, dy] of await packets()) {
        expect(flags & 0x08).toBe(0x08);
        right += dx - ((flags & 0x10) << 4);
        up += dy - ((flags & 0x20) << 3);
      }
      return [Math.sign(right - 20), Math.sign(up - 10)];
    };
    await page.mouse.move(left, top);
    // As far as it takes: how browsers count the first movement is theirs.
    await page.mouse.move(left + 100, top - 80, { steps: 4 });
    await expect.poll(moved, { timeout: ANSWER_TIMEOUT }).toEqual([1, 1]);
    await page.mouse.down();
    await expect.poll(async () => (await packets()).at(-1)![0] & 7, { timeout: ANSWER_TIMEOUT }).toBe(1);
    await page.mouse.up();
    await expect.poll(async () => (await packets()).at(-1)![0] & 7, { timeout: ANSWER_TIMEOUT }).toBe(0);
    await page.keyboard.press('Control+Alt');
    await page.waitForFunction(() => document.pointerLockElement === null);
  });

  test('the power button is for the guest to act on', async () => {
    await tab.boot(OBEY_POWER_BUTTON);
    await tab.answer(/^ready$/);
    await page.click('#power');
    await tab.says('The machine has powered off.');
    await page.waitForFunction(() => diorama.state === 'off');
    // Then it starts the machine anew.
    await page.click('#power');
    await page.waitForFunction(() => diorama.state === 'on');
    expect(await page.locator('#message').isHidden()).toBe(true);
  });

  test('as fast as possible, an hour of sleep is over at once; in real time, a second takes one', async () => {
    await tab.logIn();
    await page.getByText('As fast as possible').click();
    await tab.focusConsole();
    await tab.ask('sleep 3600; echo rested', /^rested\r$/m);
    await page.waitForFunction(() => (diorama.figures?.virtualSeconds ?? 0) > 3600);
    await page.getByText('Real time').click();
    await tab.focusConsole();
    const started = performance.now();
    await tab.ask('sleep 2; echo slept', /^slept\r$/m);
    // No less: how much more is the host's affair.
    expect(performance.now() - started).toBeGreaterThan(1900);
  });
});
