// SPDX-License-Identifier: MIT
/** @fileoverview Chromium without a screen, and the page as `./diorama` serves it. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';

const home = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const DEBIAN_CHROMIUM = '/usr/bin/chromium';
/** No sandbox, since tests may run as root; no GPU; and none of what talks to the world. */
const FLAGS = [
  'no-sandbox',
  'disable-gpu',
  'disable-quic',
  'no-first-run',
  'disable-background-networking',
  'disable-component-update',
  'disable-sync',
].map((flag) => `--${flag}`);

/** Playwright's own Chromium where it is installed, else Debian's. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = existsSync(chromium.executablePath()) ? undefined : DEBIAN_CHROMIUM;
  return chromium.launch({ executablePath, args: FLAGS });
}

export interface Served {
  url: string;
  stop(): void;
}

/** Runs `./diorama` on a free port, and waits for the address it prints. */
export function serve(): Promise<Served> {
  const child = spawn(join(home, 'diorama'), ['--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (text: Buffer): void => {
      said += text;
      const url = /^http:\S+/m.exec(said)?.[0];
      if (url) resolve({ url, stop: () => child.kill() });
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', reject);
    child.on('close', () => reject(new Error(`./diorama has ended: ${said}`)));
  });
}
