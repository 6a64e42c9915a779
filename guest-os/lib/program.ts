// SPDX-License-Identifier: MIT
/**
 * @fileoverview The start and the end of a multi-call program: the name it is called by chooses the command; as PROGRAM NAME ARG… it may also be
 * said. What is still buffered is written at the end, and a failure to do so is the program's.
 */
import { errorText } from './errors';
import { flush, outputError, say } from './io';
import { arguments_ } from './process';

/** `run` runs the command of a name and gives its exit status, or -1 where there is none. */
export function start(run: (name: string, args: string[]) => i32): i32 {
  let args = arguments_();
  let status = args.length ? run(baseName(args[0]), args) : -1;
  if (status < 0 && args.length > 1) {
    args = args.slice(1);
    status = run(baseName(args[0]), args);
  }
  if (status < 0) {
    say((args.length ? args[0] : 'program') + ': no such command\n');
    return 127;
  }
  flush();
  if (!outputError()) return status;
  say(baseName(args[0]) + ': write error: ' + errorText(-outputError()) + '\n');
  return 1;
}

function baseName(path: string): string {
  return path.substring(path.lastIndexOf('/') + 1);
}
