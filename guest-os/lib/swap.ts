// SPDX-License-Identifier: MIT
/** @fileoverview swapctl(2) for programs: areas of swap, and what memory is promised. */
import * as calls from './calls';
import { pathOf, zeroTerminated } from './text';

const A_SWAPCTL: i32 = 16;
const SC_ADD: i32 = 1;
const SC_LIST: i32 = 2;
const SC_REMOVE: i32 = 3;
const SC_GETNSWP: i32 = 4;
const SC_AINFO: i32 = 5;
const SWAPENT: i32 = 48;
const MAXPATHLEN: i32 = 1024;
const request = memory.data(24, 8);

/** An area; counts are pages, but for its beginning: blocks of 512 bytes. */
export class SwapEntry {
  constructor(
    readonly path: string,
    readonly start: u64,
    readonly pages: u64,
    readonly free: u64,
    readonly isLeaving: bool,
  ) {}
}

/** 0, or a negative errno. `length`: blocks, 0: all that there are. */
export function addSwap(path: string, start: u64, length: u64): i64 {
  return control(SC_ADD, path, start, length);
}
export function removeSwap(path: string, start: u64): i64 {
  return control(SC_REMOVE, path, start, 0);
}
function control(command: i32, path: string, start: u64, length: u64): i64 {
  const name = pathOf(path);
  store<u64>(request, <u64>name);
  store<u64>(request, start, 8);
  store<u64>(request, length, 16);
  return calls.uadmin(A_SWAPCTL, command, <u64>request);
}

/** All areas; null: see `listError`. */
export let listError: i64 = 0;
export function swapEntries(): SwapEntry[] | null {
  const count = <i32>calls.uadmin(A_SWAPCTL, SC_GETNSWP, 0);
  const entries: SwapEntry[] = [];
  const table = new StaticArray<u8>(8 + count * (SWAPENT + MAXPATHLEN));
  const at = changetype<usize>(table);
  store<u32>(at, count);
  const paths = at + 8 + <usize>(count * SWAPENT);
  for (let i = 0; i < count; i++) store<u32>(at + 8 + <usize>(i * SWAPENT), paths + <usize>(i * MAXPATHLEN));
  listError = calls.uadmin(A_SWAPCTL, SC_LIST, <u64>at);
  if (listError < 0) return null;
  for (let i = 0; i < <i32>listError; i++) {
    const entry = at + 8 + <usize>(i * SWAPENT);
    const path = zeroTerminated(<usize>load<u64>(entry));
    entries.push(new SwapEntry(path, load<u64>(entry, 8), load<u64>(entry, 24), load<u64>(entry, 32), load<u32>(entry, 40) != 0));
  }
  return entries;
}

/** Pages in all, free, and promised. */
export class Anonymous {
  all: u64 = 0;
  free: u64 = 0;
  reserved: u64 = 0;
  static now(): Anonymous {
    const result = new Anonymous();
    if (calls.uadmin(A_SWAPCTL, SC_AINFO, <u64>request) < 0) return result;
    result.all = load<u64>(request);
    result.free = load<u64>(request, 8);
    result.reserved = load<u64>(request, 16);
    return result;
  }
}
