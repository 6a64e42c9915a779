// SPDX-License-Identifier: MIT
/** @fileoverview System call 62, fcntl: descriptors (duplicates, flags), record locks, free space. */
import { CHANGEABLE } from '../fs/file';
import { lockCommand } from '../fs/flock';
import { EBADF, EINVAL, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { OPEN_MAX } from '../kernel/process/process';

const F_DUPFD: i32 = 0;
const F_GETFD: i32 = 1;
const F_SETFD: i32 = 2;
const F_GETFL: i32 = 3;
const F_SETFL: i32 = 4;
const F_SETLK: i32 = 6;
const F_SETLKW: i32 = 7;
const F_DUP2FD: i32 = 9;
const F_FREESP: i32 = 11;
const F_GETLK: i32 = 14;
const F_DUP2FD_CLOEXEC: i32 = 36;
const F_DUPFD_CLOEXEC: i32 = 37;
const FD_CLOEXEC: i32 = 1;

export function fcntl(descriptor: i32, command: i32, argument: u64): i64 {
  const process = currentProcess();
  const file = process.file(descriptor);
  if (!file) return setError(failure);
  const value = <i32>argument;
  switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: {
      if (<u32>value >= <u32>OPEN_MAX) return setError(EINVAL);
      const result = process.install(file, value, command == F_DUPFD_CLOEXEC);
      if (result >= 0) file.hold();
      return result;
    }
    case F_DUP2FD:
    case F_DUP2FD_CLOEXEC: {
      if (<u32>value >= <u32>OPEN_MAX) return setError(EBADF);
      if (value == descriptor) return command == F_DUP2FD ? value : setError(EINVAL);
      file.hold();
      if (process.files[value]) process.close(value);
      process.files[value] = file;
      process.closeOnExec[value] = command == F_DUP2FD_CLOEXEC;
      return value;
    }
    case F_GETFD:
      return process.closeOnExec[descriptor] ? FD_CLOEXEC : 0;
    case F_SETFD:
      process.closeOnExec[descriptor] = (value & FD_CLOEXEC) != 0;
      return 0;
    case F_GETFL:
      return file.flags;
    case F_SETFL:
      file.flags = (file.flags & ~CHANGEABLE) | (value & CHANGEABLE);
      return 0;
    case F_SETLK:
    case F_SETLKW:
    case F_GETLK:
    case F_FREESP:
      return lockCommand(process, file, command == F_GETLK, command == F_SETLKW, command == F_FREESP, argument);
  }
  return setError(EINVAL);
}
