// SPDX-License-Identifier: MIT
/** @fileoverview System call 129, getrlimit: a resource's limits at a struct rlimit. */
import { EINVAL, setError } from '../kernel/errno';
import { RLIM_NLIMITS } from '../kernel/limits/limits';
import { currentProcess } from '../kernel/process/processes';
import { put64 } from '../kernel/memory/user';

export function getrlimit(resource: i32, to: u64): i64 {
  if (<u32>resource >= <u32>RLIM_NLIMITS) return setError(EINVAL);
  const limits = currentProcess().limits;
  const error = put64(to, limits.soft(resource));
  return error ? error : put64(to + 8, limits.hard(resource));
}
