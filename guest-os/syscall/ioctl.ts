// SPDX-License-Identifier: MIT
/** @fileoverview System call 54, ioctl: a request to a device, or about the descriptor itself. */
import { O_NONBLOCK } from '../fs/file';
import { EINVAL, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { TERMINAL_LEFT } from '../kernel/process/process';
import { fetch32, fetched } from '../kernel/memory/user';

/** <sys/filio.h> */
const FIOCLEX: i32 = 0x20006601;
const FIONCLEX: i32 = 0x20006602;
const FIONBIO: i32 = <i32>0x8004667e;

export function ioctl(descriptor: i32, request: i32, argument: u64): i64 {
  const process = currentProcess();
  const file = process.file(descriptor);
  if (!file) return setError(failure);
  if (request == FIOCLEX || request == FIONCLEX) {
    process.closeOnExec[descriptor] = request == FIOCLEX;
    return 0;
  }
  if (request == FIONBIO) {
    const error = fetch32(argument);
    if (error) return error;
    file.flags = fetched() ? file.flags | O_NONBLOCK : file.flags & ~O_NONBLOCK;
    return 0;
  }
  // This one is the kernel's own.
  return request == TERMINAL_LEFT ? setError(EINVAL) : file.vnode.ioctl(request, argument);
}
