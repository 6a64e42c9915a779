// SPDX-License-Identifier: MIT
/** @fileoverview System call 128, setrlimit: other limits of a resource, from a struct rlimit. */
import { EINVAL, setError } from '../kernel/errno';
import { RLIM_NLIMITS } from '../kernel/limits/limits';
import { currentProcess } from '../kernel/process/processes';
import { setLimit } from '../kernel/limits/rctl';
import { copyIn } from '../kernel/memory/user';

const buffer = memory.data(16, 8);

export function setrlimit(resource: i32, from: u64): i64 {
  if (<u32>resource >= <u32>RLIM_NLIMITS) return setError(EINVAL);
  const error = copyIn(buffer, from, 16);
  return error ? error : setLimit(currentProcess(), resource, load<u64>(buffer), load<u64>(buffer, 8));
}
