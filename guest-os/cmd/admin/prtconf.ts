// SPDX-License-Identifier: MIT
/** @fileoverview prtconf(8): print the system's configuration */
/** @manual
 * DESCRIPTION
 * Prints how much memory the machine has, and the tree of devices as /devices shows it.
 *
 * OPTIONS
 *   -D   drivers too: they are the names of the devices
 *   -m   the memory in megabytes, and nothing else
 *
 * SEE ALSO
 * kstat(8), psrinfo(8)
 */
import { namesIn, sortNames, status } from '../../lib/files';
import { out } from '../../lib/io';
import { kstatChain } from '../../lib/kstat';
import { Options } from '../../lib/options';
import { firstOf, smbiosStructures, SYSTEM } from '../../lib/smbios';
import { SI_PLATFORM, systemInformation } from '../../lib/systemInformation';

export const USAGE: string = 'prtconf [-Dm]';

/** Bytes that the loader has told of; 0: the kernel does not say. */
export function installedMemory(): i64 {
  const chain = kstatChain();
  for (let i = 0; i < chain.length; i++) {
    if (chain[i].module == 'unix' && chain[i].name == 'system_pages' && chain[i].read())
      return max<i64>(chain[i].number('installed'), 0);
  }
  return 0;
}

const MEGABYTE: i64 = 1048576;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'Dm');
  let onlyMemory = false;
  let drivers = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'm') onlyMemory = true;
    else drivers = true;
  }
  if (options.failed) return 2;
  // Firmware keeps a little of the last megabyte for itself.
  const memory = ((installedMemory() + MEGABYTE - 1) / MEGABYTE).toString();
  if (onlyMemory) {
    out(memory + '\n');
    return 0;
  }
  const platform = systemInformation(SI_PLATFORM);
  out('System Configuration:  ' + maker() + platform + '\nMemory size: ' + memory + ' Megabytes\n');
  out('System Peripherals (Software Nodes):\n\n' + platform + '\n');
  tree('/devices', 1, drivers);
  return 0;
}

/** As the firmware says; nothing where it does not. */
function maker(): string {
  const list = smbiosStructures();
  const system = list ? firstOf(list, SYSTEM) : null;
  const name = system ? system.text(4) : '';
  return name.length ? name + '  ' : '';
}

function tree(path: string, depth: i32, drivers: bool): void {
  const names = namesIn(path);
  if (!names) return;
  sortNames(names);
  const shown: string[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const node = name.split(':')[0];
    if (name == '.' || name == '..' || shown.includes(node)) continue;
    shown.push(node);
    const at = node.indexOf('@');
    const plain = at < 0 ? node : node.substring(0, at);
    out('    '.repeat(depth) + plain + (at < 0 ? '' : ', instance #' + nextInstance(plain).toString()));
    out((drivers ? ' (driver name: ' + plain + ')' : '') + '\n');
    const below = status(path + '/' + name, false);
    if (below && below.isDirectory) tree(path + '/' + name, depth + 1, drivers);
  }
}

const instances = new Map<string, i32>();
/** Devices of one driver are counted in the order in which they are listed. */
function nextInstance(driver: string): i32 {
  const number = instances.has(driver) ? instances.get(driver) : 0;
  instances.set(driver, number + 1);
  return number;
}
