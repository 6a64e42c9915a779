// SPDX-License-Identifier: MIT
/** @fileoverview illumos: see ../process.ts. */
import { forked, second } from 'machine/sys';
import { family } from './call';

export const SYS_exit: u64 = 1;
export const SYS_getpid: u64 = 20;
export const SYS_execve: u64 = 59;
export const SYS_waitid: u64 = 107;
export const SYS_getpgrp: u64 = family(39, 0);
export const SYS_setpgid: u64 = family(39, 5);
export const SYS_getpgid: u64 = family(39, 4);
export const SYS_setsid: u64 = family(39, 3);
export const SYS_getsid: u64 = family(39, 2);

export const WNOHANG: i32 = 0x40;
export const WUNTRACED: i32 = 4;
export const WEXITED: i32 = 1;
export const WSTOPPED: i32 = 4;
export const WNOWAIT: i32 = 0x80;
export const P_PID: i32 = 0;
export const P_ALL: i32 = 7;

export function fork(): i32 {
  return <i32>forked(142, 0, 0);
}
export function getppid(): i32 {
  return <i32>second(20);
}
