// SPDX-License-Identifier: MIT
/** @fileoverview mpstat(8): report per-processor statistics
 * @path /usr/bin/mpstat
 */
/** @manual
 * DESCRIPTION
 * Prints a line for each processor: since boot at first, then in each interval.
 *
 *   trap   exceptions a second, page faults among them;  intr  interrupts
 *   csw    changes of threads;  icsw  those that a thread did not ask for
 *   syscl  system calls;  usr, sys, idl  percent of time
 *
 * Columns of illumos that this kernel keeps no figures for are left out.
 *
 * SEE ALSO
 * kstat(8), psrinfo(8), vmstat(8)
 */
import { out } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { Change, instancesOf, lookAgain } from '../../lib/sampling';
import { inColumn, padLeft } from '../../lib/text';

export const USAGE: string = 'mpstat [interval [count]]';

const FIELDS: string[] = ['trap', 'intr', 'pswitch', 'inv_swtch', 'syscall'];
const WIDTHS: StaticArray<i32> = [7, 7, 6, 6, 7];

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, '');
  while (options.next() != '') {}
  if (options.failed) return 1;
  return lookAgain(options.operands(), show) ? 0 : misused(USAGE);
}

function show(change: Change): void {
  out('CPU   trap   intr   csw  icsw  syscl  usr sys idl\n');
  const processors = instancesOf(change.now, 'cpu');
  for (let i = 0; i < processors.length; i++) {
    const id = processors[i];
    let line = padLeft(id.toString(), 3);
    for (let k = 0; k < FIELDS.length; k++) line += inColumn(change.rate('cpu', id, 'sys', FIELDS[k]).toString(), WIDTHS[k]);
    const user = change.growth('cpu', id, 'sys', 'cpu_nsec_user');
    const kernel = change.growth('cpu', id, 'sys', 'cpu_nsec_kernel');
    const all = max<u64>(user + kernel + change.growth('cpu', id, 'sys', 'cpu_nsec_idle'), 1);
    const inPrograms = (user * 100 + all / 2) / all;
    const inKernel = (kernel * 100 + all / 2) / all;
    const idle = 100 - min<u64>(inPrograms + inKernel, 100);
    out(line + inColumn(inPrograms.toString(), 5) + inColumn(inKernel.toString(), 4) + inColumn(idle.toString(), 4) + '\n');
  }
}
