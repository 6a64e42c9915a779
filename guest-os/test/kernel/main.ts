// SPDX-License-Identifier: MIT
/** @fileoverview Tests of the kernel that are programs: `kernel kstat | stress MILLISECONDS PROCESSES [PAUSE [KIND]] | memory | room | fuzz CALLS SEED | threads | proc | trace | controls | waits |
 * cold make|check FILE | swap MEBIBYTES PROCESSES ROUNDS SEED`. */
import { arguments_ } from '../../lib/process';
import { flush, out } from '../../lib/io';
import { parseNumber } from '../../lib/text';
import { checkCold, makeCold } from './cold';
import { testControls } from './controls';
import { crash } from './crash';
import { fuzz } from './fuzz';
import { showKstats } from './kstats';
import { exhaustMemory } from './memory';
import { showWaits, testProc } from './proc';
import { testRoom } from './room';
import { stress } from './stress';
import { testSwap } from './swap';
import { testThreads } from './threads';
import { testTracing } from './trace';

export { signalArrived } from '../../lib/process';
export { threadEntered } from './threads';

function number(args: string[], index: i32, otherwise: i32): i32 {
  return args.length > index ? <i32>parseNumber(args[index]) : otherwise;
}

export function main(): i32 {
  const args = arguments_();
  const what = args.length > 1 ? args[1] : '';
  const first = args.length > 2 ? parseNumber(args[2]) : 0;
  const second = args.length > 3 ? parseNumber(args[3]) : 0;
  let status = 2;
  if (what == 'kstat') status = showKstats();
  else if (what == 'stress') status = stress(<i32>first, <i32>second, number(args, 4, 0), number(args, 5, -1));
  else if (what == 'memory') status = exhaustMemory();
  else if (what == 'room') status = testRoom();
  else if (what == 'fuzz') status = fuzz(first, second);
  else if (what == 'proc') status = testProc();
  else if (what == 'waits') status = showWaits();
  else if (what == 'crash') status = crash();
  else if (what == 'cold') status = args[2] == 'make' ? makeCold(args[3]) : checkCold(args[3]);
  else if (what == 'controls') status = testControls();
  else if (what == 'trace') status = testTracing();
  else if (what == 'swap') status = testSwap(first, <i32>second, number(args, 4, 1), number(args, 5, 1));
  else if (what == 'threads') status = testThreads();
  else
    out(
      'usage: kernel kstat | stress SECONDS PROCESSES | memory | fuzz CALLS SEED | threads | proc | trace | controls | waits | crash | cold make|check FILE |\n swap MEBIBYTES PROCESSES ROUNDS SEED\n',
    );
  flush();
  return status;
}
