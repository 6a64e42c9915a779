// SPDX-License-Identifier: MIT
/** @fileoverview System call 107, waitid: news of a child: ended, stopped or continued. */
import { EINVAL, failure, setError } from '../kernel/errno';
import { P_ALL, P_PGID, P_PID, Process, takeNews, waitForChild, WCONTINUED, WEXITED, WNOWAIT, WSTOPPED } from '../kernel/process';
import { SIGCLD } from '../kernel/signal';
import { copyOut } from '../kernel/user';

/** siginfo_t for 64 bits. */
const SIZE: usize = 256;
const buffer = memory.data(256, 8);

export function waitid(kind: i32, id: i32, to: u64, options: i32): i64 {
  if (kind != P_PID && kind != P_PGID && kind != P_ALL) return setError(EINVAL);
  if (!(options & (WEXITED | WSTOPPED | WCONTINUED))) return setError(EINVAL);
  const child = waitForChild(kind, id, options);
  memory.fill(buffer, 0, SIZE);
  if (!child) {
    if (failure) return setError(failure);
    return to ? copyOut(to, buffer, SIZE) : 0;
  }
  fill(child);
  const error = to ? copyOut(to, buffer, SIZE) : 0;
  if (!error && !(options & WNOWAIT)) takeNews(child);
  return error;
}

function fill(child: Process): void {
  store<u32>(buffer, SIGCLD);
  store<u32>(buffer, child.news, 4);
  store<u32>(buffer, child.pid, 16);
  store<u64>(buffer, child.childUserTicks, 24);
  store<u32>(buffer, child.status, 32);
  store<u64>(buffer, child.childSystemTicks, 40);
}
