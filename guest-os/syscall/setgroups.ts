// SPDX-License-Identifier: MIT
/** @fileoverview System call 91, setgroups: other supplementary groups, from an array of ints; with PRIV_PROC_SETID. */
import { NGROUPS_MAX } from '../kernel/process/credentials';
import { EINVAL, EPERM, setError } from '../kernel/errno';
import { PRIV_PROC_SETID } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';
import { fetch32, fetched } from '../kernel/memory/user';

export function setgroups(count: i32, from: u64): i64 {
  const process = currentProcess();
  if (!process.credentials.has(PRIV_PROC_SETID)) return setError(EPERM);
  if (count < 0 || count > NGROUPS_MAX) return setError(EINVAL);
  const groups = new StaticArray<i32>(count);
  for (let i = 0; i < count; i++) {
    const error = fetch32(from + ((<u64>i) << 2));
    if (error) return error;
    groups[i] = <i32>fetched();
    if (groups[i] < 0) return setError(EINVAL);
  }
  const credentials = process.credentials.copy();
  credentials.groups = groups;
  process.credentials = credentials;
  return 0;
}
