// SPDX-License-Identifier: MIT
/** @fileoverview Says of each requirement whether it holds here: `posix [PART OF A NAME]`. See harness.ts. */
import { arguments_ } from '../../lib/process';
import { runAll } from './harness';
import { runProgram, setSelf } from './programs';
import './requirements/process/fork';
import './requirements/process/wait';
import './requirements/process/exec';
import './requirements/process/credentials';
import './requirements/process/groups';
import './requirements/process/limits';
import './requirements/process/clocks';
import './requirements/signals/sending';
import './requirements/signals/defaults';
import './requirements/signals/actions';
import './requirements/signals/masks';
import './requirements/signals/queues';
import './requirements/signals/stacks';
import './requirements/signals/timers';
import './requirements/signals/stopping';
import './requirements/files/open';
import './requirements/files/bytes';
import './requirements/files/descriptors';
import './requirements/files/attributes';
import './requirements/files/links';
import './requirements/files/locks';
import './requirements/files/directories';
import './requirements/files/pipes';
import './requirements/memory';
import './requirements/terminals/modes';
import './requirements/terminals/jobControl';
import './requirements/ipc/sharedMemory';
import './requirements/ipc/semaphores';
import './requirements/ipc/messages';

export { signalArrived } from './harness';

export function main(): i32 {
  const args = arguments_();
  setSelf(args[0]);
  const status = runProgram(args);
  if (status >= 0) return status;
  runAll(args.length > 1 ? args[1] : '');
  return 0;
}
