// SPDX-License-Identifier: MIT
/** @fileoverview Linux: see ../time.ts. */
export const SYS_clock_gettime: u64 = 228;
export const SYS_clock_getres: u64 = 229;
export const SYS_clock_settime: u64 = 227;
export const SYS_nanosleep: u64 = 35;
export const SYS_alarm: u64 = 37;
export const SYS_setitimer: u64 = 38;
export const SYS_getitimer: u64 = 36;
export const SYS_timer_create: u64 = 222;
export const SYS_timer_delete: u64 = 226;
export const SYS_timer_settime: u64 = 223;
export const SYS_timer_gettime: u64 = 224;
export const SYS_timer_getoverrun: u64 = 225;

export const CLOCK_REALTIME: i32 = 0;
export const CLOCK_MONOTONIC: i32 = 1;
export const CLOCK_PROCESS_CPUTIME_ID: i32 = 2;
export const SIGEV_SIGNAL: i32 = 0;

/** struct sigevent */
export const SIGEVENT_notify: usize = 12;
export const SIGEVENT_signo: usize = 8;
export const SIGEVENT_value: usize = 0;
