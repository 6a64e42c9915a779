// SPDX-License-Identifier: MIT
/** @fileoverview What is done with open files, from open to close: bytes, positions, record locks, readiness. */
import { pathOf } from '../../../lib/text';
import { page, u } from './argument';
import { call, call6 } from './illumos/call';
import * as abi from './illumos/descriptors';

export * from './illumos/descriptors';

export const O_RDONLY: i32 = 0;
export const O_WRONLY: i32 = 1;
export const O_RDWR: i32 = 2;
export const O_TRUNC: i32 = 0x200;
export const O_NOFOLLOW: i32 = 0x20000;
export const F_DUPFD: i32 = 0;
export const F_GETFD: i32 = 1;
export const F_SETFD: i32 = 2;
export const F_GETFL: i32 = 3;
export const F_SETFL: i32 = 4;
export const FD_CLOEXEC: i64 = 1;
export const F_SETLK: i32 = 6;
export const F_SETLKW: i32 = 7;
export const POLLIN: i32 = 1;
export const POLLOUT: i32 = 4;
export const POLLERR: i32 = 8;
export const POLLHUP: i32 = 16;
export const POLLNVAL: i32 = 32;

export function open(path: string, flags: i32, mode: i32 = 0o644): i32 {
  return <i32>call(abi.SYS_open, pathOf(path), u(flags), u(mode));
}
export function openat(directory: i32, path: string, flags: i32, mode: i32 = 0o644): i32 {
  return <i32>call6(abi.SYS_openat, u(directory), pathOf(path), u(flags), u(mode), 0, 0);
}
export function close(descriptor: i32): i64 {
  return call(abi.SYS_close, u(descriptor), 0, 0);
}
export function read(descriptor: i32, to: u64, count: u64): i64 {
  return call(abi.SYS_read, u(descriptor), to, count);
}
export function write(descriptor: i32, from: u64, count: u64): i64 {
  return call(abi.SYS_write, u(descriptor), from, count);
}
export function pread(descriptor: i32, to: u64, count: u64, offset: i64): i64 {
  return call6(abi.SYS_pread, u(descriptor), to, count, offset, 0, 0);
}
export function pwrite(descriptor: i32, from: u64, count: u64, offset: i64): i64 {
  return call6(abi.SYS_pwrite, u(descriptor), from, count, offset, 0, 0);
}
export function readv(descriptor: i32, vector: u64, count: i32): i64 {
  return call(abi.SYS_readv, u(descriptor), vector, u(count));
}
export function writev(descriptor: i32, vector: u64, count: i32): i64 {
  return call(abi.SYS_writev, u(descriptor), vector, u(count));
}
export function lseek(descriptor: i32, offset: i64, whence: i32): i64 {
  return call(abi.SYS_lseek, u(descriptor), offset, u(whence));
}
export function fsync(descriptor: i32): i64 {
  return call(abi.SYS_fsync, u(descriptor), abi.FSYNC, 0);
}
export function fcntl(descriptor: i32, command: i32, argument: i64): i64 {
  return call(abi.SYS_fcntl, u(descriptor), u(command), argument);
}

/** A record lock; with F_GETLK, what is in the way is in {@link lockType} and {@link lockPid}. */
export let lockType: i32 = 0;
export let lockPid: i32 = 0;

export function lock(descriptor: i32, command: i32, type: i32, start: i64, length: i64): i64 {
  memory.fill(page, 0, 64);
  store<i16>(page, <i16>type);
  store<i64>(page, start, 8);
  store<i64>(page, length, 16);
  const result = call(abi.SYS_fcntl, u(descriptor), u(command), page);
  lockType = load<i16>(page);
  lockPid = load<i32>(page + abi.FLOCK_pid);
  return result;
}

/** Two descriptors, in {@link pipeRead} and {@link pipeWrite}. */
export let pipeRead: i32 = 0;
export let pipeWrite: i32 = 0;

export function pipe(): i64 {
  const result = call(abi.SYS_pipe, page, 0, 0);
  pipeRead = load<i32>(page);
  pipeWrite = load<i32>(page, 4);
  return result;
}
