// SPDX-License-Identifier: MIT
/**
 * @fileoverview Memory that a process has and leaves alone while others need more than there is (swap.ts): private pages, pages that a child shares since it was
 * forked, shared pages, locked ones of both kinds. Afterwards what can go has gone and what is locked has not; an area of swap is removed, which brings back
 * what is in it, or is refused where that has no room; files are written from pages that are in swap and read into them; and every word is as it was.
 */
import { load64, load8 } from 'machine/mem';
import * as calls from '../../lib/calls';
import { flush, out } from '../../lib/io';
import { findKstat } from '../../lib/kstat';
import { fork, waitFor } from '../../lib/process';
import { addSwap, removeSwap } from '../../lib/swap';
import { pathOf } from '../../lib/text';
import { MAP_PRIVATE, MAP_SHARED, map, PAGE, Region } from './swap';

const ENOMEM: i64 = 12;
const MC_LOCK: i32 = 2;
const PAGES: u64 = 1024;
const FEW: u64 = 256;
/** More than memory has room for besides what is in use, without the second area; never touched. */
const PROMISED: u64 = 160 << 20;
const AREA = '/dev/zvol/dsk/zones/swap';
const MORE = '/dev/zvol/dsk/zones/more';
const usage = memory.data(144, 8);
const ends = memory.data(16, 8);
const byte = memory.data(8, 8);

/** How many of some pages are there. */
function resident(at: u64, pages: u64): u64 {
  const answers = map(pages, MAP_PRIVATE);
  if (calls.mincore(at, pages * PAGE, answers) < 0) return pages + 1;
  let count: u64 = 0;
  for (let i: u64 = 0; i < pages; i++) if (load64(answers + (i & ~(<u64>7))) & ((<u64>0xff) << ((i & 7) * 8))) count++;
  return count;
}
/** How many pages come from swap when some are touched. */
function comeBack(at: u64, pages: u64): u64 {
  calls.rusagesys(0, <u64>usage);
  const before = load<u64>(usage, 72);
  let sum: u64 = 0;
  for (let i: u64 = 0; i < pages; i++) sum += load64(at + i * PAGE);
  calls.rusagesys(0, <u64>usage);
  return sum ? load<u64>(usage, 72) - before : pages;
}

function residentBytes(): i64 {
  const kstat = findKstat('memory_cap', 0, 'global');
  return kstat ? kstat.number('rss') : 0;
}

/** Makes everything, says so, and waits until it is told to go on. The exit status. */
export function hold(ready: i32, go: i32): i32 {
  const own = new Region(map(PAGES * PAGE, MAP_PRIVATE), PAGES);
  const forked = new Region(map(PAGES * PAGE, MAP_PRIVATE), PAGES);
  const shared = new Region(map(PAGES * PAGE, MAP_SHARED), PAGES);
  const locked = new Region(map(FEW * PAGE, MAP_PRIVATE), FEW);
  const segment = calls.shmsys(3, 0, FEW * PAGE, 0x3ff);
  const attached = calls.shmsys(0, segment, 0, 0);
  if (segment < 0 || attached < 0) return said('no segment');
  const lockedSegment = new Region(<u64>attached, FEW);
  calls.shmsys(1, segment, 0, 0);
  const all = [own, forked, shared, locked, lockedSegment];
  for (let i = 0; i < all.length; i++) for (let page: u64 = 0; page < all[i].pages; page++) all[i].write(page, 1000 + <u64>i);
  if (calls.memcntl(locked.at, FEW * PAGE, MC_LOCK, 0, 0, 0)) return said('cannot lock');
  if (calls.shmsys(1, segment, 3, 0)) return said('cannot lock the segment');
  if (calls.pipe(<u64>ends, 0) < 0) return said('no pipe');
  const child = fork();
  if (!child) calls.exit(beChild(forked));
  calls.write(ready, byte, 1);
  calls.read(go, byte, 1);

  if (resident(own.at, PAGES) > PAGES / 2) return said('private pages have not gone');
  if (resident(locked.at, FEW) != FEW) return said('locked pages have gone');
  // The first time brings what the loop itself needs.
  comeBack(locked.at, FEW);
  if (comeBack(lockedSegment.at, FEW)) return said('pages of a locked segment have gone');
  if (!useFiles(own, shared)) return said('files from and to swap are not as they should be');
  let error = removeSwap(MORE, 0);
  if (error < 0) return said('an area cannot be removed, errno ' + (-error).toString());
  const promised = map(PROMISED, MAP_PRIVATE);
  error = removeSwap(AREA, 0);
  if (error != -ENOMEM) return said('the last area should be needed, errno ' + (-error).toString());
  calls.munmap(promised, PROMISED);
  if (addSwap(MORE, 0, 0) < 0) return said('an area cannot be added');

  const before = residentBytes();
  const back = comeBack(own.at, PAGES);
  // Others may give up some meanwhile.
  if (!back || residentBytes() - before < <i64>((back * PAGE * 3) / 4))
    return said('pages that came back do not count for the zone');
  if (!own.checkAll()) return said('private pages are not as they were');
  calls.write(<i32>load<u32>(ends, 4), byte, 1);
  if (waitFor(child).status) return said('pages that were shared by fork are not as they were in the child');
  if (!forked.checkAll()) return said('pages that were shared by fork are not as they were');
  for (let i = 0; i < all.length; i++) {
    if (!all[i].checkAll()) return said('pages of kind ' + i.toString() + ' are not as they were');
    for (let page: u64 = 0; page < all[i].pages; page++) all[i].write(page, 2000);
    if (!all[i].checkAll()) return said('pages of kind ' + i.toString() + ' cannot be written');
  }
  return said('');
}
function said(what: string): i32 {
  out('held: ' + (what.length ? what : 'as it was') + '\n');
  flush();
  return what.length ? 1 : 0;
}

function beChild(forked: Region): i32 {
  calls.read(<i32>load<u32>(ends), byte, 1);
  for (let page: u64 = 0; page < forked.pages; page++) {
    if (!forked.check(page)) return 1;
    if (page & 1) forked.write(page, 3000);
  }
  return forked.checkAll() ? 0 : 2;
}

/** Pages go to a file and come from it where others were; those are made anew. */
function useFiles(from: Region, to: Region): bool {
  const bytes = FEW * PAGE;
  const file = <i32>calls.open(pathOf('/opt/held'), 0x102, 0x180);
  if (file < 0 || calls.write(file, from.at, bytes) != <i64>bytes || calls.pread(file, to.at, bytes, 0) != <i64>bytes)
    return false;
  for (let at: u64 = 0; at < bytes; at += 512) if (load64(to.at + at) != load64(from.at + at)) return false;
  for (let page: u64 = 0; page < FEW; page++) to.write(page, 4000);
  calls.close(file);
  return calls.unlink(pathOf('/opt/held')) == 0;
}
