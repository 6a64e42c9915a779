// SPDX-License-Identifier: MIT
/** @fileoverview System call 92, getgroups: the supplementary groups at an array of ints; how many there are. */
import { EINVAL, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { put32 } from '../kernel/memory/user';

export function getgroups(size: i32, to: u64): i64 {
  const groups = currentProcess().credentials.groups;
  if (!size) return groups.length;
  if (size < groups.length) return setError(EINVAL);
  for (let i = 0; i < groups.length; i++) {
    const error = put32(to + ((<u64>i) << 2), groups[i]);
    if (error) return error;
  }
  return groups.length;
}
