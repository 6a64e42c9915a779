// SPDX-License-Identifier: MIT
/**
 * @fileoverview Snapshots of Debian 12 at work. One boot serves everything: what is asked here begins at its shell's prompt.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Machine } from '../../emulator/host/library.ts';
import { debianKernel, haveOracles } from '../../tools/oracles.js';
import { diorama, temporaryFolder } from '../support/diorama.ts';
import { initramfs } from '../support/initramfs.ts';
import { kernelModules } from '../support/kernelModules.ts';

const kernel = haveOracles('busybox') ? debianKernel() : undefined;
const folder = temporaryFolder();
const MIB = 2 ** 20;
const PROMPT = /# $/;
/** Instants of a busy guest at which it is saved: more can be asked for. */
const INSTANTS = Number(process.env.SNAPSHOT_INSTANTS ?? 6);
/** Instructions after which the saved and the restored machine are compared. */
const LATER = 10_000_000;

describe.skipIf(!kernel)('Debian 12', () => {
  let machine: Machine;
  beforeAll(async () => {
    const { image = '', root = '' } = kernel ?? {};
    const initrd = initramfs(kernelModules(root, ['virtio_pci', 'virtio_blk']));
    machine = Machine.boot({ kernel: image, initrd, append: 'console=ttyS0 quiet', disks: [{ memory: 16 * MIB }] });
    await machine.console.expect(PROMPT, { within: 60 });
    writeFileSync(folder.path('prompt'), machine.snapshot());
  }, 300_000);
  afterAll(() => folder.remove());

  test('forks of one shell answer for themselves, and the first one has heard nothing', async () => {
    const before = machine.stateHash();
    const forks = [machine.fork(), machine.fork()];
    expect(forks.map((fork) => fork.stateHash())).toEqual([before, before]);
    for (const [index, fork] of forks.entries()) {
      fork.console.send(`echo fork $((${index} + 40)) > /answer; cat /answer`);
      await fork.console.expect(new RegExp(`^fork ${index + 40}\r$`), { within: 10 });
    }
    expect(forks[0].stateHash()).not.toBe(forks[1].stateHash());
    expect(machine.stateHash()).toBe(before);
  });

  test('the file goes on in another process, in the same state', async () => {
    const words = ['--send', 'echo $((6*7))', '--expect', '^42\\r?$', '--json', folder.path('report')];
    const { exitCode, output, errors } = await diorama(['run', '--snapshot-load', folder.path('prompt'), ...words]);
    expect([exitCode, errors]).toEqual([0, '']);
    expect(output).toContain('echo $((6*7))\r\n42');
    const here = Machine.restore(folder.path('prompt'));
    here.console.send('echo $((6*7))');
    await here.console.expect(/^42\r?$/);
    const { stateHash } = JSON.parse(readFileSync(folder.path('report'), 'utf8'));
    expect(here.stateHash()).toBe(stateHash);
  });

  test('saved at any instant under load, it goes on as it would have', async () => {
    const busy = machine.fork();
    busy.console.send(
      'while :; do yes $RANDOM | dd of=/dev/vda bs=64k count=32 2>/dev/null; sync; dd if=/dev/vda bs=64k count=9 2>/dev/null | sha256sum; sleep 0.01; done',
    );
    busy.step(30_000_000);
    // A multiplicative generator (MINSTD): other instants in every gap, and the same in every run.
    let random = 2026;
    for (let i = 0; i < INSTANTS; i++) {
      random = (random * 48271) % 0x7fffffff;
      busy.step(1_000_000 + (random % 5_000_000));
      if (i % 2 === 0) busy.console.type('x');
      const fork = busy.fork();
      const restored = Machine.restore(busy.snapshot());
      expect(restored.stateHash(), `saved at ${busy.inspect().instructions}`).toBe(busy.stateHash());
      for (const each of [busy, restored]) each.step(LATER);
      const later = busy.stateHash();
      expect(restored.stateHash(), `saved ${LATER} before ${busy.inspect().instructions}`).toBe(later);
      // The fork has not moved, though all that it had not copied yet has changed behind it.
      fork.step(LATER);
      expect(fork.stateHash(), `forked ${LATER} before ${busy.inspect().instructions}`).toBe(later);
      for (const each of [restored, fork]) each.close();
    }
    busy.close();
  });
});
