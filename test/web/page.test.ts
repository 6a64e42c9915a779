// SPDX-License-Identifier: MIT
/**
 * @fileoverview The page in Chromium: what it says to mistakes, and Debian 12 on it, used by keyboard through every virtio device.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { debianKernel, haveOracles } from '../../tools/oracles.js';
import type { Automation } from '../../web/page/main.ts';
import { temporaryFolder } from '../support/diorama.ts';
import { initramfs } from '../support/initramfs.ts';
import { kernelModules } from '../support/kernelModules.ts';
import { multibootKernel } from '../support/multibootKernel.ts';
import { Neighbour } from '../support/neighbour.ts';
import { launchBrowser, type Served, serve } from './browser.ts';

declare const diorama: Automation;

const MIB = 2 ** 20;
/** Milliseconds; the host may be slow and shared. */
const BUILD_TIMEOUT = 300_000;
const BOOT_TIMEOUT = 400_000;
const ANSWER_TIMEOUT = 60_000;
const MODULES = ['virtio_pci', 'virtio_blk', 'virtio_net', 'virtio_console', 'virtio_rng'];
const PROMPT = /# (.\[6n)?$/;
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

const UD2 = [0x0f, 0x0b];
/** Returns each byte that COM1 receives: mov dx,3fdh; in al,dx; test al,1; jz; mov dx,3f8h; in al,dx; out dx,al; jmp. */
const ECHO = [0x66, 0xba, 0xfd, 3, 0xec, 0xa8, 1, 0x74, 0xf7, 0x66, 0xba, 0xf8, 3, 0xec, 0xee, 0xeb, 0xef];
const JUMP_TO_ITSELF = [0xeb, 0xfe];

const kernel = haveOracles('busybox', 'chromium') ? debianKernel() : undefined;

describe.skipIf(!haveOracles('chromium'))('the page', () => {
  const folder = temporaryFolder();
  let served: Served;
  let browser: Browser;
  let page: Page;
  /** What the page complained of, and whom it asked besides its own server. */
  let complaints: string[];

  beforeAll(async () => {
    [served, browser] = await Promise.all([serve(), launchBrowser()]);
  }, BUILD_TIMEOUT);
  afterAll(async () => {
    await browser?.close();
    served?.stop();
    folder.remove();
  });
  beforeEach(async () => {
    complaints = [];
    page = await browser.newPage({ viewport: DESKTOP });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(served.url) && !request.url().startsWith('data:')) complaints.push(request.url());
    });
    await page.goto(served.url);
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  const message = () => page.locator('#message');
  const choose = async (...files: [name: string, contents: Uint8Array | string][]) => {
    const paths = files.map(([name, contents]) => {
      writeFileSync(folder.path(name), contents);
      return folder.path(name);
    });
    await page.setInputFiles('#files', paths);
    await page.waitForFunction((count) => document.querySelectorAll('#chosen li').length >= count, paths.length);
  };
  const start = () => page.click('#start');
  const says = async (text: string | RegExp) => {
    await message().filter({ hasText: text }).waitFor({ timeout: ANSWER_TIMEOUT });
  };

  test('is isolated, so that it may have shared memory', async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  });

  test('says what to do, and does not start without a kernel', async () => {
    expect(await page.locator('#welcome').innerText()).toContain('Choose a kernel');
    await start();
    await says('no kernel yet');
  });

  test('refuses what it cannot use, in one line', async () => {
    await page.setInputFiles('#files', { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') });
    await says('a.txt is neither a kernel nor an initramfs, and no disk image');
    await page.setInputFiles('#files', { name: 'a.img', mimeType: '', buffer: Buffer.from('QFI\xfb\0\0\0\x03', 'latin1') });
    await says('a.img is a qcow2 image');
    expect(await page.locator('#chosen li').count()).toBe(0);
  });

  test('shows the registers after a triple fault, and starts again', async () => {
    const loadEmptyTable = [0x0f, 0x01, 0x1d, 0, 0, 0, 0];
    await choose(['fault.elf', multibootKernel([...loadEmptyTable, ...UD2])]);
    for (let i = 0; i < 2; i++) {
      await start();
      await says('Triple fault');
      expect(await message().innerText()).toMatch(/RIP 0000000000100027[\s\S]*RAX 000000002badb002[\s\S]*ud2/);
    }
  });

  test('keeps running until it is stopped', async () => {
    await choose(['loop.elf', multibootKernel(JUMP_TO_ITSELF)]);
    await start();
    await page.waitForFunction(() => (diorama.figures?.instructions ?? 0) > 50_000_000);
    expect(await page.locator('#state').innerText()).toBe('Running');
    expect(Number(await page.locator('#mips').innerText())).toBeGreaterThan(0);
    await page.click('#stop');
    await page.waitForFunction(() => diorama.state === 'off');
    expect(await page.locator('#start').isEnabled()).toBe(true);
  });

  test('fits a phone', async () => {
    await page.setViewportSize(PHONE);
    await choose(['a-kernel-with-quite-a-long-name-6.1.0-56-amd64', multibootKernel(JUMP_TO_ITSELF)]);
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await width()).toBeLessThanOrEqual(PHONE.width);
    await start();
    await page.waitForFunction(() => diorama.state === 'on');
    expect(await width()).toBeLessThanOrEqual(PHONE.width);
    // The console has most of the window, and all there is to use is in it.
    expect((await page.locator('#com1').boundingBox())?.height).toBeGreaterThan(PHONE.height * 0.6);
    for (const id of ['#com1', '#stop', '#state']) {
      const box = await page.locator(id).boundingBox();
      expect(box && box.y >= 0 && box.y + box.height <= PHONE.height).toBe(true);
    }
  });

  test('offers touch what its keyboards lack', async () => {
    const context = await browser.newContext({ viewport: PHONE, hasTouch: true, isMobile: true });
    const touched = await context.newPage();
    await touched.goto(served.url);
    await touched.setInputFiles('#files', { name: 'echo.elf', mimeType: '', buffer: Buffer.from(multibootKernel(ECHO)) });
    await touched.locator('#chosen li').waitFor();
    await touched.tap('#start');
    // What is typed before the machine is on reaches nobody.
    await touched.waitForFunction(() => diorama.state === 'on');
    await touched.getByLabel('Control C').tap();
    await touched.waitForFunction(() => diorama.com1.output === '\x03');
    await context.close();
  });

  test('can be used by keyboard', async () => {
    const reached: string[] = [];
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate(() => document.activeElement?.id ?? ''));
    }
    expect(reached.slice(0, 5)).toEqual(['files', 'memory', 'disk', 'command-line', 'start']);
  });

  describe.skipIf(!kernel)('with Debian 12', () => {
    const { image = '', root = '' } = kernel ?? {};

    test('refuses a damaged kernel and machines too small for it', async () => {
      await choose(['vmlinuz', readFileSync(image).subarray(0, 100_000)]);
      await start();
      await says(/kernel: truncated/);
      await choose(['vmlinuz', readFileSync(image)]);
      await page.fill('#memory', '16');
      await start();
      await says(/kernel of .* does not fit into 16 MiB/);
      await choose(['initrd', Buffer.concat([Buffer.from('070701'), Buffer.alloc(100 * MIB)])]);
      await page.fill('#memory', '128');
      await start();
      await says(/initrd of .* does not fit/);
    });

    test(
      'boots to a shell, which answers; every virtio device works; idling costs nothing',
      async () => {
        const neighbour = new Neighbour([10, 0, 2, 2], [0x52, 0x55, 10, 0, 2, 2]);
        neighbour.onReceive = (frame) => void page.evaluate((bytes) => diorama.network.send(Uint8Array.from(bytes)), [...frame]);
        await page.exposeFunction('toNeighbour', (bytes: number[]) => neighbour.send(Uint8Array.from(bytes)));
        await page.evaluate(() => {
          const { toNeighbour } = window as unknown as { toNeighbour(bytes: number[]): void };
          diorama.network.connect((frame) => toNeighbour([...frame]));
        });

        await choose(['vmlinuz', readFileSync(image)], ['initrd.gz', initramfs(kernelModules(root, MODULES))]);
        await drop('disk.img', `from the image\n${'\0'.repeat(MIB - 15)}`);
        await page.fill('#disk', '8');
        expect(
          await page.locator('#chosen select').evaluateAll((all) => all.map((one) => (one as HTMLSelectElement).value)),
        ).toEqual(['kernel', 'initramfs', 'disk']);
        await start();
        await answer(PROMPT, BOOT_TIMEOUT);

        await ask('uname -sm', /^Linux x86_64\r$/m);
        await ask('cat /proc/partitions | grep vd', /1024 vda\r\n.* 8192 vdb\r/);
        await ask('head -n 1 /dev/vda', /^from the image\r$/m);
        await ask(
          'echo changed | dd of=/dev/vda 2>/dev/null; sync; echo 3 > /proc/sys/vm/drop_caches; head -n 1 /dev/vda',
          /^changed\r$/m,
        );
        await ask('dd if=/dev/urandom of=/r bs=64k count=16 2>/dev/null; cat /r > /dev/vdb; sync; echo wrote $?', /^wrote 0\r$/m);
        await ask('echo 3 > /proc/sys/vm/drop_caches; head -c 1048576 /dev/vdb | cmp - /r && echo same', /^same\r$/m);

        await ask(
          'ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up; ping -c 2 10.0.2.2',
          /^2 packets transmitted, 2 packets received/m,
        );
        expect(neighbour.echoes).toBe(2);
        await ask('cat /sys/class/misc/hw_random/rng_current', /^virtio_rng\.0\r$/m);
        await ask('dd if=/dev/hwrng bs=16 count=1 2>/dev/null | wc -c', /^16\r$/m);

        await ask('echo hello there > /dev/hvc0; head -n 1 /dev/hvc0 &', PROMPT);
        await page.waitForFunction(() => diorama.hvc0.output.includes('hello there'));
        await page.click('#hvc0-tab');
        await page.keyboard.type('general\n');
        await page.click('#com1-tab');
        await answer(/general\r/);

        // Idle time follows the wall clock, and takes no processor.
        const before = await page.evaluate(() => diorama.figures?.instructions ?? 0);
        const started = performance.now();
        await ask('sleep 3; echo slept', /^slept\r$/m);
        expect(performance.now() - started).toBeGreaterThan(2900);
        const instructions = (await page.evaluate(() => diorama.figures?.instructions ?? 0)) - before;
        expect(instructions).toBeLessThan(100_000_000);

        await page.keyboard.type('poweroff -f\n');
        await says('The machine has powered off.');
        expect(await page.evaluate(() => diorama.com1.output)).not.toContain('cannot load');
        expect(await page.evaluate(() => diorama.state)).not.toBe('on');
      },
      BOOT_TIMEOUT + 10 * ANSWER_TIMEOUT,
    );

    /** Where the answers to what was last typed begin. */
    let heardBefore = 0;
    async function answer(expected: RegExp, timeout = ANSWER_TIMEOUT): Promise<void> {
      await page.waitForFunction(
        ([source, flags, from]) => new RegExp(source, flags).test(diorama.com1.output.slice(from)),
        [expected.source, expected.flags, heardBefore] as const,
        { timeout },
      );
    }
    /** Types a command, and waits for an answer after the command's own echo, then for the prompt. */
    async function ask(command: string, expected: RegExp): Promise<void> {
      heardBefore = await page.evaluate(() => diorama.com1.output.length);
      await page.keyboard.type(`${command}\n`);
      await answer(/\n/);
      await answer(expected);
      await answer(PROMPT);
    }
    async function drop(name: string, contents: string): Promise<void> {
      const data = await page.evaluateHandle(
        ([fileName, text]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([text], fileName));
          return transfer;
        },
        [name, contents] as const,
      );
      const count = await page.locator('#chosen li').count();
      await page.dispatchEvent('body', 'drop', { dataTransfer: data });
      await page.locator('#chosen li').nth(count).waitFor();
    }
  });
});
