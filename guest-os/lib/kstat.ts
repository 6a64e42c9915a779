// SPDX-License-Identifier: MIT
/** @fileoverview The kernel's statistics for programs, as libkstat gives them: the chain of records, and each with its values. */
import * as calls from './calls';
import { pathOf, zeroTerminated } from './text';

const IOC_READ: i32 = 0x4b02;
/** kstat_t and kstat_named_t for 64 bits. */
const SIZE: usize = 184;
const NAMED: usize = 48;
export const KSTAT_TYPE_RAW: i32 = 0;
export const KSTAT_TYPE_NAMED: i32 = 1;
export const KSTAT_TYPE_INTR: i32 = 2;
export const KSTAT_TYPE_IO: i32 = 3;
const IO_NAMES: string[] = ['nread', 'nwritten', 'reads', 'writes', 'rtime', 'rlentime', 'rlastupdate', 'rcnt'];
const IO_PLACES: StaticArray<i32> = [0, 8, 16, 20, 48, 56, 64, 76];
const DATA_CHAR: u8 = 0;
const DATA_INT32: u8 = 1;
const DATA_UINT32: u8 = 2;
const DATA_INT64: u8 = 3;
const DATA_STRING: u8 = 9;

export class KstatValue {
  constructor(
    readonly name: string,
    /** As it is printed. */
    readonly text: string,
    /** 0 for texts. */
    readonly number: i64,
  ) {}
}

/** One record of the chain; {@link Kstat.read} fetches its values of the moment. */
export class Kstat {
  id: i32 = 0;
  module: string = '';
  instance: i32 = 0;
  name: string = '';
  class_: string = '';
  type: i32 = 0;
  /** Nanoseconds since boot: made, and read. */
  created: u64 = 0;
  taken: u64 = 0;
  values: KstatValue[] = [];
  /** The bytes of a record that is no named values. */
  raw: StaticArray<u8> = new StaticArray<u8>(0);
  private room: i32 = 4096;

  constructor(private readonly descriptor: i32) {}

  /** False: it is not there any more. */
  read(): bool {
    const header = new StaticArray<u8>(<i32>SIZE);
    const at = changetype<usize>(header);
    while (true) {
      const data = new StaticArray<u8>(this.room);
      store<i32>(at, this.id, 16);
      store<u64>(at, changetype<usize>(data), 120);
      store<u64>(at, this.room, 136);
      const result = calls.ioctl(this.descriptor, IOC_READ, at);
      const size = load<u64>(at, 136);
      if (result < 0 && size > <u64>this.room) {
        this.room = <i32>size;
        continue;
      }
      if (result < 0) return false;
      this.taken = load<u64>(at, 144);
      if (this.type == KSTAT_TYPE_NAMED) this.takeNamed(changetype<usize>(data), load<u32>(at, 128));
      else if (this.type == KSTAT_TYPE_IO) this.takeIo(changetype<usize>(data));
      else this.raw = data;
      return true;
    }
  }

  private takeNamed(from: usize, count: u32): void {
    this.values = [];
    for (let i: u32 = 0; i < count; i++) {
      const at = from + <usize>i * NAMED;
      const type = load<u8>(at, 31);
      const value = at + 32;
      let text = '';
      let number: i64 = 0;
      if (type == DATA_CHAR) text = zeroTerminated(value);
      else if (type == DATA_STRING) text = zeroTerminated(<usize>load<u64>(value));
      else {
        if (type == DATA_INT32) number = load<i32>(value);
        else if (type == DATA_UINT32) number = load<u32>(value);
        else number = load<i64>(value);
        text = type == DATA_INT32 || type == DATA_INT64 ? number.toString() : (<u64>number).toString();
      }
      this.values.push(new KstatValue(zeroTerminated(at), text, number));
    }
  }

  /** kstat_io_t by the names that kstat(8) has for its fields; times are nanoseconds. */
  private takeIo(from: usize): void {
    this.values = [];
    for (let i = 0; i < IO_NAMES.length; i++) {
      const place = from + <usize>IO_PLACES[i];
      const number: i64 =
        IO_NAMES[i] == 'reads' || IO_NAMES[i] == 'writes' || IO_NAMES[i].endsWith('cnt') ? load<u32>(place) : load<i64>(place);
      this.values.push(new KstatValue(IO_NAMES[i], (<u64>number).toString(), number));
    }
  }

  /** A value by name, of what was read last; -1: there is none. */
  number(name: string): i64 {
    for (let i = 0; i < this.values.length; i++) if (this.values[i].name == name) return this.values[i].number;
    return -1;
  }
  text(name: string): string {
    for (let i = 0; i < this.values.length; i++) if (this.values[i].name == name) return this.values[i].text;
    return '';
  }
}

/** /dev/kstat, once it is open. */
let device: i32 = -1;

/** All records that there are, not yet read. Empty: /dev/kstat cannot be opened. */
export function kstatChain(): Kstat[] {
  const chain: Kstat[] = [];
  if (device < 0) device = <i32>calls.open(pathOf('/dev/kstat'), 0, 0);
  const descriptor = device;
  if (descriptor < 0) return chain;
  const header = new StaticArray<u8>(<i32>SIZE);
  const at = changetype<usize>(header);
  let room: u64 = <u64>SIZE * 64;
  while (true) {
    const list = new StaticArray<u8>(<i32>room);
    memory.fill(at, 0, SIZE);
    store<u64>(at, changetype<usize>(list), 120);
    store<u64>(at, room, 136);
    const result = calls.ioctl(descriptor, IOC_READ, at);
    if (result < 0 && load<u64>(at, 136) > room) {
      room = load<u64>(at, 136) + <u64>SIZE * 16;
      continue;
    }
    if (result < 0) return chain;
    for (let i: u32 = 0; i < load<u32>(at, 128); i++) chain.push(describe(descriptor, changetype<usize>(list) + <usize>i * SIZE));
    return chain;
  }
}

function describe(descriptor: i32, from: usize): Kstat {
  const kstat = new Kstat(descriptor);
  kstat.created = load<u64>(from);
  kstat.id = load<i32>(from, 16);
  kstat.module = zeroTerminated(from + 20);
  kstat.instance = load<i32>(from, 52);
  kstat.name = zeroTerminated(from + 56);
  kstat.type = load<u8>(from, 87);
  kstat.class_ = zeroTerminated(from + 88);
  return kstat;
}

/** The kernel keeps so many characters of names (<sys/kstat.h>, KSTAT_STRLEN less the end). */
const KEPT: i32 = 30;

/** One record, read; null: there is none. */
export function findKstat(module: string, instance: i32, name: string): Kstat | null {
  const chain = kstatChain();
  const kept = name.substring(0, KEPT);
  for (let i = 0; i < chain.length; i++) {
    const kstat = chain[i];
    if (kstat.module == module && kstat.instance == instance && kstat.name == kept) return kstat.read() ? kstat : null;
  }
  return null;
}
