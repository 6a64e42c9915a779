// SPDX-License-Identifier: MIT
/**
 * @fileoverview The compiled tier in Chromium: Debian's kernel on the page has the same state at the same instruction as in Node.
 *
 * The page is stopped wherever it happens to be behind the kernel's start; the machine in Node is brought to the same instruction.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { Machine } from '../../emulator/host/library.ts';
import { debianKernel, haveOracles } from '../../tools/oracles.js';
import type { Automation } from '../../web/page/main.ts';
import { temporaryFolder } from '../support/diorama.ts';
import { initramfs } from '../support/initramfs.ts';
import { BOOT_TIMEOUT, Host } from './browser.ts';

declare const diorama: Automation;

const MEBIBYTES = 256;
/** The first process never waits, so that the machine is at an instruction wherever it is stopped. */
const COMMAND_LINE = 'console=ttyS0 rdinit=/bin/busybox -- sh -c "while :; do :; done"';
const kernel = haveOracles('busybox', 'chromium') ? debianKernel() : undefined;

describe.skipIf(!kernel)('the page', () => {
  const { image = '' } = kernel ?? {};
  const folder = temporaryFolder();
  const host = new Host();
  afterAll(() => folder.remove());

  test(
    'has the state that Node has, most of it made by compiled code',
    async () => {
      const initrd = folder.path('initrd.gz');
      writeFileSync(initrd, initramfs());
      const hash = `#${new URLSearchParams({ memory: String(MEBIBYTES), speed: 'fast', append: COMMAND_LINE })}`;
      const { page } = await host.open({ hash });
      await page.waitForFunction(() => diorama.state === 'on');
      await page.evaluate(() => diorama.stop());
      await page.setInputFiles('#files', [image, initrd]);
      await page.waitForFunction(() => document.querySelectorAll('#chosen li').length === 2);
      if (!(await page.locator('#start').isVisible())) await page.click('#open-machine');
      await page.click('#start');
      await page.waitForFunction(() => diorama.com1.output.includes('as init process'), undefined, { timeout: BOOT_TIMEOUT });
      await page.click('#processor-tab');
      const legend = page.locator('#inside .legend').filter({ hasText: /regions/ });
      await legend.waitFor();
      const [, regions, elsewhere] = /([\d,]+) regions \(([\d,]+) on/.exec((await legend.textContent()) ?? '') ?? [];
      const number = (text = ''): number => Number(text.replaceAll(',', ''));
      expect(number(regions)).toBeGreaterThan(100);
      // Browsers that cannot begin a thread compile in the machine's.
      expect(number(elsewhere)).toBeGreaterThan(number(regions) / 2);
      await page.evaluate(() => diorama.pause());
      await page.waitForFunction(() => diorama.state === 'paused');
      const inPage = await page.evaluate(() => diorama.stateHash());
      const instructions = await page.evaluate(() => diorama.figures?.instructions ?? 0);

      const machine = Machine.boot({
        kernel: readFileSync(image),
        initrd: readFileSync(initrd),
        append: COMMAND_LINE,
        memory: MEBIBYTES * 2 ** 20,
        consolePorts: [{ console: true, output() {} }],
      });
      while (machine.inspect().instructions < instructions) machine.step(instructions - machine.inspect().instructions);
      expect(machine.stateHash()).toBe(inPage);
      machine.close();
    },
    2 * BOOT_TIMEOUT,
  );
});
