// SPDX-License-Identifier: MIT
/**
 * @fileoverview `./diorama bench zfs`: what ZFS costs in the operating system, in guest instructions and in time of the host's
 * processors (which other load on the host changes less than time that passes). The yardstick for bytes is what
 * nothing could do without: two copies and one checksum pass over as many bytes, in a program of the guest.
 *
 * The pool is on a disk in memory, uncompressed; what is read was written before an export, so every byte comes from the disk. The same
 * is measured on QEMU's TCG, where it is present: the same kernel, the same programs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../../emulator/host/library.ts';
import { haveOracles } from '../../tools/oracles.js';
import { systemWith } from '../os/guestTests.ts';
import { alignColumns, median } from './table.ts';
import { type Guest, OurGuest, QemuGuest, type ZfsSample } from './zfsGuests.ts';

type Library = { readonly Machine: typeof Machine };

const MIB = 1 << 20;
const BLOCK = 128 << 10;
const SIZE = 256 * MIB;
/** Of the tables of copies, of snapshots and of lists; medians count. */
const ROUNDS = 5;
/**
 * Before the first table's come some that do not count: a region of code is compiled when it has been entered thousands of times, and what happens once for each
 * block takes several rounds for that, while the yardstick's loops are compiled in the first. They end with a round in which next to nothing has been
 * compiled. What the first one took is shown, too.
 */
const WARM_UP = 20;
const SETTLED = 2;
const MANY = 10_000;
/** MiB: room for the largest file, and its successor before all of it is free. */
const DISK = { quick: 1024, full: 2560, qemu: 1024 };

/** Says each table as soon as it is there; `quick`: smaller files only. */
export async function benchZfs(library: Library, quick: boolean, say: (text: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'zfs-bench-'));
  const guests: Guest[] = [];
  try {
    const system = await systemWith(folder, ['zfsbench']);
    const guest = await OurGuest.boot(library, system, quick ? DISK.quick : DISK.full);
    guests.push(guest);
    await sequential(guest, say);
    say(await perBlock(guest, quick ? [1, 16, 128] : [1, 16, 128, 1024, 2048]));
    say(await snapshots(guest, quick ? [1, 64] : [1, 64, 1024]));
    say(await smallFiles(guest));
    if (!haveOracles('qemu-system-x86_64')) return;
    const qemu = await QemuGuest.boot(system, folder, DISK.qemu);
    guests.push(qemu);
    await round(qemu);
    const rounds: ZfsSample[][] = [];
    while (rounds.length < ROUNDS) rounds.push(await round(qemu));
    say(table('256 MiB on QEMU TCG', medians(rounds), false));
  } finally {
    for (const guest of guests) guest.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const million = (value: number): string => (value / 1e6).toFixed(value < 1e7 ? 2 : 0);

async function round(guest: Guest): Promise<ZfsSample[]> {
  const base = await guest.measure(`base ${SIZE}`);
  await guest.type('rm -f /bench/big; sync');
  const write = await guest.measure(`write /bench/big ${SIZE}`);
  await guest.reopen();
  return [base, write, await guest.measure(`read /bench/big ${SIZE}`)];
}
function medians(rounds: readonly ZfsSample[][]): ZfsSample[] {
  return rounds[0].map((_, index) => ({
    instructions: median(rounds.map((samples) => samples[index].instructions)),
    milliseconds: median(rounds.map((samples) => samples[index].milliseconds)),
  }));
}
/** The clock of QEMU's guest counts no instructions. */
function table(title: string, samples: readonly ZfsSample[], counts: boolean): string {
  const names = ['two copies and a checksum', 'sequential write and fsync', 'sequential read'];
  const [base] = samples;
  const rows = samples.map(({ instructions, milliseconds }, index) => [
    names[index],
    ...(counts ? [million(instructions), (instructions / base.instructions).toFixed(2)] : []),
    milliseconds.toFixed(0),
    (milliseconds / base.milliseconds).toFixed(2),
  ]);
  return alignColumns([[title, ...(counts ? ['M instructions', 'times'] : []), 'host ms', 'times'], ...rows]);
}

async function sequential(guest: OurGuest, say: (text: string) => void): Promise<void> {
  const first = await round(guest);
  let warmUp = 1;
  for (let before = guest.regions, made = Infinity; made > SETTLED && warmUp < WARM_UP; warmUp++) {
    await round(guest);
    made = guest.regions - before;
    before += made;
  }
  const rounds: ZfsSample[][] = [];
  while (rounds.length < ROUNDS) rounds.push(await round(guest));
  say(`${table(`256 MiB, after ${warmUp} rounds`, medians(rounds), true)}\n`);
  say(`${table('the first round', first, true)}\n`);
  await guest.type('rm -f /bench/big; sync');
}

async function perBlock(guest: Guest, sizes: readonly number[]): Promise<string> {
  const rows: string[][] = [['per block of 128 KiB', 'write: instructions', 'read: instructions']];
  for (const mebibytes of sizes) {
    const bytes = mebibytes * MIB;
    const one = await guest.measure(`write /bench/flat ${bytes}`);
    await guest.reopen();
    const other = await guest.measure(`read /bench/flat ${bytes}`);
    // What is freed may be used again some groups later.
    await guest.type('rm -f /bench/flat; sync; sync; sync');
    const per = (sample: ZfsSample): string => Math.round(sample.instructions / (bytes / BLOCK)).toString();
    rows.push([`${mebibytes} MiB`, per(one), per(other)]);
  }
  return `${alignColumns(rows)}\n`;
}

/**
 * All datasets are there, and synced, before the first snapshot, and they take turns: either call waits for a transaction group, and what a group
 * costs depends on what the pool has been through, and on what else is to be written.
 */
async function snapshots(guest: Guest, sizes: readonly number[]): Promise<string> {
  for (const mebibytes of sizes) {
    await guest.type(`zfs create bench/s${mebibytes}`);
    await guest.measure(`write /bench/s${mebibytes}/file ${mebibytes * MIB}`);
  }
  await guest.type('sync');
  const taken = sizes.map((mebibytes) => ({ mebibytes, snapshot: [] as number[], clone: [] as number[] }));
  for (let i = 0; i < ROUNDS; i++) {
    for (const { mebibytes, snapshot, clone } of taken) {
      snapshot.push((await guest.measure(`snapshot bench/s${mebibytes}@n${i}`)).instructions);
      clone.push((await guest.measure(`clone bench/s${mebibytes}@n${i} bench/c${mebibytes}n${i}`)).instructions);
    }
  }
  const rows = taken.map(({ mebibytes, snapshot, clone }) => [
    `${mebibytes} MiB`,
    million(median(snapshot)),
    million(median(clone)),
  ]);
  return `${alignColumns([['dataset', 'snapshot: M instructions', 'clone: M instructions'], ...rows])}\n`;
}

async function smallFiles(guest: Guest): Promise<string> {
  const rows: string[][] = [[`${MANY} files`, 'made: M instructions', 'listed: M instructions', 'listed: host ms']];
  for (const [name, directory] of [
    ['tmpfs', '/tmp/many'],
    ['zfs', '/bench/many'],
  ]) {
    await guest.type(`mkdir ${directory}`);
    const made = await guest.measure(`files ${directory} ${MANY}`);
    const listed: ZfsSample[] = [];
    while (listed.length < ROUNDS) listed.push(await guest.measure(`list ${directory}`));
    rows.push([
      name,
      million(made.instructions),
      million(median(listed.map(({ instructions }) => instructions))),
      median(listed.map(({ milliseconds }) => milliseconds)).toFixed(0),
    ]);
  }
  return `${alignColumns(rows)}\n`;
}
