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
 * back by the thread that runs next). Priorities are illumos's global ones, 0 to 109: time-sharing 0-59, system 60-99,
 * interrupts above. A time-sharing thread that uses up its quantum sinks, one that has waited rises.
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
import { fxrstor, fxsave, restoreInterrupts, saveInterrupts, stiHlt, writeCr3 } from 'machine/cpu';
import { address } from 'machine/mem';
import * as percpu from 'machine/percpu';
import { bootStackTop, kernelSpace, switchTo, taskState, threadStart } from 'machine/stubs';
import { scanStack, setStackScanner } from 'runtime/port';
import { EINTR, setError } from './errno';
import { dropFrame, newFrame, PAGE } from './frames';
import { mapFrame, NO_EXECUTE, WRITABLE } from './hat';
import { Process } from './process';

export const RUNNABLE: i32 = 0;
export const RUNNING: i32 = 1;
export const WAITING: i32 = 2;
export const DEAD: i32 = 3;

export const PRIORITIES: i32 = 110;
/** Where time-sharing threads begin, and the highest they get. */
const PRIORITY_TS: i32 = 59;
const PRIORITY_SYSTEM: i32 = 60;
/** Ticks that a thread may run before another of its priority does. */
const QUANTUM: i32 = 10;
/** Ticks are 10 ms. */
export const HZ: i32 = 100;

const FPU_STATE: i32 = 512;
/** An x87 and SSE state as FNINIT and reset leave it: control word 37Fh, MXCSR 1F80h. */
const INITIAL_FCW: u16 = 0x37f;
const INITIAL_MXCSR: u32 = 0x1f80;

export class Thread {
  /** Stack pointer while not running; switchTo stores it here. */
  stackPointer: u64 = 0;
  next: Thread | null = null;
  state: i32 = RUNNABLE;
  priority: i32 = PRIORITY_TS;
  quantum: i32 = QUANTUM;
  /** Queue it waits in, if any. */
  queue: WaitQueue | null = null;
  interruptible: bool = false;
  /** Why a wait ended: 0 or -EINTR. */
  wakeResult: i32 = 0;
  /** Tick at which a wait ends by itself; 0: never. */
  deadline: u64 = 0;
  timedOut: bool = false;
  /** Window pointer of the stack's end. */
  stackTop: usize = 0;
  /** Ticks used in user mode and in the kernel. */
  userTicks: u64 = 0;
  systemTicks: u64 = 0;
  /** First function of a kernel thread; null: it enters user mode through the frame at its stack's top. */
  start: (() => void) | null = null;
  readonly fpu: StaticArray<u8> = new StaticArray<u8>(FPU_STATE);

  constructor(
    public readonly name: string,
    /** Null: the kernel's own. */
    public readonly process: Process | null,
  ) {
    const state = changetype<usize>(this.fpu);
    store<u16>(state, INITIAL_FCW);
    store<u32>(state, INITIAL_MXCSR, 24);
  }
}

// ---- queues

/** Where threads wait for one thing, first come first served. */
export class WaitQueue {
  private head: Thread | null = null;
  private tail: Thread | null = null;

  get isEmpty(): bool {
    return !this.head;
  }

  /**
   * Waits until woken; interrupts are off. 0, or -EINTR if a signal came (only if `interruptible`). `ticks`: at most so long, then
   * 0 and {@link timedOut}; 0: for ever.
   */
  wait(interruptible: bool, ticks: u64 = 0): i32 {
    const thread = current();
    const process = thread.process;
    if (interruptible && process && process.hasSignal()) return setError(EINTR);
    thread.state = WAITING;
    thread.queue = this;
    thread.interruptible = interruptible;
    thread.wakeResult = 0;
    thread.timedOut = false;
    thread.deadline = ticks ? tick + ticks : 0;
    this.append(thread);
    switchAway();
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

const ready = new StaticArray<WaitQueue | null>(PRIORITIES);
const all: Thread[] = [];
/** Timer interrupts since boot. */
let tick: u64 = 0;
let running: Thread | null = null;
let idle: Thread | null = null;
/** A dead thread whose stack is still in use until the switch away from it is over. */
let dying: Thread | null = null;
let freeStacks: usize = 0;
let nextStack: usize = KERNEL_STACKS + 2 * KERNEL_STACK_SLOT;
let reschedule = false;
let switches: u64 = 0;

export function current(): Thread {
  return running!;
}
export function ticks(): u64 {
  return tick;
}
/** Threads there are, and switches between them so far. */
export function threadCount(): i32 {
  return all.length;
}
export function contextSwitches(): u64 {
  return switches;
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
  running = thread;
  idle = thread;
  all.push(thread);
  setStackScanner(scanStacks);
}

function scanStacks(stackPointer: u64): void {
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
  if (freeStacks) {
    const top = freeStacks;
    freeStacks = load<usize>(top - 16);
    return top;
  }
  const slot = nextStack;
  for (let at = slot + PAGE; at < slot + KERNEL_STACK_SLOT; at += PAGE) {
    const frame = newFrame();
    if (!frame) return 0;
    if (!mapFrame(<usize>kernelSpace(), WINDOW + at, frame, WRITABLE | NO_EXECUTE)) {
      dropFrame(frame);
      return 0;
    }
  }
  nextStack += KERNEL_STACK_SLOT;
  return slot + KERNEL_STACK_SLOT;
}

// ---- the dispatcher; interrupts are off in all of this

function makeReady(thread: Thread): void {
  thread.state = RUNNABLE;
  ready[thread.priority]!.append(thread);
  if (thread.priority > current().priority || running == idle) reschedule = true;
}

function wake(thread: Thread, result: i32): void {
  const queue = thread.queue;
  if (queue) queue.remove(thread);
  thread.queue = null;
  thread.deadline = 0;
  thread.wakeResult = result;
  if (thread.process) {
    thread.priority = PRIORITY_TS;
    thread.quantum = QUANTUM;
  }
  makeReady(thread);
}

/** Ends an interruptible wait, for a signal. */
export function interrupt(thread: Thread): void {
  const flags = saveInterrupts();
  if (thread.state == WAITING && thread.interruptible) wake(thread, setError(EINTR));
  restoreInterrupts(flags);
}

function choose(): Thread {
  for (let priority = PRIORITIES - 1; priority >= 0; priority--) {
    const thread = ready[priority]!.takeFirst();
    if (thread) return thread;
  }
  return idle!;
}

/** Gives the processor to whoever is next; the caller's state says what becomes of it. */
function switchAway(): void {
  const from = current();
  const to = choose();
  reschedule = false;
  to.state = RUNNING;
  if (to == from) return;
  switches++;
  fxsave(address(changetype<usize>(from.fpu)));
  fxrstor(address(changetype<usize>(to.fpu)));
  running = to;
  const top = WINDOW + to.stackTop;
  percpu.store64(PerCpuAt.kernelStackOffset, top);
  TaskStateSegmentAt.setRsp(taskState(), 0, top);
  const process = to.process;
  loadSpace(process);
  switchTo(address(changetype<usize>(from) + offsetof<Thread>('stackPointer')), to.stackPointer);
  finishSwitch();
}

/** Loads a process's page tables, or the kernel's. */
export function loadSpace(process: Process | null): void {
  const space = process ? process.space : null;
  writeCr3(space ? space.tables : kernelSpace());
}

function finishSwitch(): void {
  const dead = dying;
  if (!dead || dead == running) return;
  dying = null;
  store<usize>(dead.stackTop - 16, freeStacks);
  freeStacks = dead.stackTop;
  const at = all.indexOf(dead);
  all[at] = all[all.length - 1];
  all.length--;
}

/** Lets others of the same or a higher priority run. */
export function yieldNow(): void {
  const flags = saveInterrupts();
  const thread = current();
  if (thread != idle) {
    thread.state = RUNNABLE;
    ready[thread.priority]!.append(thread);
  }
  switchAway();
  restoreInterrupts(flags);
}

/** On the way back to user code: the timer or a wake-up may have decided for another thread. */
export function preempt(): void {
  if (reschedule) yieldNow();
}

/** The timer's interrupt. */
export function tickArrived(inUser: bool): void {
  tick++;
  const thread = current();
  if (inUser) thread.userTicks++;
  else thread.systemTicks++;
  for (let i = 0; i < all.length; i++) {
    const other = all[i];
    if (other.state == WAITING && other.deadline && other.deadline <= tick) {
      other.timedOut = true;
      wake(other, 0);
    }
  }
  if (thread == idle) return;
  if (--thread.quantum > 0) return;
  thread.quantum = QUANTUM;
  if (thread.process && thread.priority >= 10) thread.priority -= 10;
  reschedule = true;
}

/** What the first thread does for ever: run whoever can, else stop until an interrupt. */
export function idleLoop(): void {
  for (;;) {
    saveInterrupts();
    if (reschedule || hasReady()) switchAway();
    else stiHlt();
  }
}

function hasReady(): bool {
  for (let i = 0; i < PRIORITIES; i++) if (!ready[i]!.isEmpty) return true;
  return false;
}
