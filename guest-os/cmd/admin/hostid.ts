// SPDX-License-Identifier: MIT
/** @fileoverview hostid(1): print the identifier of this host */
/** @manual
 * DESCRIPTION
 * Prints a number of 32 bits in hexadecimal digits. Each boot has another one, since nothing keeps it; a zone may have its own (zonecfg(8), hostid).
 *
 * SEE ALSO
 * hostname(1), sysinfo(8), zonecfg(8)
 */
import { out } from '../../lib/io';
import { misused } from '../../lib/options';
import { SI_HW_SERIAL, systemInformation } from '../../lib/systemInformation';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'hostid';

export function main(args: string[]): i32 {
  if (args.length > 1) return misused(USAGE);
  out((<u32>parseNumber(systemInformation(SI_HW_SERIAL))).toString(16).padStart(8, '0') + '\n');
  return 0;
}
