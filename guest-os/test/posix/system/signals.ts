// SPDX-License-Identifier: MIT
/** @fileoverview Signals, what they tell, and the stack that they are handled on. */
import { load32, load64 } from 'machine/mem';
import { signalEntry } from 'machine/stubs';
import { page, u } from './argument';
import { call, call6 } from './illumos/call';
import * as abi from './illumos/signals';

export * from './illumos/signals';

export const SIGHUP: i32 = 1;
export const SIGINT: i32 = 2;
export const SIGQUIT: i32 = 3;
export const SIGILL: i32 = 4;
export const SIGTRAP: i32 = 5;
export const SIGABRT: i32 = 6;
export const SIGFPE: i32 = 8;
export const SIGKILL: i32 = 9;
export const SIGSEGV: i32 = 11;
export const SIGPIPE: i32 = 13;
export const SIGALRM: i32 = 14;
export const SIGTERM: i32 = 15;
export const SIGRTMAX: i32 = 64;
/** Higher than any. */
export const NO_SIGNAL: i32 = 100;
export const SI_USER: i32 = 0;
export const SEGV_MAPERR: i32 = 1;
export const SEGV_ACCERR: i32 = 2;
export const SS_DISABLE: i32 = 2;
export const SS_ONSTACK: i32 = 1;

export function kill(pid: i32, signal: i32): i64 {
  return call(abi.SYS_kill, u(pid), u(signal), 0);
}

export const DEFAULT: u64 = 0;
export const IGNORE: u64 = 1;

export function HANDLER(): u64 {
  return signalEntry();
}

/** The former action. */
export let oldHandler: u64 = 0;
export let oldFlags: u32 = 0;
export let oldMask: u64 = 0;

export function sigaction(signal: i32, handler: u64, flags: u32, mask: u64): i64 {
  memory.fill(page, 0, 64);
  abi.putAction(page, handler, flags, mask);
  return sigactionAt(signal, page);
}
/** Only asks. */
export function sigactionQuery(signal: i32): i64 {
  return sigactionAt(signal, 0);
}
function sigactionAt(signal: i32, action: usize): i64 {
  const result = call6(abi.SYS_sigaction, u(signal), action, page + 64, abi.SET_BYTES, 0, 0);
  oldHandler = load<u64>(page + 64 + abi.ACTION_handler);
  oldFlags = load<u32>(page + 64 + abi.ACTION_flags) & ~abi.SA_RESTORER;
  oldMask = load<u64>(page + 64 + abi.ACTION_mask);
  return result;
}
/** A set of signals that a call takes: 64 of them count, illumos has room for as many again. */
function putSet(set: u64): void {
  store<u64>(page, set);
  store<u64>(page, 0, 8);
}
/** The former mask. */
export function sigprocmask(how: i32, set: u64): u64 {
  putSet(set);
  call6(abi.SYS_sigprocmask, u(how), page, page + 16, abi.SET_BYTES, 0, 0);
  return load<u64>(page, 16);
}
export function sigprocmaskResult(how: i32, set: u64): i64 {
  putSet(set);
  return call6(abi.SYS_sigprocmask, u(how), page, 0, abi.SET_BYTES, 0, 0);
}
export function sigpending(): u64 {
  call(abi.SYS_sigpending, page, abi.SET_BYTES, 0);
  return load<u64>(page);
}
export function sigsuspend(mask: u64): i64 {
  putSet(mask);
  return call(abi.SYS_sigsuspend, page, abi.SET_BYTES, 0);
}
export function pause(): i64 {
  return call(abi.SYS_pause, 0, 0, 0);
}
/** A signal of the set; nanoseconds less than 0: for ever. What is told: as in a handler. */
export function sigtimedwait(set: u64, nanoseconds: i64): i64 {
  putSet(set);
  store<i64>(page, nanoseconds / 1000000000, 16);
  store<i64>(page, nanoseconds % 1000000000, 24);
  const result = call6(abi.SYS_sigtimedwait, page, page + 512, nanoseconds < 0 ? 0 : page + 16, abi.SET_BYTES, 0, 0);
  if (result > 0) takeInfo(page + 512);
  return result;
}

/** The former stack in {@link oldStack} and {@link oldStackFlags}. */
export let oldStack: u64 = 0;
export let oldStackFlags: i32 = 0;

export function sigaltstack(at: u64, size: u64, flags: i32): i64 {
  store<u64>(page, at);
  store<u64>(page + abi.STACK_size, size);
  store<u64>(page + abi.STACK_flags, u(flags));
  return sigaltstackAt(page);
}
export function sigaltstackQuery(): i64 {
  return sigaltstackAt(0);
}
function sigaltstackAt(stack: usize): i64 {
  const result = call(abi.SYS_sigaltstack, stack, page + 32, 0);
  oldStack = load<u64>(page, 32);
  oldStackFlags = load<i32>(page + 32 + abi.STACK_flags);
  return result;
}

/** What a siginfo_t says, of the last signal that came with one. */
export let infoSignal: i32 = 0;
export let infoCode: i32 = 0;
export let infoPid: i32 = 0;
export let infoUid: i32 = 0;
export let infoStatus: i32 = 0;
export let infoValue: u64 = 0;
export let infoAddress: u64 = 0;

export function takeInfo(at: u64): void {
  infoSignal = load32(at);
  infoCode = load32(at + abi.SIGINFO_code);
  infoPid = load32(at + abi.SIGINFO_pid);
  infoUid = load32(at + abi.SIGINFO_uid);
  infoStatus = load32(at + abi.SIGINFO_status);
  infoValue = load64(at + abi.SIGINFO_value);
  infoAddress = load64(at + abi.SIGINFO_addr);
}
