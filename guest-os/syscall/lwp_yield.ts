// SPDX-License-Identifier: MIT
/** @fileoverview System call 146, lwp_yield: others of the same priority may run. */
import { yieldNow } from '../kernel/thread/dispatcher';

export function lwp_yield(): i64 {
  yieldNow();
  return 0;
}
