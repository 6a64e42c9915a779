// SPDX-License-Identifier: MIT
/** @fileoverview System call 18, stat: what is known about the file at a path. */
import { Walk } from '../fs/lookup';
import { Vnode } from '../fs/vnode';
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { copyOut, fetchText, storeText } from '../kernel/user';

/** struct stat for 64 bits (<sys/stat.h>). */
const SIZE: usize = 128;
const buffer = memory.data(128, 8);

export function stat(path: u64, to: u64): i64 {
  return statPath(path, to, true);
}

export function statPath(path: u64, to: u64, follow: bool): i64 {
  const process = currentProcess();
  const name = fetchText(path);
  if (name == null) return setError(failure);
  const vnode = new Walk(process.root!, process.credentials).find(process.directory!, name, follow);
  if (!vnode) return setError(failure);
  const error = putStat(vnode, to);
  vnode.release();
  return error;
}

export function putStat(vnode: Vnode, to: u64): i32 {
  const attributes = vnode.attributes();
  memory.fill(buffer, 0, SIZE);
  store<u64>(buffer, vnode.fileSystem.device);
  store<u64>(buffer, attributes.inode, 8);
  store<u32>(buffer, attributes.mode, 16);
  store<u32>(buffer, attributes.nlink, 20);
  store<u32>(buffer, attributes.uid, 24);
  store<u32>(buffer, attributes.gid, 28);
  store<u64>(buffer, attributes.rdev, 32);
  store<u64>(buffer, attributes.size, 40);
  storeTime(48, attributes.accessed);
  storeTime(64, attributes.modified);
  storeTime(80, attributes.changed);
  store<u32>(buffer, 4096, 96);
  store<u64>(buffer, attributes.blocks, 104);
  storeText(buffer + 112, vnode.fileSystem.type);
  return copyOut(to, buffer, SIZE);
}

function storeTime(at: usize, nanoseconds: u64): void {
  store<u64>(buffer + at, nanoseconds / 1000000000);
  store<u64>(buffer + at, nanoseconds % 1000000000, 8);
}
