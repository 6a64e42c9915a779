// SPDX-License-Identifier: MIT
/**
 * @fileoverview A load on a pool, and a model of what its files hold after each transaction group.
 *
 * The load is a function of its seed. What a pool holds after a crash must be what it held after a group that was complete when the power
 * failed, or after the next one; never something between.
 */
import { createHash } from 'node:crypto';
import type { Zfs } from '../../toolchain/zfs/host.ts';
import type { Trace } from './tracedDisk.ts';

const FILE = 0o100644n;
const POOL = 'tank';
const DATASETS = ['a', 'b'];

/** Digest of every file, by `dataset/name`. */
export type Contents = ReadonlyMap<string, string>;

/** After how many events a group was complete, and what the pool held then. */
export interface SyncPoint {
  events: number;
  contents: Contents;
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Calls that must work. */
export function call(zfs: Zfs, name: string, ...values: (number | bigint | string | Uint8Array)[]): number {
  const result = zfs.call(name, ...values);
  if (result < 0) throw new Error(`${name}: ${result}`);
  return result;
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/** Makes a pool of `vdevs` on the traced disks and changes it for `groups` transaction groups. The first point is the new pool. */
export function runLoad(zfs: Zfs, trace: Trace, vdevs: string, seed: number, groups: number): SyncPoint[] {
  const random = randomFrom(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const files = new Map<string, Buffer>();
  const points: SyncPoint[] = [];
  const complete = (): void => {
    const contents = new Map([...files].map(([name, bytes]) => [name, digest(bytes)]));
    points.push({ events: trace.events.length, contents });
  };
  call(zfs, 'createPoolOf', POOL, 28n, vdevs, 9);
  for (const dataset of DATASETS) call(zfs, 'createFs', `${POOL}/${dataset}`);
  call(zfs, 'setNumber', `${POOL}/b`, 'compression', 3n);
  call(zfs, 'sync');
  complete();

  const change = (group: number): void => {
    const dataset = DATASETS[below(DATASETS.length)];
    call(zfs, 'choose', `${POOL}/${dataset}`);
    const own = [...files.keys()].filter((name) => name.startsWith(`${dataset}/`));
    const some = own[below(own.length)];
    const what = below(10);
    if (own.length < 4 || what < 3) {
      const name = `file${below(40)}`;
      if (!files.has(`${dataset}/${name}`)) call(zfs, 'makeFile', name, FILE, '');
      write(`${dataset}/${name}`, 0, below(60_000));
    } else if (what < 6) {
      write(some, below(files.get(some)!.length + 5000), below(200_000));
    } else if (what < 7) {
      const size = below(files.get(some)!.length + 1);
      call(zfs, 'truncate', bare(some), BigInt(size));
      files.set(some, files.get(some)!.subarray(0, size));
    } else if (what < 8) {
      call(zfs, 'remove', bare(some));
      files.delete(some);
    } else if (what < 9) {
      const to = `${dataset}/moved${below(10)}`;
      call(zfs, 'rename', bare(some), bare(to));
      const bytes = files.get(some)!;
      files.delete(some);
      files.set(to, bytes);
    } else {
      call(zfs, 'snapshot', `${POOL}/${dataset}@s${group}-${below(1000)}`);
      // It takes a transaction group of its own.
      complete();
    }
  };
  const bare = (name: string): string => name.slice(name.indexOf('/') + 1);
  const write = (name: string, offset: number, length: number): void => {
    const bytes = Buffer.alloc(length);
    // Half of it compresses.
    for (let i = 0; i < length; i++) bytes[i] = i & 128 ? 0x20 : below(256);
    call(zfs, 'writeFile', bare(name), BigInt(offset), bytes);
    const old = files.get(name) ?? Buffer.alloc(0);
    const now = Buffer.alloc(Math.max(old.length, length === 0 ? 0 : offset + length));
    old.copy(now);
    bytes.copy(now, offset);
    files.set(name, now);
  };
  for (let group = 0; group < groups; group++) {
    for (let changes = 1 + below(6); changes > 0; changes--) change(group);
    call(zfs, 'sync');
    complete();
  }
  return points;
}

/** What the files of an imported pool hold. */
export function readContents(zfs: Zfs): Contents {
  const contents = new Map<string, string>();
  for (const dataset of DATASETS) {
    call(zfs, 'choose', `${POOL}/${dataset}`);
    const count = call(zfs, 'listDirectory', '');
    const names = zfs.guest.text(zfs.guest.call('answer') as number).split('\n');
    for (const name of count > 0 ? names : []) contents.set(`${dataset}/${name}`, digest(readFile(zfs, name)));
  }
  return contents;
}

function readFile(zfs: Zfs, name: string): Uint8Array {
  call(zfs, 'describe', name);
  const size = Number(zfs.guest.text(zfs.guest.call('answer') as number).split(' ')[1]);
  const bytes = size > 0 ? zfs.read('readFile', size, name, 0n) : new Uint8Array(0);
  if (typeof bytes === 'number') throw new Error(`reading ${name}: ${bytes}`);
  if (bytes.length !== size) throw new Error(`reading ${name}: ${bytes.length} of ${size} bytes`);
  return bytes;
}

export function sameContents(a: Contents, b: Contents): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value);
}
