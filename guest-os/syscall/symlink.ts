// SPDX-License-Identifier: MIT
/** @fileoverview System call 89, symlink: a symbolic link. */
import { AT_FDCWD, makeLink } from '../fs/names';

export function symlink(target: u64, path: u64): i64 {
  return makeLink(target, AT_FDCWD, path);
}
