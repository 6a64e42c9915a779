// SPDX-License-Identifier: MIT
/** @fileoverview System call 90, readlink: where a symbolic link points; no zero behind it. */
import { Walk } from '../fs/lookup';
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { copyOut, fetchText, PATH_MAX, storeText } from '../kernel/user';

const buffer = memory.data(1024);

export function readlink(path: u64, to: u64, size: u64): i64 {
  const process = currentProcess();
  const name = fetchText(path);
  if (name == null) return setError(failure);
  const vnode = new Walk(process.root!, process.credentials).find(process.directory!, name, false);
  if (!vnode) return setError(failure);
  const target = vnode.readLink();
  vnode.release();
  if (target == null) return setError(failure);
  const text = target.substring(0, <i32>min<u64>(size, PATH_MAX));
  storeText(buffer, text);
  const error = copyOut(to, buffer, text.length);
  return error ? error : <i64>text.length;
}
