// SPDX-License-Identifier: MIT
/** @fileoverview System call 62, fcntl: descriptors: duplicate, flags. */
import { CHANGEABLE } from '../fs/file';
import { EINVAL, failure, setError } from '../kernel/errno';
import { currentProcess, OPEN_MAX } from '../kernel/process';

const F_DUPFD: i32 = 0;
const F_GETFD: i32 = 1;
const F_SETFD: i32 = 2;
const F_GETFL: i32 = 3;
const F_SETFL: i32 = 4;
const F_DUP2FD: i32 = 9;
const F_DUPFD_CLOEXEC: i32 = 37;
const FD_CLOEXEC: i32 = 1;

export function fcntl(descriptor: i32, command: i32, argument: i32): i64 {
  const process = currentProcess();
  const file = process.file(descriptor);
  if (!file) return setError(failure);
  switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: {
      if (<u32>argument >= <u32>OPEN_MAX) return setError(EINVAL);
      const result = process.install(file, argument, command == F_DUPFD_CLOEXEC);
      if (result >= 0) file.hold();
      return result;
    }
    case F_DUP2FD: {
      if (<u32>argument >= <u32>OPEN_MAX) return setError(9);
      if (argument == descriptor) return argument;
      file.hold();
      if (process.files[argument]) process.close(argument);
      process.files[argument] = file;
      process.closeOnExec[argument] = false;
      return argument;
    }
    case F_GETFD:
      return process.closeOnExec[descriptor] ? FD_CLOEXEC : 0;
    case F_SETFD:
      process.closeOnExec[descriptor] = (argument & FD_CLOEXEC) != 0;
      return 0;
    case F_GETFL:
      return file.flags;
    case F_SETFL:
      file.flags = (file.flags & ~CHANGEABLE) | (argument & CHANGEABLE);
      return 0;
  }
  return setError(EINVAL);
}
