// SPDX-License-Identifier: MIT
/** @fileoverview System call 126, getrandom: random bytes; GRND_NONBLOCK and GRND_RANDOM change nothing, as the pool is seeded at boot. */
import { randomBytes } from '../driver/random';
import { EFAULT, EINVAL, setError } from '../kernel/errno';
import { isUser } from '../kernel/memory/user';

const FLAGS: i32 = 3;
/** As much as one call gives. */
const MOST: u64 = 133120;

export function getrandom(to: u64, count: u64, flags: i32): i64 {
  if (flags & ~FLAGS) return setError(EINVAL);
  const part = min(count, MOST);
  if (!isUser(to, part)) return setError(EFAULT);
  const error = randomBytes(to, part);
  return error ? error : <i64>part;
}
