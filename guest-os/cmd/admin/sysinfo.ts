// SPDX-License-Identifier: MIT
/** @fileoverview sysinfo(8): what is known about this node, as JSON */
/** @manual
 * DESCRIPTION
 * Prints an object whose names are those of SmartOS, as far as this system has what they mean. UUID is the machine's, as its firmware has it in SMBIOS
 * tables: all zeros where it was given none. In a zone there is nothing of the machine, but ZFS Quota: how large the zone's root can become; and UUID is
 * the VM's, or the zone's name.
 *
 * OPTIONS
 *   -f   finds everything out anew, which is always done
 *   -p   NAME="value" for the shell instead
 *
 * SEE ALSO
 * json(1), prtconf(8)
 */
import * as calls from '../../lib/calls';
import { capture } from '../../lib/capture';
import { namesIn, sortNames, status } from '../../lib/files';
import { out } from '../../lib/io';
import { humanSize } from '../../lib/human';
import { FALSE, Json, OBJECT, STRING, TRUE } from '../../lib/json';
import { usageOf } from '../../lib/mounts';
import { Options } from '../../lib/options';
import { firstOf, smbiosStructures, Structure, SYSTEM } from '../../lib/smbios';
import { zeroTerminated } from '../../lib/text';
import { bootTime } from '../../lib/utmpx';
import { GLOBAL, ownZoneId, ownZoneName } from '../../lib/zones/kernel';
import { NvList } from '../../../zfs/port/nvlist';
import { DeviceChannel } from '../zfs/_channel';
import { installedMemory } from './prtconf';
import { cpuInfo } from './psrinfo';

export const USAGE: string = 'sysinfo [-fp]';

const names = memory.data(1285);
/** A pool that the system keeps its own things on has this file. */
const SYSTEM_POOL: string = '/.system_pool';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'fp');
  let forShell = false;
  for (let option = options.next(); option != ''; option = options.next()) if (option == 'p') forShell = true;
  if (options.failed) return 2;
  const info = new Json(OBJECT);
  const isGlobal = ownZoneId() == GLOBAL;
  calls.uname(names);
  const version = zeroTerminated(names + 257 * 3);
  info.set('Live Image', Json.string(version.substring(version.indexOf('_') + 1)));
  info.set('System Type', Json.string(zeroTerminated(names)));
  info.set('Boot Time', Json.string(bootTime().toString()));
  const tables = isGlobal ? smbiosStructures() : null;
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
  if (isGlobal) {
    info.set('VM Capable', new Json(status('/dev/kvm', true) ? TRUE : FALSE));
    info.set('Bhyve Capable', new Json(status('/dev/vmmctl', true) ? TRUE : FALSE));
  }
  processors(info, system);
  info.set('MiB of Memory', Json.string(((installedMemory() + 1048575) / 1048576).toString()));
  if (isGlobal) {
    pool(info);
    info.set('Disks', disks());
  } else {
    const root = usageOf('/');
    if (root) info.set('ZFS Quota', Json.string(humanSize(root.total)));
  }
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

/** Processors, with what SmartOS lists between their figures. */
function processors(info: Json, system: Structure | null): void {
  const all = cpuInfo();
  const chips: string[] = [];
  let online = 0;
  for (let i = 0; i < all.length; i++) {
    if (!chips.includes(all[i].text('chip_id'))) chips.push(all[i].text('chip_id'));
    if (all[i].text('state') == 'on-line') online++;
  }
  if (all.length) info.set('CPU Type', Json.string(all[0].text('brand')));
  info.set('CPU Physical Cores', Json.number(chips.length));
  if (system && system.uuid(8).length) info.set('UUID', Json.string(system.uuid(8)));
  if (ownZoneId() != GLOBAL) info.set('UUID', Json.string(zoneUuid()));
  info.set('Hostname', Json.string(zeroTerminated(names + 257)));
  info.set('CPU Total Cores', Json.number(all.length));
  info.set('CPU Socket Count', Json.number(chips.length));
  info.set('CPU Online Count', Json.number(online));
  info.set('CPU Count', Json.number(all.length));
}

/** What the metadata service says, where there is one; else the zone's name. */
function zoneUuid(): string {
  const said = status('/.zonecontrol/metadata.sock', true) ? capture(['mdata-get', 'sdc:uuid']) : null;
  return said && !said.status ? said.out.trim() : ownZoneName();
}

/** The system's pool, if there is one. */
function pool(info: Json): void {
  const channel = DeviceChannel.open();
  const output = new NvList();
  if (!channel || channel.call('pool_list', new NvList(), output) < 0) return;
  const pools = output.lists('pools');
  for (let i = 0; i < pools.length; i++) {
    const name = pools[i].text('name');
    if (!status('/' + name + SYSTEM_POOL, true)) continue;
    const tops = pools[i].lists('vdevs');
    const leaves: string[] = [];
    for (let k = 0; k < tops.length; k++) leavesOf(tops[k], leaves);
    info.set('Zpool', Json.string(name));
    info.set('Zpool Encrypted', new Json(FALSE));
    info.set('Zpool Disks', Json.string(leaves.join(',')));
    const type = tops.length ? tops[0].text('type') : '';
    info.set('Zpool Profile', Json.string(type == 'mirror' || type == 'raidz' ? type : 'striped'));
    const about = new NvList();
    const asked = new NvList().setText('names', name).setNumber('depth', 0).setText('properties', 'creation');
    if (channel.call('dataset_list', asked, about) == 0 && about.lists('datasets').length) {
      const creation = about.lists('datasets')[0].list('creation');
      if (creation) info.set('Zpool Creation', Json.number(creation.number('value')));
    }
    info.set('Zpool Size in GiB', Json.number(pools[i].number('size') >> 30));
    return;
  }
}
/** Names of disks below a vdev, without the slice. */
function leavesOf(vdev: NvList, into: string[]): void {
  const children = vdev.lists('children');
  for (let i = 0; i < children.length; i++) leavesOf(children[i], into);
  if (children.length || !vdev.has('path')) return;
  const path = vdev.text('path');
  const name = path.substring(path.lastIndexOf('/') + 1);
  into.push(name.endsWith('s0') ? name.substring(0, name.length - 2) : name);
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
