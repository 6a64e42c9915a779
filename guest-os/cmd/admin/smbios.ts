// SPDX-License-Identifier: MIT
/** @fileoverview smbios(8): display what the firmware says of the machine */
/** @manual
 * DESCRIPTION
 * Prints the structures of the system management BIOS, each with its number, size and type; those of common types with what they say.
 *
 * OPTIONS
 *   -s        a line for each
 *   -t type   only those of this type, by number
 *   -i id     only the one with this number
 *
 * FILES
 *   /dev/smbios
 *
 * SEE ALSO
 * prtdiag(8), sysinfo(8), prtconf(8)
 */
import { humanSize } from '../../lib/human';
import { out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import {
  BASEBOARD,
  BIOS,
  CHASSIS,
  MEMORY_DEVICE,
  memorySize,
  PROCESSOR,
  smbiosStructures,
  Structure,
  SYSTEM,
} from '../../lib/smbios';
import { padRight, parseNumber } from '../../lib/text';

export const USAGE: string = 'smbios [-s] [-t type] [-i id]';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'st:i:');
  let summary = false;
  let type: i64 = -1;
  let id: i64 = -1;
  for (let option = options.next(); option != ''; option = options.next()) {
    const number = parseNumber(options.argument);
    if (option == 's') summary = true;
    else if (number < 0) return misused(USAGE, 2);
    else if (option == 't') type = number;
    else id = number;
  }
  if (options.failed || options.operands().length) return misused(USAGE, 2);
  const list = smbiosStructures();
  if (!list) {
    say('smbios: failed to load SMBIOS: System does not export an SMBIOS table\n');
    return 1;
  }
  out('ID    SIZE TYPE\n');
  let found = false;
  for (let i = 0; i < list.length; i++) {
    const one = list[i];
    if ((type >= 0 && one.type != type) || (id >= 0 && one.handle != id)) continue;
    found = true;
    out(padRight(one.handle.toString(), 5) + ' ' + padRight(one.size.toString(), 4) + ' ' + nameOf(one.type) + '\n');
    if (summary) continue;
    out('\n');
    describe(one);
    out('\n');
  }
  return found ? 0 : 1;
}

function nameOf(type: i32): string {
  const names = [
    'SMB_TYPE_BIOS (BIOS information)',
    'SMB_TYPE_SYSTEM (system information)',
    'SMB_TYPE_BASEBOARD (base board)',
    'SMB_TYPE_CHASSIS (system enclosure or chassis)',
    'SMB_TYPE_PROCESSOR (processor)',
  ];
  if (type < names.length) return names[type];
  if (type == 16) return 'SMB_TYPE_MEMARRAY (physical memory array)';
  if (type == MEMORY_DEVICE) return 'SMB_TYPE_MEMDEVICE (memory device)';
  if (type == 19) return 'SMB_TYPE_MEMARRAYMAP (memory array mapped address)';
  if (type == 32) return 'SMB_TYPE_BOOT (system boot status)';
  if (type == 127) return 'SMB_TYPE_EOT (end of table)';
  return 'type ' + type.toString();
}

function line(name: string, value: string): void {
  if (value.length) out('  ' + name + ': ' + value + '\n');
}

function describe(one: Structure): void {
  if (one.type == BIOS) {
    line('Vendor', one.text(4));
    line('Version String', one.text(5));
    line('Release Date', one.text(8));
  } else if (one.type == SYSTEM || one.type == BASEBOARD) {
    line('Manufacturer', one.text(4));
    line('Product', one.text(5));
    line('Version', one.text(6));
    line('Serial Number', one.text(7));
    if (one.type == BASEBOARD) return line('Asset Tag', one.text(8));
    line('UUID', one.uuid(8, true));
    line('UUID (Endian-corrected)', one.uuid(8));
    line('SKU Number', one.text(0x19));
    line('Family', one.text(0x1a));
  } else if (one.type == CHASSIS) {
    line('Manufacturer', one.text(4));
    line('Version', one.text(6));
    line('Serial Number', one.text(7));
    line('Asset Tag', one.text(8));
  } else if (one.type == PROCESSOR) {
    line('Manufacturer', one.text(7));
    line('Version', one.text(0x10));
    line('Location Tag', one.text(4));
    if (one.number(0x16, 2)) line('Current Speed', one.number(0x16, 2).toString() + 'MHz');
    if (one.byte(0x23)) line('Core Count', one.byte(0x23).toString());
    if (one.byte(0x25)) line('Thread Count', one.byte(0x25).toString());
  } else if (one.type == MEMORY_DEVICE) {
    line('Manufacturer', one.text(0x17));
    line('Location Tag', one.text(0x10));
    line('Size', memorySize(one) ? memorySize(one).toString() + ' bytes (' + humanSize(memorySize(one)) + ')' : 'Not Populated');
  }
}
