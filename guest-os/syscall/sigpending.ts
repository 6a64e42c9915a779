// SPDX-License-Identifier: MIT
/** @fileoverview System call 99, sigpending: the signals that wait (1), or all that there are (2), at a sigset_t. */
import { EINVAL, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { SIGRTMAX } from '../kernel/signal/signal';
import { current } from '../kernel/thread/thread';
import { put64 } from '../kernel/memory/user';

export function sigpending(what: i32, to: u64): i64 {
  if (what != 1 && what != 2) return setError(EINVAL);
  const thread = current();
  const all = SIGRTMAX == 64 ? ~(<u64>0) : ((<u64>1) << (<u64>SIGRTMAX)) - 1;
  const bits = what == 2 ? all : (currentProcess().pending.bits | thread.pending.bits) & thread.blocked;
  const error = put64(to, bits);
  return error ? error : put64(to + 8, 0);
}
