// SPDX-License-Identifier: MIT
/** @fileoverview illumos: see ../time.ts. */
export const SYS_clock_gettime: u64 = 191;
export const SYS_clock_getres: u64 = 193;
export const SYS_clock_settime: u64 = 192;
export const SYS_nanosleep: u64 = 199;
export const SYS_alarm: u64 = 27;
export const SYS_setitimer: u64 = 158;
export const SYS_getitimer: u64 = 157;
export const SYS_timer_create: u64 = 194;
export const SYS_timer_delete: u64 = 195;
export const SYS_timer_settime: u64 = 196;
export const SYS_timer_gettime: u64 = 197;
export const SYS_timer_getoverrun: u64 = 198;

export const CLOCK_REALTIME: i32 = 3;
export const CLOCK_MONOTONIC: i32 = 4;
export const CLOCK_PROCESS_CPUTIME_ID: i32 = 5;
export const SIGEV_SIGNAL: i32 = 2;

/** struct sigevent */
export const SIGEVENT_notify: usize = 0;
export const SIGEVENT_signo: usize = 4;
export const SIGEVENT_value: usize = 8;
