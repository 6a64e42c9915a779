// SPDX-License-Identifier: MIT
/** @fileoverview The clocks: seconds since 1970, nanoseconds since boot. */
import * as calls from './calls';

const timespec = memory.data(16, 8);
const CLOCK_HIGHRES: i32 = 4;

export function currentTime(): i64 {
  return calls.time();
}
/** Nanoseconds on a clock that only goes forward. */
export function highResolutionTime(): u64 {
  calls.clock_gettime(CLOCK_HIGHRES, timespec);
  return load<u64>(timespec) * 1000000000 + load<u64>(timespec, 8);
}
