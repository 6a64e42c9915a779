// SPDX-License-Identifier: MIT
/**
 * @fileoverview Snapshots in the browser's storage: reload and go on in mid-command; files to and from the command line's library; and all
 * that goes wrong, after which the earlier snapshot is still there.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { Machine } from '../../emulator/host/library.ts';
import { haveOracles } from '../../tools/oracles.js';
import type { Automation } from '../../web/page/main.ts';
import { temporaryFolder } from '../support/diorama.ts';
import { ANSWER_TIMEOUT, Host, Tab } from './browser.ts';

declare const diorama: Automation;

const MIB = 2 ** 20;
/** A sector that the guest has not read before the snapshot. */
const FAR = 1500;

/** inc eax; jmp to it. */
const COUNT = [0x40, 0xeb, 0xfd];
/** Fills 32 MiB with what no two chunks of 64 KiB have in common, its own addresses: mov edi,200000h; mov [edi],edi; add edi,4; cmp edi,2200000h; jb. */
const FILL = [
  ...[0xbf, 0x00, 0x00, 0x20, 0x00, 0x89, 0x3f, 0x83, 0xc7, 0x04],
  ...[0x81, 0xff, 0x00, 0x00, 0x20, 0x02, 0x72, 0xf3, 0xeb, 0xfe],
];

describe.skipIf(!haveOracles('chromium'))('snapshots on the page', () => {
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
    { acceptDownloads: true },
  );
  afterAll(() => folder.remove());

  const take = (title: string) => page.evaluate((text) => diorama.snapshots.take(text), title);
  const titles = () => page.evaluate(async () => (await diorama.snapshots.list()).map(({ title }) => title));
  /** What is stored about a snapshot, behind the page's back; with other values in some of its fields if there are any. */
  const record = (id: number, changes: object = {}) =>
    page.evaluate(
      ([wanted, fields]) =>
        new Promise<{ json: string; names: string[] }>((resolve, reject) => {
          const opening = indexedDB.open('diorama');
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => {
            const transaction = opening.result.transaction('snapshots', 'readwrite');
            const store = transaction.objectStore('snapshots');
            const asked = store.get(wanted);
            asked.onsuccess = () => store.put({ ...asked.result, ...fields });
            transaction.oncomplete = () => {
              opening.result.close();
              resolve(asked.result);
            };
          };
        }),
      [id, changes] as const,
    );
  const restoreByHand = async (title: string) => {
    await page.click('#open-snapshots');
    await page.getByRole('button', { name: `Restore ${title}` }).click();
  };

  test('taken in mid-command, it goes on after a reload, exactly', async () => {
    await tab.logIn();
    // The line is the terminal's to edit, so that its echo is plain.
    await tab.ask('set +o emacs', /\n/);
    await page.keyboard.type('echo half; for i in 1 2 3; do sleep 1; echo tick $i; done; echo "do');
    await tab.answer(/"do$/);
    await page.click('#pause');
    await page.waitForFunction(() => diorama.state === 'paused');
    const { id } = await take('half a line');
    const hash = await page.evaluate(() => diorama.stateHash());
    await tab.reload();
    await tab.restore(id);
    await page.keyboard.type('ne" $((6 * 7))\n');
    await tab.answer(/^half\r\ntick 1\r\ntick 2\r\ntick 3\r\ndone 42\r$/m);

    // The file is the command line's, and the machine in it has the very state that was saved.
    await page.click('#open-snapshots');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download half a line' }).click(),
    ]);
    await download.saveAs(folder.path('half.snapshot'));
    const machine = Machine.restore(folder.path('half.snapshot'), { consolePorts: [{ console: true, output() {} }] });
    expect(machine.stateHash()).toBe(hash);
    machine.console.send('ne" in Node');
    await machine.console.expect(/^done in Node\r$/m);
    machine.close();

    // And back.
    await page.setInputFiles('#upload', folder.path('half.snapshot'));
    await page.getByRole('button', { name: 'Restore half.snapshot' }).waitFor();
    await page.setInputFiles('#upload', {
      name: 'cut.snapshot',
      mimeType: '',
      buffer: readFileSync(folder.path('half.snapshot')).subarray(0, 50_000),
    });
    await tab.says(/cut\.snapshot cannot be used: it has 50000 bytes instead of \d+\./);
  });

  test('a dropped disk image is in it, with what the guest wrote: it needs no file any more', async () => {
    const image = Buffer.alloc(MIB);
    image.write('as it was\n');
    image.write('far behind\n', FAR * 512);
    await page.setInputFiles('#files', { name: 'disk.img', mimeType: '', buffer: image });
    await page.locator('#machine-dialog[open]').waitFor();
    await page.click('#start');
    await page.locator('#machine-dialog').waitFor({ state: 'hidden' });
    await page.waitForFunction(() => diorama.state === 'on');
    tab.forget();
    await tab.logIn();
    await tab.ask('head -1 /dev/rdsk/c1t0d0', /^as it was\r$/m);
    await tab.ask('echo changed | dd of=/dev/rdsk/c1t0d0 bs=512 conv=sync; echo $?', /^0\r$/m);
    const { id } = await take('with a disk');
    // After the reload nobody has the file.
    await tab.reload();
    await tab.restore(id);
    await tab.ask('head -1 /dev/rdsk/c1t0d0', /^changed\r$/m);
    await tab.ask(`dd if=/dev/rdsk/c1t0d0 bs=512 skip=${FAR} count=1 2>/dev/null | head -1`, /^far behind\r$/m);
  });

  test('a second one of the same machine stores only what is new; deleting one leaves the other whole', async () => {
    await tab.logIn();
    const stored = () =>
      page.evaluate(
        () =>
          new Promise<number>((resolve) => {
            const opening = indexedDB.open('diorama');
            opening.onsuccess = () => {
              const asked = opening.result.transaction('packs').objectStore('packs').getAll();
              asked.onsuccess = () => {
                opening.result.close();
                resolve((asked.result as { blob: Blob }[]).reduce((sum, { blob }) => sum + blob.size, 0));
              };
            };
          }),
      );
    const first = await take('first');
    const afterFirst = await stored();
    const second = await take('second');
    expect((await stored()) - afterFirst).toBeLessThan(afterFirst / 2);
    await page.evaluate((id) => diorama.snapshots.delete(id), first.id);
    expect(await titles()).toEqual(['second']);
    await tab.restore(second.id);
    await tab.ask('echo still $((40 + 2))', /^still 42\r$/m);
    await page.evaluate((id) => diorama.snapshots.delete(id), second.id);
    expect(await stored()).toBe(0);
  });

  test('storage full: a clear message, and the earlier one is still there', async () => {
    const protocol = await page.context().newCDPSession(page);
    const origin = new URL(host.url).origin;
    await protocol.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 24 * 2 ** 20 });
    await tab.boot(COUNT);
    const { id } = await take('earlier');
    await tab.boot(FILL);
    await page.waitForFunction(() => (diorama.figures?.instructions ?? 0) > 40_000_000);
    await page.click('#snapshot');
    await tab.says(
      'No snapshot was taken: the storage that the browser allows is full. Nothing was saved; earlier snapshots are untouched.',
    );
    expect(await titles()).toEqual(['earlier']);
    await tab.restore(id);
    await page.waitForFunction(() => (diorama.figures?.instructions ?? 0) > 0 && diorama.state === 'on');
  });

  test('corrupt, or of another version: refused, and the other one is still there', async () => {
    await tab.boot(COUNT);
    const broken = await take('broken');
    const foreign = await take('foreign');
    const lost = await take('lost');
    await take('good');
    const later = (json: string): string => json.replace('"version":1', '"version":2');
    await record(broken.id, { json: later((await record(broken.id)).json) });
    await restoreByHand('broken');
    await tab.says('The machine cannot start: the snapshot cannot be restored: it is damaged: its fields.');
    // As a later version of the page would have written it, with a right hash.
    const json = later((await record(foreign.id)).json);
    await record(foreign.id, { json, hash: createHash('sha256').update(json).digest('hex') });
    await restoreByHand('foreign');
    await tab.says('the snapshot cannot be restored: the snapshot has version 2, this program reads version 1.');
    const { names } = await record(lost.id);
    await record(lost.id, { names: ['0'.repeat(64), ...names.slice(1)] });
    await restoreByHand('lost');
    await tab.says(/the snapshot cannot be restored: the snapshot is damaged: chunk 0+ is missing\./);
    await restoreByHand('good');
    await page.waitForFunction(() => diorama.state === 'on');
    expect(await titles()).toEqual(['broken', 'foreign', 'lost', 'good']);
  });

  /** From now on no transaction that stores chunks comes to an end; `cutting` says that one is in the middle. */
  const holdTransactions = async () => {
    for (const worker of page.workers()) {
      await worker.evaluate(() => {
        const { add } = IDBObjectStore.prototype;
        IDBObjectStore.prototype.add = function (this: IDBObjectStore, ...words: Parameters<typeof add>) {
          const asked = add.apply(this, words);
          const hold = (): void => {
            Object.assign(globalThis, { cutting: true });
            this.count().onsuccess = hold;
          };
          if (this.name === 'packs') asked.addEventListener('success', hold);
          return asked;
        };
      });
    }
  };
  const cutting = async () => {
    const all = await Promise.all(page.workers().map((worker) => worker.evaluate(() => 'cutting' in globalThis)));
    return all.includes(true);
  };

  test('closed in the middle of it: the earlier one is still there, the new one whole or absent', async () => {
    await tab.logIn();
    await take('earlier');
    await tab.ask('dd if=/dev/urandom of=/tmp/more bs=64k count=16 2>/dev/null; echo $?', /^0\r$/m);
    for (const where of ['in its transaction', 'at once']) {
      if (where === 'in its transaction') {
        await holdTransactions();
        await page.click('#snapshot');
        await expect.poll(cutting, { timeout: ANSWER_TIMEOUT }).toBe(true);
        await page.click('#open-snapshots');
        await page.locator('#shelf-empty').filter({ hasText: 'One is being taken…' }).waitFor();
      } else await page.evaluate((title) => void diorama.snapshots.take(title).catch(() => {}), where);
      const next = await page.context().newPage();
      await page.close({ runBeforeUnload: false });
      page = next;
      tab = new Tab(page, host.url);
      await tab.visit(host.url);
      const stored = await page.evaluate(() => diorama.snapshots.list());
      expect(stored[0].title).toBe('earlier');
      if (where === 'in its transaction') expect(stored.length).toBe(1);
      for (const { id } of stored) {
        await tab.restore(id);
        await tab.ask('echo whole', /^whole\r$/m);
      }
    }
  });
});
