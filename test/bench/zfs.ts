// SPDX-License-Identifier: MIT
/**
 * @fileoverview `./diorama bench zfs`: what ZFS costs in the operating system, in guest instructions and in time of the host's
 * processors (which other load on the host changes less than time that passes). The yardstick for bytes is what
 * nothing could do without: two copies and one checksum pass over as many bytes, in a program of the guest.
 *
 * The pool is on a disk in memory, uncompressed; what is read was written before an export, so every byte comes from the disk.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlockBackend, Machine } from '../../emulator/host/library.ts';
import { systemWith } from '../os/guestTests.ts';
import { alignColumns, median } from './table.ts';

type Library = { readonly Machine: typeof Machine };

const MIB = 1 << 20;
const BLOCK = 128 << 10;
/** MiB of a disk that are one array. */
const PIECE = 64;
const PROMPT = /\]# $/;
/** Of the first table; medians count. */
const ROUNDS = 5;
/**
 * Before them come some that do not count: a region of code is compiled when it has been entered thousands of times, and what happens once for each block
 * takes several rounds for that, while the yardstick's loops are compiled in the first. They end with a round in which next to nothing has been
 * compiled. What the first one took is shown, too.
 */
const WARM_UP = 20;
const SETTLED = 2;
const POOL_DISK = 'c1t0d0';

export interface ZfsSample {
  readonly instructions: number;
  readonly milliseconds: number;
}

/** A disk whose memory the host has given already: what is measured should not be the host's first touch of a page. */
function wholeDisk(mebibytes: number): BlockBackend {
  const pieces = Array.from({ length: mebibytes / PIECE }, () => new Uint8Array(PIECE * MIB).fill(0));
  const visit = (sector: number, bytes: Uint8Array, each: (piece: Uint8Array, at: number, part: Uint8Array) => void): void => {
    for (let done = 0; done < bytes.length; ) {
      const position = sector * 512 + done;
      const at = position % (PIECE * MIB);
      const count = Math.min(bytes.length - done, PIECE * MIB - at);
      each(pieces[Math.floor(position / (PIECE * MIB))], at, bytes.subarray(done, done + count));
      done += count;
    }
  };
  return {
    sectors: mebibytes * (MIB / 512),
    readOnly: false,
    serial: 'bench',
    read: (sector, into) => visit(sector, into, (piece, at, part) => part.set(piece.subarray(at, at + part.length))),
    write: (sector, from) => visit(sector, from, (piece, at, part) => piece.set(part, at)),
    flush: () => undefined,
  };
}

class Guest {
  constructor(private readonly machine: Machine) {}

  /** Regions of the guest's code that have been compiled. */
  get regions(): number {
    return this.machine.inspect().processors.reduce((sum, { regions }) => sum + regions, 0);
  }

  async type(line: string, lines: RegExp[] = []): Promise<void> {
    this.machine.console.send(line);
    for (const one of lines) await this.machine.console.expect(one);
    await this.machine.console.expect(PROMPT);
  }
  /** Runs the program and measures between its marks. */
  async measure(words: string): Promise<ZfsSample> {
    this.machine.console.send(`zfsbench ${words}`);
    await this.machine.console.expect(/@begin/);
    const start = process.cpuUsage();
    const match = await this.machine.console.expect(/@end (\S+) (\d+)\r/);
    const { user, system } = process.cpuUsage(start);
    const milliseconds = (user + system) / 1000;
    await this.machine.console.expect(PROMPT);
    return { instructions: Number(match[2]), milliseconds };
  }
  async reopen(): Promise<void> {
    await this.type('zpool export bench; zpool import bench');
  }
}

const million = (value: number): string => (value / 1e6).toFixed(value < 1e7 ? 2 : 0);

/** The report; `quick`: smaller files only. */
export async function benchZfs(library: Library, quick: boolean): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'zfs-bench-'));
  try {
    const { kernel, archive } = await systemWith(folder, ['zfsbench']);
    const machine = library.Machine.boot({
      kernel,
      initrd: archive,
      append: 'console=ttya',
      memory: 1 << 30,
      disks: [{ memory: 512 * MIB, serial: 'pool' }, wholeDisk(quick ? 1024 : 3072)],
    });
    await machine.console.expect(/login: $/);
    const guest = new Guest(machine);
    await guest.type('root');
    await guest.type('set +o emacs');
    await guest.type(`zpool create bench ${POOL_DISK} && cd /`);
    const parts: string[] = [];

    const size = 256 * MIB;
    const round = async (): Promise<ZfsSample[]> => {
      const base = await guest.measure(`base ${size}`);
      await guest.type('rm -f /bench/big; sync');
      const write = await guest.measure(`write /bench/big ${size}`);
      await guest.reopen();
      return [base, write, await guest.measure(`read /bench/big ${size}`)];
    };
    const first = await round();
    let warmUp = 1;
    for (let before = guest.regions, made = Infinity; made > SETTLED && warmUp < WARM_UP; warmUp++) {
      await round();
      made = guest.regions - before;
      before += made;
    }
    const rounds: ZfsSample[][] = [];
    while (rounds.length < ROUNDS) rounds.push(await round());
    const steady = first.map((_, index) => ({
      instructions: median(rounds.map((samples) => samples[index].instructions)),
      milliseconds: median(rounds.map((samples) => samples[index].milliseconds)),
    }));
    const row = (name: string, samples: ZfsSample[], index: number): string[] => [
      name,
      million(samples[index].instructions),
      (samples[index].instructions / samples[0].instructions).toFixed(2),
      samples[index].milliseconds.toFixed(0),
      (samples[index].milliseconds / samples[0].milliseconds).toFixed(2),
    ];
    const names = ['two copies and a checksum', 'sequential write and fsync', 'sequential read'];
    const of = (samples: ZfsSample[]): string[][] => names.map((name, index) => row(name, samples, index));
    parts.push(
      alignColumns([[`256 MiB, after ${warmUp} rounds`, 'M instructions', 'times', 'host ms', 'times'], ...of(steady)]),
      alignColumns([['the first round', 'M instructions', 'times', 'host ms', 'times'], ...of(first)]),
    );

    const flat: string[][] = [['per block of 128 KiB', 'write: instructions', 'read: instructions']];
    for (const mebibytes of quick ? [1, 16, 128] : [1, 16, 128, 1024, 2048]) {
      const bytes = mebibytes * MIB;
      await guest.type('rm -f /bench/flat; sync');
      const one = await guest.measure(`write /bench/flat ${bytes}`);
      await guest.reopen();
      const other = await guest.measure(`read /bench/flat ${bytes}`);
      const per = (sample: ZfsSample): string => Math.round(sample.instructions / (bytes / BLOCK)).toString();
      flat.push([`${mebibytes} MiB`, per(one), per(other)]);
    }
    parts.push(alignColumns(flat));

    const constant: string[][] = [['dataset', 'snapshot: M instructions', 'clone: M instructions']];
    for (const mebibytes of quick ? [1, 64] : [1, 64, 1024]) {
      await guest.type(`zfs create bench/s${mebibytes}`);
      await guest.measure(`write /bench/s${mebibytes}/file ${mebibytes * MIB}`);
      const snapshot = await guest.measure(`snapshot bench/s${mebibytes}@now`);
      const clone = await guest.measure(`clone bench/s${mebibytes}@now bench/c${mebibytes}`);
      constant.push([`${mebibytes} MiB`, million(snapshot.instructions), million(clone.instructions)]);
    }
    parts.push(alignColumns(constant));

    const many = 10_000;
    const small: string[][] = [[`${many} files`, 'made: M instructions', 'listed: M instructions', 'listed: host ms']];
    for (const [name, directory] of [
      ['tmpfs', '/tmp/many'],
      ['zfs', '/bench/many'],
    ]) {
      await guest.type(`mkdir ${directory}`);
      const made = await guest.measure(`files ${directory} ${many}`);
      const listed = await guest.measure(`list ${directory}`);
      small.push([name, million(made.instructions), million(listed.instructions), listed.milliseconds.toFixed(0)]);
    }
    parts.push(alignColumns(small));
    return `${parts.join('\n\n')}\n`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
