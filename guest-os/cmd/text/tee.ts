// SPDX-License-Identifier: MIT
/** @fileoverview tee(1): standard input to standard output and files */
/** @manual
 * OPTIONS
 *   -a   behind what the files have already
 *   -i   is not interrupted
 */
import * as calls from '../../lib/calls';
import { complain, O_APPEND, O_CREAT, O_TRUNC, O_WRONLY, openFile, writeAll } from '../../lib/io';
import { Options } from '../../lib/options';
import { ignoreSignal, SIGINT } from '../../lib/process';

export const USAGE: string = 'tee [-ai] [file ...]';
const chunk = memory.data(16384);

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'ai', ['append=a', 'ignore-interrupts=i']);
  let append = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'a') append = true;
    else ignoreSignal(SIGINT);
  }
  if (options.failed) return 1;
  const files = options.operands();
  const names: string[] = ['standard output'];
  const open: i32[] = [1];
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const descriptor = openFile(files[i], O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC));
    if (descriptor < 0) {
      complain('tee', files[i], descriptor);
      result = 1;
      continue;
    }
    names.push(files[i]);
    open.push(descriptor);
  }
  while (true) {
    const got = calls.read(0, chunk, 16384);
    if (got <= 0) return got < 0 ? 1 : result;
    for (let i = 0; i < open.length; i++) {
      if (open[i] < 0) continue;
      const error = writeAll(open[i], chunk, <i32>got);
      if (error >= 0) continue;
      complain('tee', names[i], error);
      open[i] = -1;
      result = 1;
    }
  }
}
