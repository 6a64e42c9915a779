// SPDX-License-Identifier: MIT
/** @fileoverview vmstat(8): report virtual memory statistics
 * @path /usr/bin/vmstat
 */
/** @manual
 * DESCRIPTION
 * Prints a line of what threads, memory, disks and processors did: since boot at first, then in each interval.
 *
 *   r      threads that could run and did not
 *   swap   memory that may still be promised, KiB;  free  memory that is not in use, KiB
 *   re     pages that were wanted back before they were written to swap;  mf  faults of programs' pages;  both a second
 *   pi, po KiB read from swap and written to it a second;  fr  KiB of memory freed so;  sr  pages that the pageout thread looked at a second
 *   sN     transfers a second of disks 0 to 3
 *   in, sy, cs   interrupts, system calls, changes of threads a second
 *   us, sy, id   percent of time: programs, kernel, nothing
 *
 * Columns of illumos that this kernel keeps no figures for (b, w, de) are left out.
 *
 * OPTIONS
 *   -S   accepted: processes are not swapped as a whole
 *
 * SEE ALSO
 * kstat(8), mpstat(8), iostat(8), swap(8)
 */
import { out } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { Change, instancesOf, lookAgain, perSecond } from '../../lib/sampling';
import { inColumn, padLeft } from '../../lib/text';

export const USAGE: string = 'vmstat [-S] [interval [count]]';

const MOST_DISKS: i32 = 4;
/** Lines between headings. */
const EVERY: i32 = 20;
let shown = 0;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'S');
  while (options.next() != '') {}
  if (options.failed) return 1;
  return lookAgain(options.operands(), show) ? 0 : misused(USAGE);
}

function show(change: Change): void {
  const now = change.now;
  const disks = instancesOf(now, 'sd');
  const count = min(disks.length, MOST_DISKS);
  if (shown++ % EVERY == 0) {
    let names = '';
    for (let i = 0; i < count; i++) names += padLeft('s' + disks[i].toString(), 5);
    const width = names.length;
    out(
      ' kthr      memory                page            ' +
        (width ? padLeft('disk', (width + 4) / 2).padEnd(width) : '') +
        '       faults           cpu\n',
    );
    out('   r     swap     free  re   mf   pi   po   fr   sr' + names + '     in     sy     cs  us sy  id\n');
  }
  let line =
    padLeft(now.number('unix', 0, 'processes', 'ready').toString(), 4) +
    inColumn(kilobytes(now.number('unix', 0, 'system_pages', 'swap_avail')), 9) +
    inColumn(kilobytes(now.number('unix', 0, 'system_pages', 'freemem')), 9);
  line += inColumn(perSecond(change.growth('cpu', 0, 'vm', 'pgrec'), change.span).toString(), 4);
  line += inColumn(perSecond(change.growth('cpu', 0, 'vm', 'as_fault'), change.span).toString(), 5);
  line += inColumn(rate(change, 'pgpgin'), 5) + inColumn(rate(change, 'pgpgout'), 5) + inColumn(rate(change, 'dfree'), 5);
  line += inColumn(perSecond(change.growth('cpu', 0, 'vm', 'scan'), change.span).toString(), 5);
  for (let i = 0; i < count; i++) {
    const name = 'sd' + disks[i].toString();
    const transfers = change.growth('sd', disks[i], name, 'reads') + change.growth('sd', disks[i], name, 'writes');
    line += inColumn(perSecond(transfers, change.span).toString(), 5);
  }
  let user: u64 = 0;
  let kernel: u64 = 0;
  let idle: u64 = 0;
  let interrupts: u64 = 0;
  let calls: u64 = 0;
  let switches: u64 = 0;
  const processors = instancesOf(now, 'cpu');
  for (let i = 0; i < processors.length; i++) {
    const id = processors[i];
    user += change.growth('cpu', id, 'sys', 'cpu_nsec_user');
    kernel += change.growth('cpu', id, 'sys', 'cpu_nsec_kernel');
    idle += change.growth('cpu', id, 'sys', 'cpu_nsec_idle');
    interrupts += change.growth('cpu', id, 'sys', 'intr');
    calls += change.growth('cpu', id, 'sys', 'syscall');
    switches += change.growth('cpu', id, 'sys', 'pswitch');
  }
  line += inColumn(perSecond(interrupts, change.span).toString(), 7);
  line += inColumn(perSecond(calls, change.span).toString(), 7);
  line += inColumn(perSecond(switches, change.span).toString(), 7);
  const all = max<u64>(user + kernel + idle, 1);
  const inPrograms = percent(user, all);
  const inKernel = percent(kernel, all);
  line += inColumn(inPrograms.toString(), 4) + inColumn(inKernel.toString(), 3);
  out(line + inColumn((100 - min<u64>(inPrograms + inKernel, 100)).toString(), 4) + '\n');
}

/** Pages a second, in KiB. */
function rate(change: Change, name: string): string {
  return kilobytes(perSecond(change.growth('cpu', 0, 'vm', name), change.span));
}
/** Pages in KiB. */
function kilobytes(pages: i64): string {
  return (pages * 4).toString();
}
function percent(part: u64, all: u64): u64 {
  return (part * 100 + all / 2) / all;
}
