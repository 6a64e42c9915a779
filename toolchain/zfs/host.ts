// SPDX-License-Identifier: MIT
/**
 * @fileoverview The host's half of ZFS under Node: zfs/host/main.ts as wasm, with devices that are memory or files.
 *
 *     const zfs = await loadZfs([memoryDisk('/d0', 128 << 20)]);
 *     zfs.call('create', 'tank', 28n, '/d0', 9);
 *
 * Texts among arguments are passed as bytes and their number. A negative result is an errno of the guest.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { type Guest, loadGuest } from '../asc/hostWasm.ts';

export interface Disk {
  readonly path: string;
  readonly size: number;
  readonly sectorSize: number;
  /** Fills `to`; false: it cannot. */
  read(offset: number, to: Uint8Array): boolean;
  write(offset: number, from: Uint8Array): boolean;
  flush(): boolean;
  close(): void;
}

/** A disk in memory; `bytes` are its contents. */
export function memoryDisk(path: string, bytes: Uint8Array, sectorSize = 512): Disk {
  return {
    path,
    size: bytes.length,
    sectorSize,
    read(offset, to) {
      to.set(bytes.subarray(offset, offset + to.length));
      return true;
    },
    write(offset, from) {
      bytes.set(from, offset);
      return true;
    },
    flush: () => true,
    close: () => undefined,
  };
}

/** A file as a disk. */
export function fileDisk(path: string, writable: boolean): Disk {
  const fd = openSync(path, writable ? 'r+' : 'r');
  return {
    path,
    size: fstatSync(fd).size,
    sectorSize: 512,
    read: (offset, to) => readSync(fd, to, 0, to.length, offset) === to.length,
    write: (offset, from) => writable && writeSync(fd, from, 0, from.length, offset) === from.length,
    flush() {
      if (writable) fsyncSync(fd);
      return true;
    },
    close: () => closeSync(fd),
  };
}

export interface ZfsOptions {
  /** Bytes that ZFS has for buffers; default 64 MiB. */
  readonly memory?: number;
  /** Nanoseconds since 1970, and 64 random bits: fixed ones make pools repeatable. */
  readonly now?: () => bigint;
  readonly random?: () => bigint;
  readonly notice?: (text: string) => void;
}

export interface Zfs {
  readonly guest: Guest;
  /** Disks by the number that the guest knows them by. */
  readonly disks: Disk[];
  call(name: string, ...values: (number | bigint | string | Uint8Array)[]): number;
  /** Calls with a buffer of `count` bytes behind the other arguments: what came back, or a negative errno. */
  read(name: string, count: number, ...values: (number | bigint | string)[]): Uint8Array | number;
  /** zpool(8) with these arguments; what it printed, what it complained of, its exit status. */
  zpool(...words: string[]): Outcome;
}

export interface Outcome {
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

const HEAP = 48 << 20;
/** A collection between calls, when so much has been allocated. */
const COLLECT_ABOVE = 24 << 20;

export async function loadZfs(disks: Disk[], options: ZfsOptions = {}): Promise<Zfs> {
  const arena = options.memory ?? 64 << 20;
  let time = 1_700_000_000_000_000_000n;
  let seed = 0x9e3779b97f4a7c15n;
  const random = (): bigint => {
    seed ^= BigInt.asUintN(64, seed << 13n);
    seed ^= seed >> 7n;
    seed ^= BigInt.asUintN(64, seed << 17n);
    return seed;
  };
  const printed: number[] = [];
  let memory: WebAssembly.Memory | undefined;
  const bytes = (at: number, count: number): Uint8Array =>
    new Uint8Array((memory as WebAssembly.Memory).buffer, at >>> 0, count >>> 0);
  const text = (at: number, count: number): string => Buffer.from(bytes(at, count)).toString('latin1');
  const guest = await loadGuest({
    entry: 'zfs/host/main.ts',
    target: 'kernel',
    heapBytes: HEAP + arena,
    imports: {
      // A failed assertion prints why to the serial port, then wants to show the stack.
      cpu: {
        cli: () => undefined,
        inb: () => 0x20,
        outb: (_: number, value: number) => void printed.push(value),
        framePointer: () => {
          throw new Error(Buffer.from(printed.splice(0)).toString('latin1').trim());
        },
      },
      host: {
        open: (path: number, count: number) => disks.findIndex((disk) => disk.path === text(path, count)),
        size: (device: number) => BigInt(disks[device].size),
        sectorSize: (device: number) => disks[device].sectorSize,
        read: (device: number, offset: bigint, to: number, count: number) =>
          disks[device].read(Number(offset), bytes(to, count)) ? 0 : -5,
        write: (device: number, offset: bigint, from: number, count: number) =>
          disks[device].write(Number(offset), bytes(from, count)) ? 0 : -5,
        flush: (device: number) => (disks[device].flush() ? 0 : -5),
        now: () => options.now?.() ?? (time += 1_000_000n),
        random: () => BigInt.asUintN(64, options.random?.() ?? random()),
        notice: (at: number, count: number) => options.notice?.(text(at, count)),
      },
    },
  });
  memory = guest.memory;
  guest.call('start', arena);
  const buffer = { at: 0, size: 0 };
  const room = (count: number): number => {
    if (buffer.size < count) {
      buffer.at = guest.bytes(new Uint8Array(count));
      buffer.size = count;
    }
    return buffer.at;
  };
  const pass = (values: readonly (number | bigint | string | Uint8Array)[], reserve: number): [(number | bigint)[], number] => {
    const blobs = values.map((value) => (typeof value === 'string' ? Buffer.from(value, 'latin1') : value));
    const total = blobs.reduce<number>((sum, value) => sum + (value instanceof Uint8Array ? value.length + 16 : 0), reserve);
    let at = room(total);
    const end = at + total - reserve;
    const out: (number | bigint)[] = [];
    for (const value of blobs) {
      if (!(value instanceof Uint8Array)) {
        out.push(value);
        continue;
      }
      bytes(at, value.length).set(value);
      out.push(at, value.length);
      at += (value.length + 15) & ~15;
    }
    return [out, end];
  };
  const run = (name: string, values: (number | bigint)[]): number => {
    const result = guest.call(name, ...values);
    if ((guest.call('heapLive') as number) > COLLECT_ABOVE + arena) guest.collect();
    return result as number;
  };
  const said = (name: string): string => guest.text(guest.call(name) as number);
  return {
    guest,
    disks,
    zpool(...words) {
      const status = run('zpool', pass([words.join('\0'), disks.map((disk) => disk.path).join('\n')], 0)[0]);
      return { out: said('answer'), err: said('complaints'), status };
    },
    call: (name, ...values) => run(name, pass(values, 0)[0]),
    read(name, count, ...values) {
      const [words, at] = pass(values, count);
      const result = run(name, [...words, at, count]);
      return result < 0 ? result : bytes(at, result).slice();
    },
  };
}
