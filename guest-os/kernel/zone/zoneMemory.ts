// SPDX-License-Identifier: MIT
/**
 * @fileoverview What a zone has of memory, and may have: zone.max-swap, zone.max-physical-memory, zone.max-locked-memory.
 *
 * - Swap is what is promised: every page of private memory that can be written to, whether it is there or not, shared memory without a file,
 *   and files of the zone's tmpfs. More is refused when it is asked for: ENOMEM by mmap, brk, fork and exec, ENOSPC by files.
 * - Physical memory is frames that hold what is the zone's alone: pages of those kinds that are there. Pages of files on disk belong to the file
 *   system's cache, which all share. A zone at its cap waits while pages of its processes are paged out (pageout.ts). Without swap, or if nothing can
 *   go, it loses the process that has most, as if memory had run out; while that one ends, others may have {@link SPARE} frames more, and then wait
 *   for its end.
 * - Locked memory is pages that somebody has locked (mlock, mlockall). More is EAGAIN.
 *
 * Who has made an address space, shared memory or a file system is charged for it as long as there is one, whoever uses it. Counts are pages.
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { claimFrame, mayStay, noteLocked, ownedFrames, PAGE, reserve, unreserve } from '../memory/frames';
import { canPageOut, mayWait, memoryIsShort, waitForMemory, waitForZone } from '../memory/pageout';
import { currentProcess, processList } from '../process/processes';
import { Process, ZOMBIE } from '../process/process';
import { UNLIMITED } from '../limits/rctl';
import { SIGKILL } from '../signal/signal';
import { WaitQueue } from '../thread/waitQueue';

/** Frames above the cap while a process that has been killed for it still ends. */
const SPARE: u64 = 256;
const WAIT_TICKS: u64 = 10;

/** What {@link ZoneMemory.mayHaveFrame} says: yes; no, the caller ends; when another process has ended, so look again. */
export const FRAME_GRANTED: i32 = 0;
export const FRAME_REFUSED: i32 = 1;
export const FRAME_LATER: i32 = 2;

export class ZoneMemory {
  /** Pages; UNLIMITED: as many as there are. */
  swapLimit: u64 = UNLIMITED;
  residentLimit: u64 = UNLIMITED;
  lockedLimit: u64 = UNLIMITED;
  swap: u64 = 0;
  private locked_: u64 = 0;
  /** Promises that were refused, and processes that were killed. */
  refused: u64 = 0;
  killed: u64 = 0;
  /** Times that it was at its cap and pages had to go; pages of its that went. */
  over: u64 = 0;
  pagedOut: u64 = 0;
  private isOver: bool = false;
  /** No page of it can go. */
  isStuck: bool = false;
  private victim: Process | null = null;
  private readonly room: WaitQueue = new WaitQueue();

  constructor(private readonly zoneid: i32) {}

  get resident(): u64 {
    return ownedFrames(this.zoneid);
  }
  get locked(): u64 {
    return this.locked_;
  }
  set locked(pages: u64) {
    noteLocked(<i64>pages - <i64>this.locked_);
    this.locked_ = pages;
  }
  /** Has enough gone that it need not be asked again at once? */
  get isPagedOut(): bool {
    const limit = this.residentLimit;
    return this.resident <= limit - min(limit / 16, SPARE / 4);
  }

  /** Promises pages. False: the zone may not have so many, or there are not so many. */
  promise(pages: u64): bool {
    if (this.swap + pages <= this.swapLimit && reserve(pages)) {
      this.swap += pages;
      return true;
    }
    this.refused++;
    return false;
  }
  /** Pages are given back that were promised. */
  giveBack(pages: u64): void {
    this.swap -= pages;
    unreserve(pages);
  }

  /** A frame that has no promise: of a file. Files leave {@link SPARE} frames to programs. */
  takeUnpromised(): bool {
    if (this.swap >= this.swapLimit || this.resident + (canPageOut() ? 0 : SPARE) >= this.residentLimit) {
      this.refused++;
      return false;
    }
    this.swap++;
    return true;
  }

  /** May it have one more frame? At the cap pages go, or the largest process ends. */
  mayHaveFrame(): i32 {
    const resident = this.resident;
    if (resident < this.residentLimit) {
      this.isOver = false;
      this.isStuck = false;
      return memoryIsShort() && mayWait() ? FRAME_LATER : FRAME_GRANTED;
    }
    if (canPageOut() && !this.isStuck) {
      if (!this.isOver) this.over++;
      this.isOver = true;
      return mayWait() ? FRAME_LATER : FRAME_GRANTED;
    }
    const victim = this.victim;
    if (victim && victim.state != ZOMBIE && victim.space) {
      if (victim == currentProcess()) return FRAME_REFUSED;
      return resident < this.residentLimit + SPARE ? FRAME_GRANTED : FRAME_LATER;
    }
    const largest = this.largest();
    this.killed++;
    if (!largest || largest == currentProcess()) return FRAME_REFUSED;
    this.victim = largest;
    largest.post(SIGKILL);
    return FRAME_GRANTED;
  }
  /**
   * Waits until pages have gone, or for the end of the process that had to end; or a while. No signal ends that: who looks again within the kernel would keep
   * the processor from the process that has to end. Signals wait until the fault, or the call, is over; nobody is stopped here with locks in hand.
   */
  waitForRoom(): void {
    if (canPageOut() && !this.isStuck && this.resident >= this.residentLimit) return waitForZone(this);
    if (memoryIsShort()) return waitForMemory();
    const flags = saveInterrupts();
    this.room.wait(false, WAIT_TICKS);
    restoreInterrupts(flags);
  }
  /** An address space has gone. */
  noteRoom(): void {
    const victim = this.victim;
    if (victim && !victim.space) this.victim = null;
    this.room.wakeAll();
  }
  private largest(): Process | null {
    const list = processList();
    let best: Process | null = null;
    let most: u64 = 0;
    for (let i = 0; i < list.length; i++) {
      const space = list[i].space;
      if (!space || space.memory != this) continue;
      const size = space.ownPages;
      if (best && size <= most) continue;
      best = list[i];
      most = size;
    }
    return best;
  }

  /** A frame is the zone's from now on, until nobody has it any more. */
  own(frame: usize, isPromised: bool = false): void {
    claimFrame(frame, this.zoneid, isPromised);
  }

  /** False: it may not lock so many pages more. */
  lock(pages: u64): bool {
    if (pages && (this.locked + pages > this.lockedLimit || !mayStay(pages))) return false;
    this.locked += pages;
    return true;
  }
}

/** A limit in bytes as pages. */
export function pagesOf(bytes: u64): u64 {
  return bytes == UNLIMITED ? UNLIMITED : bytes / PAGE;
}
