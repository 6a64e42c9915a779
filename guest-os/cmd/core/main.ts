// SPDX-License-Identifier: MIT
/**
 * @fileoverview The everyday commands in one program: the name it is called by says which. Each file of this folder is one
 * (toolchain/registry/commands.ts makes the table).
 */
import { flush, outputError, say } from '../../lib/io';
import { errorText } from '../../lib/errors';
import { arguments_ } from '../../lib/process';
import { run } from './table';
export { signalArrived } from '../../lib/process';

export function main(): i32 {
  let args = arguments_();
  let name = args.length ? args[0].substring(args[0].lastIndexOf('/') + 1) : '';
  if (name == 'core' && args.length > 1) {
    args = args.slice(1);
    name = args[0];
  }
  const status = run(name, args);
  if (status < 0) {
    say(name + ': no such command\n');
    return 127;
  }
  flush();
  if (!outputError()) return status;
  say(name + ': write error: ' + errorText(-outputError()) + '\n');
  return 1;
}
