// SPDX-License-Identifier: MIT
/**
 * @fileoverview Whose turn it is among zones: shares (FSS(4D)) and caps of the processor. What is among the threads of one zone says thread/runQueue.ts.
 *
 * Shares. A zone's usage is the time that its threads have had the processor, in programs and in the kernel; as illumos's FSS has it, each
 * second leaves three quarters of it (96 of 128). The next thread comes from the zone whose usage divided by its shares is least, so that zones
 * which want more than there is get it as their shares are; whoever is alone gets all. Unlike there, a zone that has not run for a while is
 * ahead of the others by one {@link LEAD} at most: it gets the processor at once, and nobody waits for seconds for it.
 *
 * Caps, in percent of one processor. Time used fills a bucket, from which the cap's part of all time flows off. It holds what the cap allows
 * within {@link WINDOW}; when it is full, the zone's threads wait, until it is empty again. A thread is held only on its way to user mode:
 * in the kernel it may have what others wait for.
 *
 * States of a zone: without threads that want to run, ACTIVE (in the list of those), and beside that held by its cap or not.
 *
 * Interrupts are off in all of this, and nothing is allocated. Times are counts of the time stamp counter.
 */
import { rdtsc } from 'machine/cpu';
import { Callout, countsToTime, processorRate, uptime } from '../time/clock';
import { thisCpu } from './cpu';
import { Thread, ThreadQueue } from './thread';

/** Priorities of threads in a zone. */
const LEVELS: i32 = 60;
/** What a second leaves of usage. */
const KEPT: u64 = 96;
const OF: u64 = 128;
const SECOND: u64 = 1000000000;
/** The longest that usage is remembered, in seconds: by then less than a millionth of it is left. */
const MEMORY: u64 = 64;
/** How far a zone that comes back may be ahead, and how long a cap's bucket takes to flow off: in parts of a second. */
const LEAD: u64 = 10;
const WINDOW: u64 = 10;
/** No slice is shorter than this, in nanoseconds: the timer's own work would be too much of it. */
const SHORTEST: u64 = 200000;

export class FairShare {
  /** zone.cpu-shares. */
  shares: u64 = 1;
  /** Time used, as it counts for shares; and all of it, for statistics. */
  usage: u64 = 0;
  userCounts: u64 = 0;
  systemCounts: u64 = 0;
  /** zone.cpu-cap in percent; 0: none. */
  private percent: u64 = 0;
  /** The bucket, and when it was looked at last. */
  private filled: u64 = 0;
  private lookedAt: u64 = 0;
  isHeld: bool = false;
  private held: u64 = 0;
  /** Since when it is held, and for how long it was before, in nanoseconds. */
  private heldSince: u64 = 0;
  private heldTime_: u64 = 0;
  private readonly release: Callout = new Callout(releaseShare, changetype<usize>(this));

  /** Threads that wait for the processor, by priority. */
  private readonly queues: StaticArray<ThreadQueue> = new StaticArray<ThreadQueue>(LEVELS);
  private highest: i32 = 0;
  count: i32 = 0;
  /** In the list of all, and in that of the active ones. */
  nextOfAll: FairShare | null = null;
  next: FairShare | null = null;
  private before: FairShare | null = null;

  constructor() {
    for (let i = 0; i < LEVELS; i++) this.queues[i] = new ThreadQueue();
  }

  // ---- threads that want to run

  add(thread: Thread): void {
    const level = min(thread.priority, LEVELS - 1);
    const queue = this.queues[level];
    queue.append(thread);
    thread.readyIn = queue;
    this.highest = max(this.highest, level);
    if (!this.count++) {
      this.catchUp();
      const first = active;
      if (first) first.before = this;
      this.next = first;
      active = this;
    }
  }
  remove(thread: Thread): void {
    thread.readyIn!.remove(thread);
    thread.readyIn = null;
    if (--this.count) return;
    const before = this.before;
    const next = this.next;
    if (before) before.next = next;
    else active = next;
    if (next) next.before = before;
    this.before = null;
    this.next = null;
  }
  /** Its next thread; it has one. */
  take(): Thread {
    while (this.queues[this.highest].isEmpty) this.highest--;
    const thread = this.queues[this.highest].first!;
    this.remove(thread);
    return thread;
  }
  /** Calls `move` with each thread that waits and is in the kernel. */
  takeKernelThreads(move: (thread: Thread) => void): void {
    for (let level = 0; level < LEVELS && this.count; level++) {
      let thread = this.queues[level].first;
      while (thread) {
        const next = thread.next;
        if (!thread.leavesKernel) {
          this.remove(thread);
          move(thread);
        }
        thread = next;
      }
    }
  }

  // ---- shares

  /** Has it had less than another one, for its shares? */
  isBefore(other: FairShare): bool {
    return this.usage * other.shares < other.usage * this.shares;
  }

  charge(counts: u64, user: bool): void {
    this.usage += counts;
    if (user) this.userCounts += counts;
    else this.systemCounts += counts;
    if (this.percent) this.filled += counts;
  }

  /** Other shares: it stays where it is among the others, and they count from now on. */
  setShares(shares: u64): void {
    this.usage = (this.usage / this.shares) * shares;
    this.shares = shares;
  }

  /** It wants to run again: what it has not used meanwhile is not saved up. */
  private catchUp(): void {
    const running = thisCpu().running;
    const process = running ? running.process : null;
    let least: FairShare | null = process ? process.fairShare : null;
    let share: FairShare | null = active;
    while (share) {
      if (!least || share.isBefore(least)) least = share;
      share = share.next;
    }
    if (!least || least == this) return;
    const level = (least.usage / least.shares) * this.shares;
    const lead = processorRate() / LEAD;
    if (level > lead) this.usage = max(this.usage, level - lead);
  }

  // ---- the cap

  get cap(): u64 {
    return this.percent;
  }
  setCap(percent: u64): void {
    this.percent = percent;
    this.filled = 0;
    this.lookedAt = rdtsc();
    if (this.isHeld) this.letGo();
  }

  /** What the bucket holds, in counts. */
  private get room(): u64 {
    return (processorRate() * this.percent) / (100 * WINDOW);
  }

  private flow(): void {
    const now = rdtsc();
    const gone = ((now - this.lookedAt) * this.percent) / 100;
    this.lookedAt = now;
    this.filled = this.filled > gone ? this.filled - gone : 0;
  }

  /** Holds it if it has had what its cap allows; true: it is held. */
  isOverCap(move: (thread: Thread) => void): bool {
    if (this.isHeld) return true;
    if (!this.percent) return false;
    this.flow();
    if (this.filled < this.room) return false;
    this.isHeld = true;
    this.held++;
    this.heldSince = uptime();
    this.release.at(this.heldSince + countsToTime((this.filled * 100) / this.percent));
    this.takeKernelThreads(move);
    return true;
  }
  letGo(): void {
    this.release.cancel();
    this.isHeld = false;
    this.heldTime_ += uptime() - this.heldSince;
    if (this.count) thisCpu().reschedule = true;
  }

  /** Nanoseconds for which it may run, at least, before its cap has to be looked at; 0: it has none. */
  get allowance(): u64 {
    if (!this.percent) return 0;
    this.flow();
    return max(this.filled < this.room ? countsToTime(this.room - this.filled) : 0, SHORTEST);
  }

  // ---- statistics

  /** How much of a processor it has had within the last window, in percent; exact while it is below its cap all the time. */
  get recent(): u64 {
    if (!this.percent) return 0;
    this.flow();
    return (this.filled * 100 * WINDOW) / processorRate();
  }
  get timesHeld(): u64 {
    return this.held;
  }
  get heldTime(): u64 {
    return this.heldTime_ + (this.isHeld ? uptime() - this.heldSince : 0);
  }

  /** Its zone is no more. */
  end(): void {
    this.release.cancel();
    let at = all!;
    while (at.nextOfAll != this) at = at.nextOfAll!;
    at.nextOfAll = this.nextOfAll;
  }
}

function releaseShare(argument: usize): void {
  changetype<FairShare>(argument).letGo();
}

/** All there are, the first made, which stays, in front; and those that have threads which want to run. */
let all: FairShare | null = null;
let active: FairShare | null = null;
let decayedAt: u64 = 0;

export function newShare(): FairShare {
  const share = new FairShare();
  const first = all;
  if (first) {
    share.nextOfAll = first.nextOfAll;
    first.nextOfAll = share;
  } else all = share;
  return share;
}

/** Whose thread is next; null: nobody's. `move` gets threads that must not wait, of those that are held from now on. */
export function nextShare(move: (thread: Thread) => void): FairShare | null {
  decay();
  let best: FairShare | null = null;
  let share: FairShare | null = active;
  while (share) {
    const next = share.next;
    // Where only threads of the kernel were left, it is not in the list any more.
    if (!share.isOverCap(move) && share.count && (!best || share.isBefore(best))) best = share;
    share = next;
  }
  return best;
}

/** Is there anyone who could run? */
export function anyShare(): bool {
  return hasRival(null);
}
/** Does anyone but a share's threads wait that could run? */
export function hasRival(own: FairShare | null): bool {
  let share: FairShare | null = active;
  while (share) {
    if (share != own && !share.isHeld) return true;
    share = share.next;
  }
  return false;
}

function decay(): void {
  const now = uptime();
  let seconds = (now - decayedAt) / SECOND;
  if (!seconds) return;
  decayedAt += seconds * SECOND;
  seconds = min(seconds, MEMORY);
  let share: FairShare | null = all;
  while (share) {
    let usage = share.usage;
    for (let k: u64 = 0; k < seconds && usage; k++) usage = (usage * KEPT) / OF;
    share.usage = usage;
    share = share.nextOfAll;
  }
}
