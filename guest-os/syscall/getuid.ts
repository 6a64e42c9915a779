// SPDX-License-Identifier: MIT
/** @fileoverview System call 24, getuid: the real user id. */
import { currentProcess } from '../kernel/process';

export function getuid(): i64 {
  return currentProcess().credentials.uid;
}
