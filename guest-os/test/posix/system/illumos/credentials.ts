// SPDX-License-Identifier: MIT
/** @fileoverview illumos: see ../credentials.ts. */
import { second } from 'machine/sys';
import { u } from '../argument';
import { call } from './call';

export const SYS_getuid: u64 = 24;
export const SYS_getgid: u64 = 47;
export const SYS_setuid: u64 = 23;
export const SYS_setgid: u64 = 46;
export const SYS_setreuid: u64 = 202;
export const SYS_setregid: u64 = 203;
export const SYS_getgroups: u64 = 92;
export const SYS_setgroups: u64 = 91;
export const SYS_umask: u64 = 60;

export function geteuid(): i32 {
  return <i32>second(24);
}
export function getegid(): i32 {
  return <i32>second(47);
}
export function seteuid(uid: i32): i64 {
  return call(141, u(uid), 0, 0);
}
export function setegid(gid: i32): i64 {
  return call(136, u(gid), 0, 0);
}
