// SPDX-License-Identifier: MIT
/** @fileoverview System call 24, getuid: the real user id, and the effective one as the second result. */
import { currentProcess } from '../kernel/process/processes';
import { withSecond } from '../kernel/results';

export function getuid(): i64 {
  const credentials = currentProcess().credentials;
  return withSecond(credentials.uid, credentials.euid);
}
