// SPDX-License-Identifier: MIT
/** @fileoverview zfs set and zfs inherit */
import { NvList } from '../../port/nvlist';
import { FILE_SYSTEM, SNAPSHOT, VOLUME } from '../../prop/property';
import { findProperty, isUserProperty } from '../../prop/table';
import { Surroundings } from '../surroundings';
import { addProperty, problem, volumeReservation } from './check';
import { propertyTable } from './get';
import { isMountOption, remountBelow, Unmounted } from './mounting';
import { below, complain, fail, numberOf, openDataset, Subcommand } from './subcommand';
import { isOwnerProperty, setOwnerQuota } from './userspace';

const ALL_TYPES: i32 = FILE_SYSTEM | VOLUME | SNAPSHOT;
const ENOSPC: i32 = 28;

export class SetCommand extends Subcommand {
  constructor() {
    super('set', 'set <property=value> <filesystem|volume|snapshot> ...');
  }
  moreUsage(): string {
    return propertyTable();
  }

  run(zfs: Surroundings, words: string[]): i32 {
    const options = this.options(words, '');
    options.next();
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (!operands.length) return this.misused(zfs, 'missing arguments');
    if (operands.length == 1) return this.misused(zfs, operands[0].includes('=') ? 'missing dataset name' : 'missing arguments');
    const equals = operands[0].indexOf('=');
    if (equals < 0) return this.misused(zfs, 'missing value in property=value argument');
    const name = operands[0].substring(0, equals);
    if (!name.length) return this.misused(zfs, 'missing property in property=value argument');
    let result = 0;
    for (let i = 1; i < operands.length; i++) {
      if (setOne(zfs, operands[i], name, operands[0].substring(equals + 1))) result = 1;
    }
    return result;
  }
}

function setOne(zfs: Surroundings, dataset: string, name: string, value: string): i32 {
  const found = openDataset(zfs, dataset, ALL_TYPES, 'volsize\nvolblocksize\nrefreservation\ncopies');
  if (!found) return 1;
  const what = "cannot set property for '" + dataset + "'";
  if (isOwnerProperty(name) && <i32>found.number('kind') == FILE_SYSTEM) return setOwnerQuota(zfs, dataset, name, value);
  const list = new NvList();
  if (!addProperty(list, name, value, <i32>found.number('kind'), false)) return complain(zfs, what, problem);
  const property = findProperty(name);
  const full = property ? property.name : name;
  if (full == 'volsize') {
    const block = numberOf(found, 'volblocksize');
    const size = list.number('volsize');
    if (size % block) return complain(zfs, what, "'volsize' must be a multiple of volume block size (" + block.toString() + ')');
    // A volume whose space is reserved goes on having it.
    const copies = numberOf(found, 'copies');
    const before = volumeReservation(numberOf(found, 'volsize'), block, copies);
    if (numberOf(found, 'refreservation') == before) list.setNumber('refreservation', volumeReservation(size, block, copies));
  }
  const changesMounts = full == 'mountpoint' || full == 'canmount' || full == 'zoned';
  const unmounted = new Unmounted();
  const isOff = full == 'canmount' && !list.number('canmount');
  if ((full == 'mountpoint' || isOff || full == 'zoned') && !unmounted.take(zfs, dataset, full != 'zoned', false)) return 1;
  const result = zfs.request('property_set', new NvList().setText('name', dataset).with('properties', list));
  if (result == 0) {
    if (changesMounts && !unmounted.mountAgain(zfs, dataset, full == 'mountpoint')) return 1;
    if (isMountOption(full)) remountBelow(zfs, dataset);
    return 0;
  }
  if (changesMounts) unmounted.mountAgain(zfs, dataset, false);
  if (result == -ENOSPC && full.endsWith('quota')) {
    return complain(zfs, what, 'size is less than current used or reserved space');
  }
  if (result == -ENOSPC && full.endsWith('reservation')) return complain(zfs, what, 'size is greater than available space');
  return fail(zfs, what, result);
}

export class InheritCommand extends Subcommand {
  constructor() {
    super('inherit', 'inherit [-rS] <property> <filesystem|volume|snapshot> ...');
  }

  run(zfs: Surroundings, words: string[]): i32 {
    let recursive = false;
    let received = false;
    const options = this.options(words, 'rS');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      if (letter == 'r') recursive = true;
      else received = true;
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (!operands.length) return this.misused(zfs, 'missing property argument');
    if (operands.length == 1) return this.misused(zfs, 'missing dataset argument');
    const property = findProperty(operands[0]);
    if (!property && !isUserProperty(operands[0])) return this.misused(zfs, "invalid property '" + operands[0] + "'");
    if (property && property.isReadOnly) return complain(zfs, property.name + ' property is read-only', '');
    if (property && !property.isInherited && !received) {
      zfs.err("'" + property.name + "' property cannot be inherited\n");
      if (property.name.endsWith('quota') || property.name.endsWith('reservation')) {
        zfs.err("use 'zfs set " + property.name + "=none' to clear\n");
      }
      return 1;
    }
    const name = property ? property.name : operands[0];
    let result = 0;
    for (let i = 1; i < operands.length; i++) {
      const root = openDataset(zfs, operands[i], ALL_TYPES, 'name');
      if (!root) {
        result = 1;
        continue;
      }
      const all = recursive ? below(zfs, operands[i], FILE_SYSTEM | VOLUME, u64.MAX_VALUE, '') : [root];
      for (let j = 0; j < all.length; j++) {
        const kind = <i32>all[j].number('kind');
        if (property && !property.isFor(kind)) continue;
        if (inheritOne(zfs, all[j].text('name'), name, received)) result = 1;
      }
    }
    return result;
  }
}

function inheritOne(zfs: Surroundings, dataset: string, name: string, received: bool): i32 {
  const unmounted = new Unmounted();
  if (name == 'mountpoint' && !unmounted.take(zfs, dataset, true, false)) return 1;
  const input = new NvList().setText('name', dataset).setText('property', name);
  if (received) input.flag('received');
  const result = zfs.request('property_inherit', input);
  if (name == 'mountpoint') unmounted.mountAgain(zfs, dataset, result == 0);
  if (result == 0 && isMountOption(name)) remountBelow(zfs, dataset);
  return result < 0 ? fail(zfs, 'cannot inherit ' + name + " for '" + dataset + "'", result) : 0;
}
