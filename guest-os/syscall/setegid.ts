// SPDX-License-Identifier: MIT
/** @fileoverview System call 136, setegid: another effective group: the real or the saved one, or any with PRIV_PROC_SETID. */
import { EINVAL, EPERM, setError } from '../kernel/errno';
import { PRIV_PROC_SETID } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';

export function setegid(gid: i32): i64 {
  if (gid < 0) return setError(EINVAL);
  const process = currentProcess();
  const before = process.credentials;
  if (gid != before.gid && gid != before.sgid && gid != before.egid && !before.has(PRIV_PROC_SETID)) return setError(EPERM);
  const credentials = before.copy();
  credentials.egid = gid;
  process.credentials = credentials;
  return 0;
}
