// SPDX-License-Identifier: MIT
/** @fileoverview sysinfo(8): what is known about this node, as JSON */
/** @manual
 * DESCRIPTION
 * Prints an object whose names are those of SmartOS, as far as this system has what they mean.
 *
 * OPTIONS
 *   -p   NAME="value" for the shell instead
 *
 * SEE ALSO
 * json(1), prtconf(8)
 */
import * as calls from '../../lib/calls';
import { namesIn, sortNames, status } from '../../lib/files';
import { out } from '../../lib/io';
import { Json, OBJECT, STRING } from '../../lib/json';
import { Options } from '../../lib/options';
import { firstOf, smbiosStructures, SYSTEM } from '../../lib/smbios';
import { zeroTerminated } from '../../lib/text';
import { bootTime } from '../../lib/utmpx';
import { installedMemory } from './prtconf';
import { cpuInfo } from './psrinfo';

export const USAGE: string = 'sysinfo [-p]';

const names = memory.data(1285);

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'fp');
  let forShell = false;
  for (let option = options.next(); option != ''; option = options.next()) if (option == 'p') forShell = true;
  if (options.failed) return 2;
  const info = new Json(OBJECT);
  calls.uname(names);
  const version = zeroTerminated(names + 257 * 3);
  info.set('Live Image', Json.string(version.substring(version.indexOf('_') + 1)));
  info.set('System Type', Json.string(zeroTerminated(names)));
  info.set('Boot Time', Json.string(bootTime().toString()));
  const tables = smbiosStructures();
  const system = tables ? firstOf(tables, SYSTEM) : null;
  if (system) {
    // As the firmware has them: empty where it says nothing.
    info.set('Manufacturer', Json.string(system.text(4)));
    info.set('Product', Json.string(system.text(5)));
    info.set('Serial Number', Json.string(system.text(7)));
    info.set('SKU Number', Json.string(system.text(0x19)));
    info.set('HW Version', Json.string(system.text(6)));
    info.set('HW Family', Json.string(system.text(0x1a)));
  }
  const processors = cpuInfo();
  if (processors.length) info.set('CPU Type', Json.string(processors[0].text('brand')));
  info.set('CPU Physical Cores', Json.number(processors.length));
  if (system && system.uuid(8).length) info.set('UUID', Json.string(system.uuid(8)));
  info.set('Hostname', Json.string(zeroTerminated(names + 257)));
  info.set('CPU Total Cores', Json.number(processors.length));
  let online = 0;
  for (let i = 0; i < processors.length; i++) if (processors[i].text('state') == 'on-line') online++;
  info.set('CPU Online Count', Json.number(online));
  info.set('CPU Count', Json.number(processors.length));
  info.set('MiB of Memory', Json.string(((installedMemory() + 1048575) / 1048576).toString()));
  info.set('Disks', disks());
  if (!forShell) {
    out(info.print(2) + '\n');
    return 0;
  }
  for (let i = 0; i < info.names.length; i++) {
    const value = info.items[i];
    if (value.kind != OBJECT)
      out(info.names[i].replaceAll(' ', '_') + '="' + (value.kind == STRING ? value.text : value.print(0)) + '"\n');
  }
  return 0;
}

/** By the names of whole disks in /dev/rdsk. */
function disks(): Json {
  const result = new Json(OBJECT);
  const found = namesIn('/dev/rdsk');
  if (!found) return result;
  sortNames(found);
  for (let i = 0; i < found.length; i++) {
    if (!found[i].endsWith('p0')) continue;
    const about = status('/dev/rdsk/' + found[i], true);
    if (!about) continue;
    const disk = new Json(OBJECT);
    disk.set('Size in GB', Json.number(<i64>(about.size / 1000000000)));
    result.set(found[i].substring(0, found[i].length - 2), disk);
  }
  return result;
}
