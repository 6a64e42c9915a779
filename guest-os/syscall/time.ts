// SPDX-License-Identifier: MIT
/** @fileoverview System call 13, time: seconds since 1970. */
import { wallTime } from '../kernel/time/clock';

export function time(): i64 {
  return <i64>(wallTime() / 1000000000);
}
