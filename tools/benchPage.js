// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview `./diorama bench page`: what the page weighs and how fast it is, in a real Chromium, beside the command line on the same host.
 *
 * Sizes are of the build, compressed as servers do it (gzip, level 9). Cold: from the kernel's first instruction to the login, fetching and
 * compiling the emulator not counted, as for the command line. Echo: from a key to the character in the terminal's buffer, while another process
 * of the guest keeps its processor busy. Blocking: mainThread.js; `./diorama bench page blocking` measures nothing else. The figures are the
 * host's as much as ours: compare those of one run.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { median, percentile, report } from './figures.js';
import { emptyPage, longestTasks } from './mainThread.js';

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'];
const REPEATS = 5;
const KEYS = 200;
/** Visits in which the main thread is watched. */
const VISITS = 5;
/** Milliseconds that a browser has to itself before it is watched: it opens a page of its own when it starts. */
const BROWSER_START = 5000;
const LOGIN = /login: $/;

/** @param {readonly string[]} [which] `blocking`: only how long the main thread is blocked. */
export async function benchPage(which = []) {
  const { chromium } = await import('playwright-core');
  const { buildNode, buildWeb } = await import('./build.js');
  await buildNode();
  await buildWeb();
  const all = !which.includes('blocking');
  if (all) sizes();
  const command = all ? commandLineBoot() : 0;
  const server = spawn(join(home, 'diorama'), ['--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((resolve) => server.stdout.on('data', (text) => resolve(/^http:\S+/m.exec(String(text))?.[0])));
  const own = chromium.executablePath();
  const browser = await chromium.launch({ executablePath: existsSync(own) ? own : '/usr/bin/chromium', args: FLAGS });
  try {
    if (all) await speeds(browser, url, command);
    else await new Promise((resolve) => setTimeout(resolve, BROWSER_START));
    await blocking(browser, url);
  } finally {
    await browser.close();
    server.kill();
  }
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {number} command Milliseconds in which the command line boots.
 */
async function speeds(browser, url, command) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(url);
  await page.waitForFunction(
    (text) => new RegExp(text).test(/** @type {any} */ (window).diorama?.com1.output ?? ''),
    LOGIN.source,
  );
  /** @type {number[]} */
  const cold = [];
  for (let i = 0; i < REPEATS; i++) cold.push(await page.evaluate(coldBoot, LOGIN.source));
  report(
    'cold boot to login, page',
    cold,
    'ms',
    `${(median(cold) / command).toFixed(2)} of the command line's ${command.toFixed(0)} ms`,
  );

  await page.locator('#com1').click();
  await page.keyboard.type('root\n');
  await page.waitForFunction(() => /# $/.test(/** @type {any} */ (window).diorama.com1.output));
  const { id, size } = await page.evaluate(() => /** @type {any} */ (window).diorama.snapshots.take('bench'));
  /** @type {number[]} */
  const warm = [];
  for (let i = 0; i < REPEATS; i++) {
    // As a visitor finds it: the page has had time to make the next worker ready.
    await page.waitForTimeout(3000);
    warm.push(await page.evaluate(fromSnapshot, id));
  }
  report(`from a snapshot of ${(size / 2 ** 20).toFixed(1)} MiB to an answer`, warm, 'ms', 'limit 500 ms');

  await page.locator('#com1').click();
  await page.keyboard.type('set +o emacs; while :; do :; done &\n');
  await page.waitForTimeout(1500);
  /** @type {number[]} */
  const echoes = [];
  for (let i = 0; i < KEYS; i++) echoes.push(await page.evaluate(echo, 'abcdefghij'[i % 10]));
  report('echo while the guest is busy', echoes, 'ms', `95th percentile ${percentile(echoes, 95).toFixed(1)} ms, limit 50 ms`);
  await page.close();
}

/** @param {import('playwright-core').Browser} browser @param {string} url */
async function blocking(browser, url) {
  /** @type {Map<string, import('./mainThread.js').Task>} */
  const worst = new Map();
  for (let visit = 1; visit <= VISITS; visit++) {
    const yardstick = await emptyPage(browser, url);
    const tasks = await longestTasks(browser, url);
    for (const task of tasks) if (task.duration > (worst.get(task.phase)?.duration ?? 0)) worst.set(task.phase, task);
    console.log(`main thread, visit ${visit}: longest task ${describe(longest(tasks))}; ${describe(yardstick)}`);
  }
  for (const task of worst.values()) console.log(`main thread, longest of ${VISITS} visits, ${describe(task)}`);
  console.log(`main thread, longest task of all: ${describe(longest([...worst.values()]))}; limit 50 ms`);
}

/** @param {readonly import('./mainThread.js').Task[]} tasks */
const longest = (tasks) => tasks.toSorted((a, b) => b.duration - a.duration)[0];

/** @param {import('./mainThread.js').Task} task */
const describe = ({ phase, duration, processor }) =>
  `${phase}: ${duration.toFixed(1)} ms, ${processor.toFixed(1)} of them its own`;

function sizes() {
  const gzip = (/** @type {string} */ path) => gzipSync(readFileSync(join(home, path)), { level: 9 }).length;
  const assets = readdirSync(join(home, 'dist/web/assets')).filter(
    (name) => /^(worker|interpreter)/.test(name) && !name.endsWith('.map'),
  );
  const emulator = assets.reduce((sum, name) => sum + gzip(`dist/web/assets/${name}`), 0);
  const image = ['kernel/amd64/unix', 'amd64/boot_archive'].map((name) => `dist/platform/i86pc/${name}`);
  const bytes = image.reduce((sum, path) => sum + readFileSync(join(home, path)).length, 0);
  console.log(`emulator: ${(emulator / 1000).toFixed(0)} kB gzipped, limit 700 kB`);
  console.log(`operating system: ${(bytes / 2 ** 20).toFixed(2)} MiB, limit 8 MiB`);
}

/** Milliseconds from the first instruction to the login, in a process of its own each time, as the page has a worker of its own. */
function commandLineBoot() {
  const library = JSON.stringify(new URL('../dist/node/library.js', import.meta.url).href);
  const script = `import { Machine } from ${library};
const machine = Machine.boot();
const started = performance.now();
await machine.console.expect(${LOGIN});
console.log(performance.now() - started);
machine.close();`;
  /** @type {number[]} */
  const times = [];
  for (let i = 0; i < REPEATS; i++) {
    times.push(Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })));
  }
  report('cold boot to login, command line', times, 'ms');
  return median(times);
}

// In the page.

/** @param {string} login */
async function coldBoot(login) {
  const { diorama } = /** @type {any} */ (window);
  diorama.start();
  while (diorama.state !== 'on') await new Promise((resolve) => setTimeout(resolve, 0));
  const started = performance.now();
  await diorama.com1.expect(new RegExp(login));
  return performance.now() - started;
}
/** @param {number} id */
async function fromSnapshot(id) {
  const { diorama } = /** @type {any} */ (window);
  const started = performance.now();
  await diorama.snapshots.restore(id);
  while (diorama.state !== 'on') await new Promise((resolve) => setTimeout(resolve, 0));
  diorama.com1.send('\r');
  await diorama.com1.expect(/# $/);
  return performance.now() - started;
}
/** @param {string} key */
async function echo(key) {
  const { diorama } = /** @type {any} */ (window);
  const before = diorama.com1.output.length;
  const started = performance.now();
  diorama.com1.send(key);
  while (diorama.com1.output.length === before) await new Promise((resolve) => setTimeout(resolve, 0));
  return performance.now() - started;
}
