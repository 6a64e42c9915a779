// SPDX-License-Identifier: MIT
/**
 * @fileoverview What is told with a signal (siginfo_t), and sets of pending signals with what is told.
 *
 * Signals are posted from interrupt handlers too, where nothing may be allocated, so the records are a fixed number, made at boot. A
 * signal whose record cannot be had comes without one (SI_NOINFO); only sigqueue fails for that.
 *
 * A signal pends once, with the first record, unless it is queued: by sigqueue, or a timer's; then every one is delivered, in order.
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';

/** si_code for all signals, then for some (<sys/machsiginfo.h>, <sys/siginfo.h>). */
export const SI_USER: i32 = 0;
export const SI_LWP: i32 = -1;
export const SI_QUEUE: i32 = -2;
export const SI_TIMER: i32 = -3;
export const SI_NOINFO: i32 = 32767;
export const SEGV_MAPERR: i32 = 1;
export const SEGV_ACCERR: i32 = 2;
export const BUS_ADRALN: i32 = 1;
export const BUS_ADRERR: i32 = 2;
export const FPE_INTDIV: i32 = 1;
export const FPE_FLTINV: i32 = 7;
export const ILL_ILLOPC: i32 = 1;
export const TRAP_BRKPT: i32 = 1;
export const TRAP_TRACE: i32 = 2;

const RECORDS: i32 = 4096;

export class SignalInfo {
  next: SignalInfo | null = null;
  signal: i32 = 0;
  code: i32 = 0;
  pid: i32 = 0;
  uid: i32 = 0;
  zoneid: i32 = 0;
  /** Of sigqueue or a timer. */
  value: u64 = 0;
  /** Of a fault. */
  address: u64 = 0;
  /** Of a child: its status, and hundredths of seconds it used. */
  status: i32 = 0;
  userTicks: u64 = 0;
  systemTicks: u64 = 0;
  /** More of the same signal may wait behind it. */
  queued: bool = false;
  /** Told when the record is delivered: a timer counts its overruns from there. */
  timer: i32 = -1;
}

let free: SignalInfo | null = null;
for (let i = 0; i < RECORDS; i++) {
  const info = new SignalInfo();
  info.next = free;
  free = info;
}

/** A record, or null if all are in use. */
export function takeInfo(signal: i32, code: i32): SignalInfo | null {
  const flags = saveInterrupts();
  const info = free;
  if (info) free = info.next;
  restoreInterrupts(flags);
  if (!info) return null;
  info.next = null;
  info.signal = signal;
  info.code = code;
  info.pid = 0;
  info.uid = 0;
  info.zoneid = 0;
  info.value = 0;
  info.address = 0;
  info.status = 0;
  info.userTicks = 0;
  info.systemTicks = 0;
  info.queued = false;
  info.timer = -1;
  return info;
}

export function giveInfo(info: SignalInfo): void {
  const flags = saveInterrupts();
  info.next = free;
  free = info;
  restoreInterrupts(flags);
}

/** Signals that wait for a process, or for one of its threads. */
export class PendingSignals {
  /** Bit n - 1: signal n. */
  bits: u64 = 0;
  private first: SignalInfo | null = null;
  /** Records of sigqueue among them. */
  queued: i32 = 0;

  add(signal: i32, info: SignalInfo | null): void {
    const flags = saveInterrupts();
    const mask = (<u64>1) << (<u64>signal - 1);
    const before = (this.bits & mask) != 0;
    this.bits |= mask;
    if (info) {
      if (before && !info.queued) giveInfo(info);
      else this.append(info);
    }
    restoreInterrupts(flags);
  }

  private append(info: SignalInfo): void {
    if (info.queued) this.queued++;
    let at = this.first;
    if (!at) {
      this.first = info;
      return;
    }
    while (at.next) at = at.next!;
    at.next = info;
  }

  /** The first record of a signal, no longer pending; null: it came without one. The signal goes with its last. */
  take(signal: i32): SignalInfo | null {
    const flags = saveInterrupts();
    let before: SignalInfo | null = null;
    let found: SignalInfo | null = null;
    let more = false;
    let at: SignalInfo | null = this.first;
    while (at) {
      const next = at.next;
      if (at.signal == signal) {
        if (found) more = true;
        else {
          found = at;
          if (before) before.next = next;
          else this.first = next;
        }
      }
      if (at != found) before = at;
      at = next;
    }
    if (!more) this.bits &= ~((<u64>1) << (<u64>signal - 1));
    if (found) {
      found.next = null;
      if (found.queued) this.queued--;
    }
    restoreInterrupts(flags);
    return found;
  }

  discard(mask: u64): void {
    let bits = this.bits & mask;
    while (bits) {
      const signal = <i32>ctz(bits) + 1;
      const info = this.take(signal);
      if (info) giveInfo(info);
      bits = this.bits & mask;
    }
  }
}
