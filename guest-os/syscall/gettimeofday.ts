// SPDX-License-Identifier: MIT
/** @fileoverview System call 156, gettimeofday: seconds and microseconds since 1970, at a struct timeval. */
import { wallTime } from '../kernel/time/clock';
import { put64 } from '../kernel/memory/user';

export function gettimeofday(to: u64): i64 {
  if (!to) return 0;
  const now = wallTime() / 1000;
  return put64(to, now / 1000000) | put64(to + 8, now % 1000000);
}
