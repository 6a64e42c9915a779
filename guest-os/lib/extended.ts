// SPDX-License-Identifier: MIT
/** @fileoverview Extended attributes of files: files themselves, which are opened from a descriptor of what they belong to (openat(2), O_XATTR). */
import * as calls from './calls';
import { namesOf } from './files';
import { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY, openFile } from './io';
import { copyData } from './copy';
import { pathOf } from './text';

const O_XATTR: i32 = 0x4000;
const PC_XATTR_EXISTS: i32 = 101;

export function hasAttributes(path: string): bool {
  return calls.pathconf(pathOf(path), PC_XATTR_EXISTS) == 1;
}

/** `.`: the directory of all attributes. A descriptor, or a negative errno. */
export function openAttribute(file: i32, name: string, flags: i32, mode: i32 = 0o666): i32 {
  return <i32>calls.openat(file, pathOf(name), flags | O_XATTR, mode);
}

/** Gives a file the attributes of another: 0, or a negative errno. */
export function copyAttributes(from: string, to: string): i64 {
  if (!hasAttributes(from)) return 0;
  const source = openFile(from, O_RDONLY);
  if (source < 0) return source;
  const target = openFile(to, O_RDONLY);
  const result = target < 0 ? <i64>target : copyAll(source, target);
  if (target >= 0) calls.close(target);
  calls.close(source);
  return result;
}

function copyAll(source: i32, target: i32): i64 {
  const directory = openAttribute(source, '.', O_RDONLY);
  if (directory < 0) return directory;
  const names = namesOf(directory);
  if (!names) return 0;
  for (let i = 0; i < names.length; i++) {
    if (names[i] == '.' || names[i] == '..') continue;
    const from = openAttribute(source, names[i], O_RDONLY);
    if (from < 0) return from;
    const to = openAttribute(target, names[i], O_WRONLY | O_CREAT | O_TRUNC);
    const result = to < 0 ? <i64>to : copyData(from, to);
    calls.close(from);
    const closed = to < 0 ? 0 : calls.close(to);
    if (result < 0) return result;
    if (closed < 0) return closed;
  }
  return 0;
}
