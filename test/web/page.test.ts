// SPDX-License-Identifier: MIT
/**
 * @fileoverview The page in Chromium: our system on it, its controls, what it says to mistakes; with and without cross-origin isolation, and
 * without a network.
 */
import { writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { haveOracles } from '../../tools/oracles.js';
import type { Automation } from '../../web/page/main.ts';
import { temporaryFolder } from '../support/diorama.ts';
import { KERNEL_ENTRY, multibootKernel } from '../support/multibootKernel.ts';
import { ANSWER_TIMEOUT, Host, PHONE, serveStatically, Tab } from './browser.ts';
import { fromLetters, REPORT_KEYS } from './kernels.ts';

declare const diorama: Automation;

const UD2 = [0x0f, 0x0b];
/** Returns each byte that COM1 receives: mov dx,3fdh; in al,dx; test al,1; jz; mov dx,3f8h; in al,dx; out dx,al; jmp. */
const ECHO = [0x66, 0xba, 0xfd, 3, 0xec, 0xa8, 1, 0x74, 0xf7, 0x66, 0xba, 0xf8, 3, 0xec, 0xee, 0xeb, 0xef];
const JUMP_TO_ITSELF = [0xeb, 0xfe];
/** inc eax; jmp to it. */
const COUNT = [0x40, 0xeb, 0xfd];
/** Writes "Hi" to the display in bright yellow on blue, then each scan code of the keyboard to COM1: in al,64h; test al,1; jz; in al,60h; … */
const DISPLAY = [
  ...[0xc7, 0x05, 0x00, 0x80, 0x0b, 0x00, 0x48, 0x1e, 0x69, 0x1e, 0xe4, 0x64, 0xa8, 0x01, 0x74, 0xfa, 0xe4, 0x60],
  ...[0x66, 0xba, 0xf8, 0x03, 0xee, 0xeb, 0xf1],
];

describe.skipIf(!haveOracles('chromium'))('the page', () => {
  const folder = temporaryFolder();
  const host = new Host();
  let tab: Tab;
  let page: Page;
  host.openForEach(
    (opened) => {
      tab = opened;
      page = tab.page;
    },
    () => tab,
  );
  afterAll(() => folder.remove());

  const choose = async (...files: [name: string, contents: Uint8Array | string][]) => {
    const paths = files.map(([name, contents]) => {
      writeFileSync(folder.path(name), contents);
      return folder.path(name);
    });
    await page.setInputFiles('#files', paths);
    await page.waitForFunction((count) => document.querySelectorAll('#chosen li').length >= count, paths.length);
  };
  const boot = async (code: readonly number[]) => {
    await tab.boot(code);
    await page.waitForFunction(() => (diorama.figures?.instructions ?? 0) > 0);
  };
  const figures = () => page.evaluate(() => diorama.figures?.instructions ?? 0);
  const toldTwice = async () => {
    for (let i = 0; i < 2; i++) {
      const seen = await page.evaluateHandle(() => diorama.figures);
      await page.waitForFunction((before) => diorama.figures !== before, seen);
    }
  };

  test('boots our system at once, isolated, and it answers', async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await tab.logIn();
    await tab.ask('uname -s; echo $((6 * 7))', /^SunOS\r\n42\r$/m);
    await tab.ask('echo over there > /dev/term/b; echo $?', /^\d+\r$/m);
  });

  test('pause, reset and the plug', async () => {
    await boot(COUNT);
    await page.click('#pause');
    await page.waitForFunction(() => diorama.state === 'paused');
    const stands = await figures();
    // It goes on telling what it is doing: nothing.
    await toldTwice();
    expect(await figures()).toBe(stands);
    await page.click('#pause');
    await page.waitForFunction((then) => (diorama.figures?.instructions ?? 0) > then, stands);
    await page.click('#reset');
    await page.waitForFunction((then) => (diorama.figures?.instructions ?? 0) > then + 1_000_000, await figures());
    await page.click('#open-machine');
    await page.click('#stop');
    await page.waitForFunction(() => diorama.state === 'off');
    expect(await page.locator('#pause').isDisabled()).toBe(true);
  });

  test('steps, and stops at breakpoints, which the guest does not see', async () => {
    await boot(COUNT);
    await page.click('#debug-tab');
    await page.click('#pause');
    await page.waitForFunction(() => diorama.state === 'paused');
    const before = await figures();
    await page.getByRole('button', { name: 'Step 1 instructions' }).click();
    await page.waitForFunction((then) => diorama.figures?.instructions === then + 1, before);
    await page.getByRole('button', { name: 'Step 10 instructions' }).click();
    await page.waitForFunction((then) => diorama.figures?.instructions === then + 11, before);
    const address = KERNEL_ENTRY.toString(16).padStart(16, '0');
    await page.getByRole('button', { name: `Breakpoint at ${address}` }).click();
    await page.locator('.breakpoints button').waitFor();
    const rax = () => page.locator('.registers dd').first().innerText();
    // Wherever it was paused, it now gets to the breakpoint.
    const goOn = async () => {
      const then = await figures();
      await page.click('#pause');
      await page.waitForFunction((old) => diorama.state === 'paused' && (diorama.figures?.instructions ?? 0) > old, then);
      await page.locator(`.code .current:has-text("${address}")`).waitFor();
    };
    await goOn();
    for (let i = 0; i < 2; i++) {
      // EAX grows by one from stop to stop.
      const next = ((BigInt(`0x${await rax()}`) + 1n) & 0xffff_ffffn).toString(16).padStart(16, '0');
      await goOn();
      await expect.poll(rax, { timeout: ANSWER_TIMEOUT }).toBe(next);
    }
    await page.locator(`.code .current:has-text("${address}")`).waitFor();
    expect(await page.locator('.code .current').innerText()).toContain('inc eax');
  });

  test('shows the display, and gives it keys', async () => {
    await boot(DISPLAY);
    await page.click('#screen-tab');
    await page.waitForFunction(() => document.getElementById('screen-text')?.textContent?.startsWith('Hi'));
    const colours = await page.evaluate(() => {
      const canvas = document.getElementById('canvas') as HTMLCanvasElement;
      return [...canvas.getContext('2d')!.getImageData(0, 0, 9, 1).data.subarray(0, 3)];
    });
    expect(colours).toEqual([0, 0, 0xaa]);
    await page.focus('#canvas');
    await page.keyboard.press('a');
    // Scan codes of A, pressed and released, in the set that the controller gives before anybody has set it up.
    await page.waitForFunction(() => diorama.com1.output.length >= 2);
  });

  test('shows processors, memory, devices and interrupts of a running system', async () => {
    await tab.logIn();
    await page.click('#processor-tab');
    await page.locator('#processor .card-box').filter({ hasText: '64-bit mode' }).waitFor();
    await page.click('#memory-tab');
    await page
      .locator('#memory-view')
      .getByText(/[\d.]+ MiB of 512 MiB hold something/)
      .waitFor();
    expect(await page.locator('#memory-view .regions').innerText()).toMatch(/ram[\s\S]*512 MiB[\s\S]*ioapic/);
    await page.click('#devices-tab');
    await page.locator('#devices .device', { hasText: 'serial0' }).waitFor();
    expect(await page.locator('#devices .vector.used').count()).toBeGreaterThan(0);
    await page.click('#debug-tab');
    await page.locator('#debug .registers').waitFor();
    // Nothing of a machine is shown when it is gone, and the next one's when that is there.
    await page.click('#open-machine');
    await page.click('#stop');
    for (const view of ['processor', 'memory-view', 'devices', 'debug']) {
      await page.waitForFunction((id) => document.getElementById(id)?.textContent?.includes('There is no machine'), view);
      expect(await page.locator(`#${view} :is(svg, canvas, dl, .card-box)`).count()).toBe(0);
    }
    await page.evaluate(() => diorama.start());
    await page.locator('#debug .registers').waitFor();
  });

  test('refuses what it cannot use, in one line, and starts nothing without a kernel', async () => {
    await page.setInputFiles('#files', { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') });
    await tab.says('a.txt is neither a kernel nor an initramfs, and no disk image');
    await page.setInputFiles('#files', { name: 'a.img', mimeType: '', buffer: Buffer.from('QFI\xfb\0\0\0\x03', 'latin1') });
    await tab.says('a.img is a qcow2 image');
    expect(await page.locator('#chosen li').count()).toBe(0);
    await page.click('#open-machine');
    await page.getByText('Your own', { exact: true }).click();
    await page.click('#start');
    await tab.says('no kernel yet');
  });

  test('what was wrong with a file that came before the page had started its machine stays', async () => {
    await page.addInitScript(() => {
      // As soon as it takes files.
      Object.defineProperty(window, 'diorama', {
        set(value) {
          Object.defineProperty(window, 'diorama', { value });
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(['hello'], 'a.txt'));
          document.dispatchEvent(new DragEvent('drop', { dataTransfer }));
        },
        configurable: true,
      });
    });
    await tab.reload();
    await page.waitForFunction(() => diorama.state === 'on');
    await tab.says('a.txt is neither a kernel nor an initramfs, and no disk image');
  });

  test('shows the registers after a triple fault, and starts again', async () => {
    const loadEmptyTable = [0x0f, 0x01, 0x1d, 0, 0, 0, 0];
    await choose(['fault.elf', multibootKernel([...loadEmptyTable, ...UD2])]);
    await page.click('#start');
    for (let i = 0; i < 2; i++) {
      await tab.says('Triple fault');
      expect(await page.locator('#message').innerText()).toMatch(/RIP 0000000000100027[\s\S]*RAX 000000002badb002[\s\S]*ud2/);
      await page.getByRole('button', { name: 'Start again' }).click();
    }
  });

  test('says when its worker has crashed', async () => {
    await boot(JUMP_TO_ITSELF);
    const { id } = await page.evaluate(() => diorama.snapshots.take('before'));
    await page.workers()[0].evaluate(() => {
      setTimeout(() => {
        throw new Error('a crash on purpose');
      });
    });
    await tab.says(/Diorama has failed; this is a fault of its own[\s\S]*a crash on purpose/);
    await page.getByRole('button', { name: 'Start again' }).click();
    await page.waitForFunction(() => diorama.state === 'on');
    await page.evaluate((snapshot) => diorama.snapshots.restore(snapshot), id);
    await page.waitForFunction(() => diorama.state === 'on');
  });

  test('says when the browser lacks what it needs', async () => {
    await page.addInitScript(() => {
      const { validate } = WebAssembly;
      // As a browser without SIMD does.
      WebAssembly.validate = (bytes) => !new Uint8Array(bytes as ArrayBuffer).includes(0xfd) && validate(bytes);
    });
    await tab.reload();
    await tab.says("This browser's WebAssembly has no SIMD");
    expect(await page.getByRole('button', { name: 'Start again' }).count()).toBe(0);
  });

  test('a link holds the settings', async () => {
    await page.click('#open-machine');
    await page.fill('#memory', '64');
    await page.fill('#processors', '2');
    await page.fill('#command-line', 'console=ttya verbose=1');
    const link = await page.evaluate(async () => {
      let copied = '';
      navigator.clipboard.writeText = async (text) => {
        copied = text;
      };
      document.getElementById('share')?.click();
      return copied;
    });
    expect(new URL(link).hash).toBe('#memory=64&processors=2&append=console%3Dttya+verbose%3D1');
    const other = await host.open({ hash: new URL(link).hash });
    expect(await other.page.inputValue('#memory')).toBe('64');
    expect(await other.page.inputValue('#processors')).toBe('2');
    expect(await other.page.inputValue('#command-line')).toBe('console=ttya verbose=1');
    await other.close();
  });

  test('fits a phone', async () => {
    await page.setViewportSize(PHONE);
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await width()).toBeLessThanOrEqual(PHONE.width);
    await choose(['a-kernel-with-quite-a-long-name-6.1.0-56-amd64', multibootKernel(JUMP_TO_ITSELF)]);
    await page.click('#start');
    await page.waitForFunction(() => diorama.state === 'on');
    expect(await width()).toBeLessThanOrEqual(PHONE.width);
    // The console has most of the window, and all there is to use is in it.
    expect((await page.locator('#com1').boundingBox())?.height).toBeGreaterThan(PHONE.height * 0.6);
    for (const id of ['#com1', '#pause', '#state', '#places']) {
      const box = await page.locator(id).boundingBox();
      expect(box && box.y >= 0 && box.y + box.height <= PHONE.height, id).toBe(true);
    }
    await page.click('#places [data-place="inside"]');
    await page.click('#memory-tab');
    await page.locator('#memory-view .regions li').first().waitFor();
    expect(await width()).toBeLessThanOrEqual(PHONE.width);
  });

  test('offers touch what its keyboards lack', async () => {
    const touched = await host.open({ viewport: PHONE, hasTouch: true, isMobile: true });
    await touched.page.setInputFiles('#files', {
      name: 'echo.elf',
      mimeType: '',
      buffer: Buffer.from(multibootKernel(ECHO)),
    });
    await touched.page.locator('#chosen li').waitFor();
    await touched.page.tap('#start');
    await touched.page.locator('#machine-dialog').waitFor({ state: 'hidden' });
    // What is typed before the machine is on reaches nobody.
    await touched.page.waitForFunction(() => diorama.state === 'on');
    await touched.page.getByLabel('Control C').tap();
    await touched.page.waitForFunction(() => diorama.com1.output === '\x03');
    await touched.close();
  });

  test("a touch screen's keyboard types on the display, whatever it makes of its field", async () => {
    const touched = await host.open({ viewport: PHONE, hasTouch: true, isMobile: true });
    await touched.page.setInputFiles('#files', {
      name: 'keys.elf',
      mimeType: '',
      buffer: Buffer.from(multibootKernel(REPORT_KEYS)),
    });
    await touched.page.locator('#machine-dialog[open]').waitFor();
    await touched.page.tap('#start');
    await touched.answer(/^ready$/);
    await touched.page.tap('#screen-tab');
    await touched.page.tap('#canvas');
    await touched.page.waitForFunction(() => document.activeElement?.id === 'screen-keys');
    /** Scan codes of set 1, to which the controller translates (IBM PS/2 Technical Reference, keyboard). */
    let seen = 0;
    const typed = async (codes: string) => {
      const reported = async () =>
        fromLetters((await touched.page.evaluate(() => diorama.com1.output)).replace('ready', ''))
          .slice(seen)
          .map((code) => code.toString(16).padStart(2, '0'))
          .join(' ');
      await expect.poll(reported, { timeout: ANSWER_TIMEOUT }).toBe(codes);
      seen += codes.split(' ').length;
    };
    await touched.page.keyboard.insertText('aB');
    await typed('1e 9e 2a 30 b0 aa');
    await touched.page.keyboard.insertText('\n');
    await typed('1c 9c');
    // A word under way, of which the suggestion changes the end.
    const protocol = await touched.page.context().newCDPSession(touched.page);
    const compose = (text: string) =>
      protocol.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
    await compose('i');
    await compose('ia');
    await typed('17 97 1e 9e');
    await protocol.send('Input.insertText', { text: 'ib' });
    await typed('0e 8e 30 b0');
    await touched.page.evaluate(() => document.execCommand('delete'));
    await typed('0e 8e');
    await touched.page.getByLabel('Control C').tap();
    await typed('1d 2e ae 9d');
    expect(touched.complaints).toEqual([]);
    await touched.close();
  });

  test('works from a static host without special headers, and then without a network', async () => {
    const still = await serveStatically();
    const other = await Tab.open(host.browser, still.url);
    expect(await other.page.evaluate(() => crossOriginIsolated)).toBe(false);
    await other.logIn();
    await other.page.evaluate(() => navigator.serviceWorker.ready);
    still.stop();
    await other.page.context().setOffline(true);
    await other.reload();
    other.forget();
    await other.logIn();
    expect(other.complaints).toEqual([]);
    await other.close();
  });
});
