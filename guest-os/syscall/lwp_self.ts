// SPDX-License-Identifier: MIT
/** @fileoverview System call 164, lwp_self: the calling thread's id. */
import { current } from '../kernel/thread/thread';

export function lwp_self(): i64 {
  return current().lwpid;
}
