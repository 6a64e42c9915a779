// SPDX-License-Identifier: MIT
/**
 * @fileoverview Kernel threads, the dispatcher, and waiting.
 *
 * Every thread has a stack of its own, a slot of KERNEL_STACKS whose first page is a guard. One processor is in the kernel at a
 * time, and a thread in the kernel runs until it waits, yields or leaves: the timer preempts user code (trap.ts calls
 * {@link preempt} on the way back to it), never kernel code. What interrupt handlers touch, queues above all, is changed
 * with interrupts off.
 *
 * States: RUNNABLE (in its priority's queue), RUNNING, WAITING (in a WaitQueue, or only for its timeout), DEAD (its stack is taken
 * back by the thread that runs next). Priorities are illumos's global ones, 0 to 109: user threads 0-59, system 60-99,
 * interrupts above. Whose zone's thread is next say shares and caps (fairShare.ts); within a zone priorities do: a thread that uses up its
 * quantum sinks, one that has waited rises again; `nice` is the level that it rises to, and how long its quantum is: from twice the usual one to a
 * twentieth of it. The quantum is timed only while somebody else could run.
 *
 * A thread that becomes runnable inside the kernel may have what others wait for. If its zone is not the one that runs, or is held by its cap, it
 * has a system priority until it is on its way to user mode.
 *
 * An interruptible wait ends with -EINTR when a signal is there that will be handled or ends the process. A stop happens inside the wait:
 * afterwards, and whenever a signal turns out to do nothing, the wait returns 0 as if woken, so callers look at their condition again.
 *
 * Interrupt handlers only move threads between queues. All threads stay in `all`, so the collector, which may be running
 * meanwhile, sees them wherever they are. It scans their stacks from the saved stack pointer up.
 *
 *     const flags = saveInterrupts();
 *     while (!condition) if (queue.wait(true) < 0) …   // -EINTR: a signal
 *     restoreInterrupts(flags);
 */
import { PerCpuAt, TaskStateSegmentAt } from 'layout/processor';
import { KERNEL_STACK_SLOT, KERNEL_STACKS, WINDOW } from 'machine/addresses';
import { fxrstor, fxsave, restoreInterrupts, saveInterrupts, stiHlt, writeCr3, wrmsr } from 'machine/cpu';
import { address } from 'machine/mem';
import * as percpu from 'machine/percpu';
import { bootStackTop, kernelSpace, switchTo, taskState, threadStart } from 'machine/stubs';
import { scanStack, setStackScanner } from 'runtime/port';
import { Callout, HZ, limitSlice, sliceEnds, TICK, uptime } from './clock';
import { MODE_IDLE, MODE_SYSTEM, thisCpu } from './cpu';
import { EINTR, setError } from './errno';
import { anyShare, FairShare, hasRival, nextShare } from './fairShare';
import { dropFrame, newFrame, PAGE } from './frames';
import { mapFrame, NO_EXECUTE, unmapFrame, WRITABLE } from './hat';
import { Process } from './process';
import { PendingSignals, SignalInfo } from './signalInfo';

export { HZ, ticks } from './clock';

export const RUNNABLE: i32 = 0;
export const RUNNING: i32 = 1;
export const WAITING: i32 = 2;
export const DEAD: i32 = 3;

export const PRIORITIES: i32 = 110;
/** The highest that time-sharing threads get, and how far a used-up quantum lets one sink. */
const PRIORITY_TS: i32 = 59;
const SINK: i32 = 10;
const PRIORITY_SYSTEM: i32 = 60;
/** The usual nice value as the kernel keeps it: 0 to nice(2). */
export const NZERO: i32 = 20;
/** How long a thread may run before another of its priority does. */
const QUANTUM: u64 = 10 * TICK;
/** How long before one of another zone does, where both wait. */
const ZONE_QUANTUM: u64 = 2 * TICK;

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
  queue: WaitQueue | null = null;
  /** Queue of runnable threads that it is in, if any. */
  readyIn: WaitQueue | null = null;
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
  private alarm: Callout | null = null;

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

  get timeout(): Callout {
    let alarm = this.alarm;
    if (!alarm) {
      alarm = new Callout(timedOutThread, changetype<usize>(this));
      this.alarm = alarm;
    }
    return alarm;
  }
}

function timedOutThread(argument: usize): void {
  const thread = changetype<Thread>(argument);
  if (thread.state != WAITING) return;
  thread.timedOut = true;
  wake(thread, 0);
}

// ---- queues

/** Where threads wait for one thing, first come first served. */
export class WaitQueue {
  private head: Thread | null = null;
  private tail: Thread | null = null;

  get isEmpty(): bool {
    return !this.head;
  }
  /** Who has waited longest: whom {@link wakeOne} would wake. */
  get first(): Thread | null {
    return this.head;
  }

  /**
   * Waits until woken; interrupts are off. 0, or -EINTR if a signal came (only if `interruptible`). `ticks`: at most so long, then
   * 0 and {@link isTimedOut}; 0: for ever.
   */
  wait(interruptible: bool, ticks: u64 = 0): i32 {
    return this.waitUntil(interruptible, ticks ? uptime() + ticks * TICK : 0);
  }

  /** The same until a time since boot; 0: for ever. */
  waitUntil(interruptible: bool, deadline: u64): i32 {
    const thread = current();
    const process = thread.process;
    thread.timedOut = false;
    if (interruptible && process && process.hasSignal()) {
      const error = process.settle();
      if (error) return min(error, 0);
    }
    thread.state = WAITING;
    thread.queue = this;
    thread.interruptible = interruptible;
    thread.wakeResult = 0;
    this.append(thread);
    if (deadline) thread.timeout.at(deadline);
    thread.voluntarySwitches++;
    switchAway();
    if (deadline) thread.timeout.cancel();
    if (thread.wakeResult < 0 && process) return min(process.settle(), 0);
    return thread.wakeResult;
  }

  wakeOne(): void {
    const flags = saveInterrupts();
    const thread = this.head;
    if (thread) wake(thread, 0);
    restoreInterrupts(flags);
  }
  wakeAll(): void {
    const flags = saveInterrupts();
    while (this.head) wake(this.head!, 0);
    restoreInterrupts(flags);
  }

  /** Wakes the first thread, or all, that wait for a place (lwp.ts): how many. Interrupts are off. */
  wakeFor(place: Place, all: bool): i32 {
    let count = 0;
    let at: Thread | null = this.head;
    while (at) {
      const next = at.next;
      const other = at.waitsFor;
      if (other && other.object == place.object && other.offset == place.offset) {
        at.waitsFor = null;
        wake(at, 0);
        count++;
        if (!all) return count;
      }
      at = next;
    }
    return count;
  }

  /** Wakes a certain thread, if it waits here. Interrupts are off. */
  wakeThread(thread: Thread): void {
    if (thread.queue == this) wake(thread, 0);
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

/** Runnable threads of system priorities; those of processes are in their zone's share. */
const ready = new StaticArray<WaitQueue | null>(PRIORITIES);
const all: Thread[] = [];
/** A dead thread whose stack is still in use until the switch away from it is over. */
let dying: Thread | null = null;
/** Stacks that nobody uses: some stay whole, linked through their tops; of the others there is the place, by number, and no memory. */
const STACKS_KEPT: i32 = 16;
const STACK_FRAMES: u32 = <u32>(KERNEL_STACK_SLOT / PAGE - 1);
let wholeStacks: usize = 0;
let wholeCount: i32 = 0;
const PLACES: i32 = 16384;
const places = new StaticArray<u16>(PLACES);
let placeCount: i32 = 0;
let stackFrames_: u32 = 0;
let nextStack: usize = KERNEL_STACKS + 2 * KERNEL_STACK_SLOT;

export function current(): Thread {
  return thisCpu().running!;
}
/** All threads there are, and switches between them so far. */
export function threadList(): Thread[] {
  return all;
}
export function threadCount(): i32 {
  return all.length;
}
export function contextSwitches(): u64 {
  return thisCpu().switches;
}
/** Page frames of stacks, in use or kept. */
export function stackFrames(): u32 {
  return stackFrames_;
}
export function isTimedOut(): bool {
  return current().timedOut;
}

/** Makes the caller, on the boot stack, the first thread. It becomes the idle thread by calling {@link idleLoop}. */
export function initThreads(): void {
  for (let i = 0; i < PRIORITIES; i++) ready[i] = new WaitQueue();
  const thread = new Thread('idle', null);
  thread.stackTop = <usize>(bootStackTop() - WINDOW);
  thread.state = RUNNING;
  thisCpu().running = thread;
  thisCpu().idle = thread;
  all.push(thread);
  setStackScanner(scanStacks);
}

function scanStacks(stackPointer: u64): void {
  const running = current();
  for (let i = 0; i < all.length; i++) {
    const thread = all[i];
    scanStack(thread == running ? stackPointer : thread.stackPointer, WINDOW + thread.stackTop);
  }
}

// ---- life

/** A thread with a stack, not yet runnable. Null: no memory. */
export function createThread(name: string, process: Process | null): Thread | null {
  const top = takeStack();
  if (!top) return null;
  const thread = new Thread(name, process);
  thread.stackTop = top;
  if (!process) thread.priority = PRIORITY_SYSTEM;
  return thread;
}

/** A thread that has not been started is not wanted after all. */
export function discardThread(thread: Thread): void {
  leaveStack(thread.stackTop);
}

/** Lets a new thread run. `frameSize`: bytes at its stack's top that are taken already. */
export function startThread(thread: Thread, frameSize: usize): void {
  // What switchTo pops, then where it returns to; threadStart wants an aligned stack.
  const start = ((thread.stackTop - frameSize) & ~15) - 64;
  memory.fill(start, 0, 64);
  store<u64>(start, threadStart(), 40);
  thread.stackPointer = address(start);
  all.push(thread);
  const flags = saveInterrupts();
  makeReady(thread);
  restoreInterrupts(flags);
}

/** Called first by every new thread. */
export function beginThread(): void {
  finishSwitch();
}

/** Ends the running thread. */
export function endThread(): void {
  saveInterrupts();
  const thread = current();
  thread.state = DEAD;
  dying = thread;
  switchAway();
}

function takeStack(): usize {
  const top = wholeStacks;
  if (top) {
    wholeStacks = load<usize>(top - 16);
    wholeCount--;
    return top;
  }
  const start = placeCount ? KERNEL_STACKS + <usize>places[placeCount - 1] * KERNEL_STACK_SLOT : nextStack;
  if (start == KERNEL_STACKS + <usize>PLACES * KERNEL_STACK_SLOT) return 0;
  const from = start + PAGE;
  const to = start + KERNEL_STACK_SLOT;
  for (let at = from; at < to; at += PAGE) {
    const frame = newFrame();
    if (frame && mapFrame(<usize>kernelSpace(), WINDOW + at, frame, WRITABLE | NO_EXECUTE)) continue;
    if (frame) dropFrame(frame);
    unmapStack(from, at);
    return 0;
  }
  if (placeCount) placeCount--;
  else nextStack = to;
  stackFrames_ += STACK_FRAMES;
  return to;
}

function unmapStack(from: usize, to: usize): void {
  for (let at = from; at < to; at += PAGE) dropFrame(unmapFrame(<usize>kernelSpace(), WINDOW + at));
}

/** Nobody uses a stack any more. */
function leaveStack(top: usize): void {
  if (wholeCount < STACKS_KEPT) {
    store<usize>(top - 16, wholeStacks);
    wholeStacks = top;
    wholeCount++;
    return;
  }
  const start = top - KERNEL_STACK_SLOT;
  unmapStack(start + PAGE, top);
  stackFrames_ -= STACK_FRAMES;
  places[placeCount++] = <u16>((start - KERNEL_STACKS) / KERNEL_STACK_SLOT);
}

// ---- the dispatcher; interrupts are off in all of this

function makeReady(thread: Thread): void {
  const cpu = thisCpu();
  cpu.countRunnable(1);
  const running = current();
  const share = enqueue(thread);
  if (running == cpu.idle) {
    cpu.reschedule = true;
    return;
  }
  const process = running.process;
  if (!share) {
    if (process || thread.priority > running.priority) cpu.reschedule = true;
    return;
  }
  // The kernel's own threads go on.
  if (!process || share.isHeld) return;
  const own = process.fairShare;
  if (share != own) {
    if (share.isBefore(own)) cpu.reschedule = true;
    else shortenSlice(uptime() + ZONE_QUANTUM);
  } else if (thread.priority > running.priority) cpu.reschedule = true;
  else shortenSlice(uptime() + niceSlice(running, QUANTUM));
}

/** Puts a thread where runnable ones wait: the share that it belongs to, or null if it is among those of the system. */
function enqueue(thread: Thread): FairShare | null {
  thread.state = RUNNABLE;
  const process = thread.process;
  if (process) {
    const share = process.fairShare;
    const other = current().process;
    if (thread.leavesKernel || (!share.isHeld && (!other || other.fairShare == share))) {
      share.add(thread);
      return share;
    }
  }
  enqueueForSystem(thread);
  return null;
}
function enqueueForSystem(thread: Thread): void {
  const priority = thread.process ? PRIORITY_SYSTEM : thread.priority;
  const queue = ready[priority]!;
  queue.append(thread);
  thread.readyIn = queue;
  highest = max(highest, priority);
}

/** Threads of a zone that all compute take turns, so what their quanta are is what they get. */
function niceSlice(thread: Thread, quantum: u64): u64 {
  return (quantum * (2 * NZERO - thread.nice)) / NZERO;
}

/** The slice of the running thread ends then, if not earlier. */
function shortenSlice(end: u64): void {
  const now = sliceEnds();
  if (!now || end < now) limitSlice(end);
}

/** No thread in the system's queues has a higher priority. */
let highest: i32 = 0;

function wake(thread: Thread, result: i32): void {
  const queue = thread.queue;
  if (queue) queue.remove(thread);
  thread.queue = null;
  thread.wakeResult = result;
  if (thread.process) thread.priority = restingPriority(thread);
  makeReady(thread);
}

/** The level of one who does not use up its quanta. */
function restingPriority(thread: Thread): i32 {
  return PRIORITY_TS - max(thread.nice - NZERO, 0);
}

/** nice(2) has changed. */
export function resetPriority(thread: Thread): void {
  const flags = saveInterrupts();
  const share = thread.process!.fairShare;
  const waits = thread.state == RUNNABLE && thread.readyIn != ready[PRIORITY_SYSTEM];
  if (waits) share.remove(thread);
  thread.priority = restingPriority(thread);
  if (waits) {
    thisCpu().countRunnable(-1);
    makeReady(thread);
  }
  restoreInterrupts(flags);
}

/** Ends an interruptible wait, for a signal. */
export function interrupt(thread: Thread): void {
  const flags = saveInterrupts();
  if (thread.state == WAITING && thread.interruptible) wake(thread, setError(EINTR));
  restoreInterrupts(flags);
}

function choose(): Thread {
  const cpu = thisCpu();
  for (; highest >= PRIORITY_SYSTEM; highest--) {
    const thread = ready[highest]!.takeFirst();
    if (!thread) continue;
    thread.readyIn = null;
    limitSlice(0);
    return thread;
  }
  highest = 0;
  const share = nextShare(enqueueForSystem);
  // Whose zone is held from now on may still have to do something in the kernel.
  if (highest) return choose();
  if (!share) {
    limitSlice(0);
    return cpu.idle!;
  }
  const thread = share.take();
  const now = uptime();
  let slice: u64 = hasRival(share) ? ZONE_QUANTUM : share.count ? QUANTUM : 0;
  if (share.count) slice = niceSlice(thread, slice);
  const allowance = share.allowance;
  if (allowance) slice = slice ? min(slice, allowance) : allowance;
  limitSlice(slice ? now + slice : 0);
  return thread;
}

/** Gives the processor to whoever is next; the caller's state says what becomes of it. */
function switchAway(): void {
  const cpu = thisCpu();
  const from = current();
  if (from.state == WAITING || from.state == DEAD) cpu.countRunnable(-1);
  cpu.charge(MODE_SYSTEM);
  const to = choose();
  cpu.reschedule = false;
  to.state = RUNNING;
  to.leavesKernel = false;
  if (to == from) return;
  cpu.switches++;
  fxsave(address(changetype<usize>(from.fpu)));
  fxrstor(address(changetype<usize>(to.fpu)));
  cpu.running = to;
  const top = WINDOW + to.stackTop;
  percpu.store64(PerCpuAt.kernelStackOffset, top);
  TaskStateSegmentAt.setRsp(taskState(), 0, top);
  const process = to.process;
  loadSpace(process);
  if (from.fsBase != to.fsBase) wrmsr(MSR_FS_BASE, to.fsBase);
  switchTo(address(changetype<usize>(from) + offsetof<Thread>('stackPointer')), to.stackPointer);
  finishSwitch();
}

const MSR_FS_BASE: u32 = 0xc0000100;
/** The running thread's FS base. */
export function setThreadPointer(base: u64): void {
  current().fsBase = base;
  wrmsr(MSR_FS_BASE, base);
}

/** Loads a process's page tables, or the kernel's. */
export function loadSpace(process: Process | null): void {
  const space = process ? process.space : null;
  writeCr3(space ? space.tables : kernelSpace());
}

function finishSwitch(): void {
  const dead = dying;
  if (!dead || dead == current()) return;
  dying = null;
  leaveStack(dead.stackTop);
  const at = all.indexOf(dead);
  all[at] = all[all.length - 1];
  all.length--;
}

/** Lets others of the same or a higher priority run. */
export function yieldNow(): void {
  const flags = saveInterrupts();
  const thread = current();
  if (thread != thisCpu().idle) enqueue(thread);
  switchAway();
  restoreInterrupts(flags);
}

/** On the way back to user code: the timer or a wake-up may have decided for another thread. */
export function preempt(): void {
  const cpu = thisCpu();
  if (!cpu.reschedule) return;
  current().involuntarySwitches++;
  cpu.involuntary++;
  current().leavesKernel = true;
  yieldNow();
}

/** The running thread's time slice is over. */
export function sliceIsOver(): void {
  const thread = current();
  const cpu = thisCpu();
  if (thread == cpu.idle) return;
  if (thread.process) thread.priority = max(thread.priority - SINK, 0);
  cpu.reschedule = true;
}

/** What the first thread does for ever: run whoever can, else stop until an interrupt. */
export function idleLoop(): void {
  const cpu = thisCpu();
  for (;;) {
    saveInterrupts();
    if (cpu.reschedule || hasReady()) switchAway();
    else {
      cpu.charge(MODE_IDLE);
      stiHlt();
    }
  }
}

function hasReady(): bool {
  return highest >= PRIORITY_SYSTEM || anyShare();
}

/** Threads that wait for a processor. */
export function readyCount(): i32 {
  let count = 0;
  for (let i = 0; i < all.length; i++) if (all[i].state == RUNNABLE) count++;
  return count;
}
