// SPDX-License-Identifier: MIT
/**
 * @fileoverview Ours on its page in a headless Chromium, as a subject of the comparison.
 *
 * Times are taken in the page, which sees output a few milliseconds after the worker that runs the machine has made it. The page ends an idle
 * machine's waits at once, as the library does.
 */
import type { Browser, Page } from 'playwright-core';
import { haveOracles } from '../../tools/oracles.js';
import type { Automation } from '../../web/page/main.ts';
import { launchBrowser, type Served, serve } from '../web/browser.ts';
import type { Images } from './machines.ts';
import type { Sample, Subject } from './subject.ts';

declare const diorama: Automation;

/** Milliseconds; the host may be slow and shared. */
const PATIENCE = 600_000;
const MEBIBYTES = 512;

export function startChromium(images: Images): Promise<Subject> | undefined {
  return haveOracles('chromium') ? start(images) : undefined;
}

async function start(images: Images): Promise<Subject> {
  const served = await serve();
  let browser: Browser | undefined;
  try {
    browser = await launchBrowser();
    return await boot(images, served, browser);
  } catch (error) {
    await browser?.close();
    served.stop();
    throw error;
  }
}

async function boot({ kernel, initramfs }: Images, served: Served, browser: Browser): Promise<Subject> {
  const page: Page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.goto(`${served.url}#memory=${MEBIBYTES}&speed=fast`);
  // The page makes itself in steps, and then boots our own system.
  await page.waitForFunction(() => 'diorama' in window && diorama.state === 'on');
  await page.evaluate(() => diorama.stop());
  await page.setInputFiles('#files', [kernel, initramfs]);
  await page.waitForFunction(() => document.querySelectorAll('#chosen li').length === 2);
  if (!(await page.locator('#start').isVisible())) await page.click('#open-machine');
  await page.click('#start');
  const bootMilliseconds = await page.evaluate(async () => {
    while (diorama.state !== 'on') await new Promise((resolve) => setTimeout(resolve, 1));
    const started = performance.now();
    await diorama.com1.expect(/^@ready\r$/m);
    return performance.now() - started;
  });
  return {
    name: 'Diorama in Chromium',
    bootMilliseconds,
    run: (name): Promise<Sample> => page.evaluate(sample, name),
    close() {
      void browser.close();
      served.stop();
    },
  };
}

/** In the page: asks for a kernel, and takes the time between its markers. */
async function sample(name: string): Promise<Sample> {
  const heard = (): string => diorama.com1.output.slice(before);
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
  const before = diorama.com1.output.length;
  diorama.com1.send(`${name}\r`);
  while (!heard().includes('\n@s')) await turn();
  const started = performance.now();
  for (;;) {
    const checksum = /^@end ([0-9a-f]{16})\r$/m.exec(heard())?.[1];
    if (checksum !== undefined) return { milliseconds: performance.now() - started, checksum };
    await turn();
  }
}
