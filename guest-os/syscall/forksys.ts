// SPDX-License-Identifier: MIT
/** @fileoverview System call 142, forksys: a new process like this one: its id; there, the parent's id, and 1 as the second result. */
import { EINVAL, setError } from '../kernel/errno';
import { fork, FORK_NOSIGCHLD, FORK_WAITPID, vfork } from '../kernel/process/life';

/** forkx, forkallx and vforkx (libc's own numbers). The child has the calling thread alone, in forkallx too while the process has no other. */
export function forksys(subcode: i32, flags: i32): i64 {
  if (flags & ~(FORK_NOSIGCHLD | FORK_WAITPID)) return setError(EINVAL);
  if (subcode == 0 || subcode == 1) return fork(flags);
  return subcode == 2 ? vfork(flags) : setError(EINVAL);
}
