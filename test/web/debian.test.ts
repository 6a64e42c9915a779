// SPDX-License-Identifier: MIT
/** @fileoverview Debian 12 on the page in Chromium, dropped on it and used by keyboard through every virtio device. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { debianKernel, haveOracles } from '../../tools/oracles.js';
import type { Automation } from '../../web/page/main.ts';
import { temporaryFolder } from '../support/diorama.ts';
import { initramfs } from '../support/initramfs.ts';
import { kernelModules } from '../support/kernelModules.ts';
import { Neighbour } from '../support/neighbour.ts';
import { ANSWER_TIMEOUT, BOOT_TIMEOUT, Host, type Tab } from './browser.ts';

declare const diorama: Automation;

const MIB = 2 ** 20;
const MODULES = ['virtio_pci', 'virtio_blk', 'virtio_net', 'virtio_console', 'virtio_rng'];
/** Of busybox's shell, which asks the terminal for its size. */
const PROMPT = /# (.\[6n)?$/;

const kernel = haveOracles('busybox', 'chromium') ? debianKernel() : undefined;

describe.skipIf(!kernel)('the page with Debian 12', () => {
  const { image = '', root = '' } = kernel ?? {};
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

  const choose = async (...files: [name: string, contents: Uint8Array][]) => {
    for (const [name, contents] of files) writeFileSync(folder.path(name), contents);
    await page.setInputFiles(
      '#files',
      files.map(([name]) => folder.path(name)),
    );
    await page.waitForFunction((count) => document.querySelectorAll('#chosen li').length >= count, files.length);
  };
  const drop = async (name: string, contents: string) => {
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
  };
  const start = async () => {
    if (!(await page.locator('#start').isVisible())) await page.click('#open-machine');
    await page.click('#start');
  };

  test('refuses a damaged kernel and machines too small for it', async () => {
    await choose(['vmlinuz', readFileSync(image).subarray(0, 100_000)]);
    await start();
    await tab.says(/kernel: truncated/);
    await choose(['vmlinuz', readFileSync(image)]);
    await page.fill('#memory', '16');
    await start();
    await tab.says(/kernel of .* does not fit into 16 MiB/);
    await choose(['initrd', Buffer.concat([Buffer.from('070701'), Buffer.alloc(100 * MIB)])]);
    await page.fill('#memory', '128');
    await start();
    await tab.says(/initrd of .* does not fit/);
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
      await tab.answer(PROMPT, BOOT_TIMEOUT);
      await page.locator('#com1').click();
      const ask = (command: string, expected: RegExp) => tab.ask(command, expected, PROMPT);

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
      await page.locator('#hvc0').click();
      await page.keyboard.type('general\n');
      await page.click('#com1-tab');
      await page.locator('#com1').click();
      await tab.answer(/general\r/);

      // Idle time follows the wall clock, and takes no processor.
      const before = await page.evaluate(() => diorama.figures?.instructions ?? 0);
      const started = performance.now();
      await ask('sleep 3; echo slept', /^slept\r$/m);
      expect(performance.now() - started).toBeGreaterThan(2900);
      const instructions = (await page.evaluate(() => diorama.figures?.instructions ?? 0)) - before;
      expect(instructions).toBeLessThan(100_000_000);

      await page.keyboard.type('poweroff -f\n');
      await tab.says('The machine has powered off.');
      expect(await page.evaluate(() => diorama.com1.output)).not.toContain('cannot load');
      expect(await page.evaluate(() => diorama.state)).not.toBe('on');
    },
    BOOT_TIMEOUT + 10 * ANSWER_TIMEOUT,
  );
});
