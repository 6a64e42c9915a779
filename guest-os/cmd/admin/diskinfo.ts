// SPDX-License-Identifier: MIT
/** @fileoverview diskinfo(8): list the disks of the machine */
/** @manual
 * DESCRIPTION
 * Lists disks: what they are attached by, their names, what they say of themselves, and how large they are. RMV is whether the medium can be taken out, SSD
 * whether it is solid state: virtual disks are neither.
 *
 * OPTIONS
 *   -H   no header, columns separated by tabs
 *   -p   sizes in bytes
 *
 * SEE ALSO
 * iostat(8), zpool(8), sysinfo(8)
 */
import { out } from '../../lib/io';
import { kstatChain } from '../../lib/kstat';
import { misused, Options } from '../../lib/options';
import { padLeft, padRight } from '../../lib/text';

export const USAGE: string = 'diskinfo [-Hp]';

const WIDTHS: i32[] = [7, 23, 8, 16, 13, 4, 3];
const HEADER: string[] = ['TYPE', 'DISK', 'VID', 'PID', 'SIZE', 'RMV', 'SSD'];

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'Hp');
  let plain = false;
  let bytes = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'H') plain = true;
    else bytes = true;
  }
  if (options.failed || options.operands().length) return misused(USAGE, 2);
  if (!plain) row(HEADER, false);
  const chain = kstatChain();
  for (let i = 0; i < chain.length; i++) {
    const kstat = chain[i];
    if (kstat.module != 'sderr' || !kstat.read()) continue;
    const size = <u64>kstat.number('Size');
    row(
      [
        '-',
        kstat.text('Device'),
        kstat.text('Vendor'),
        kstat.text('Product'),
        bytes ? size.toString() : gibibytes(size),
        'no',
        'no',
      ],
      plain,
    );
  }
  return 0;
}

function row(cells: string[], plain: bool): void {
  let text = '';
  for (let i = 0; i < cells.length; i++) text += plain ? (i ? '\t' : '') + cells[i] : padRight(cells[i], WIDTHS[i]) + ' ';
  out((plain ? text : text.trimEnd()) + '\n');
}

/** With two decimals. */
function gibibytes(size: u64): string {
  const hundredths = (size * 100) >> 30;
  return padLeft((hundredths / 100).toString(), 4) + '.' + ('0' + (hundredths % 100).toString()).slice(-2) + ' GiB';
}
