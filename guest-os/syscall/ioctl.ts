// SPDX-License-Identifier: MIT
/** @fileoverview System call 54, ioctl: a request to a device. */
import { EINVAL, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';

export function ioctl(descriptor: i32, request: i32, argument: u64): i64 {
  const file = currentProcess().file(descriptor);
  if (!file) return setError(failure);
  return request < 0 ? setError(EINVAL) : file.vnode.ioctl(request, argument);
}
