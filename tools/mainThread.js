// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview How long the page's main thread is blocked: the tasks of the renderer's main thread, as Chromium's tracing tells them, through a
 * visit in which everything is used once. A task's duration is what a visitor waits; its processor time is the page's own part, the rest went to
 * other programs of a busy host.
 */

/** @typedef {{ phase: string, duration: number, processor: number }} Task Milliseconds. */
/** @typedef {{ name: string, ph: string, ts: number, dur?: number, tdur?: number, pid: number, tid: number, args: { name?: string, message?: string } }} TraceEvent */

const PHASE = 'phase: ';
const VIEWS = ['processor', 'memory', 'devices', 'debug', 'screen', 'com2', 'hvc0', 'com1'];
/** Several looks of the worker at the inside. */
const LOOKS = 5;

/**
 * The longest task of each part of a visit.
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @returns {Promise<Task[]>}
 */
export async function longestTasks(browser, url) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
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
    await visit(page, url);
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
  const heard = (/** @type {RegExp} */ text) =>
    page.waitForFunction((source) => new RegExp(source, 'm').test(/** @type {any} */ (window).diorama.com1.output), text.source);
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
  await page.waitForFunction(async () => (await /** @type {any} */ (window).diorama.snapshots.list()).length > 0);
  await phase('restore');
  await page.click('#open-snapshots');
  await page.locator('#shelf .primary').click();
  await page.waitForFunction(() => /** @type {any} */ (window).diorama.state === 'on');
  await figures();
  await phase('output');
  await page.locator('#com1').click();
  await page.keyboard.type('for i in 1 2 3 4 5; do ls -lR /usr/share; done; echo al"l"\n');
  await heard(/^all\r$/m);
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
