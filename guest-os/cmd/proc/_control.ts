// SPDX-License-Identifier: MIT
/** @fileoverview What pstop and prun share: one message to the control files of processes (proc(5)). */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { openFile, O_WRONLY, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { forEach } from '../../lib/procFiles';

const EBUSY: i64 = -16;
const message = memory.data(16, 8);
let program: string = '';
let size: u32 = 0;

/** A message without arguments, 8 bytes, or with flags of 0, 16 bytes. The exit status. */
export function direct(name: string, usage: string, args: string[], command: i64, bytes: u32): i32 {
  const options = new Options(args, usage, '');
  while (options.next() != '') {}
  if (options.failed || !options.operands().length) return misused(usage, 2);
  program = name;
  size = bytes;
  store<i64>(message, command);
  store<i64>(message, 0, 8);
  return forEach(name, options.operands(), (pid) => {
    const descriptor = openFile('/proc/' + pid.toString() + '/ctl', O_WRONLY);
    let error: i64 = descriptor;
    if (descriptor >= 0) {
      error = calls.write(descriptor, message, size);
      calls.close(descriptor);
    }
    // It runs already.
    if (error >= 0 || error == EBUSY) return true;
    say(program + ': cannot control ' + pid.toString() + ': ' + (error == -2 ? 'no such process' : errorText(-error)) + '\n');
    return false;
  });
}
