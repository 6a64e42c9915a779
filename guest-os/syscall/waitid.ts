// SPDX-License-Identifier: MIT
/** @fileoverview System call 107, waitid: news of a child: ended, stopped or continued. */
import { EINVAL, failure, setError } from '../kernel/errno';
import { P_ALL, P_PGID, P_PID, P_SID, P_UID, P_GID, takeNews, waitForChild } from '../kernel/process/life';
import { WCONTINUED, WEXITED, WNOHANG, WNOWAIT, WSTOPPED, WTRAPPED } from '../kernel/process/life';
import { Process } from '../kernel/process/process';
import { SIGCLD } from '../kernel/signal/signal';
import { copyOut } from '../kernel/memory/user';

/** siginfo_t for 64 bits. */
const SIZE: usize = 256;
const buffer = memory.data(256, 8);
const NEWS: i32 = WEXITED | WSTOPPED | WCONTINUED | WTRAPPED;

export function waitid(kind: i32, id: i32, to: u64, options: i32): i64 {
  const known = kind == P_PID || kind == P_PGID || kind == P_SID || kind == P_UID || kind == P_GID || kind == P_ALL;
  if (!known || !(options & NEWS) || options & ~(NEWS | WNOHANG | WNOWAIT)) return setError(EINVAL);
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
  store<u64>(buffer, (child.userTime + child.childUser) / 10000000, 24);
  store<u32>(buffer, child.status, 32);
  store<u64>(buffer, (child.systemTime + child.childSystem) / 10000000, 40);
  store<u32>(buffer, child.credentials.zoneid, 52);
}
