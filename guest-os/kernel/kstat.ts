// SPDX-License-Identifier: MIT
/**
 * @fileoverview Kernel statistics (kstat(9S)): named records of figures, found by module, instance and name, read through /dev/kstat.
 *
 * Whoever has figures makes a {@link Kstat} and installs it. Nothing is computed until somebody reads: then {@link Kstat.fill} says each value, of the
 * moment. The chain's id changes whenever a record comes or goes, so that readers know when to look again.
 *
 *     class Cache extends Kstat { fill(data: NamedData): void { data.u64('hits', hits); } }
 *     installKstat(new Cache('unix', 0, 'name_cache', 'misc'));
 *
 * In memory of programs a record's data is an array of kstat_named_t, 48 bytes each: name of 31 bytes, type, value. Long texts lie behind the
 * array. A record of another type (KSTAT_TYPE_IO, RAW) overrides {@link Kstat.type} and writes its bytes itself.
 */
import { uptime } from './time/clock';
import { storeText } from './memory/user';

export const KSTAT_TYPE_RAW: i32 = 0;
export const KSTAT_TYPE_NAMED: i32 = 1;
export const KSTAT_TYPE_INTR: i32 = 2;
export const KSTAT_TYPE_IO: i32 = 3;
const DATA_CHAR: u8 = 0;
const DATA_INT32: u8 = 1;
const DATA_UINT32: u8 = 2;
const DATA_INT64: u8 = 3;
const DATA_UINT64: u8 = 4;
const DATA_STRING: u8 = 9;
const NAMED: usize = 48;
const NAME: i32 = 30;

/** All data of a record that is read; one is, at a time. */
const ROOM: usize = 32768;
const buffer = memory.data(32768, 16);

/** What a record's values are written to. */
export class NamedData {
  count: i32 = 0;
  private readonly texts: string[] = [];
  /** Where the texts belong, as places in the buffer. */
  private readonly places: usize[] = [];
  /** Bytes written by a record that is not of named values. */
  raw: usize = 0;

  private add(name: string, type: u8): usize {
    const at = buffer + <usize>this.count * NAMED;
    assert(at + NAMED <= buffer + ROOM, 'a kstat with too many values');
    memory.fill(at, 0, NAMED);
    storeText(at, name.substring(0, NAME));
    store<u8>(at, type, 31);
    this.count++;
    return at + 32;
  }
  u64(name: string, value: u64): void {
    store<u64>(this.add(name, DATA_UINT64), value);
  }
  i64(name: string, value: i64): void {
    store<i64>(this.add(name, DATA_INT64), value);
  }
  u32(name: string, value: u32): void {
    store<u32>(this.add(name, DATA_UINT32), value);
  }
  i32(name: string, value: i32): void {
    store<i32>(this.add(name, DATA_INT32), value);
  }
  /** Up to 15 characters lie in the record, longer texts behind it. */
  text(name: string, value: string): void {
    if (value.length < 16) {
      storeText(this.add(name, DATA_CHAR), value);
      return;
    }
    const at = this.add(name, DATA_STRING);
    store<u32>(at, value.length + 1, 8);
    this.texts.push(value);
    this.places.push(at);
  }

  /** For records that are no named values: so many bytes at the beginning. */
  bytes(count: usize): usize {
    memory.fill(buffer, 0, count);
    this.raw = count;
    return buffer;
  }

  get size(): usize {
    if (this.raw) return this.raw;
    let size = <usize>this.count * NAMED;
    for (let i = 0; i < this.texts.length; i++) size += <usize>this.texts[i].length + 1;
    return size;
  }

  /** Completes the bytes for a reader whose memory for them begins at `base`; they begin at the address given back. */
  finish(base: u64): usize {
    if (this.raw) return buffer;
    let at = <usize>this.count * NAMED;
    for (let i = 0; i < this.texts.length; i++) {
      const text = this.texts[i];
      if (at + <usize>text.length + 1 > ROOM) break;
      storeText(buffer + at, text);
      store<u8>(buffer + at + text.length, 0);
      store<u64>(this.places[i], base + at);
      at += <usize>text.length + 1;
    }
    return buffer;
  }
}

export abstract class Kstat {
  id: i32 = 0;
  readonly created: u64 = uptime();

  constructor(
    readonly module: string,
    readonly instance: i32,
    readonly name: string,
    /** What kind of thing it is about: misc, vm, disk, net … */
    readonly class_: string,
    /** The zone that it is about; only that one and the global zone see it. -1: nothing of one zone, all see it. */
    readonly zoneid: i32 = -1,
  ) {}

  get type(): i32 {
    return KSTAT_TYPE_NAMED;
  }
  /** Says all values as they are now. */
  abstract fill(data: NamedData): void;
}

const chain: Kstat[] = [];
let lastId: i32 = 0;
let chainId_: i32 = 1;

export function kstatChain(): Kstat[] {
  return chain;
}
export function chainId(): i32 {
  return chainId_;
}

export function installKstat(kstat: Kstat): void {
  kstat.id = ++lastId;
  chain.push(kstat);
  chainId_++;
}
export function removeKstat(kstat: Kstat): void {
  const at = chain.indexOf(kstat);
  if (at < 0) return;
  chain.splice(at, 1);
  chainId_++;
}
export function findKstat(id: i32): Kstat | null {
  for (let i = 0; i < chain.length; i++) if (chain[i].id == id) return chain[i];
  return null;
}
