// SPDX-License-Identifier: MIT
/** @fileoverview System call 34, nice: more for the nice value, which ends at -20 and 19; what it is then. */
import { EPERM, setError } from '../kernel/errno';
import { PRIV_PROC_PRIOUP } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';
import { withSecond } from '../kernel/results';
import { NZERO } from '../kernel/thread/thread';
import { setNice } from '../kernel/thread/userPriority';

export function nice(more: i32): i64 {
  const process = currentProcess();
  if (more < 0 && !process.credentials.has(PRIV_PROC_PRIOUP)) return setError(EPERM);
  let value = 0;
  for (let i = 0; i < process.threads.length; i++) {
    const thread = process.threads[i];
    setNice(thread, thread.nice + max(min(more, 40), -40));
    value = thread.nice - NZERO;
  }
  return withSecond(value, 0);
}
