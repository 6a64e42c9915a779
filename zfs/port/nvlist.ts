// SPDX-License-Identifier: MIT
/**
 * @fileoverview Lists of names and values, and their XDR encoding (RFC 4506) as pools' configurations and send streams have it.
 *
 * Encoded: 4 bytes (encoding 1, host's byte order 1, 0, 0), then the list: version, flags, pairs, 8 zero bytes. A pair: its encoded
 * size, the size it has in illumos's memory, name, type, number of elements, value. Inner lists have no first 4 bytes.
 */
import { putText, textOf } from './bytes';

export const NV_BOOLEAN: i32 = 1;
export const NV_UINT64: i32 = 8;
export const NV_BYTES: i32 = 10;
export const NV_STRING: i32 = 9;
export const NV_UINT64_ARRAY: i32 = 16;
export const NV_LIST: i32 = 19;
export const NV_LIST_ARRAY: i32 = 20;
const NV_STRING_ARRAY: i32 = 17;
const NV_BOOLEAN_VALUE: i32 = 21;
/** Lists within lists that are followed. */
const DEEPEST: i32 = 20;
const UNIQUE_NAMES: u32 = 1;

export class Pair {
  number: u64 = 0;
  text: string = '';
  numbers: u64[] | null = null;
  texts: string[] | null = null;
  bytes: StaticArray<u8> | null = null;
  list: NvList | null = null;
  lists: NvList[] | null = null;

  constructor(
    public readonly name: string,
    public readonly type: i32,
  ) {}
}

export class NvList {
  readonly pairs: Pair[] = [];

  find(name: string): Pair | null {
    for (let i = 0; i < this.pairs.length; i++) if (this.pairs[i].name == name) return this.pairs[i];
    return null;
  }
  has(name: string): bool {
    return this.find(name) != null;
  }
  remove(name: string): void {
    for (let i = 0; i < this.pairs.length; i++) {
      if (this.pairs[i].name != name) continue;
      this.pairs.splice(i, 1);
      return;
    }
  }
  private put(name: string, type: i32): Pair {
    this.remove(name);
    const pair = new Pair(name, type);
    this.pairs.push(pair);
    return pair;
  }

  flag(name: string): void {
    this.put(name, NV_BOOLEAN);
  }
  setNumber(name: string, value: u64): NvList {
    this.put(name, NV_UINT64).number = value;
    return this;
  }
  setText(name: string, value: string): NvList {
    this.put(name, NV_STRING).text = value;
    return this;
  }
  setBytes(name: string, value: StaticArray<u8>): NvList {
    this.put(name, NV_BYTES).bytes = value;
    return this;
  }
  setNumbers(name: string, value: u64[]): void {
    this.put(name, NV_UINT64_ARRAY).numbers = value;
  }
  setList(name: string, value: NvList): void {
    this.put(name, NV_LIST).list = value;
  }
  /** The same, for chains of calls. */
  with(name: string, value: NvList): NvList {
    this.setList(name, value);
    return this;
  }
  setLists(name: string, value: NvList[]): void {
    this.put(name, NV_LIST_ARRAY).lists = value;
  }

  number(name: string, otherwise: u64 = 0): u64 {
    const pair = this.find(name);
    return pair && pair.type == NV_UINT64 ? pair.number : otherwise;
  }
  text(name: string): string {
    const pair = this.find(name);
    return pair && pair.type == NV_STRING ? pair.text : '';
  }
  bytes(name: string): StaticArray<u8> | null {
    const pair = this.find(name);
    return pair ? pair.bytes : null;
  }
  list(name: string): NvList | null {
    const pair = this.find(name);
    return pair ? pair.list : null;
  }
  lists(name: string): NvList[] {
    const pair = this.find(name);
    if (!pair) return [];
    const lists = pair.lists;
    return lists ? lists : [];
  }
}

// ---- writing

let out: usize = 0;
let outEnd: usize = 0;

/** The encoded size; 0 if it is more than `room`. With `to` 0 only the size is found. */
export function packList(list: NvList, to: usize, room: usize): usize {
  const size: usize = 4 + listSize(list);
  if (!to) return size;
  if (size > room) return 0;
  store<u32>(to, 0x0101);
  out = to + 4;
  outEnd = to + size;
  putList(list);
  assert(out == outEnd, 'nvlist size');
  return size;
}

function padded(count: usize): usize {
  return (count + 3) & ~3;
}

function listSize(list: NvList): usize {
  let size: usize = 16;
  for (let i = 0; i < list.pairs.length; i++) size += pairSize(list.pairs[i]);
  return size;
}

function pairSize(pair: Pair): usize {
  return 20 + padded(pair.name.length) + valueSize(pair);
}

function valueSize(pair: Pair): usize {
  if (pair.type == NV_UINT64) return 8;
  if (pair.type == NV_STRING) return 4 + padded(pair.text.length);
  if (pair.type == NV_UINT64_ARRAY) return <usize>pair.numbers!.length * 8;
  if (pair.type == NV_LIST) return listSize(pair.list!);
  if (pair.type == NV_BYTES) return padded(pair.bytes!.length);
  let size: usize = 0;
  if (pair.type == NV_LIST_ARRAY) {
    const lists = pair.lists!;
    for (let i = 0; i < lists.length; i++) size += listSize(lists[i]);
  }
  return size;
}

/** Bytes that the pair takes in the memory of a 64-bit system of others: the format wants to know. */
function nativeSize(pair: Pair): u32 {
  let value: u32 = 0;
  if (pair.type == NV_UINT64) value = 8;
  else if (pair.type == NV_STRING) value = (<u32>pair.text.length + 8) & ~7;
  else if (pair.type == NV_UINT64_ARRAY) value = <u32>pair.numbers!.length * 8;
  else if (pair.type == NV_BYTES) value = (<u32>pair.bytes!.length + 7) & ~7;
  else if (pair.type == NV_LIST) value = 24;
  else if (pair.type == NV_LIST_ARRAY) value = <u32>pair.lists!.length * 32;
  return ((16 + <u32>pair.name.length + 8) & ~7) + value;
}

function put32(value: u32): void {
  store<u32>(out, bswap(value));
  out += 4;
}
function put64(value: u64): void {
  store<u64>(out, bswap(value));
  out += 8;
}
function putString(text: string): void {
  put32(text.length);
  memory.fill(out, 0, padded(text.length));
  putText(text, out);
  out += padded(text.length);
}

function putBytes(bytes: StaticArray<u8>): void {
  const count = padded(bytes.length);
  memory.fill(out, 0, count);
  memory.copy(out, changetype<usize>(bytes), bytes.length);
  out += count;
}

function putList(list: NvList): void {
  put32(0);
  put32(UNIQUE_NAMES);
  for (let i = 0; i < list.pairs.length; i++) putPair(list.pairs[i]);
  put64(0);
}

function putPair(pair: Pair): void {
  put32(<u32>pairSize(pair));
  put32(nativeSize(pair));
  putString(pair.name);
  put32(pair.type);
  put32(elements(pair));
  if (pair.type == NV_UINT64) put64(pair.number);
  else if (pair.type == NV_STRING) putString(pair.text);
  else if (pair.type == NV_UINT64_ARRAY) {
    const numbers = pair.numbers!;
    for (let i = 0; i < numbers.length; i++) put64(numbers[i]);
  } else if (pair.type == NV_BYTES) putBytes(pair.bytes!);
  else if (pair.type == NV_LIST) putList(pair.list!);
  else if (pair.type == NV_LIST_ARRAY) {
    const lists = pair.lists!;
    for (let i = 0; i < lists.length; i++) putList(lists[i]);
  }
}

function elements(pair: Pair): u32 {
  if (pair.type == NV_BOOLEAN) return 0;
  if (pair.type == NV_UINT64_ARRAY) return pair.numbers!.length;
  if (pair.type == NV_LIST_ARRAY) return pair.lists!.length;
  if (pair.type == NV_BYTES) return pair.bytes!.length;
  return 1;
}

// ---- reading

let at: usize = 0;
let end: usize = 0;
let bad = false;

/** Null: not a list in XDR, or one that ends too soon. Pairs of other types than those above are left out. */
export function unpackList(from: usize, bytes: usize): NvList | null {
  if (bytes < 4 || load<u8>(from) != 1) return null;
  at = from + 4;
  end = from + bytes;
  bad = false;
  const list = takeList(0);
  return bad ? null : list;
}

function take32(): u32 {
  if (end - at < 4) {
    bad = true;
    return 0;
  }
  at += 4;
  return bswap(load<u32>(at - 4));
}
function take64(): u64 {
  const high = take32();
  return ((<u64>high) << 32) | <u64>take32();
}
function takeString(): string {
  const count = <usize>take32();
  if (bad || count > end - at || padded(count) > end - at) {
    bad = true;
    return '';
  }
  const text = textOf(at, count);
  at += padded(count);
  return text;
}

function takeBytes(count: u32): StaticArray<u8> {
  const bytes = new StaticArray<u8>(<usize>count > end - at ? 0 : count);
  if (<usize>count > end - at || padded(count) > end - at) bad = true;
  else {
    memory.copy(changetype<usize>(bytes), at, count);
    at += padded(count);
  }
  return bytes;
}

function takeList(depth: i32): NvList {
  const list = new NvList();
  if (depth == DEEPEST) bad = true;
  take64();
  while (!bad) {
    const begin = at;
    const size = <usize>take32();
    take32();
    if (!size) break;
    if (bad || size > end - begin) {
      bad = true;
      break;
    }
    const name = takeString();
    const type = <i32>take32();
    const count = take32();
    // Each element of an array takes a byte at least.
    if (<usize>count > size) bad = true;
    if (!bad) takeValue(list, new Pair(name, type), count, depth);
    if (at > begin + size) bad = true;
    else at = begin + size;
  }
  return list;
}

function takeValue(list: NvList, pair: Pair, count: u32, depth: i32): void {
  const type = pair.type;
  if (type == NV_UINT64) pair.number = take64();
  else if (type == NV_STRING) pair.text = takeString();
  else if (type == NV_BYTES) pair.bytes = takeBytes(count);
  else if (type == NV_BOOLEAN_VALUE) pair.number = <u64>take32();
  else if (type == NV_UINT64_ARRAY) {
    const numbers: u64[] = [];
    for (let i: u32 = 0; i < count && !bad; i++) numbers.push(take64());
    pair.numbers = numbers;
  } else if (type == NV_STRING_ARRAY) {
    const texts: string[] = [];
    for (let i: u32 = 0; i < count && !bad; i++) texts.push(takeString());
    pair.texts = texts;
  } else if (type == NV_LIST) pair.list = takeList(depth + 1);
  else if (type == NV_LIST_ARRAY) {
    const lists: NvList[] = [];
    for (let i: u32 = 0; i < count && !bad; i++) lists.push(takeList(depth + 1));
    pair.lists = lists;
  } else if (type != NV_BOOLEAN) return;
  list.pairs.push(pair);
}
