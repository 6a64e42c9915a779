// SPDX-License-Identifier: MIT
/**
 * @fileoverview Lets the power fail while the devices of a pool change: attach with its resilver, offline, online, replace, detach, add. After each cut the pool
 * is found and imported, and its file is whole.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadZfs, type Zfs } from '../../toolchain/zfs/host.ts';
import { call, randomFrom } from './load.ts';
import { FATES, Replay, Trace } from './tracedDisk.ts';

const DISK_SIZE = 64 << 20;
const FILE = 0o100644n;

export interface DeviceCrashes {
  readonly events: number;
  readonly cuts: number;
  readonly failures: string[];
}

/** `count` cuts, evenly spread; all unless given. */
export async function crashDevices(seed: number, count?: number): Promise<DeviceCrashes> {
  const folder = mkdtempSync(join(tmpdir(), 'crash-'));
  try {
    const paths = Array.from({ length: 5 }, (_, index) => join(folder, `d${index}`));
    const trace = new Trace(paths, DISK_SIZE);
    const disks = [...trace.disks];
    const zfs = await loadZfs(disks);
    const bytes = Buffer.alloc(400_000);
    const random = randomFrom(seed);
    for (let at = 0; at < bytes.length; at++) bytes[at] = random() * 256;
    const zpool = (...words: string[]): void => {
      const { err, status } = zfs.zpool(...words);
      if (status !== 0) throw new Error(`zpool ${words.join(' ')}: ${err}`);
    };
    const [a, b, c, d, e] = paths;
    zpool('create', 'tank', a);
    call(zfs, 'usePool', 'tank');
    call(zfs, 'choose', 'tank');
    call(zfs, 'makeFile', 'file', FILE, '');
    call(zfs, 'writeFile', 'file', 0n, bytes);
    call(zfs, 'sync');
    const first = trace.events.length;
    /** Until when which step was under way. */
    const steps: { name: string; end: number }[] = [];
    const step = (...words: string[]): void => {
      zpool(...words);
      while (zfs.call('scanSlice', 50_000n) > 0);
      call(zfs, 'sync');
      steps.push({ name: words[0], end: trace.events.length });
    };
    step('attach', 'tank', a, b);
    step('offline', 'tank', a);
    call(zfs, 'makeFile', 'other', FILE, '');
    call(zfs, 'sync');
    step('online', 'tank', a);
    step('replace', 'tank', a, c);
    step('detach', 'tank', b);
    step('add', 'tank', d);
    step('attach', 'tank', d, e);
    zfs.call('abandon');

    const total = trace.events.length - first;
    const wanted = Math.min(count ?? total, total);
    const replay = new Replay(trace);
    const failures: string[] = [];
    for (let i = 0; i < wanted; i++) {
      const cut = first + 1 + Math.floor((i * total) / wanted);
      const fate = FATES[i % FATES.length];
      disks.splice(0, disks.length, ...replay.afterCut(cut, fate, random));
      const problem = examine(zfs, folder, bytes);
      const during = steps.find(({ end }) => cut <= end)?.name;
      if (problem)
        failures.push(`seed ${seed}, cut at ${cut - first} of ${total} (${during}), unflushed writes ${fate}: ${problem}`);
    }
    return { events: total, cuts: wanted, failures };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function examine(zfs: Zfs, folder: string, bytes: Buffer): string | undefined {
  const imported = zfs.zpool('import', '-d', folder, 'tank');
  if (imported.status !== 0) return imported.err;
  call(zfs, 'usePool', 'tank');
  const chosen = zfs.call('choose', 'tank');
  const read = chosen < 0 ? chosen : zfs.read('readFile', bytes.length, 'file', 0n);
  const right = typeof read !== 'number' && Buffer.compare(read, bytes) === 0;
  // A resilver that was cut off goes on, and leaves no error.
  while (zfs.call('scanSlice', 1n << 20n) > 0);
  const status = zfs.zpool('status', 'tank').out;
  const exported = zfs.zpool('export', 'tank');
  if (!right) return `the file cannot be read: ${typeof read === 'number' ? read : 'wrong bytes'}`;
  if (!status.includes('errors: No known data errors')) return status;
  return exported.status === 0 ? undefined : exported.err;
}
