// SPDX-License-Identifier: MIT
/**
 * @fileoverview A thread, and the queues that threads stand in.
 *
 * States: RUNNABLE (in its priority's queue), RUNNING, WAITING (in a WaitQueue, or only for its timeout), DEAD (its stack is taken
 * back by the thread that runs next).
 *
 * In this folder each file knows those before it: thread.ts, stacks.ts (kernel stacks), threads.ts (all that there are), runQueue.ts (who is
 * next), dispatcher.ts (switching), waitQueue.ts (waiting and waking).
 */
import { fxsave } from 'machine/cpu';
import { address } from 'machine/mem';
import { Callout } from '../time/clock';
import { thisCpu } from './cpu';
import { Process } from '../process/process';
import { PendingSignals, SignalInfo } from '../signal/signalInfo';

export const RUNNABLE: i32 = 0;
export const RUNNING: i32 = 1;
export const WAITING: i32 = 2;
export const DEAD: i32 = 3;

/** Of illumos's global priorities, 0 to 109: user threads have 0-59, those of the system 60-99. The highest that time-sharing threads get. */
export const PRIORITY_TS: i32 = 59;
export const PRIORITY_SYSTEM: i32 = 60;
/** The usual nice value as the kernel keeps it: 0 to nice(2). */
export const NZERO: i32 = 20;

const FPU_STATE: i32 = 512;
/** An x87 and SSE state as FNINIT and reset leave it: control word 37Fh, MXCSR 1F80h. */
const INITIAL_FCW: u16 = 0x37f;
const INITIAL_MXCSR: u32 = 0x1f80;

/** What a brand keeps with a thread (brand.ts): each has a class of its own. */
export abstract class BrandData {}

/** A word of user memory, by what it is part of (an address space, a file) and where. */
export class Place {
  constructor(
    readonly object: usize,
    readonly offset: u64,
  ) {}
}

export class Thread {
  /** Stack pointer while not running; switchTo stores it here. */
  stackPointer: u64 = 0;
  next: Thread | null = null;
  state: i32 = RUNNABLE;
  priority: i32 = PRIORITY_TS;
  /** What of {@link PRIORITY_TS} is given away: 0 to 39, as nice(2) counts, 20 being usual; userPriority.ts has this and what belongs to it. */
  nice: i32 = NZERO;
  userPriority: i32 = 0;
  userPriorityLimit: i32 = 0;
  /** Queue it waits in, if any. */
  queue: ThreadQueue | null = null;
  /** Queue of runnable threads that it is in, if any. */
  readyIn: ThreadQueue | null = null;
  /** It has not run yet, or was about to go to user mode: the kernel has nothing more to do for it. */
  leavesKernel: bool = true;
  interruptible: bool = false;
  /** Why a wait ended: 0 or -EINTR. */
  wakeResult: i32 = 0;
  timedOut: bool = false;
  /** Window pointer of the stack's end. */
  stackTop: usize = 0;
  /** Counts of the time stamp counter used in user mode and in the kernel. */
  userCounts: u64 = 0;
  systemCounts: u64 = 0;
  voluntarySwitches: u64 = 0;
  involuntarySwitches: u64 = 0;
  /** First function of a kernel thread; null: it enters user mode through the frame at its stack's top. */
  start: (() => void) | null = null;
  readonly fpu: StaticArray<u8> = new StaticArray<u8>(FPU_STATE);
  /** Of its waits (waitQueue.ts). */
  alarm: Callout | null = null;

  // ---- as a process's: lwp.ts and signal.ts

  lwpid: i32 = 1;
  /** Nobody will wait for its end. */
  detached: bool = false;
  /** Held by lwp_suspend until lwp_continue. */
  suspended: bool = false;
  /** lwp_unpark came before lwp_park. */
  unparked: bool = false;
  brandData: BrandData | null = null;
  /** What it waits for in lwp.ts's table. */
  waitsFor: Place | null = null;
  /** FS base: the user's thread pointer. */
  fsBase: u64 = 0;
  blocked: u64 = 0;
  readonly pending: PendingSignals = new PendingSignals();
  /** The mask that sigsuspend's end brings back, where `hasOldMask`. */
  oldMask: u64 = 0;
  hasOldMask: bool = false;
  /** The alternate signal stack, by sigaltstack's fields. */
  altStack: u64 = 0;
  altSize: u64 = 0;
  altFlags: i32 = 2;
  /** The system call that it is in; -1: none. With `restartable`, it may begin anew after a signal. */
  systemCall: i32 = -1;
  restartable: bool = false;

  // ---- traced: trace.ts

  isTraceStopped: bool = false;
  /** How often it has stopped. */
  stops: u32 = 0;
  stopWhy: i32 = 0;
  stopWhat: i32 = 0;
  /** It shall stop when it can. */
  directed: bool = false;
  /** The tracer's wishes: the system call shall fail, the fault be forgotten, one instruction be executed. */
  aborts: bool = false;
  forgetsFault: bool = false;
  steps: bool = false;
  /** A signal that was taken from those pending and shown. */
  currentSignal: i32 = 0;
  currentInfo: SignalInfo | null = null;
  /** The system call's third argument, in whose register its second result comes; what the last traced call gave. */
  callThird: u64 = 0;
  callErrno: i32 = 0;
  callResult: u64 = 0;
  callSecond: u64 = 0;

  /** A copy that must not sleep (user.ts): a page that is not there makes it fail. */
  takesNoFaults: bool = false;
  /** It has so many locks that paging out may need, so it does not wait for memory. */
  noMemoryWait: i32 = 0;

  constructor(
    public readonly name: string,
    /** Null: the kernel's own. */
    public readonly process: Process | null,
  ) {
    this.resetFpu();
  }

  /** A new program finds it as after a reset. */
  resetFpu(): void {
    const state = changetype<usize>(this.fpu);
    memory.fill(state, 0, FPU_STATE);
    store<u16>(state, INITIAL_FCW);
    store<u32>(state, INITIAL_MXCSR, 24);
  }

  /** Its x87 and SSE state, 512 bytes as FXSAVE stores them; `at` is aligned to 16. */
  storeFpu(at: usize): void {
    if (this == current()) fxsave(address(at));
    else memory.copy(at, changetype<usize>(this.fpu), FPU_STATE);
  }
}

/** Threads in the order in which they came. */
export class ThreadQueue {
  protected head: Thread | null = null;
  private tail: Thread | null = null;

  get isEmpty(): bool {
    return !this.head;
  }
  /** Who has been there longest. */
  get first(): Thread | null {
    return this.head;
  }
  append(thread: Thread): void {
    thread.next = null;
    const tail = this.tail;
    if (tail) tail.next = thread;
    else this.head = thread;
    this.tail = thread;
  }
  takeFirst(): Thread | null {
    const thread = this.head;
    if (thread) this.remove(thread);
    return thread;
  }
  remove(thread: Thread): void {
    let before: Thread | null = null;
    let at: Thread | null = this.head;
    while (at) {
      if (at == thread) {
        if (before) before.next = at.next;
        else this.head = at.next;
        if (this.tail == thread) this.tail = before;
        thread.next = null;
        return;
      }
      before = at;
      at = at.next;
    }
  }
}

export function current(): Thread {
  return thisCpu().running!;
}
