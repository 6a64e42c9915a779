// SPDX-License-Identifier: MIT
/**
 * @fileoverview Memory that is more than the machine has, under a pattern: `kernel swap MEBIBYTES PROCESSES ROUNDS SEED`. Processes that have so much together
 * write every page, then look at all of them and change some, again and again; a child of each, which shares the pages by fork, looks at and changes
 * them at the same time, both have a region of shared memory, and some pages are locked, discarded, unmapped, or written to a file and read back. Every word read
 * must be what was written last. Another process has memory all the while and looks at it in the end (held.ts).
 */
import { load64, store64 } from 'machine/mem';
import * as calls from '../../lib/calls';
import { flush, out } from '../../lib/io';
import { fork, waitFor } from '../../lib/process';
import { hold } from './held';
import { below, seed } from './random';
import { pathOf } from '../../lib/text';

export const PAGE: u64 = 4096;
export const MAP_SHARED: i32 = 1;
export const MAP_PRIVATE: i32 = 2;
const MAP_ANON: i32 = 0x100;
const MC_LOCK: i32 = 2;
const MC_UNLOCK: i32 = 3;
const MC_ADVISE: i32 = 4;
const MADV_FREE: u64 = 5;
/** Words of a page that are looked at, so far apart. */
const STRIDE: u64 = 512;
/** Pages of a process that are shared with its child. */
const SHARED_SHARE: u64 = 8;

export class Region {
  /** What was written to a page last: 0, zeros; else mixed with its number. */
  private readonly marks: u64;
  constructor(
    readonly at: u64,
    readonly pages: u64,
  ) {
    this.marks = map(pages * 8, MAP_PRIVATE);
  }

  private word(page: u64, mark: u64, place: u64): u64 {
    return mark ? (mark * 0x9e3779b97f4a7c15) ^ (page << 20) ^ place : 0;
  }
  write(page: u64, mark: u64): void {
    store64(this.marks + page * 8, mark);
    const at = this.at + page * PAGE;
    for (let i: u64 = 0; i < PAGE; i += STRIDE) store64(at + i, this.word(page, mark, i));
  }
  check(page: u64): bool {
    const mark = load64(this.marks + page * 8);
    const at = this.at + page * PAGE;
    for (let i: u64 = 0; i < PAGE; i += STRIDE) {
      const found = load64(at + i);
      if (found == this.word(page, mark, i)) continue;
      out(
        'page ' + page.toString() + ' of 0x' + this.at.toString(16) + ': 0x' + found.toString(16) + ' at ' + i.toString() + '\n',
      );
      flush();
      return false;
    }
    return true;
  }
  checkAll(): bool {
    for (let page: u64 = 0; page < this.pages; page++) if (!this.check(page)) return false;
    return true;
  }
  /** So many pages, anywhere, are looked at and changed. */
  wander(steps: u64, mark: u64): bool {
    for (let i: u64 = 0; i < steps; i++) {
      const page = <u64>below(<i32>this.pages);
      if (!this.check(page)) return false;
      this.write(page, mark + i);
    }
    return true;
  }
  /** Somebody else has written it; 0: it is zeros. */
  said(page: u64, mark: u64): void {
    store64(this.marks + page * 8, mark);
  }
}

export function map(bytes: u64, kind: i32): u64 {
  const at = calls.mmap(0, (bytes + PAGE - 1) & ~(PAGE - 1), 3, kind | MAP_ANON, -1, 0);
  if (at < 0) {
    out('mmap: errno ' + (-at).toString() + '\n');
    flush();
    calls.exit(2);
  }
  return <u64>at;
}

/** Of pipes: somebody has its memory; the holder is to look at it; the others are to go on. */
const ready = memory.data(8, 8);
const begin = memory.data(8, 8);
const go = memory.data(16, 8);

export function testSwap(mebibytes: i64, processes: i32, rounds: i32, from: i32): i32 {
  const pages = ((<u64>mebibytes) << 20) / PAGE / <u64>processes;
  flush();
  if (calls.pipe(<u64>ready, 0) < 0 || calls.pipe(<u64>go, 0) < 0 || calls.pipe(<u64>begin, 0) < 0) return 2;
  const holder = fork();
  if (!holder) calls.exit(hold(<i32>load<u32>(ready, 4), <i32>load<u32>(go)));
  calls.read(<i32>load<u32>(ready), go + 8, 1);
  const pids: i32[] = [];
  for (let i = 0; i < processes; i++) {
    const pid = fork();
    if (!pid) calls.exit(work(pages, rounds, from * 64 + i));
    pids.push(pid);
  }
  for (let i = 0; i < processes; i++) calls.read(<i32>load<u32>(ready), go + 8, 1);
  for (let i = 0; i < processes; i++) calls.write(<i32>load<u32>(begin, 4), go + 8, 1);
  let failures = 0;
  for (let i = 0; i < processes; i++) if (pids[i] < 0 || waitFor(pids[i]).status) failures++;
  calls.write(<i32>load<u32>(go, 4), go + 8, 1);
  if (waitFor(holder).status) failures++;
  out('swap: ' + failures.toString() + ' failures\n');
  return failures ? 1 : 0;
}

function work(pages: u64, rounds: i32, from: i32): i32 {
  seed(from + 1);
  const common = pages / SHARED_SHARE;
  const own = new Region(map((pages - common) * PAGE, MAP_PRIVATE), pages - common);
  const shared = new Region(map(common * PAGE, MAP_SHARED), common);
  let mark: u64 = (<u64>from + 1) << 32;
  for (let page: u64 = 0; page < own.pages; page++) own.write(page, mark);
  for (let page: u64 = 0; page < shared.pages; page++) shared.write(page, mark);
  // All have theirs before anybody goes on: together it is more than there is, whoever runs when.
  calls.write(<i32>load<u32>(ready, 4), go + 8, 1);
  calls.read(<i32>load<u32>(begin), go + 8, 1);
  for (let round = 0; round < rounds; round++) {
    mark += 1 << 20;
    const pid = fork();
    if (!pid) calls.exit(beChild(own, shared, mark));
    let right = own.wander(own.pages / 2, mark) && own.checkAll();
    // The child has changed every other page of what is shared.
    if (pid > 0 && waitFor(pid).status) return 3;
    for (let page: u64 = 0; right && pid > 0 && page < shared.pages; page += 2) shared.said(page, mark + 7);
    right = right && shared.checkAll() && shared.wander(shared.pages / 4, mark) && own.checkAll() && others(own);
    if (!right) return 1;
  }
  return 0;
}

function beChild(own: Region, shared: Region, mark: u64): i32 {
  if (!own.checkAll()) return 1;
  for (let page: u64 = 0; page < shared.pages; page += 2) {
    if (!shared.check(page)) return 2;
    shared.write(page, mark + 7);
  }
  return own.wander(own.pages / 4, mark + (1 << 19)) && own.checkAll() && shared.checkAll() ? 0 : 3;
}

/** Locks, advice and pages that go away. */
function others(region: Region): bool {
  const count = min<u64>(region.pages / 16, 64);
  const first = <u64>below(<i32>(region.pages - count));
  const at = region.at + first * PAGE;
  if (calls.memcntl(at, count * PAGE, MC_LOCK, 0, 0, 0)) return false;
  if (!region.wander(region.pages / 8, 99)) return false;
  if (calls.memcntl(at, count * PAGE, MC_UNLOCK, 0, 0, 0)) return false;
  if (!throughFile(region, first, count)) return false;
  if (calls.munmap(at, PAGE) || calls.mmap(at, PAGE, 3, 0x10 | MAP_PRIVATE | MAP_ANON, -1, 0) < 0) return false;
  region.said(first, 0);
  if (!region.checkAll()) return false;
  // What is given back is either still there or zeros: only that it can be written again is known.
  if (calls.memcntl(at, count * PAGE, MC_ADVISE, MADV_FREE, 0, 0)) return false;
  for (let page = first; page < first + count; page++) region.write(page, 77);
  return region.checkAll();
}

/** Pages go to a file, are spoilt, and come back. */
function throughFile(region: Region, first: u64, count: u64): bool {
  const at = region.at + first * PAGE;
  const path = pathOf('/opt/swap.' + calls.getpid().toString());
  const file = <i32>calls.open(path, 0x102, 0x180);
  if (file < 0 || calls.write(file, at, count * PAGE) != <i64>(count * PAGE)) return false;
  for (let page: u64 = 0; page < count; page++) store64(at + page * PAGE, 0);
  const back = calls.pread(file, at, count * PAGE, 0);
  calls.close(file);
  if (back != <i64>(count * PAGE) || calls.unlink(path)) return false;
  for (let page = first; page < first + count; page++) if (!region.check(page)) return false;
  return true;
}
