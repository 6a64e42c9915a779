// SPDX-License-Identifier: MIT
/**
 * @fileoverview Tracing: what a process is stopped for, and by whom it goes on (proc(5); fs/proc/procControl.ts takes the messages).
 *
 * A process that somebody traces has a {@link Trace}: sets of system calls at whose entry and exit, of signals and of faults for which its threads
 * stop, and modes. A thread stops where it is about to do what is traced ({@link stopTraced}), or, told to by PCSTOP (`directed`), on the way to
 * user mode or inside an interruptible wait. A stop for an event directs the other threads of the process to stop as well, unless PR_ASYNC is set.
 * {@link runTraced} lets threads go on. SIGKILL, and the end of the process, end every stop.
 *
 * A signal that is traced is taken from those that are pending and becomes the thread's current one before it stops; the tracer may take it away
 * (PRCSIG) or replace it (PCSSIG).
 *
 * Omitted: watchpoints, the agent lwp, stops at the exit of a new lwp from lwp_create.
 */
import { TrapFrame } from 'layout/processor';
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { EINTR } from '../errno';
import { frameOf } from './processes';
import { Process, ZOMBIE } from './process';
import { BY_IRET } from '../signal/registers';
import { bit, SIGBUS, SIGFPE, SIGILL, SIGKILL, SIGTRAP } from '../signal/signal';
import { giveInfo } from '../signal/signalInfo';
import { current, Thread } from '../thread/thread';
import { interrupt } from '../thread/waitQueue';

/** Why a thread has stopped (<sys/procfs.h>). */
export const PR_REQUESTED: i32 = 1;
export const PR_SIGNALLED: i32 = 2;
export const PR_SYSENTRY: i32 = 3;
export const PR_SYSEXIT: i32 = 4;
export const PR_JOBCONTROL: i32 = 5;
export const PR_FAULTED: i32 = 6;
export const PR_SUSPENDED: i32 = 7;

/** Modes, by PCSET: inherited by children; run, or killed, when the last who traces closes; one thread's stop is not the others'. */
export const PR_FORK: i32 = 0x100000;
export const PR_RLC: i32 = 0x200000;
export const PR_KLC: i32 = 0x400000;
export const PR_ASYNC: i32 = 0x800000;
export const PR_MODES: i32 = PR_FORK | PR_RLC | PR_KLC | PR_ASYNC;

/** PCRUN's flags. */
export const PRCSIG: i32 = 1;
export const PRCFAULT: i32 = 2;
export const PRSTEP: i32 = 4;
export const PRSABORT: i32 = 8;
export const PRSTOP: i32 = 16;

/** <sys/fault.h> */
export const FLTILL: i32 = 1;
export const FLTBPT: i32 = 3;
export const FLTTRACE: i32 = 4;
export const FLTACCESS: i32 = 5;
export const FLTBOUNDS: i32 = 6;
export const FLTIZDIV: i32 = 8;
export const FLTFPE: i32 = 9;

const CARRY: u64 = 1;
const TRAP_FLAG: u64 = 0x100;
/** <sys/errno.h>: what a tracer sees of a call that begins anew. */
const ERESTART: i32 = 91;
/** Words of a sysset_t. */
export const SYSSET_WORDS: i32 = 16;

export class Trace {
  /** Bit n - 1 stands for system call n. */
  readonly entries: StaticArray<u32> = new StaticArray<u32>(SYSSET_WORDS);
  readonly exits: StaticArray<u32> = new StaticArray<u32>(SYSSET_WORDS);
  signals: u64 = 0;
  faults: u64 = 0;
  modes: i32 = 0;
  /** Descriptors by which it is controlled. */
  writers: i32 = 0;

  static has(set: StaticArray<u32>, call: i32): bool {
    const at = call - 1;
    return at >= 0 && at < SYSSET_WORDS * 32 && (set[at >> 5] & ((<u32>1) << (at & 31))) != 0;
  }

  /** A child's, with PR_FORK. */
  copy(): Trace {
    const other = new Trace();
    for (let i = 0; i < SYSSET_WORDS; i++) {
      other.entries[i] = this.entries[i];
      other.exits[i] = this.exits[i];
    }
    other.signals = this.signals;
    other.faults = this.faults;
    other.modes = this.modes;
    return other;
  }
}

/** The trace of a process; made if there is none. */
export function traceOf(process: Process): Trace {
  let trace = process.trace;
  if (!trace) process.trace = trace = new Trace();
  return trace;
}

// ---- stopping; all of it by the running thread

/** Stops until somebody lets it run. */
export function stopTraced(thread: Thread, why: i32, what: i32): void {
  const process = thread.process!;
  const trace = process.trace;
  thread.stopWhy = why;
  thread.stopWhat = what;
  thread.isTraceStopped = true;
  thread.stops++;
  thread.directed = false;
  if (why != PR_REQUESTED && trace && !(trace.modes & PR_ASYNC)) directOthers(process, thread);
  process.traceNews.wakeAll();
  const flags = saveInterrupts();
  while (thread.isTraceStopped && !isDying(process, thread)) process.resumed.wait(false);
  restoreInterrupts(flags);
  thread.isTraceStopped = false;
  thread.stopWhy = 0;
  thread.stopWhat = 0;
}

function isDying(process: Process, thread: Thread): bool {
  return (
    (process.exiter != null && process.exiter != thread) || ((process.pending.bits | thread.pending.bits) & bit(SIGKILL)) != 0
  );
}

function directOthers(process: Process, thread: Thread): void {
  for (let i = 0; i < process.threads.length; i++) if (process.threads[i] != thread) direct(process.threads[i]);
}

/** A thread shall stop as soon as it can. */
export function direct(thread: Thread): void {
  if (thread.isTraceStopped) return;
  thread.directed = true;
  interrupt(thread);
}

/** Before a system call. True: the tracer wants it to fail instead. */
export function stopAtEntry(thread: Thread, call: i32): bool {
  const trace = thread.process!.trace;
  if (!trace || !Trace.has(trace.entries, call)) return false;
  thread.aborts = false;
  stopTraced(thread, PR_SYSENTRY, call);
  return thread.aborts;
}

/** After it, its results being in the frame, or, with -EINTR, not yet. */
export function stopAtExit(thread: Thread, call: i32, result: i64): void {
  const trace = thread.process!.trace;
  if (!trace || !Trace.has(trace.exits, call)) return;
  const frame = frameOf(thread);
  const failed = result == -EINTR || (frame.rflags & CARRY) != 0;
  thread.callErrno = result == -EINTR ? (thread.restartable ? ERESTART : EINTR) : failed ? <i32>frame.rax : 0;
  thread.callResult = failed ? 0 : frame.rax;
  thread.callSecond = failed ? 0 : frame.rdx;
  stopTraced(thread, PR_SYSEXIT, call);
}

/** Before a fault becomes a signal. True: it shall not. */
export function stopAtFault(thread: Thread, signal: i32, isTrace: bool, isMapped: bool, isDivision: bool): bool {
  const trace = thread.process!.trace;
  if (!trace) return false;
  let fault = isMapped ? FLTACCESS : FLTBOUNDS;
  if (signal == SIGILL) fault = FLTILL;
  else if (signal == SIGFPE) fault = isDivision ? FLTIZDIV : FLTFPE;
  else if (signal == SIGTRAP) fault = isTrace ? FLTTRACE : FLTBPT;
  else if (signal == SIGBUS) fault = FLTACCESS;
  if (!(trace.faults & bit(fault))) return false;
  thread.forgetsFault = false;
  stopTraced(thread, PR_FAULTED, fault);
  return thread.forgetsFault;
}

/** A single step has been done: back to running freely. */
export function endStep(thread: Thread, frame: TrapFrame): void {
  thread.steps = false;
  frame.rflags &= ~TRAP_FLAG;
}

// ---- what the tracer does

/** The thread that stands for its process: one that an event has stopped, before one that was told to stop, before any. */
export function representative(process: Process): Thread | null {
  let found = process.thread;
  for (let i = 0; i < process.threads.length; i++) {
    const thread = process.threads[i];
    if (!thread.isTraceStopped) continue;
    if (thread.stopWhy != PR_REQUESTED) return thread;
    if (found && !found.isTraceStopped) found = thread;
  }
  return found;
}

/** Has a thread, or all of a process, stopped? */
export function hasStopped(process: Process, thread: Thread | null): bool {
  if (thread) return thread.isTraceStopped;
  for (let i = 0; i < process.threads.length; i++) if (!process.threads[i].isTraceStopped) return false;
  return process.threads.length > 0;
}

/** PCRUN for one thread, with its flags. */
export function runThread(thread: Thread, flags: i32): void {
  if (flags & PRCSIG) clearSignal(thread);
  if (flags & PRCFAULT) thread.forgetsFault = true;
  if (flags & PRSABORT && thread.stopWhy == PR_SYSENTRY) thread.aborts = true;
  const frame = frameOf(thread);
  if (flags & PRSTEP) {
    thread.steps = true;
    frame.rflags |= TRAP_FLAG;
    frame.cs |= BY_IRET;
  }
  thread.directed = (flags & PRSTOP) != 0;
  thread.isTraceStopped = false;
  thread.process!.resumed.wakeAll();
}

/** PCRUN for a process: who stopped for an event runs, and the others when nobody has an event any more. */
export function runProcess(process: Process, flags: i32): void {
  const thread = representative(process);
  if (thread && thread.isTraceStopped && thread.stopWhy != PR_REQUESTED) {
    if (flags & (PRSTEP | PRSTOP)) {
      runThread(thread, flags);
      return;
    }
    // Its event has been dealt with; it waits for the others of its process as those do that were told to.
    thread.stopWhy = PR_REQUESTED;
    if (flags & PRCSIG) clearSignal(thread);
    if (flags & PRCFAULT) thread.forgetsFault = true;
    if (flags & PRSABORT) thread.aborts = true;
  }
  for (let i = 0; i < process.threads.length; i++) {
    const other = process.threads[i];
    other.directed = false;
    if (other.isTraceStopped && other.stopWhy != PR_REQUESTED) return;
  }
  for (let i = 0; i < process.threads.length; i++) if (process.threads[i].isTraceStopped) runThread(process.threads[i], 0);
}

export function clearSignal(thread: Thread): void {
  const info = thread.currentInfo;
  if (info) giveInfo(info);
  thread.currentInfo = null;
  thread.currentSignal = 0;
}

/** Nobody traces it any more: it runs as if nobody had, or dies, as its modes say; without either it stays as it is. */
export function lastTracerLeft(process: Process): void {
  const trace = process.trace;
  if (!trace || process.state == ZOMBIE) return;
  if (trace.modes & PR_KLC) process.post(SIGKILL);
  else if (trace.modes & PR_RLC) endTrace(process);
}

/** Also when a program with other rights is executed, which who traced must not see. */
export function endTrace(process: Process): void {
  process.trace = null;
  for (let i = 0; i < process.threads.length; i++) {
    const thread = process.threads[i];
    thread.directed = false;
    if (thread.isTraceStopped) runThread(thread, 0);
  }
  process.traceNews.wakeAll();
}

/** The system call that a thread's child comes from. */
export const SYS_FORKSYS: i32 = 142;

/** A child's first moments: it comes from its parent's fork, and is stopped there if those who trace it want that. */
export function beginTraced(thread: Thread): void {
  const process = thread.process;
  if (!process || !process.trace) return;
  thread.systemCall = SYS_FORKSYS;
  stopAtExit(thread, SYS_FORKSYS, 0);
  thread.systemCall = -1;
}

/** The signal that the running thread should take becomes its current one, and is shown. 0: the tracer has taken it away. */
export function showSignal(process: Process, signal: i32): i32 {
  const thread = current();
  thread.currentInfo = process.takeSignal(thread, signal);
  thread.currentSignal = signal;
  stopTraced(thread, PR_SIGNALLED, signal);
  return thread.currentSignal;
}
