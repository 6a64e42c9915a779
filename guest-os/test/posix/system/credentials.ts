// SPDX-License-Identifier: MIT
/** @fileoverview Users and groups of a process, and what new files do not let others do. */
import { u } from './argument';
import { call } from './illumos/call';
import * as abi from './illumos/credentials';

export * from './illumos/credentials';

export function getuid(): i32 {
  return <i32>call(abi.SYS_getuid, 0, 0, 0);
}
export function getgid(): i32 {
  return <i32>call(abi.SYS_getgid, 0, 0, 0);
}
export function setuid(uid: i32): i64 {
  return call(abi.SYS_setuid, u(uid), 0, 0);
}
export function setgid(gid: i32): i64 {
  return call(abi.SYS_setgid, u(gid), 0, 0);
}
export function setreuid(uid: i32, euid: i32): i64 {
  return call(abi.SYS_setreuid, u(uid), u(euid), 0);
}
export function setregid(gid: i32, egid: i32): i64 {
  return call(abi.SYS_setregid, u(gid), u(egid), 0);
}
export function getgroups(size: i32, to: usize): i64 {
  return call(abi.SYS_getgroups, u(size), to, 0);
}
export function setgroups(count: i32, from: usize): i64 {
  return call(abi.SYS_setgroups, u(count), from, 0);
}
export function umask(mask: i32): i32 {
  return <i32>call(abi.SYS_umask, u(mask), 0, 0);
}
