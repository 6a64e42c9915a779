// SPDX-License-Identifier: MIT
/** @fileoverview System call 6, close: a descriptor goes. */
import { currentProcess } from '../kernel/process/processes';

export function close(descriptor: i32): i64 {
  return currentProcess().close(descriptor);
}
