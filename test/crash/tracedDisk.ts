// SPDX-License-Identifier: MIT
/**
 * @fileoverview Disks that remember what was written to them, and what is left of it when the power fails.
 *
 * A disk has a cache: what was written since its last flush may be on it or not, in any order, and of a write it may be that only some sectors
 * are. Before that flush everything is. `afterCut` makes a disk's contents for a cut at any event by choosing among these.
 */
import type { Disk } from '../../toolchain/zfs/host.ts';

const SECTOR = 512;

/** A write, or a flush (without bytes), on one of the disks. */
interface Event {
  disk: number;
  offset: number;
  bytes: Uint8Array | undefined;
}

export class Trace {
  readonly events: Event[] = [];
  readonly disks: readonly Disk[];

  constructor(paths: readonly string[], size: number) {
    this.disks = paths.map((path, disk) => this.#disk(path, disk, size));
  }

  #disk(path: string, disk: number, size: number): Disk {
    const bytes = new Uint8Array(size);
    return {
      path,
      size,
      sectorSize: SECTOR,
      read(offset, to) {
        to.set(bytes.subarray(offset, offset + to.length));
        return true;
      },
      write: (offset, from) => {
        bytes.set(from, offset);
        this.events.push({ disk, offset, bytes: from.slice() });
        return true;
      },
      flush: () => {
        this.events.push({ disk, offset: 0, bytes: undefined });
        return true;
      },
      close: () => undefined,
    };
  }
}

/** What becomes of the writes that no flush covers. */
export type Fate = 'kept' | 'dropped' | 'reordered' | 'torn';
export const FATES: readonly Fate[] = ['kept', 'dropped', 'reordered', 'torn'];

/** Replays a trace, cut by cut, each later than the one before. */
export class Replay {
  readonly #trace: Trace;
  readonly #durable: Uint8Array[];
  /** By disk: writes since its last flush. */
  readonly #cached: Event[][];
  #at = 0;

  constructor(trace: Trace) {
    this.#trace = trace;
    this.#durable = trace.disks.map((disk) => new Uint8Array(disk.size));
    this.#cached = trace.disks.map(() => []);
  }

  /** The disks as they are if the power fails before event `cut`. They share what they hold with this replay until they are written to. */
  afterCut(cut: number, fate: Fate, random: () => number): Disk[] {
    for (; this.#at < cut; this.#at++) this.#advance(this.#trace.events[this.#at]);
    return this.#trace.disks.map((disk, index) => {
      const overlay = new OverlayDisk(disk.path, this.#durable[index]);
      for (const event of this.#cached[index]) keep(overlay, event, fate, random);
      return overlay;
    });
  }

  #advance(event: Event): void {
    if (event.bytes) {
      this.#cached[event.disk].push(event);
      return;
    }
    for (const { offset, bytes } of this.#cached[event.disk]) this.#durable[event.disk].set(bytes!, offset);
    this.#cached[event.disk] = [];
  }
}

function keep(disk: Disk, { offset, bytes }: Event, fate: Fate, random: () => number): void {
  if (fate === 'kept') disk.write(offset, bytes!);
  // As if others that were issued later had come first.
  if (fate === 'reordered' && random() < 0.5) disk.write(offset, bytes!);
  if (fate !== 'torn') return;
  for (let at = 0; at < bytes!.length; at += SECTOR) {
    if (random() < 0.5) disk.write(offset + at, bytes!.subarray(at, at + SECTOR));
  }
}

const CHUNK = 65_536;

/** A disk over contents that stay as they are. */
class OverlayDisk implements Disk {
  readonly path: string;
  readonly sectorSize = SECTOR;
  readonly #base: Uint8Array;
  readonly #own = new Map<number, Uint8Array>();

  constructor(path: string, base: Uint8Array) {
    this.path = path;
    this.#base = base;
  }
  get size(): number {
    return this.#base.length;
  }

  read(offset: number, to: Uint8Array): boolean {
    this.#pieces(offset, to.length, (chunk, from, count, done) => {
      const own = this.#own.get(chunk);
      const start = chunk * CHUNK + from;
      to.set(own ? own.subarray(from, from + count) : this.#base.subarray(start, start + count), done);
    });
    return true;
  }
  write(offset: number, bytes: Uint8Array): boolean {
    this.#pieces(offset, bytes.length, (chunk, from, count, done) => {
      let own = this.#own.get(chunk);
      if (!own) this.#own.set(chunk, (own = this.#base.slice(chunk * CHUNK, (chunk + 1) * CHUNK)));
      own.set(bytes.subarray(done, done + count), from);
    });
    return true;
  }
  flush(): boolean {
    return true;
  }
  close(): void {}

  #pieces(offset: number, length: number, piece: (chunk: number, from: number, count: number, done: number) => void): void {
    for (let done = 0; done < length; ) {
      const from = (offset + done) % CHUNK;
      const count = Math.min(CHUNK - from, length - done);
      piece((offset + done - from) / CHUNK, from, count, done);
      done += count;
    }
  }
}

/** All of a disk's contents. */
export function contentsOf(disk: Disk): Uint8Array {
  const bytes = new Uint8Array(disk.size);
  disk.read(0, bytes);
  return bytes;
}
