// SPDX-License-Identifier: MIT
/** @fileoverview Linux: see ../credentials.ts. */
import { u } from '../argument';
import { call } from './call';

export const SYS_getuid: u64 = 102;
export const SYS_getgid: u64 = 104;
export const SYS_setuid: u64 = 105;
export const SYS_setgid: u64 = 106;
export const SYS_setreuid: u64 = 113;
export const SYS_setregid: u64 = 114;
export const SYS_getgroups: u64 = 115;
export const SYS_setgroups: u64 = 116;
export const SYS_umask: u64 = 95;

export function geteuid(): i32 {
  return <i32>call(107, 0, 0, 0);
}
export function getegid(): i32 {
  return <i32>call(108, 0, 0, 0);
}
export function seteuid(uid: i32): i64 {
  return call(117, u(-1), u(uid), u(-1));
}
export function setegid(gid: i32): i64 {
  return call(119, u(-1), u(gid), u(-1));
}
