// SPDX-License-Identifier: MIT
/** @fileoverview Linux: see ../process.ts. */
import { call } from './call';

export const SYS_exit: u64 = 231;
export const SYS_getpid: u64 = 39;
export const SYS_execve: u64 = 59;
export const SYS_waitid: u64 = 247;
export const SYS_getpgrp: u64 = 111;
export const SYS_setpgid: u64 = 109;
export const SYS_getpgid: u64 = 121;
export const SYS_setsid: u64 = 112;
export const SYS_getsid: u64 = 124;

export const WNOHANG: i32 = 1;
export const WUNTRACED: i32 = 2;
export const WEXITED: i32 = 4;
export const WSTOPPED: i32 = 2;
export const WNOWAIT: i32 = 0x01000000;
export const P_PID: i32 = 1;
export const P_ALL: i32 = 0;

export function fork(): i32 {
  return <i32>call(57, 0, 0, 0);
}
export function getppid(): i32 {
  return <i32>call(110, 0, 0, 0);
}
