// SPDX-License-Identifier: MIT
/** @fileoverview prtdiag(8): display the machine's parts */
/** @manual
 * DESCRIPTION
 * Prints which machine this is, its firmware, its processor sockets and its memory sockets, as the firmware tells.
 *
 * FILES
 *   /dev/smbios
 *
 * SEE ALSO
 * smbios(8), psrinfo(8), prtconf(8)
 */
import { humanSize } from '../../lib/human';
import { out, say } from '../../lib/io';
import { Options } from '../../lib/options';
import { BIOS, firstOf, MEMORY_DEVICE, memorySize, PROCESSOR, smbiosStructures, SYSTEM } from '../../lib/smbios';
import { padRight } from '../../lib/text';

export const USAGE: string = 'prtdiag [-v]';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'vl');
  while (options.next() != '') {}
  if (options.failed) return 2;
  const list = smbiosStructures();
  if (!list) {
    say('prtdiag: the firmware has no SMBIOS tables\n');
    return 1;
  }
  const system = firstOf(list, SYSTEM);
  if (system) out('System Configuration: ' + system.text(4) + ' ' + system.text(5) + '\n');
  const bios = firstOf(list, BIOS);
  if (bios) out('BIOS Configuration: ' + bios.text(4) + ' ' + bios.text(5) + ' ' + bios.text(8) + '\n');
  out('\n==== Processor Sockets ====================================\n\n');
  out('Version                          Location Tag\n-------------------------------- --------------------------\n');
  for (let i = 0; i < list.length; i++)
    if (list[i].type == PROCESSOR) out(padRight(list[i].text(0x10), 32) + ' ' + list[i].text(4) + '\n');
  out('\n==== Memory Device Sockets ================================\n\n');
  out('Size      Status Set Device Locator      Bank Locator\n--------- ------ --- ------------------- ----------------\n');
  for (let i = 0; i < list.length; i++) {
    const device = list[i];
    if (device.type != MEMORY_DEVICE) continue;
    const size = memorySize(device);
    const set = device.byte(0x0f);
    out(padRight(size ? humanSize(size) : '-', 9) + ' ' + (size ? 'in use' : 'empty ') + ' ');
    out(
      padRight(set && set != 0xff ? set.toString() : '-', 3) +
        ' ' +
        padRight(device.text(0x10), 19) +
        ' ' +
        device.text(0x11) +
        '\n',
    );
  }
  return 0;
}
