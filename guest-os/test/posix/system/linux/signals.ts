// SPDX-License-Identifier: MIT
/** @fileoverview Linux: see ../signals.ts. */
import { signalReturn } from 'machine/stubs';
import { page, u } from '../argument';
import { call } from './call';
import { SYS_getuid } from './credentials';
import { SYS_getpid } from './process';

export const SYS_kill: u64 = 62;
export const SYS_sigaction: u64 = 13;
export const SYS_sigprocmask: u64 = 14;
export const SYS_sigpending: u64 = 127;
export const SYS_sigsuspend: u64 = 130;
export const SYS_pause: u64 = 34;
export const SYS_sigtimedwait: u64 = 128;
export const SYS_sigaltstack: u64 = 131;

export const SIGBUS: i32 = 7;
export const SIGUSR1: i32 = 10;
export const SIGUSR2: i32 = 12;
export const SIGCHLD: i32 = 17;
export const SIGWINCH: i32 = 28;
export const SIGURG: i32 = 23;
export const SIGSTOP: i32 = 19;
export const SIGTSTP: i32 = 20;
export const SIGCONT: i32 = 18;
export const SIGTTIN: i32 = 21;
export const SIGTTOU: i32 = 22;
export const SIGVTALRM: i32 = 26;
export const SIGPROF: i32 = 27;
export const SIGXCPU: i32 = 24;
export const SIGXFSZ: i32 = 25;
export const SIGRTMIN: i32 = 34;
export const SA_ONSTACK: u32 = 0x08000000;
export const SA_RESETHAND: u32 = 0x80000000;
export const SA_RESTART: u32 = 0x10000000;
export const SA_SIGINFO: u32 = 4;
export const SA_NODEFER: u32 = 0x40000000;
export const SA_NOCLDWAIT: u32 = 2;
export const SA_NOCLDSTOP: u32 = 1;
export const SIG_BLOCK: i32 = 0;
export const SIG_UNBLOCK: i32 = 1;
export const SIG_SETMASK: i32 = 2;
export const SI_QUEUE: i32 = -1;
export const SI_TIMER: i32 = -2;

export function sigqueue(pid: i32, signal: i32, value: u64): i64 {
  memory.fill(page, 0, 128);
  store<i32>(page, signal);
  store<i32>(page, SI_QUEUE, 8);
  store<i32>(page, <i32>call(SYS_getpid, 0, 0, 0), 16);
  store<i32>(page, <i32>call(SYS_getuid, 0, 0, 0), 20);
  store<u64>(page, value, 24);
  return call(129, u(pid), u(signal), page);
}

/** siginfo_t */
export const SIGINFO_code: usize = 8;
export const SIGINFO_pid: usize = 16;
export const SIGINFO_uid: usize = 20;
export const SIGINFO_status: usize = 24;
export const SIGINFO_value: usize = 24;
export const SIGINFO_addr: usize = 16;
/** stack_t */
export const STACK_size: usize = 16;
export const STACK_flags: usize = 8;
/** struct kernel_sigaction */
export const ACTION_handler: usize = 0;
export const ACTION_flags: usize = 8;
const ACTION_restorer: usize = 16;
export const ACTION_mask: usize = 24;
export const SA_RESTORER: u32 = 0x04000000;
/** Bytes of a set, which calls are told. */
export const SET_BYTES: u64 = 8;

export function putAction(at: usize, handler: u64, flags: u32, mask: u64): void {
  store<u64>(at + ACTION_handler, handler);
  store<u64>(at + ACTION_flags, flags | SA_RESTORER);
  store<u64>(at + ACTION_restorer, signalReturn());
  store<u64>(at + ACTION_mask, mask);
}
