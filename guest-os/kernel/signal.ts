// SPDX-License-Identifier: MIT
/**
 * @fileoverview Signals: numbers and defaults (illumos, <sys/signal.h>), and their delivery to user code.
 *
 * A signal is posted to a process (process.ts) and delivered when its thread is on the way back to user mode. An interruptible wait ends
 * with -EINTR. Without a handler the default happens: end, stop, or nothing.
 *
 * With a handler, the interrupted state goes onto the user's stack: registers, blocked signals, FPU; then the handler is entered with the signal in
 * rdi and the saved state's address in rdx, the signal (and sa_mask) blocked. It comes back by the system call `context` (setcontext), which
 * takes the state from wherever the program says: registers are its own to choose, but not selectors nor the flags that matter.
 *
 * Omitted: siginfo, alternate stacks, queued signals, illumos's ucontext_t layout.
 */
import { TrapFrame } from 'layout/processor';
import { fxrstor, fxsave, restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { address } from 'machine/mem';
import { EFAULT, setError } from './errno';
import { exitProcess, Process, stopProcess } from './process';
import { copyIn, copyOut } from './user';

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
/** One more than the highest. */
export const NSIG: i32 = 42;

export const SIG_DFL: u64 = 0;
export const SIG_IGN: u64 = 1;

const IGNORED: u64 = bit(SIGCLD) | bit(SIGPWR) | bit(SIGWINCH) | bit(SIGURG) | bit(SIGCONT) | bit(36) | bit(37);
export const STOPPING: u64 = bit(SIGSTOP) | bit(SIGTSTP) | bit(SIGTTIN) | bit(SIGTTOU);
/** Neither caught, ignored nor blocked. */
export const UNSTOPPABLE: u64 = bit(SIGKILL) | bit(SIGSTOP);

export function bit(signal: i32): u64 {
  return (<u64>1) << (<u64>signal - 1);
}

export class Disposition {
  handler: u64 = SIG_DFL;
  mask: u64 = 0;
  flags: i32 = 0;
}
/** sigaction's flags. */
export const SA_RESTART: i32 = 4;
export const SA_RESETHAND: i32 = 2;
export const SA_NODEFER: i32 = 16;

/** What happens to a signal that nobody handles. */
export function isIgnoredByDefault(signal: i32): bool {
  return (bit(signal) & IGNORED) != 0;
}
export function isStopping(signal: i32): bool {
  return (bit(signal) & STOPPING) != 0;
}

/** A frame's worth of registers, the blocked signals, then the FPU's state. */
const FRAME: usize = TrapFrame.SIZE;
const MASK: usize = FRAME;
const FPU: usize = 192;
const CONTEXT: usize = FPU + 512;
const buffer = memory.data(704, 16);

/** Compiled code may use this much below its stack pointer (System V ABI, red zone). */
const RED_ZONE: u64 = 128;
const USER_CODE: u64 = 0x2b;
const USER_DATA: u64 = 0x23;
/**
 * SYSRET would leave rip in rcx and rflags in r11, which the interrupted code may be using. The system call's stub takes it only for
 * exactly the user's selector; IRETQ looks at the low 16 bits alone.
 */
const BY_IRET: u64 = 0x10000;
/** CF PF AF ZF SF DF OF: what a user may set. */
const USER_FLAGS: u64 = 0xcd5;
const INTERRUPTS_ON: u64 = 0x202;

/** Delivers what is pending. Called on the way to user mode; may not return, if the process ends. */
export function deliverSignals(process: Process, frame: TrapFrame): void {
  for (;;) {
    const signal = process.takeSignal();
    if (!signal) return;
    const disposition = process.dispositions[signal];
    if (disposition.handler == SIG_IGN) continue;
    if (disposition.handler == SIG_DFL) {
      if (isIgnoredByDefault(signal)) continue;
      if (isStopping(signal)) stopProcess(signal);
      else exitProcess(0, signal);
      continue;
    }
    if (enterHandler(process, frame, signal, disposition) < 0) exitProcess(0, SIGSEGV);
  }
}

function enterHandler(process: Process, frame: TrapFrame, signal: i32, disposition: Disposition): i32 {
  const flags = saveInterrupts();
  memory.copy(buffer, frame.pointer, FRAME);
  store<u64>(buffer + MASK, process.blocked);
  fxsave(address(buffer + FPU));
  restoreInterrupts(flags);
  const place = (frame.rsp - RED_ZONE - CONTEXT) & ~15;
  const error = copyOut(place, buffer, CONTEXT);
  if (error) return error;
  frame.rdi = signal;
  frame.rsi = 0;
  frame.rdx = place;
  frame.rip = disposition.handler;
  // As after a call: aligned but for a return address.
  frame.rsp = place - 8;
  frame.rbp = 0;
  process.blocked |= disposition.mask & ~UNSTOPPABLE;
  if (!(disposition.flags & SA_NODEFER)) process.blocked |= bit(signal);
  if (disposition.flags & SA_RESETHAND) disposition.handler = SIG_DFL;
  return 0;
}

/** setcontext: the state that a handler was entered with, or what the program made of it. */
export function restoreContext(process: Process, frame: TrapFrame, from: u64): i64 {
  if (copyIn(buffer, from, CONTEXT)) return setError(EFAULT);
  const saved = changetype<TrapFrame>(buffer);
  saved.cs = USER_CODE | BY_IRET;
  saved.ss = USER_DATA;
  saved.rflags = (saved.rflags & USER_FLAGS) | INTERRUPTS_ON;
  memory.copy(frame.pointer, buffer, FRAME);
  process.blocked = load<u64>(buffer + MASK) & ~UNSTOPPABLE;
  // Reserved bits of MXCSR would fault.
  store<u32>(buffer + FPU, load<u32>(buffer + FPU, 24) & 0xffbf, 24);
  fxrstor(address(buffer + FPU));
  return <i64>frame.rax;
}
