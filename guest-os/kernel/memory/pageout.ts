// SPDX-License-Identifier: MIT
/**
 * @fileoverview The pageout thread: memory without a file goes to swap when frames are few, or when a zone is at its cap.
 *
 * Thresholds, in free frames, by illumos's names: below `lotsfree` (a 64th of memory, 2 MiB at least) the thread works until there are so many again; below
 * `throttlefree` (a quarter of that) whoever takes frames waits for it: at page faults, at the beginning of system calls, and where files in
 * memory grow. So the last frames are the kernel's: for page tables and stacks of a call that has begun, and for whoever has a lock that paging out
 * may need (ZFS's, {@link Thread.noMemoryWait}) and so must not wait. ZFS's own memory, and the kernel's heap, are set aside at boot: writing to a volume
 * takes no frames.
 *
 * The hand goes round the processes' page tables. A page that has been used since it last came by (the entry's accessed bit) loses the bit; the
 * next time it goes (second chance). Of shared memory the mapping goes first; frames that nobody has mapped go when the hand has been round
 * (anonymous.ts). A page that goes is no longer mapped when it is written, so nothing has to be kept from changing it.
 *
 * The thread runs with no process's tables loaded, so the processor has no stale translations of what it changes; there is one processor.
 *
 * If it cannot free anything (swap is full, or all is locked) nobody waits for it: what was promised is in memory then, and free frames are enough for it.
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { AddressSpace } from './addressSpace';
import { AnonymousMemory, anonymousList } from './anonymous';
import { TICK, uptime } from '../time/clock';
import { dropFrame, freeFrames, freeSwap, isPageable, isShared, PAGE, totalFrames, watchFrames } from './frames';
import { ACCESSED, clearAccessed, entryAt, frameOfEntry, mapSlot, nextTable, unmapFrame } from './hat';
import { processList } from '../process/processes';
import { dropCached, mustWrite, pageOut, writeOut } from './swap';
import { createThread } from '../thread/threads';
import { current } from '../thread/thread';
import { startThread } from '../thread/dispatcher';
import { WaitQueue } from '../thread/waitQueue';
import { bring } from './user';
import { ZoneMemory } from '../zone/zoneMemory';

const LEAST_LOTSFREE: u32 = 512;
/** Ticks that a thread waits for memory before it looks again, and that the pageout thread rests after it has freed nothing. */
const WAIT_TICKS: u64 = 10;
const REST: u64 = 10 * TICK;
/** Rounds of the hand: in the first, pages may only lose their bits; in the second shared memory may only lose its mappings. */
const ROUNDS: i32 = 3;
/** Pages that are taken, then written. */
const BATCH: i32 = 32;

let lotsfree: u32 = 0;
let desfree: u32 = 0;
let minfree: u32 = 0;
let throttlefree: u32 = 0;

/** What has been done since boot (cpu:0:vm). */
export class VmFigures {
  /** Pages that were read from swap, and pages that were written; times that pages were written. */
  pgin: u64 = 0;
  anonpgout: u64 = 0;
  pgout: u64 = 0;
  /** Frames that became free so. */
  dfree: u64 = 0;
  /** Entries that the hand has looked at, times that it has been round, and that the thread ran. */
  scan: u64 = 0;
  rev: u64 = 0;
  pgrrun: u64 = 0;
  /** Pages that were wanted back before they were written. */
  pgrec: u64 = 0;
  /** Faults of users' pages. */
  asFault: u64 = 0;
  /** Times that somebody waited for memory. */
  waits: u64 = 0;
}
export const vmFigures: VmFigures = new VmFigures();

const batch = new StaticArray<u32>(BATCH);
let batched = 0;
let freed: u32 = 0;

/** The thread's wish to work, and where it waits for one. */
let isWanted = false;
const wanted = new WaitQueue();
/** Who waits for frames. */
const room = new WaitQueue();
/** It has freed nothing, until then it rests. */
let isStuck = false;
let restsUntil: u64 = 0;

/** Where the hand is. */
let handIndex = 0;
let handPid = 0;
let handAt: u64 = 0;

/** Zones at their caps that wait. What the thread does for them is nobody's time, so it rests so many times as long as that took. */
const zones: ZoneMemory[] = [];
const ZONE_REST: u64 = 15;
let zonesRestUntil: u64 = 0;

export const LOTSFREE: i32 = 0;
export const DESFREE: i32 = 1;
export const MINFREE: i32 = 2;
export const THROTTLEFREE: i32 = 3;
/** Frames; 0 while there has been no swap. */
export function thresholdOf(which: i32): u32 {
  return which == LOTSFREE ? lotsfree : which == DESFREE ? desfree : which == MINFREE ? minfree : throttlefree;
}

/** There is swap. False: no memory for the thread. Once. */
export function startPageout(): bool {
  if (lotsfree) return true;
  const thread = createThread('pageout', null);
  if (!thread) return false;
  lotsfree = max(totalFrames() / 64, LEAST_LOTSFREE);
  desfree = lotsfree / 2;
  minfree = desfree / 2;
  throttlefree = minfree;
  thread.start = pageoutThread;
  startThread(thread, 0);
  watchFrames(lotsfree, wakePageout);
  return true;
}

function wakePageout(): void {
  if (isWanted || (!zones.length && isStuck && uptime() < restsUntil)) return;
  isWanted = true;
  wanted.wakeOne();
}

// ---- waiting

/** Are there so few frames that who takes more has to wait? */
export function memoryIsShort(): bool {
  return freeFrames() < throttlefree && !isStuck;
}
/** The pageout thread and others of the kernel, and who has a lock that it may need, go on (illumos: NOMEMWAIT). */
export function mayWait(): bool {
  const thread = current();
  return thread.process != null && !thread.noMemoryWait;
}
/** Can pages go? */
export function canPageOut(): bool {
  return lotsfree != 0 && freeSwap() != 0;
}

/** Waits until something has been freed, or a while; no signal ends that. Callers look again. */
export function waitForMemory(): void {
  if (!mayWait()) return;
  wakePageout();
  waitInRoom();
}
function waitInRoom(): void {
  vmFigures.waits++;
  const flags = saveInterrupts();
  room.wait(false, WAIT_TICKS);
  restoreInterrupts(flags);
}
/** Where frames are taken without a fault, and everything is looked at afterwards. */
export function throttle(): void {
  if (memoryIsShort()) waitForMemory();
}
/** The same for a zone at its cap. */
export function waitForZone(memory: ZoneMemory): void {
  if (!mayWait()) return;
  if (!zones.includes(memory)) zones.push(memory);
  wanted.wakeOne();
  waitInRoom();
}

/** Bytes that are copied from or to a user's pages under one taking of a lock that paging out may need. */
const STEP: u64 = 65536;
/**
 * How much of so many bytes at a user's address to copy now, with a lock that paging out may need: its pages are there, most probably, so that few frames
 * are taken without waiting. All of it, if nothing is paged out.
 */
export function copyStep(at: u64, count: u64, write: bool): u64 {
  if (!canPageOut()) return count;
  const step = min(count, STEP);
  // Where that fails, the copy will, if it gets so far.
  if (mayWait()) bring(at, step, write);
  return step;
}

// ---- the thread

function pageoutThread(): void {
  while (true) {
    const flags = saveInterrupts();
    while (!isWanted && (!zones.length || uptime() < zonesRestUntil)) wanted.waitUntil(false, zones.length ? zonesRestUntil : 0);
    restoreInterrupts(flags);
    isWanted = false;
    vmFigures.pgrrun++;
    run();
    room.wakeAll();
  }
}

function run(): void {
  const began = uptime();
  if (zones.length && began >= zonesRestUntil) {
    while (zones.length) {
      const memory = zones.pop();
      if (!memory.isPagedOut) memory.isStuck = !pageOutUntilEnough(memory);
      memory.noteRoom();
    }
    const now = uptime();
    zonesRestUntil = now + (now - began) * ZONE_REST;
  }
  if (freeFrames() >= lotsfree) {
    isStuck = false;
    return;
  }
  isStuck = !pageOutUntilEnough(null);
  if (isStuck) restsUntil = uptime() + REST;
}

function isEnough(memory: ZoneMemory | null): bool {
  return memory ? memory.isPagedOut : freeFrames() >= lotsfree;
}

/** False: nothing has been freed. */
function pageOutUntilEnough(memory: ZoneMemory | null): bool {
  freed = 0;
  for (let i = 0; i < ROUNDS; i++) {
    if (goRound(memory)) break;
    if (!freeSwap() && i) break;
  }
  return freed > 0 || isEnough(memory);
}

/** The hand goes round once, or until it is enough (true). */
function goRound(memory: ZoneMemory | null): bool {
  for (let left = processList().length; left >= 0; left--) {
    if (handIndex >= processList().length) {
      handIndex = 0;
      handAt = 0;
      vmFigures.rev++;
    }
    while (scanProcess(memory)) {
      writeBatch();
      room.wakeAll();
      if (isEnough(memory)) return true;
    }
    handIndex++;
    handAt = 0;
  }
  const objects = anonymousList();
  for (let i = 0; i < objects.length; i++) {
    const object = objects[i];
    if (memory && object.memory != memory) continue;
    for (let from: u64 = 0; from < object.pages; ) {
      from = scanObject(object, from);
      writeBatch();
      if (isEnough(memory)) return true;
    }
  }
  writeBatch();
  freed += dropCached();
  return isEnough(memory);
}

/** Goes on in the process at the hand. True: a batch is full. */
function scanProcess(memory: ZoneMemory | null): bool {
  const list = processList();
  if (handIndex >= list.length) return false;
  const process = list[handIndex];
  if (process.pid != handPid) handAt = 0;
  handPid = process.pid;
  const space = process.space;
  if (!space || (memory && space.memory != memory)) return false;
  let segment = space.first;
  while (segment) {
    const vnode = segment.vnode;
    const isObject = segment.shared && vnode != null && vnode instanceof AnonymousMemory;
    if (!segment.locked && segment.end > handAt && (!segment.shared || isObject)) {
      const end = segment.end;
      let at = nextTable(space.tables, max(handAt, segment.start), end);
      for (; at < end; at = nextTable(space.tables, at + PAGE, end)) {
        const entry = entryAt(space.tables, at);
        if (!entry || !takePage(space, at, entry, isObject)) continue;
        if (batched < BATCH) continue;
        handAt = at + PAGE;
        return true;
      }
    }
    segment = segment.next;
  }
  return false;
}

/** A page that is mapped. True: it, or its mapping, has gone. */
function takePage(space: AddressSpace, at: u64, entry: u64, isObject: bool): bool {
  vmFigures.scan++;
  if (entry & ACCESSED) {
    clearAccessed(space.tables, at);
    return false;
  }
  const frame = frameOfEntry(entry);
  if (isObject) {
    dropFrame(unmapFrame(space.tables, at));
    return true;
  }
  // What is not known to be a page of its own may be a file's.
  if (!isPageable(frame)) return false;
  const slot = pageOut(frame);
  if (!slot) return false;
  mapSlot(space.tables, at, slot);
  space.memory.pagedOut++;
  enter(slot);
  return true;
}

/** Frames of shared memory from a page on that nobody has mapped. The page to go on with. */
function scanObject(object: AnonymousMemory, from: u64): u64 {
  let index = from;
  for (; index < object.pages && batched < BATCH; index++) {
    const frame = object.residentFrame(index);
    if (!frame) {
      index = object.nextLeaf(index);
      continue;
    }
    vmFigures.scan++;
    if (object.isLocked || isShared(frame) || !isPageable(frame)) continue;
    const slot = pageOut(frame);
    if (!slot) break;
    object.setSlot(index, slot);
    object.memory.pagedOut++;
    enter(slot);
  }
  return batched < BATCH && index < object.pages ? object.pages : index;
}

function enter(slot: u32): void {
  freed++;
  if (mustWrite(slot)) batch[batched++] = slot;
}
function writeBatch(): void {
  for (let i = 0; i < batched; i++) {
    if (!mustWrite(batch[i])) vmFigures.pgrec++;
    else if (writeOut(batch[i])) {
      vmFigures.anonpgout++;
      vmFigures.dfree++;
    }
  }
  if (batched) vmFigures.pgout++;
  batched = 0;
}
