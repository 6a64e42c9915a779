// SPDX-License-Identifier: MIT
/** @fileoverview System call 47, getgid: the real group id, and the effective one as the second result. */
import { currentProcess } from '../kernel/process/processes';
import { withSecond } from '../kernel/results';

export function getgid(): i64 {
  const credentials = currentProcess().credentials;
  return withSecond(credentials.gid, credentials.egid);
}
