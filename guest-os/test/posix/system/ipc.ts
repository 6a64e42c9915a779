// SPDX-License-Identifier: MIT
/** @fileoverview Shared memory, semaphores and message queues of System V. */
import { u } from './argument';
import { call6 } from './illumos/call';
import * as abi from './illumos/ipc';

export * from './illumos/ipc';

export const IPC_CREAT: i32 = 0o1000;
export const IPC_EXCL: i32 = 0o2000;
export const IPC_NOWAIT: i32 = 0o4000;
export const SEM_UNDO: i32 = 0o10000;
export const SHM_RDONLY: i32 = 0o10000;
export const SHM_RND: i32 = 0o20000;
export const MSG_NOERROR: i32 = 0o10000;
export const SEM_OTIME: usize = 48;

export function shmget(key: i32, size: u64, flags: i32): i64 {
  return call6(abi.SYS_shmget, u(key), size, u(flags), 0, 0, 0);
}
export function shmat(id: i32, at: u64, flags: i32): i64 {
  return call6(abi.SYS_shmat, u(id), at, u(flags), 0, 0, 0);
}
export function shmctl(id: i32, command: i32, at: u64): i64 {
  return call6(abi.SYS_shmctl, u(id), u(command), at, 0, 0, 0);
}
export function shmdt(at: u64): i64 {
  return call6(abi.SYS_shmdt, at, 0, 0, 0, 0, 0);
}
export function semget(key: i32, count: i32, flags: i32): i64 {
  return call6(abi.SYS_semget, u(key), u(count), u(flags), 0, 0, 0);
}
export function semop(id: i32, list: u64, count: u64): i64 {
  return call6(abi.SYS_semop, u(id), list, count, 0, 0, 0);
}
export function semctl(id: i32, number: i32, command: i32, argument: u64): i64 {
  return call6(abi.SYS_semctl, u(id), u(number), u(command), argument, 0, 0);
}
export function semtimedop(id: i32, list: u64, count: u64, timeout: u64): i64 {
  return call6(abi.SYS_semtimedop, u(id), list, count, timeout, 0, 0);
}
export function msgget(key: i32, flags: i32): i64 {
  return call6(abi.SYS_msgget, u(key), u(flags), 0, 0, 0, 0);
}
export function msgsnd(id: i32, at: u64, size: u64, flags: i32): i64 {
  return call6(abi.SYS_msgsnd, u(id), at, size, u(flags), 0, 0);
}
export function msgrcv(id: i32, at: u64, size: u64, type: i64, flags: i32): i64 {
  return call6(abi.SYS_msgrcv, u(id), at, size, type, u(flags), 0);
}
export function msgctl(id: i32, command: i32, at: u64): i64 {
  return call6(abi.SYS_msgctl, u(id), u(command), at, 0, 0, 0);
}
