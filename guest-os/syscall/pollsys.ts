// SPDX-License-Identifier: MIT
/**
 * @fileoverview System call 183, pollsys (not restarted): waits until a descriptor is ready, for a time, with another signal mask meanwhile.
 */
import { deadline, fetchDeadline, pollDescriptors } from '../fs/pollCall';
import { EINTR } from '../kernel/errno';
import { UNSTOPPABLE } from '../kernel/signal/signal';
import { current } from '../kernel/thread/thread';
import { fetch64, fetched } from '../kernel/memory/user';

export function pollsys(at: u64, count: i32, timeout: u64, mask: u64): i64 {
  let error = fetchDeadline(timeout);
  if (error) return error;
  const end = deadline;
  if (!mask) return pollDescriptors(at, count, end);
  error = fetch64(mask);
  if (error) return error;
  const thread = current();
  const old = thread.blocked;
  thread.blocked = fetched() & ~UNSTOPPABLE;
  const result = pollDescriptors(at, count, end);
  if (result != -EINTR) {
    thread.blocked = old;
  } else {
    // The signal is handled under the mask of the call; the handler's end brings the old one back.
    thread.oldMask = old;
    thread.hasOldMask = true;
  }
  return result;
}
