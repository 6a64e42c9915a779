// SPDX-License-Identifier: MIT
/** @fileoverview System call 150, lwp_detach: nobody will wait for a thread. */
import { EINVAL, ESRCH, setError } from '../kernel/errno';
import { findLwp } from '../kernel/process/lwp';
import { currentProcess } from '../kernel/process/processes';
import { current } from '../kernel/thread/thread';

export function lwp_detach(id: i32): i64 {
  const process = currentProcess();
  const thread = id ? findLwp(process, id) : current();
  if (!thread) {
    // It has ended already, and was waiting to be waited for.
    const at = process.endedLwps.indexOf(id);
    if (at < 0) return setError(ESRCH);
    process.endedLwps.splice(at, 1);
    return 0;
  }
  if (thread.detached) return setError(EINVAL);
  thread.detached = true;
  process.lwpNews.wakeAll();
  return 0;
}
