// SPDX-License-Identifier: MIT
/**
 * @fileoverview A real Chromium, and the page served to it: by `./diorama`, or by a static host that knows no special headers.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { Automation } from '../../web/page/main.ts';
import { multibootKernel } from '../support/multibootKernel.ts';

declare const diorama: Automation;

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

/** Milliseconds; the host may be slow and shared. */
export const BUILD_TIMEOUT = 300_000;
export const BOOT_TIMEOUT = 400_000;
export const ANSWER_TIMEOUT = 120_000;
export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };
export const PROMPT = /\[root@\S+ \S+\]# $/;

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

const TYPES: { [extension: string]: string } = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

/** What has been built (`serve` builds it), in a folder of a host that sends nothing but files. */
export async function serveStatically(): Promise<Served> {
  const root = join(home, 'dist/web');
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = join(root, pathname.replace(/^\/some\/where\//, '/').replace(/\/$/, '/index.html'));
    if (!path.startsWith(root) || !existsSync(path) || !statSync(path).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(readFileSync(path));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/some/where/`, stop: () => server.close() };
}

/** A page, what it has complained of, and whom it asked besides its own server. */
export class Tab {
  readonly page: Page;
  readonly complaints: string[] = [];
  /** Where the answers to what was last typed begin. */
  #heardBefore = 0;

  constructor(page: Page, url: string) {
    this.page = page;
    page.setDefaultTimeout(ANSWER_TIMEOUT);
    page.on('console', (message) => {
      // That the canvas is read is the tests' doing.
      if (message.text().includes('willReadFrequently')) return;
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) this.complaints.push(request.url());
    });
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions & { hash?: string } = {}): Promise<Tab> {
    const { hash = '', ...context } = options;
    const tab = await Tab.blank(browser, url, context);
    await tab.visit(url + hash);
    return tab;
  }
  /** That is to visit `url`. */
  static async blank(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Tab> {
    return new Tab(await (await browser.newContext({ viewport: DESKTOP, ...options })).newPage(), url);
  }
  async visit(url: string): Promise<void> {
    await this.page.goto(url);
    await this.#usable();
  }
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#usable();
  }
  /** The page makes itself in steps. */
  async #usable(): Promise<void> {
    await this.page.waitForFunction(() => 'diorama' in window);
  }
  close(): Promise<void> {
    return this.page.context().close();
  }

  async answer(expected: RegExp, timeout = ANSWER_TIMEOUT): Promise<void> {
    try {
      await this.page.waitForFunction(
        ([source, flags, from]) => new RegExp(source, flags).test(diorama.com1.output.slice(from)),
        [expected.source, expected.flags, this.#heardBefore] as const,
        { timeout },
      );
    } catch (error) {
      const [state, message, heard] = await this.page.evaluate(() => [
        diorama.state,
        document.getElementById('message')?.innerText,
        diorama.com1.output.slice(-1000),
      ]);
      throw new Error(`${expected} was not heard; ${state}, message: ${message}, the last of the console: ${heard}`, {
        cause: error,
      });
    }
  }
  /** From here on answers count. */
  async hearAnew(): Promise<void> {
    this.#heardBefore = await this.page.evaluate(() => diorama.com1.output.length);
  }
  /** Types a command, and waits for an answer after the command's own echo, then for the prompt. */
  async ask(command: string, expected: RegExp, prompt = PROMPT): Promise<void> {
    await this.hearAnew();
    await this.page.keyboard.type(`${command}\n`);
    await this.answer(/\n/);
    await this.answer(expected);
    await this.answer(prompt);
  }
  /** A kernel of a few instructions. */
  async boot(code: readonly number[]): Promise<void> {
    const { page } = this;
    await page.setInputFiles('#files', { name: 'test.elf', mimeType: '', buffer: Buffer.from(multibootKernel(code)) });
    await page.locator('#machine-dialog[open]').waitFor();
    await page.click('#start');
    await page.locator('#machine-dialog').waitFor({ state: 'hidden' });
    await page.waitForFunction(() => diorama.state === 'on');
  }
  /** Our system, up to the shell's prompt. */
  async logIn(): Promise<void> {
    await this.answer(/login: $/, BOOT_TIMEOUT);
    await this.focusConsole();
    await this.page.keyboard.type('root\n');
    await this.answer(PROMPT);
  }
  /** Restores a stored snapshot, whose console starts empty. */
  async restore(id: number): Promise<void> {
    this.#heardBefore = 0;
    await this.page.evaluate((wanted) => diorama.snapshots.restore(wanted), id);
    await this.page.waitForFunction(() => diorama.state === 'on');
    await this.focusConsole();
  }
  /** The terminal of COM1, which is there a moment after the page. */
  focusConsole(): Promise<void> {
    return this.page.locator('#com1 textarea').focus();
  }
  forget(): void {
    this.#heardBefore = 0;
  }

  /** Waits until the message box says it. */
  async says(text: string | RegExp): Promise<void> {
    await this.page.locator('#message').filter({ hasText: text }).waitFor({ timeout: ANSWER_TIMEOUT });
  }
}

/** A browser, and the page served to it, while a suite's tests run. */
export class Host {
  #served: Served | undefined;
  #browser: Browser | undefined;

  constructor() {
    beforeAll(async () => {
      [this.#served, this.#browser] = await Promise.all([serve(), launchBrowser()]);
    }, BUILD_TIMEOUT);
    afterAll(async () => {
      await this.#browser?.close();
      this.#served?.stop();
    });
  }

  get url(): string {
    return this.#served!.url;
  }
  get browser(): Browser {
    return this.#browser!;
  }

  open(options?: Parameters<typeof Tab.open>[2]): Promise<Tab> {
    return Tab.open(this.browser, this.url, options);
  }
  /** A tab for each test, which must have nothing to complain of in the end; `current` is the one that the test has then. */
  openForEach(opened: (tab: Tab) => void, current: () => Tab, options?: BrowserContextOptions): void {
    beforeEach(async () => opened(await this.open(options)));
    afterEach(async () => {
      const tab = current();
      await tab.close();
      expect(tab.complaints).toEqual([]);
    });
  }
}
