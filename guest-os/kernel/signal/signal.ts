// SPDX-License-Identifier: MIT
/**
 * @fileoverview Signals: numbers and defaults (illumos, <sys/signal.h>), and their delivery to user code.
 *
 * A signal is posted to a process or to one of its threads (process.ts) and delivered when a thread that does not block it is on the
 * way back to user mode. Without a handler the default happens: end, stop, or nothing.
 *
 * With a handler, the interrupted state goes onto the user's stack, the alternate one if the handler wants it: a ucontext_t with registers,
 * blocked signals and FPU, then a siginfo_t; then the handler is entered with the signal in rdi, the siginfo's address in rsi (0 without
 * SA_SIGINFO) and the context's in rdx, the signal and sa_mask blocked. It comes back by the system call `context` (setcontext), which
 * takes the state from wherever the program says: registers are its own to choose, but not selectors nor the flags that matter.
 *
 * A system call that a signal has interrupted begins anew after a handler with SA_RESTART, if it is one of those that may.
 *
 * Realtime signals are 42 to 64: sysconf says so, from which illumos's libc takes SIGRTMAX. uc_link stays 0.
 */
import { TrapFrame } from 'layout/processor';
import { fxrstor, fxsave, restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { address } from 'machine/mem';
import { EFAULT, setError } from '../errno';
import { exitProcess } from '../process/life';
import { Process } from '../process/process';
import { stopProcess } from '../process/posting';
import { storeContextResult, withFrame } from '../results';
import { BY_IRET, INTERRUPTS_ON, loadRegisters, storeRegisters, USER_CODE } from './registers';
import { giveInfo, SI_NOINFO, SI_TIMER, SignalInfo } from './signalInfo';
import { Thread } from '../thread/thread';
import { timerDelivered } from '../time/timers';
import { copyIn, copyOut } from '../memory/user';

export const SIGHUP: i32 = 1;
export const SIGINT: i32 = 2;
export const SIGQUIT: i32 = 3;
export const SIGILL: i32 = 4;
export const SIGTRAP: i32 = 5;
export const SIGABRT: i32 = 6;
export const SIGFPE: i32 = 8;
export const SIGKILL: i32 = 9;
export const SIGBUS: i32 = 10;
export const SIGSEGV: i32 = 11;
export const SIGSYS: i32 = 12;
export const SIGPIPE: i32 = 13;
export const SIGALRM: i32 = 14;
export const SIGTERM: i32 = 15;
export const SIGCLD: i32 = 18;
export const SIGPWR: i32 = 19;
export const SIGWINCH: i32 = 20;
export const SIGURG: i32 = 21;
export const SIGSTOP: i32 = 23;
export const SIGTSTP: i32 = 24;
export const SIGCONT: i32 = 25;
export const SIGTTIN: i32 = 26;
export const SIGTTOU: i32 = 27;
export const SIGVTALRM: i32 = 28;
export const SIGPROF: i32 = 29;
export const SIGXCPU: i32 = 30;
export const SIGXFSZ: i32 = 31;
/** The terminal's status character, usually control T. */
export const SIGINFO: i32 = 41;
export const SIGRTMIN: i32 = 42;
export const SIGRTMAX: i32 = 64;
/** One more than the highest. */
export const NSIG: i32 = 65;

export const SIG_DFL: u64 = 0;
export const SIG_IGN: u64 = 1;

const IGNORED: u64 = bit(SIGCLD) | bit(SIGPWR) | bit(SIGWINCH) | bit(SIGURG) | bit(SIGCONT) | ranged(32, 37) | bit(SIGINFO);
export const STOPPING: u64 = bit(SIGSTOP) | bit(SIGTSTP) | bit(SIGTTIN) | bit(SIGTTOU);
/** Stops that a process group without a job-controlling parent does not do. */
export const KEYBOARD_STOPS: u64 = bit(SIGTSTP) | bit(SIGTTIN) | bit(SIGTTOU);
/** Neither caught, ignored nor blocked. */
export const UNSTOPPABLE: u64 = bit(SIGKILL) | bit(SIGSTOP);

export function bit(signal: i32): u64 {
  return (<u64>1) << (<u64>signal - 1);
}
/** SIGWAITING, SIGLWP, SIGFREEZE, SIGTHAW, SIGCANCEL and SIGLOST, which libc and checkpointing use among themselves. */
function ranged(from: i32, to: i32): u64 {
  let bits: u64 = 0;
  for (let signal = from; signal <= to; signal++) bits |= bit(signal);
  return bits;
}

export class Disposition {
  handler: u64 = SIG_DFL;
  mask: u64 = 0;
  flags: i32 = 0;
}
/** sigaction's flags. */
export const SA_ONSTACK: i32 = 1;
export const SA_RESETHAND: i32 = 2;
export const SA_RESTART: i32 = 4;
export const SA_SIGINFO: i32 = 8;
export const SA_NODEFER: i32 = 16;
export const SA_NOCLDWAIT: i32 = 0x10000;
export const SA_NOCLDSTOP: i32 = 0x20000;

/** What happens to a signal that nobody handles. */
export function isIgnoredByDefault(signal: i32): bool {
  return (bit(signal) & IGNORED) != 0;
}
export function isStopping(signal: i32): bool {
  return (bit(signal) & STOPPING) != 0;
}

// ---- stack_t, siginfo_t and ucontext_t for 64 bits

export const SS_ONSTACK: i32 = 1;
export const SS_DISABLE: i32 = 2;
export const MINSIGSTKSZ: u64 = 2048;

const UC_MASK: usize = 16;
const UC_STACK: usize = 32;
const UC_REGISTERS: usize = 64;
const UC_FPU: usize = 288;
const UCONTEXT: usize = 864;
const UC_SIGMASK: u64 = 1;
const UC_STACK_FLAG: u64 = 2;
const UC_CPU: u64 = 4;
const UC_FPU_FLAG: u64 = 8;
export const SIGINFO_SIZE: usize = 256;
const buffer = memory.data(864 + 256, 16);

/** Compiled code may use this much below its stack pointer (System V ABI, red zone). */
const RED_ZONE: u64 = 128;

/** Delivers what is pending. Called on the way to user mode; may not return, if the process ends. */
export function deliverSignals(process: Process, thread: Thread, frame: TrapFrame): void {
  for (;;) {
    const signal = process.nextSignal(thread);
    if (!signal) break;
    const info = process.takeSignal(thread, signal);
    const disposition = process.dispositions[signal];
    if (disposition.handler == SIG_IGN || (disposition.handler == SIG_DFL && isIgnoredByDefault(signal))) {
      if (info) giveInfo(info);
      continue;
    }
    if (disposition.handler == SIG_DFL) {
      process.killer = info ? info.pid : 0;
      if (info) giveInfo(info);
      if (isStopping(signal)) stopProcess(signal);
      else exitProcess(0, signal);
      continue;
    }
    if (thread.systemCall >= 0) {
      storeContextResult(thread, frame, thread.restartable && (disposition.flags & SA_RESTART) != 0);
      thread.systemCall = -1;
    }
    const error = process.brand.enterHandler(process, thread, frame, signal, info, disposition);
    if (info) {
      if (info.code == SI_TIMER && info.timer >= 0) timerDelivered(process, info.timer);
      giveInfo(info);
    }
    if (error < 0) exitProcess(0, SIGSEGV);
  }
  if (thread.hasOldMask) {
    // sigsuspend, and nothing came of it after all.
    thread.blocked = thread.oldMask;
    thread.hasOldMask = false;
  }
}

export function onAlternateStack(thread: Thread, sp: u64): bool {
  return !(thread.altFlags & SS_DISABLE) && sp - thread.altStack <= thread.altSize && sp != thread.altStack;
}

/** As illumos's native programs expect it: registers, context and siginfo (see above). */
export function enterNativeHandler(
  process: Process,
  thread: Thread,
  frame: TrapFrame,
  signal: i32,
  info: SignalInfo | null,
  disposition: Disposition,
): i32 {
  const on = onAlternateStack(thread, frame.rsp);
  let top = frame.rsp - RED_ZONE;
  if (disposition.flags & SA_ONSTACK && !on && !(thread.altFlags & SS_DISABLE)) top = thread.altStack + thread.altSize;
  const place = (top - SIGINFO_SIZE - UCONTEXT) & ~15;
  storeUcontext(thread, frame, on);
  const number = process.brand.signalNumber(signal);
  storeInfo(buffer + UCONTEXT, signal, info);
  store<i32>(buffer + UCONTEXT, number);
  const error = copyOut(place, buffer, UCONTEXT + SIGINFO_SIZE);
  if (error) return error;
  frame.rdi = number;
  frame.rsi = disposition.flags & SA_SIGINFO ? place + UCONTEXT : 0;
  frame.rdx = place;
  frame.rip = disposition.handler;
  // As after a call: aligned but for a return address.
  frame.rsp = place - 8;
  frame.rbp = 0;
  frame.cs = USER_CODE | BY_IRET;
  frame.rflags = INTERRUPTS_ON;
  thread.hasOldMask = false;
  thread.blocked |= disposition.mask & ~UNSTOPPABLE;
  if (!(disposition.flags & SA_NODEFER)) thread.blocked |= bit(signal);
  if (disposition.flags & SA_RESETHAND) {
    disposition.handler = SIG_DFL;
    disposition.flags &= ~SA_SIGINFO;
  }
  return 0;
}

export function storeInfo(at: usize, signal: i32, info: SignalInfo | null): void {
  memory.fill(at, 0, SIGINFO_SIZE);
  store<i32>(at, signal);
  if (!info) {
    store<i32>(at, SI_NOINFO, 4);
    return;
  }
  store<i32>(at, info.code, 4);
  if (info.address) {
    store<u64>(at, info.address, 16);
    return;
  }
  store<i32>(at, info.pid, 16);
  if (signal == SIGCLD && info.code > 0) {
    store<u64>(at, info.userTicks, 24);
    store<i32>(at, info.status, 32);
    store<u64>(at, info.systemTicks, 40);
  } else {
    store<i32>(at, info.uid, 24);
    store<u64>(at, info.value, 32);
  }
  store<i32>(at, info.zoneid, 52);
}

/** The interrupted state at `buffer`. The mask is the one that was there before sigsuspend. */
function storeUcontext(thread: Thread, frame: TrapFrame, on: bool): void {
  memory.fill(buffer, 0, UCONTEXT);
  store<u64>(buffer, UC_SIGMASK | UC_STACK_FLAG | UC_CPU | UC_FPU_FLAG);
  store<u64>(buffer + UC_MASK, thread.hasOldMask ? thread.oldMask : thread.blocked);
  store<u64>(buffer + UC_STACK, thread.altStack);
  store<u64>(buffer + UC_STACK, thread.altSize, 8);
  store<i32>(buffer + UC_STACK, thread.altFlags | (on ? SS_ONSTACK : 0), 16);
  const registers = buffer + UC_REGISTERS;
  storeRegisters(registers, frame, thread.fsBase);
  store<u64>(registers, frame.vector, 120);
  store<u64>(registers, frame.error, 128);
  const flags = saveInterrupts();
  fxsave(address(buffer + UC_FPU));
  restoreInterrupts(flags);
}

/** getcontext: the state as this system call will leave it. */
export function saveContext(thread: Thread, frame: TrapFrame, to: u64): i64 {
  storeUcontext(thread, frame, onAlternateStack(thread, frame.rsp));
  return copyOut(to, buffer, UCONTEXT);
}

/** setcontext: the state that a handler was entered with, or what the program made of it. */
export function restoreContext(thread: Thread, frame: TrapFrame, from: u64): i64 {
  if (copyIn(buffer, from, UCONTEXT)) return setError(EFAULT);
  const what = load<u64>(buffer);
  if (what & UC_CPU) loadRegisters(frame, buffer + UC_REGISTERS);
  if (what & UC_SIGMASK) thread.blocked = load<u64>(buffer + UC_MASK) & ~UNSTOPPABLE;
  if (what & UC_FPU_FLAG) {
    // Reserved bits of MXCSR would fault.
    store<u32>(buffer + UC_FPU, load<u32>(buffer + UC_FPU, 24) & 0xffbf, 24);
    const flags = saveInterrupts();
    fxrstor(address(buffer + UC_FPU));
    restoreInterrupts(flags);
  }
  return withFrame();
}

/** Registers, mask and FPU's state of a ucontext at a user's address, for a thread that has not run yet. */
export function contextForNew(thread: Thread, frame: TrapFrame, from: u64): i32 {
  if (copyIn(buffer, from, UCONTEXT)) return setError(EFAULT);
  loadRegisters(frame, buffer + UC_REGISTERS);
  thread.fsBase = load<u64>(buffer + UC_REGISTERS, 208);
  thread.blocked = load<u64>(buffer + UC_MASK) & ~UNSTOPPABLE;
  return 0;
}
