// SPDX-License-Identifier: MIT
/** @fileoverview System call 46, setgid: another group. With PRIV_PROC_SETID all three ids change, else the effective one, to the real or saved one. */
import { EINVAL, EPERM, setError } from '../kernel/errno';
import { PRIV_PROC_SETID } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';

export function setgid(gid: i32): i64 {
  if (gid < 0) return setError(EINVAL);
  const process = currentProcess();
  const before = process.credentials;
  const credentials = before.copy();
  credentials.egid = gid;
  if (before.has(PRIV_PROC_SETID)) {
    credentials.gid = gid;
    credentials.sgid = gid;
  } else if (gid != before.gid && gid != before.sgid) return setError(EPERM);
  process.credentials = credentials;
  return 0;
}
