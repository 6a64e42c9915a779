// SPDX-License-Identifier: MIT
/** @fileoverview swap(8): show what memory is promised, and areas for swapping */
/** @manual
 * DESCRIPTION
 * Memory is never paged out here: what programs are promised is memory that the machine has.
 *
 * OPTIONS
 *   -l   areas for swapping: there are none
 *   -s   memory in use, promised and not yet in use, their sum, and what may still be promised
 *   -h   with units;  -k  in KiB (with -s)
 *
 * SEE ALSO
 * kstat(8), vmstat(8)
 */
import { humanSize } from '../../lib/human';
import { out, say } from '../../lib/io';
import { findKstat } from '../../lib/kstat';
import { misused, Options } from '../../lib/options';

export const USAGE: string = 'swap -l | -s [-hk]';

let human = false;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'lshk');
  let what = '';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'h') human = true;
    else if (option != 'k') what = option;
  }
  if (options.failed || !what.length || options.operands().length) return misused(USAGE);
  if (what == 'l') {
    say('No swap devices configured\n');
    return 1;
  }
  const pages = findKstat('unix', 0, 'system_pages');
  if (!pages) {
    say('swap: the kernel gives no statistics\n');
    return 1;
  }
  const all = pages.number('physmem');
  const free = pages.number('freemem');
  const available = pages.number('availrmem');
  const used = all - available;
  const unit = human ? '' : ' bytes';
  out('total: ' + amount(all - free) + unit + ' allocated + ' + amount(free - available) + ' reserved = ' + amount(used));
  out(' used, ' + amount(available) + ' available\n');
  return 0;
}

/** Pages in KiB, or with a unit. */
function amount(pages: i64): string {
  return human ? humanSize(<u64>pages * 4096) : (pages * 4).toString() + 'k';
}
