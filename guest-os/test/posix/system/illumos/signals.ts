// SPDX-License-Identifier: MIT
/** @fileoverview illumos: see ../signals.ts. */
import { u } from '../argument';
import { call6, family } from './call';

export const SYS_kill: u64 = 37;
export const SYS_sigaction: u64 = 98;
export const SYS_sigprocmask: u64 = 95;
export const SYS_sigpending: u64 = family(99, 1);
export const SYS_sigsuspend: u64 = 96;
export const SYS_pause: u64 = 29;
export const SYS_sigtimedwait: u64 = 144;
export const SYS_sigaltstack: u64 = 97;

export const SIGBUS: i32 = 10;
export const SIGUSR1: i32 = 16;
export const SIGUSR2: i32 = 17;
export const SIGCHLD: i32 = 18;
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
export const SIGRTMIN: i32 = 42;
export const SA_ONSTACK: u32 = 1;
export const SA_RESETHAND: u32 = 2;
export const SA_RESTART: u32 = 4;
export const SA_SIGINFO: u32 = 8;
export const SA_NODEFER: u32 = 16;
export const SA_NOCLDWAIT: u32 = 0x10000;
export const SA_NOCLDSTOP: u32 = 0x20000;
export const SIG_BLOCK: i32 = 1;
export const SIG_UNBLOCK: i32 = 2;
export const SIG_SETMASK: i32 = 3;
export const SI_QUEUE: i32 = -2;
export const SI_TIMER: i32 = -3;

export function sigqueue(pid: i32, signal: i32, value: u64): i64 {
  return call6(190, u(pid), u(signal), value, u(SI_QUEUE), 0, 0);
}

/** siginfo_t */
export const SIGINFO_code: usize = 4;
export const SIGINFO_pid: usize = 16;
export const SIGINFO_uid: usize = 24;
export const SIGINFO_status: usize = 32;
export const SIGINFO_value: usize = 32;
export const SIGINFO_addr: usize = 16;
/** stack_t */
export const STACK_size: usize = 8;
export const STACK_flags: usize = 16;
/** struct sigaction */
export const ACTION_flags: usize = 0;
export const ACTION_handler: usize = 8;
export const ACTION_mask: usize = 16;
/** No flag: the kernel has no need to be told where a handler returns to. */
export const SA_RESTORER: u32 = 0;
/** Sets have one size, and calls are not told. */
export const SET_BYTES: u64 = 0;

export function putAction(at: usize, handler: u64, flags: u32, mask: u64): void {
  store<u32>(at + ACTION_flags, flags);
  store<u64>(at + ACTION_handler, handler);
  store<u64>(at + ACTION_mask, mask);
}
