// SPDX-License-Identifier: MIT
/** @fileoverview System call 22, readlinkat: where a symbolic link points, by a path from a directory on. */
import { fileAt } from '../fs/names';
import { failure, setError } from '../kernel/errno';
import { copyOut, PATH_MAX, storeText } from '../kernel/memory/user';

const buffer = memory.data(1024);

export function readlinkat(directory: i32, path: u64, to: u64, size: u64): i64 {
  const vnode = fileAt(directory, path, false);
  if (!vnode) return setError(failure);
  const target = vnode.readLink();
  const errno = failure;
  vnode.release();
  if (target == null) return setError(errno);
  const text = target.substring(0, <i32>min<u64>(size, PATH_MAX));
  storeText(buffer, text);
  const error = copyOut(to, buffer, text.length);
  return error ? error : <i64>text.length;
}
