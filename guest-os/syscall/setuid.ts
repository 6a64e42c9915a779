// SPDX-License-Identifier: MIT
/** @fileoverview System call 23, setuid: another user. With PRIV_PROC_SETID all three ids change, else the effective one, to the real or saved one. */
import { EINVAL, EPERM, setError } from '../kernel/errno';
import { PRIV_PROC_SETID } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';

export function setuid(uid: i32): i64 {
  if (uid < 0) return setError(EINVAL);
  const process = currentProcess();
  const before = process.credentials;
  const credentials = before.copy();
  credentials.euid = uid;
  if (before.has(PRIV_PROC_SETID)) {
    credentials.uid = uid;
    credentials.suid = uid;
  } else if (uid != before.uid && uid != before.suid) return setError(EPERM);
  process.credentials = credentials;
  return 0;
}
