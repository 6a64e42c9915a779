// SPDX-License-Identifier: MIT
/** @fileoverview Who this process is, as the kernel has it. */
import { second } from 'machine/sys';
import * as calls from './calls';

const SYS_getpid: u64 = 20;
const SYS_getuid: u64 = 24;
const SYS_getgid: u64 = 47;
const list = memory.data(256);
const MOST: i32 = 64;

export function realUser(): u32 {
  return <u32>calls.getuid();
}
export function effectiveUser(): u32 {
  return <u32>second(SYS_getuid);
}
export function realGroup(): u32 {
  return <u32>calls.getgid();
}
export function effectiveGroup(): u32 {
  return <u32>second(SYS_getgid);
}

/** The group first, then the supplementary ones. */
export function ownGroups(): u32[] {
  const result: u32[] = [effectiveGroup()];
  const count = <i32>calls.getgroups(MOST, list);
  for (let i = 0; i < count; i++) {
    const group = load<u32>(list + 4 * i);
    if (!result.includes(group)) result.push(group);
  }
  return result;
}
export function parentProcess(): i32 {
  return <i32>second(SYS_getpid);
}
