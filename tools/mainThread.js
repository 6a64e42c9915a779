// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview How long the page's main thread is blocked: the tasks of the renderer's main thread, as Chromium's tracing tells them, through a
 * visit in which everything is used once. A task's duration is what a visitor waits; its processor time is the page's own part, for the rest
 * its thread stood in the queue for a processor: behind the page's worker and the browser's compilers, or behind other programs of the host.
 * So each visit is preceded by a yardstick: an empty page, in which nothing of ours runs, with tasks of about 15 ms. If those take far
 * longer than that, the host was not quiet, and the visit's figures tell of the host.
 *
 * A visit begins in a window that has been open for a while. A new window of Chromium first loads pages of the browser's own, in a process beside
 * ours: a second of work for both processors, which visitors, whose windows are open, do not see.
 *
 * Nobody looks at the page from within while it works: a condition that the browser evaluates in each frame would be part of what is measured.
 */

/** @typedef {{ phase: string, duration: number, processor: number }} Task Milliseconds. */
/** @typedef {{ name: string, ph: string, ts: number, dur?: number, tdur?: number, pid: number, tid: number, args: { name?: string, message?: string } }} TraceEvent */

const PHASE = 'phase: ';
const VIEWS = ['processor', 'memory', 'devices', 'debug', 'screen', 'com2', 'hvc0', 'com1'];
/** Several looks of the worker at the inside. */
const LOOKS = 5;
/** Milliseconds between two questions to the page. */
const PATIENCE = 200;
/** Milliseconds from a window's opening until the browser is done with it. */
const WINDOW_START = 4000;
/** Of the yardstick: tasks, milliseconds of each, and milliseconds between them. */
const EMPTY = { tasks: 100, work: 15, pause: 20 };

/**
 * The longest task of each part of a visit.
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @returns {Promise<Task[]>}
 */
export const longestTasks = (browser, url) => traced(browser, (page) => visit(page, url));

/**
 * The yardstick: the longest task of a page that has nothing to do but tasks of a known length.
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @returns {Promise<Task>}
 */
export async function emptyPage(browser, url) {
  const tasks = await traced(browser, async (page) => {
    await page.goto(`${url}files.json`);
    await page.evaluate(work, EMPTY);
  });
  return { ...tasks[0], phase: `an empty page with tasks of ${EMPTY.work} ms` };
}

/** Runs in the page. @param {typeof EMPTY} of */
async function work({ tasks, work, pause }) {
  const spin = (/** @type {number} */ rounds) => {
    let sum = 0;
    for (let i = 0; i < rounds; i++) sum = (sum * 31 + i) | 0;
    return sum;
  };
  // How long a number of rounds takes when nothing disturbs: the fastest of many tries.
  const rounds = 2_000_000;
  let fastest = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 50; n++) {
    const started = performance.now();
    spin(rounds);
    fastest = Math.min(fastest, performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  performance.mark('phase: work');
  for (let n = 0; n < tasks; n++) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    spin((rounds * work) / fastest);
  }
}

/**
 * The longest task of each part of what is done with a new page.
 * @param {import('playwright-core').Browser} browser
 * @param {(page: import('playwright-core').Page) => Promise<void>} action
 * @returns {Promise<Task[]>}
 */
async function traced(browser, action) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.waitForTimeout(WINDOW_START);
  const protocol = await context.newCDPSession(page);
  /** @type {TraceEvent[]} */
  const events = [];
  protocol.on('Tracing.dataCollected', ({ value }) => {
    for (const event of /** @type {any[]} */ (value)) events.push(event);
  });
  await protocol.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel', 'blink.user_timing', '__metadata'] },
  });
  try {
    await action(page);
    const complete = new Promise((resolve) => protocol.once('Tracing.tracingComplete', resolve));
    await protocol.send('Tracing.end');
    await complete;
  } finally {
    await context.close();
  }
  return byPhase(events);
}

/** @param {import('playwright-core').Page} page @param {string} url */
async function visit(page, url) {
  const phase = (/** @type {string} */ name) => page.evaluate((mark) => void performance.mark(mark), `${PHASE}${name}`);
  const until = async (/** @type {() => Promise<boolean>} */ condition) => {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, PATIENCE));
  };
  const heard = (/** @type {RegExp} */ text) =>
    until(async () => text.test((await page.evaluate(() => /** @type {any} */ (window).diorama?.com1.output.slice(-200))) ?? ''));
  const figures = () =>
    page.evaluate(async (count) => {
      const { diorama } = /** @type {any} */ (window);
      for (let seen = diorama.figures, n = 0; n < count; await new Promise((resolve) => setTimeout(resolve, 20))) {
        if (diorama.figures === seen) continue;
        seen = diorama.figures;
        n++;
      }
    }, LOOKS);

  await page.goto(url);
  await heard(/login: $/);
  await figures();
  await phase('log in');
  await page.locator('#com1').click();
  await page.keyboard.type('root\n');
  await heard(/# $/);
  await phase('snapshot');
  await page.click('#snapshot');
  await until(() => page.evaluate(async () => (await /** @type {any} */ (window).diorama.snapshots.list()).length > 0));
  await phase('restore');
  await page.click('#open-snapshots');
  await page.locator('#shelf .primary').click();
  await until(() => page.evaluate(() => /** @type {any} */ (window).diorama.state === 'on'));
  await figures();
  await phase('output');
  await page.locator('#com1').click();
  await page.keyboard.type('for i in 1 2 3 4 5; do ls -lR /usr/share; done; echo al"l"\n');
  await heard(/^all\r\n.*# $/m);
  await page.keyboard.type('while :; do :; done &\n');
  for (const view of VIEWS) {
    await phase(`view ${view}`);
    await page.click(`#${view}-tab`);
    await figures();
  }
  await phase('settings');
  await page.click('#open-machine');
  await page.keyboard.press('Escape');
  await page.click('#theme');
  await figures();
}

/** @param {TraceEvent[]} events */
function byPhase(events) {
  const threads = events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const marks = events
    .filter(({ name }) => name.startsWith(PHASE))
    .map(({ name, ts, pid }) => ({ name: name.slice(PHASE.length), ts, pid }))
    .sort((a, b) => a.ts - b.ts);
  // The browser has other renderers, too: ours is the one with the marks.
  const main = threads.find(({ pid }) => pid === marks[0]?.pid);
  if (!main) throw new Error('the trace does not hold the page');
  /** @type {Map<string, Task>} */
  const longest = new Map();
  for (const { ph, name, pid, tid, ts, dur = 0, tdur = 0 } of events) {
    if (ph !== 'X' || !name.endsWith('RunTask') || pid !== main.pid || tid !== main.tid) continue;
    const phase = marks.findLast((mark) => mark.ts <= ts)?.name ?? 'load and boot';
    const task = { phase, duration: dur / 1000, processor: tdur / 1000 };
    if (task.duration > (longest.get(phase)?.duration ?? 0)) longest.set(phase, task);
  }
  return [...longest.values()];
}
