// SPDX-License-Identifier: MIT
/** @fileoverview Says of each requirement whether it holds here: `posix [PART OF A NAME]`. See harness.ts. */
import { arguments_ } from '../../lib/process';
import { runAll } from './harness';
import { runProgram, setSelf } from './programs';
import './process';
import './signals';
import './files';
import './directories';
import './pipes';
import './memory';
import './terminals';
import './ipc';

export { signalArrived } from './harness';

export function main(): i32 {
  const args = arguments_();
  setSelf(args[0]);
  const status = runProgram(args);
  if (status >= 0) return status;
  runAll(args.length > 1 ? args[1] : '');
  return 0;
}
