// SPDX-License-Identifier: MIT
/** @fileoverview swap(8): areas that memory is paged out to, and what memory is promised */
/** @manual
 * DESCRIPTION
 * Memory of programs without a file behind it (heaps, stacks, shared memory) is paged out to areas of swap when memory is short, or a zone at its cap.
 * What may be promised to programs is memory and swap together. At boot the volume zones/swap becomes an area, if there is one.
 *
 * OPTIONS
 *   -l   areas: their devices, the first block that is used, blocks of 512 bytes, and how many of them are free; -h, -k: in units, in KiB
 *   -s   memory in use, promised and not yet in use, their sum, and what may still be promised; -h: with units
 *   -a swapname [swaplow] [swaplen]
 *        A block device that is not in use becomes an area, or its first swaplen blocks; swaplow is 0. A volume (/dev/zvol/dsk/...) may be one.
 *   -d swapname
 *        It is one no longer: what is in it is brought back, if there is room.
 *
 * Adding and removing is for the global zone. A zone with a cap on swap sees that as its one area. Files cannot be areas.
 *
 * EXIT STATUS
 *   0   done
 *   1   it could not be done
 *   2   wrong usage
 *
 * EXAMPLES
 *   zfs create -V 1g -b 4k zones/more; swap -a /dev/zvol/dsk/zones/more
 *
 * SEE ALSO
 * kstat(8), vmstat(8), zonememstat(8)
 */
import { errorText } from '../../lib/errors';
import { status } from '../../lib/files';
import { humanSize } from '../../lib/human';
import { out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { addSwap, Anonymous, removeSwap, swapEntries } from '../../lib/swap';
import { padLeft, padRight, parseNumber } from '../../lib/text';

export const USAGE: string = 'swap -l | -s [-hk] | -a swapname [swaplow] [swaplen] | -d swapname';

const ENOSYS: i64 = 89;
const BLOCKS: u64 = 8;
const PAGE: u64 = 4096;
let human = false;
let kilobytes = false;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'lshka:d:');
  let what = '';
  let path = '';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'h') human = true;
    else if (option == 'k') kilobytes = true;
    else {
      if (what.length) return misused(USAGE, 2);
      what = option;
      path = options.argument;
    }
  }
  const operands = options.operands();
  if (options.failed || !what.length || operands.length > (what == 'a' ? 2 : what == 'd' ? 1 : 0)) return misused(USAGE, 2);
  if (what == 'l') return list();
  if (what == 's') return summary();
  const low = operands.length ? parseNumber(operands[0]) : 0;
  const length = operands.length > 1 ? parseNumber(operands[1]) : 0;
  if (low < 0 || length < 0) return misused(USAGE, 2);
  const error = what == 'a' ? addSwap(path, <u64>low, <u64>length) : removeSwap(path, <u64>low);
  if (error >= 0) return 0;
  say('swap: ' + path + ': ' + (error == -ENOSYS ? 'Invalid operation for this filesystem type' : errorText(-error)) + '\n');
  return 1;
}

function list(): i32 {
  const entries = swapEntries();
  if (!entries || !entries.length) {
    say('No swap devices configured\n');
    return 1;
  }
  out('swapfile             dev    swaplo   blocks     free\n');
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    const file = status(entry.path, true);
    const device = file ? (file.rdev >> 32).toString() + ',' + (file.rdev & 0xffffffff).toString() : '-';
    out(
      padRight(entry.path, 20) +
        ' ' +
        padRight(padLeft(device, file ? 1 : 3), 5) +
        padLeft(amount(entry.start * 512, entry.start), 8) +
        padLeft(amount(entry.pages * PAGE, entry.pages * BLOCKS), 9) +
        padLeft(amount(entry.free * PAGE, entry.free * BLOCKS), 9) +
        (entry.isLeaving ? ' INDEL' : '') +
        '\n',
    );
  }
  return 0;
}

function amount(bytes: u64, blocks: u64): string {
  return human ? humanSize(bytes) : kilobytes ? (bytes / 1024).toString() + 'K' : blocks.toString();
}

function summary(): i32 {
  const memory = Anonymous.now();
  const used = memory.all - memory.free;
  const unit = human ? '' : ' bytes';
  out('total: ' + size(used) + unit + ' allocated + ' + size(memory.reserved - used) + ' reserved = ' + size(memory.reserved));
  out(' used, ' + size(memory.all - memory.reserved) + ' available\n');
  return 0;
}

/** Pages in KiB, or with a unit. */
function size(pages: u64): string {
  return human ? humanSize(pages * PAGE) : (pages * (PAGE / 1024)).toString() + 'k';
}
