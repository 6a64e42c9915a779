// SPDX-License-Identifier: MIT
/** @fileoverview System call 202, setreuid: other real and effective users; -1: the same. */
import { EINVAL, EPERM, setError } from '../kernel/errno';
import { PRIV_PROC_SETID } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';

export function setreuid(uid: i32, euid: i32): i64 {
  if (uid < -1 || euid < -1) return setError(EINVAL);
  const process = currentProcess();
  const before = process.credentials;
  const free = before.has(PRIV_PROC_SETID);
  const credentials = before.copy();
  if (uid != -1) {
    if (!free && uid != before.uid && uid != before.euid) return setError(EPERM);
    credentials.uid = uid;
  }
  if (euid != -1) {
    if (!free && euid != before.uid && euid != before.euid && euid != before.suid) return setError(EPERM);
    credentials.euid = euid;
  }
  if (uid != -1 || (euid != -1 && euid != before.uid)) credentials.suid = credentials.euid;
  process.credentials = credentials;
  return 0;
}
