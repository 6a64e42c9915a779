// SPDX-License-Identifier: MIT
/** @fileoverview Clocks, sleeping and timers. */
import { page, u } from './argument';
import { call, call6 } from './illumos/call';
import * as abi from './illumos/time';

export * from './illumos/time';

export const ITIMER_REAL: i32 = 0;
export const ITIMER_VIRTUAL: i32 = 1;
export const ITIMER_PROF: i32 = 2;
export const TIMER_ABSTIME: i32 = 1;

/** Nanoseconds of a clock, or an errno. */
export function clockTime(clock: i32): i64 {
  const result = call(abi.SYS_clock_gettime, u(clock), page, 0);
  return result < 0 ? result : load<i64>(page) * 1000000000 + load<i64>(page, 8);
}
export function clockResolution(clock: i32): i64 {
  const result = call(abi.SYS_clock_getres, u(clock), page, 0);
  return result < 0 ? result : load<i64>(page) * 1000000000 + load<i64>(page, 8);
}
export function clock_settime(clock: i32, seconds: i64, nanoseconds: i64): i64 {
  store<i64>(page, seconds);
  store<i64>(page, nanoseconds, 8);
  return call(abi.SYS_clock_settime, u(clock), page, 0);
}

/** What was left when it was interrupted, in nanoseconds. */
export let sleepLeft: i64 = 0;

export function nanosleep(seconds: i64, nanoseconds: i64): i64 {
  store<i64>(page, seconds);
  store<i64>(page, nanoseconds, 8);
  const result = call(abi.SYS_nanosleep, page, page + 16, 0);
  sleepLeft = load<i64>(page, 16) * 1000000000 + load<i64>(page, 24);
  return result;
}
export function alarm(seconds: i32): i64 {
  return call(abi.SYS_alarm, u(seconds), 0, 0);
}

/** Microseconds; the former value at {@link timerLeft}. */
export let timerLeft: i64 = 0;
export let timerInterval: i64 = 0;

export function setitimer(which: i32, value: i64, interval: i64): i64 {
  store<i64>(page, interval / 1000000);
  store<i64>(page, interval % 1000000, 8);
  store<i64>(page, value / 1000000, 16);
  store<i64>(page, value % 1000000, 24);
  const result = call(abi.SYS_setitimer, u(which), page, page + 32);
  takeTimer(page + 32, 1000000);
  return result;
}
/** The same with fields as they are. */
export function setitimerRaw(which: i32, seconds: i64, microseconds: i64): i64 {
  store<i64>(page, 0);
  store<i64>(page, 0, 8);
  store<i64>(page, seconds, 16);
  store<i64>(page, microseconds, 24);
  return call(abi.SYS_setitimer, u(which), page, 0);
}
export function getitimer(which: i32): i64 {
  const result = call(abi.SYS_getitimer, u(which), page, 0);
  takeTimer(page, 1000000);
  return result;
}
function takeTimer(at: usize, unit: i64): void {
  timerInterval = load<i64>(at) * unit + load<i64>(at, 8);
  timerLeft = load<i64>(at, 16) * unit + load<i64>(at, 24);
}
/** A timer's number, or an errno. Its signal's value is `value`. */
export function timer_create(clock: i32, signal: i32, value: u64): i64 {
  memory.fill(page, 0, 64);
  store<i32>(page + abi.SIGEVENT_notify, abi.SIGEV_SIGNAL);
  store<i32>(page + abi.SIGEVENT_signo, signal);
  store<u64>(page + abi.SIGEVENT_value, value);
  const result = call(abi.SYS_timer_create, u(clock), page, page + 64);
  return result < 0 ? result : load<i32>(page, 64);
}
export function timer_delete(id: i32): i64 {
  return call(abi.SYS_timer_delete, u(id), 0, 0);
}
/** Nanoseconds. */
export function timer_settime(id: i32, flags: i32, value: i64, interval: i64): i64 {
  store<i64>(page, interval / 1000000000);
  store<i64>(page, interval % 1000000000, 8);
  store<i64>(page, value / 1000000000, 16);
  store<i64>(page, value % 1000000000, 24);
  return call6(abi.SYS_timer_settime, u(id), u(flags), page, 0, 0, 0);
}
export function timer_gettime(id: i32): i64 {
  const result = call(abi.SYS_timer_gettime, u(id), page, 0);
  takeTimer(page, 1000000000);
  return result;
}
export function timer_getoverrun(id: i32): i64 {
  return call(abi.SYS_timer_getoverrun, u(id), 0, 0);
}
