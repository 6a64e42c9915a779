// SPDX-License-Identifier: MIT
/**
 * @fileoverview How zones share ZFS: zone.zfs-io-priority.
 *
 * One thread is in ZFS at a time, also while a disk is waited for (zfs/port/kernel.ts). How long a zone's threads have been is its usage; to that comes
 * a part of the time that transaction groups take, by the bytes that it has written into them. As with shares of the processor, each second leaves three
 * quarters of it.
 *
 * Zones that use ZFS at the same time get it in proportion to their priorities: as on SmartOS, who has had more than another one, for its priority, waits
 * before it begins its next operation, a tick at a time, for {@link MOST} at the most. Only who has been in ZFS within {@link RECENT} counts as another
 * one, so that nobody waits for long where there is nobody to wait for. The global zone waits for nobody, and nobody for it.
 *
 * Times are counts of the time stamp counter, where nothing else is said.
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { countsToTime, processorRate, TICK, uptime } from '../time/clock';
import { WaitQueue } from '../thread/waitQueue';

/** Of a zone that nobody has given one. */
export const DEFAULT_IO_PRIORITY: u64 = 1;
const RECENT: u64 = 2 * TICK;
/** Ticks. */
const MOST: i32 = 10;
/** How far ahead one may be, in parts of a second. */
const SLACK: u64 = 100;
const KEPT: u64 = 96;
const OF: u64 = 128;
const SECOND: u64 = 1000000000;
/** Seconds after which nothing is left of usage. */
const MEMORY: u64 = 64;

export class ZoneIo {
  private priority_: u64 = DEFAULT_IO_PRIORITY;
  private usage: u64 = 0;
  /** All of it, and how often and how long, in nanoseconds, its threads have waited for others. */
  private time_: u64 = 0;
  delays: u64 = 0;
  delayed: u64 = 0;
  /** Bytes written since the last transaction group. */
  private written: u64 = 0;
  /** When it was in ZFS last, in nanoseconds of uptime. */
  private seen: u64 = 0;

  constructor(private readonly waitsForNobody: bool) {
    all.push(this);
  }
  /** Its zone is no more. */
  remove(): void {
    all.splice(all.indexOf(this), 1);
  }

  get priority(): u64 {
    return this.priority_;
  }
  /** It stays where it is among the others, and another priority counts from now on. */
  setPriority(priority: u64): void {
    this.usage = (this.usage / this.priority_) * priority;
    this.priority_ = priority;
  }

  /** Nanoseconds for which its threads have been in ZFS. */
  get time(): u64 {
    return countsToTime(this.time_);
  }

  /** Before an operation: waits, if others come first. */
  begin(): void {
    if (this.waitsForNobody) return;
    const now = uptime();
    if (now - this.seen > RECENT) this.catchUp(now);
    this.seen = now;
    let ticks = 0;
    for (; ticks < MOST && this.isAhead(); ticks++) {
      const flags = saveInterrupts();
      timer.wait(false, 1);
      restoreInterrupts(flags);
      this.seen = uptime();
    }
    if (!ticks) return;
    this.delays++;
    this.delayed += this.seen - now;
  }
  /** After it. */
  end(counts: u64): void {
    this.charge(counts);
    this.seen = uptime();
  }
  private charge(counts: u64): void {
    this.usage += counts;
    this.time_ += counts;
  }
  noteWritten(bytes: u64): void {
    this.written += bytes;
  }

  fade(seconds: u64): void {
    for (let k: u64 = 0; k < seconds && this.usage; k++) this.usage = (this.usage * KEPT) / OF;
  }

  private get level(): u64 {
    return this.usage / this.priority_;
  }
  private isRival(other: ZoneIo, now: u64): bool {
    return other != this && !other.waitsForNobody && now - other.seen <= RECENT;
  }
  private isAhead(): bool {
    decay();
    const now = uptime();
    const slack = processorRate() / SLACK;
    for (let i = 0; i < all.length; i++) {
      const other = all[i];
      if (this.isRival(other, now) && this.usage > other.level * this.priority_ + slack) return true;
    }
    return false;
  }
  /** What it has not used while it was away is not saved up. */
  private catchUp(now: u64): void {
    decay();
    let least: ZoneIo | null = null;
    for (let i = 0; i < all.length; i++) {
      const other = all[i];
      if (this.isRival(other, now) && (!least || other.level < least.level)) least = other;
    }
    if (least) this.usage = max(this.usage, least.level * this.priority_);
  }

  /** A transaction group has taken so long. */
  static shareGroup(counts: u64): void {
    let whole: u64 = 0;
    for (let i = 0; i < all.length; i++) whole += all[i].written;
    for (let i = 0; whole && i < all.length; i++) {
      // In KiB, or the product would not fit.
      all[i].charge((counts * (all[i].written >> 10)) / max<u64>(whole >> 10, 1));
      all[i].written = 0;
    }
  }
}

const all: ZoneIo[] = [];
const timer: WaitQueue = new WaitQueue();
let decayedAt: u64 = 0;

function decay(): void {
  let seconds = (uptime() - decayedAt) / SECOND;
  if (!seconds) return;
  decayedAt += seconds * SECOND;
  seconds = min(seconds, MEMORY);
  for (let i = 0; i < all.length; i++) all[i].fade(seconds);
}
