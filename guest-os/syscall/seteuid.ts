// SPDX-License-Identifier: MIT
/** @fileoverview System call 141, seteuid: another effective user: the real or the saved one, or any with PRIV_PROC_SETID. */
import { EINVAL, EPERM, setError } from '../kernel/errno';
import { PRIV_PROC_SETID } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';

export function seteuid(uid: i32): i64 {
  if (uid < 0) return setError(EINVAL);
  const process = currentProcess();
  const before = process.credentials;
  if (uid != before.uid && uid != before.suid && uid != before.euid && !before.has(PRIV_PROC_SETID)) return setError(EPERM);
  const credentials = before.copy();
  credentials.euid = uid;
  process.credentials = credentials;
  return 0;
}
