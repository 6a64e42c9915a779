// SPDX-License-Identifier: MIT
/** @fileoverview System call 203, setregid: other real and effective groups; -1: the same. */
import { EINVAL, EPERM, setError } from '../kernel/errno';
import { PRIV_PROC_SETID } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';

export function setregid(gid: i32, egid: i32): i64 {
  if (gid < -1 || egid < -1) return setError(EINVAL);
  const process = currentProcess();
  const before = process.credentials;
  const free = before.has(PRIV_PROC_SETID);
  const credentials = before.copy();
  if (gid != -1) {
    if (!free && gid != before.gid && gid != before.egid) return setError(EPERM);
    credentials.gid = gid;
  }
  if (egid != -1) {
    if (!free && egid != before.gid && egid != before.egid && egid != before.sgid) return setError(EPERM);
    credentials.egid = egid;
  }
  if (gid != -1 || (egid != -1 && egid != before.gid)) credentials.sgid = credentials.egid;
  process.credentials = credentials;
  return 0;
}
