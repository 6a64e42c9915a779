// SPDX-License-Identifier: MIT
/**
 * @fileoverview Switching between threads, and their first and last steps.
 *
 * One processor is in the kernel at a time, and a thread in the kernel runs until it waits, yields or leaves: the timer preempts user code (trap.ts
 * calls {@link preempt} on the way back to it), never kernel code. What interrupt handlers touch, queues above all, is changed with interrupts off.
 */
import { PerCpuAt, TaskStateSegmentAt } from 'layout/processor';
import { WINDOW } from 'machine/addresses';
import { fxrstor, fxsave, restoreInterrupts, saveInterrupts, stiHlt, writeCr3, wrmsr } from 'machine/cpu';
import { address } from 'machine/mem';
import * as percpu from 'machine/percpu';
import { bootStackTop, kernelSpace, switchTo, taskState, threadStart } from 'machine/stubs';
import { MODE_IDLE, MODE_SYSTEM, thisCpu } from './cpu';
import { Process } from '../process/process';
import { choose, enqueue, hasReady, initRunQueue, makeReady } from './runQueue';
import { current, DEAD, RUNNING, Thread, WAITING } from './thread';
import { addThread, buryThread } from './threads';

/** A dead thread whose stack is still in use until the switch away from it is over. */
let dying: Thread | null = null;

/** Makes the caller, on the boot stack, the first thread. It becomes the idle thread by calling {@link idleLoop}. */
export function initThreads(): void {
  initRunQueue();
  const thread = new Thread('idle', null);
  thread.stackTop = <usize>(bootStackTop() - WINDOW);
  thread.state = RUNNING;
  thisCpu().running = thread;
  thisCpu().idle = thread;
  addThread(thread);
}

// ---- life

/** Lets a new thread run. `frameSize`: bytes at its stack's top that are taken already. */
export function startThread(thread: Thread, frameSize: usize): void {
  // What switchTo pops, then where it returns to; threadStart wants an aligned stack.
  const start = ((thread.stackTop - frameSize) & ~15) - 64;
  memory.fill(start, 0, 64);
  store<u64>(start, threadStart(), 40);
  thread.stackPointer = address(start);
  addThread(thread);
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

// ---- switching; interrupts are off

/** Gives the processor to whoever is next; the caller's state says what becomes of it. */
export function switchAway(): void {
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

function finishSwitch(): void {
  const dead = dying;
  if (!dead || dead == current()) return;
  dying = null;
  buryThread(dead);
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

// ---- giving way

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

export function contextSwitches(): u64 {
  return thisCpu().switches;
}
