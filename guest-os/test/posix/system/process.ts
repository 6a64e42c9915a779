// SPDX-License-Identifier: MIT
/** @fileoverview Processes, groups and sessions, and waiting for children. */
import { pathOf } from '../../../lib/text';
import { page, u } from './argument';
import { call, call6 } from './illumos/call';
import * as abi from './illumos/process';
import { SIGINFO_code, SIGINFO_pid, SIGINFO_status } from './illumos/signals';

export * from './illumos/process';

export const CLD_EXITED: i32 = 1;
export const CLD_KILLED: i32 = 2;
export const CLD_STOPPED: i32 = 5;
export const CLD_CONTINUED: i32 = 6;
export const WCONTINUED: i32 = 8;
export const P_PGID: i32 = 2;

export function exit(status: i32): void {
  call(abi.SYS_exit, u(status), 0, 0);
}
export function getpid(): i32 {
  return <i32>call(abi.SYS_getpid, 0, 0, 0);
}
/** Words are addresses of lists of texts, or 0. */
export function execve(path: string, argv: u64, envp: u64): i64 {
  return call(abi.SYS_execve, pathOf(path), argv, envp);
}

/** waitid: the child's number, 0 if none has news (WNOHANG), or an errno; what is told in {@link newsCode} and {@link newsStatus}. */
export let newsCode: i32 = 0;
export let newsStatus: i32 = 0;

export function waitid(kind: i32, id: i32, options: i32): i64 {
  const result = call6(abi.SYS_waitid, u(kind), u(id), page, u(options), 0, 0);
  if (result < 0) return result;
  newsCode = load<i32>(page + SIGINFO_code);
  newsStatus = load<i32>(page + SIGINFO_status);
  return load<i32>(page + SIGINFO_pid);
}
/** As libc's waitpid: pid > 0, 0 the own group, -1 all, less a group. */
export function waitpid(pid: i32, options: i32): i64 {
  const kind = pid > 0 ? abi.P_PID : pid == -1 ? abi.P_ALL : P_PGID;
  const id = pid > 0 ? pid : pid == 0 ? getpgrp() : -pid;
  return waitid(kind, id, options | abi.WEXITED);
}
export function getpgrp(): i32 {
  return <i32>call(abi.SYS_getpgrp, 0, 0, 0);
}
export function setpgid(pid: i32, group: i32): i64 {
  return call(abi.SYS_setpgid, u(pid), u(group), 0);
}
export function getpgid(pid: i32): i64 {
  return call(abi.SYS_getpgid, u(pid), 0, 0);
}
export function setsid(): i64 {
  return call(abi.SYS_setsid, 0, 0, 0);
}
export function getsid(pid: i32): i64 {
  return call(abi.SYS_getsid, u(pid), 0, 0);
}
