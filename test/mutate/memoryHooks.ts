// SPDX-License-Identifier: MIT
/** @fileoverview What makes swap and crash dumps real, to be taken out one at a time (live.ts). */
import { type Hook, hook } from './hook.ts';

const CONTENT = 'more memory than the machine has keeps its content';
const IN_USE = 'what is in use for it stays';
const REMOVED = 'it is removed and added';
const swap = (what: string, file: string, source: string, without: string, name = CONTENT): Hook =>
  hook(`swap: ${what}`, file, source, without, 'swap.test.ts', name);

const SWAP = 'guest-os/kernel/memory/swap.ts';
const PAGEOUT = 'guest-os/kernel/memory/pageout.ts';
const SPACE = 'guest-os/kernel/memory/addressSpace.ts';
const RESIDENT = 'guest-os/kernel/memory/residentPages.ts';
const ANONYMOUS = 'guest-os/kernel/memory/anonymous.ts';
const CONTROL = 'guest-os/kernel/memory/swapControl.ts';

export const SWAP_HOOKS: readonly Hook[] = [
  swap('pages are written', SWAP, 'kept ? area.device.transferPage(true, pageOf(slot), frame) :', 'kept ? 0 :'),
  swap('pages are read', SWAP, 'const error = area.device.transferPage(false, pageOf(slot), frame);', 'const error = 0;'),
  swap('frames go once they are written', SWAP, '  dropFrame(detach(slot));\n  return true;', '  return false;'),
  swap(
    'a slot is free when nobody refers to it',
    SWAP,
    '  if (frame) dropFrame(frame);\n  if (!(load<u32>(cell) & BUSY)) areaOf(slot).putFree(pageOf(slot));',
    '  if (frame) dropFrame(frame);',
    REMOVED,
  ),
  swap(
    'a slot is free when its page is back',
    SWAP,
    '  detach(slot);\n  if (!(load<u32>(cell) & BUSY)) areaOf(slot).putFree(pageOf(slot));',
    '  detach(slot);',
    REMOVED,
  ),
  swap('fork counts for slots', SPACE, 'if (!shareSlot(slot)) return false;', ''),
  swap('fork keeps slots', SPACE, 'if (mapSlot(copy.tables, at, slot)) continue;', 'if (slot) continue;'),
  swap(
    'what is shared is copied before it is written',
    RESIDENT,
    '(isShared(frame) ? segment.rights & ~WRITABLE :',
    '(false ? 0 :',
  ),
  swap(
    'others of a slot keep its frame',
    SWAP,
    '    if (!shareFrame(frame)) return 0;\n    store<u32>(cell, count - 1, 4);',
    '    store<u32>(cell, count - 1, 4);',
  ),
  swap('pages that came back can go again', SWAP, '    memory.own(frame, true);\n    return frame;', '    return frame;'),
  swap('locked pages stay', PAGEOUT, '!segment.locked && segment.end > handAt', 'segment.end > handAt'),
  swap('locked shared memory stays', PAGEOUT, 'object.isLocked || ', ''),
  swap(
    'shared memory goes',
    PAGEOUT,
    'const slot = pageOut(frame);\n    if (!slot) break;',
    'const slot: u32 = 0;\n    if (!slot) break;',
  ),
  swap(
    'shared memory gives slots back',
    ANONYMOUS,
    'if (word & SLOT) dropSlot(word >> 1);\n        else if (word)',
    'if (!(word & SLOT) && word)',
    REMOVED,
  ),
  swap(
    'pages that are used stay longer',
    PAGEOUT,
    '    clearAccessed(space.tables, at);\n    return false;',
    '    clearAccessed(space.tables, at);',
  ),
  swap('who takes frames waits when there are few', PAGEOUT, 'return freeFrames() < throttlefree && !isStuck;', 'return false;'),
  swap(
    'who has ZFS’s lock does not wait',
    PAGEOUT,
    'return thread.process != null && !thread.noMemoryWait;',
    'return thread.process != null;',
  ),
  swap('frames that slots keep go last', PAGEOUT, 'freed += dropCached();', ''),
  swap('a removed area’s pages come back', CONTROL, 'const error = emptyArea(area);', 'const error = 0;'),
  swap('pages of processes come back', CONTROL, 'const error = space.bringBack(area);', 'const error = 0;'),
  swap('pages of shared memory come back', CONTROL, 'if (!slot || !isSlotOf(slot, area)) continue;', 'if (slot) continue;'),
  swap('an area that is needed is not removed', CONTROL, 'if (isNeeded(area)) return setError(ENOMEM);', ''),
  swap('an area is one once', CONTROL, 'if (area && area.device == device) return setError(EEXIST);', '', IN_USE),
  swap('a disk of a pool is none', 'guest-os/driver/disk.ts', 'if (use && disk.pools) return setError(EBUSY);', '', IN_USE),
  swap('a volume in use for it keeps its size', 'zfs/zvol/volume.ts', 'if (dataset.isSwap) return setError(EBUSY);', '', IN_USE),
  swap(
    'a volume in use for it keeps its name',
    'zfs/dsl/rename.ts',
    'if (all[i].isSwap && isBelow(',
    'if (false && isBelow(',
    IN_USE,
  ),
  swap('what is promised has room', 'guest-os/kernel/memory/frames.ts', 'promisable() < <i64>count + kept()', 'false'),
  swap('ZFS keeps room for large blocks', 'zfs/spa/spa.ts', ' || !hasLargePieces()', ''),
];

const CRASH = 'guest-os/kernel/dump/crash.ts';
const PAGES = 'guest-os/kernel/dump/pages.ts';
const WHOLE = 'a dump holds what memory does';
const CUT = 'a dump that was cut off';
const WITHIN = 'within the dump ends it';
const dump = (what: string, file: string, source: string, without: string, name = WHOLE): Hook =>
  hook(`dump: ${what}`, file, source, without, 'crashDump.test.ts', name);

export const DUMP_HOOKS: readonly Hook[] = [
  dump('the heap is in it', PAGES, 'heapEnd() ? heapEnd() : <usize>imageEnd()', '<usize>imageEnd()'),
  dump('stacks are in it', PAGES, 'else if (at - WINDOW >= WINDOW_DIRECT) mark(frame);', ''),
  dump('processes’ page tables are in it', PAGES, 'if (space) markTables(space.tables, 3, KERNEL_HALF);', ''),
  dump('pages that do not shrink are whole', CRASH, 'put(size == PAGE ? frame : packed, size);', 'put(packed, size);'),
  dump('it has symbols', CRASH, 'header.symbolsSize = writeSymbols();', 'header.symbolsSize = 0;'),
  dump(
    'what was there before is none while it is written',
    CRASH,
    '  writeFrom(end - DUMP_OFFSET, end);\n  put(zeros, 4096);\n  endPart();\n  settleDump();\n',
    '',
    CUT,
  ),
  dump('what is written is on the disk', 'guest-os/kernel/dump/writer.ts', 'if (!failure) failure = target!.flush(isLive);', ''),
  dump('a panic within ends it', CRASH, "  print(', while dumping: dump aborted\\n');\n  leave();", '  panic(reason);', WITHIN),
  dump('the disk is reset first', CRASH, 'if (to.beginCrash()) dump', 'if (to) dump'),
  dump('its device is in use', 'zfs/zvol/device.ts', 'this.dataset.users--;\n    if (volumeOfTarget', 'if (volumeOfTarget', CUT),
];
