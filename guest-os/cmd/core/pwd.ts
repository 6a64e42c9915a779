// SPDX-License-Identifier: MIT
/** @fileoverview pwd(1): the current directory. */
import { currentDirectory } from '../../lib/files';
import { out } from '../../lib/io';

export function main(args: string[]): i32 {
  out(currentDirectory() + '\n');
  return 0;
}
