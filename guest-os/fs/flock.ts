// SPDX-License-Identifier: MIT
/** @fileoverview fcntl's struct flock for 64 bits (<sys/fcntl.h>): record locks and F_FREESP, whose ranges are told in the same way. */
import { EBADF, EINVAL, EOVERFLOW, ESPIPE, setError } from '../kernel/errno';
import { Process } from '../kernel/process/process';
import { copyIn, copyOut } from '../kernel/memory/user';
import { OpenFile } from './file';
import { conflicting, F_RDLCK, F_UNLCK, F_WRLCK, setLock, TO_END } from './recordLock';
import { S_IFREG } from './vnode';

/** l_type, l_whence (16 bits each), l_start, l_len, l_sysid, l_pid. */
const SIZE: usize = 64;
const flock = memory.data(64, 8);

export function lockCommand(process: Process, file: OpenFile, get: bool, wait: bool, free: bool, at: u64): i32 {
  const error = copyIn(flock, at, SIZE);
  if (error) return error;
  const kind = <i32>load<i16>(flock);
  const whence = <i32>load<i16>(flock, 2);
  let start = load<i64>(flock, 8);
  const length = load<i64>(flock, 16);
  if (whence == 1) start += <i64>file.offset;
  else if (whence == 2) start += <i64>file.vnode.attributes().size;
  else if (whence) return setError(EINVAL);
  if (length < 0) start += length;
  if (start < 0) return setError(EINVAL);
  const size = <u64>(length < 0 ? -length : length);
  if (<u64>start + size > TO_END) return setError(EOVERFLOW);
  if (free) {
    if (!file.writers) return setError(EBADF);
    return file.vnode.type == S_IFREG ? file.vnode.freeSpace(start, size) : setError(EINVAL);
  }
  if (!file.vnode.seekable) return setError(file.vnode.type == S_IFREG ? ESPIPE : EINVAL);
  const end = size ? <u64>start + size : TO_END;
  const vnode = file.vnode.real;
  if (get) {
    if (kind != F_RDLCK && kind != F_WRLCK) return setError(EINVAL);
    const lock = conflicting(vnode, process.pid, kind, start, end);
    store<i16>(flock, <i16>(lock ? lock.kind : F_UNLCK));
    if (lock) {
      store<i16>(flock, 0, 2);
      store<u64>(flock, lock.start, 8);
      store<u64>(flock, lock.end == TO_END ? 0 : lock.end - lock.start, 16);
      store<u32>(flock, 0, 24);
      store<u32>(flock, lock.pid, 28);
    }
    return copyOut(at, flock, SIZE);
  }
  if (kind == F_RDLCK && !file.readers) return setError(EBADF);
  if (kind == F_WRLCK && !file.writers) return setError(EBADF);
  if (kind != F_RDLCK && kind != F_WRLCK && kind != F_UNLCK) return setError(EINVAL);
  return setLock(vnode, process.pid, kind, start, end, wait);
}
