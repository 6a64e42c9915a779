// SPDX-License-Identifier: MIT
/** @fileoverview Requests about pools as a whole: what there is, making and destroying, history, properties. */
import { EBUSY, EEXIST, EINVAL, ENOENT, ENXIO, EPERM, setError } from '../../guest-os/kernel/errno';
import { EOVERFLOW } from '../port/errors';
import { NvList } from '../port/nvlist';
import { now, system } from '../port/port';
import { createError, createPool } from '../spa/create';
import { EVENT_POOL_SET, logCommand, logEvent, readHistory } from '../spa/history';
import { clearProperty, poolProperty, setPoolProperty } from '../spa/properties';
import { addPool, allPools, findPool, poolOf, removePool } from '../spa/pools';
import { RESILVER, SCANNING } from '../spa/scan';
import { POOL_DESTROYED, POOL_EXPORTED, Spa, VERSION_LATEST } from '../spa/spa';
import { Leaf } from '../vdev/leaf';
import { Mirror } from '../vdev/mirror';
import { Raidz } from '../vdev/raidz';
import { AUX_TOO_SMALL, VDEV_CANT_OPEN, VDEV_DEGRADED, VDEV_HEALTHY, Vdev } from '../vdev/vdev';
import { caller, maySee } from '../dsl/caller';
import { Request } from './request';

export function poolRequests(): Request[] {
  return [new List(), new Create(), new Export(), new Log(), new History(), new Get(), new Set(), new Sync()];
}

/** Name, state and space of every open pool, or of `pool`, with its vdevs. */
class List extends Request {
  constructor() {
    super('pool_list');
  }
  get isQuery(): bool {
    return true;
  }
  permit(input: NvList): i32 {
    return 0;
  }
  run(input: NvList, output: NvList): i32 {
    const wanted = input.text('pool');
    const pools = allPools();
    const lists: NvList[] = [];
    for (let i = 0; i < pools.length; i++)
      if (caller.sees(pools[i].name) && (!wanted.length || pools[i].name == wanted)) lists.push(describePool(pools[i]));
    output.setLists('pools', lists);
    return wanted.length && !lists.length ? setError(ENOENT) : 0;
  }
}

function describePool(spa: Spa): NvList {
  const list = new NvList();
  list.setText('name', spa.name);
  list.setNumber('guid', spa.guid);
  list.setNumber('version', spa.version);
  list.setNumber('state', stateOf(spa));
  list.setNumber('suspended', spa.isSuspended ? 1 : 0);
  list.setNumber('readonly', spa.isWritable ? 0 : 1);
  list.setNumber('size', spa.capacity());
  list.setNumber('allocated', spa.allocated());
  const figures = spa.statistics;
  list.setNumber('read_errors', figures.readErrors);
  list.setNumber('write_errors', figures.writeErrors);
  list.setNumber('checksum_errors', figures.checksumErrors);
  list.setNumber('uptime', now() - spa.opened);
  list.setNumber('errors', spa.errors.count);
  const phys = spa.scan.phys;
  const scan = new NvList();
  scan.setNumber('function', phys.kind);
  scan.setNumber('state', phys.state);
  scan.setNumber('start', phys.start);
  scan.setNumber('end', phys.end);
  scan.setNumber('to_examine', phys.toExamine);
  scan.setNumber('examined', phys.examined);
  scan.setNumber('processed', phys.processed);
  scan.setNumber('errors', phys.errors);
  list.setList('scan', scan);
  const resilvering = phys.state == SCANNING && phys.kind == RESILVER;
  const vdevs: NvList[] = [];
  for (let i = 0; i < spa.tops.length; i++) {
    const top = spa.tops[i];
    const vdev = describeVdev(top.vdev, resilvering);
    vdev.setNumber('size', top.capacity);
    vdev.setNumber('allocated', top.allocated);
    if (top.isLog) vdev.setNumber('log', 1);
    vdevs.push(vdev);
  }
  list.setLists('vdevs', vdevs);
  return list;
}

/** As bad as the worst of its top-level vdevs. */
export function stateOf(spa: Spa): i32 {
  let state = VDEV_HEALTHY;
  for (let i = 0; i < spa.tops.length; i++) {
    const vdev = spa.tops[i].vdev;
    if (!vdev.isOpen) return VDEV_CANT_OPEN;
    if (vdev.state != VDEV_HEALTHY) state = VDEV_DEGRADED;
  }
  return spa.isSuspended ? VDEV_CANT_OPEN : state;
}

function describeVdev(vdev: Vdev, resilvering: bool): NvList {
  const list = new NvList();
  const figures = vdev.statistics;
  list.setText('name', vdev.name);
  list.setText('type', vdev.type);
  list.setNumber('guid', vdev.guid);
  list.setNumber('state', vdev.state);
  list.setNumber('aux', vdev.aux);
  list.setNumber('reads', figures.reads);
  list.setNumber('writes', figures.writes);
  list.setNumber('read_bytes', figures.readBytes);
  list.setNumber('written_bytes', figures.writtenBytes);
  list.setNumber('read_errors', figures.readErrors);
  list.setNumber('write_errors', figures.writeErrors);
  list.setNumber('checksum_errors', figures.checksumErrors);
  if (vdev instanceof Leaf) {
    list.setText('path', (vdev as Leaf).path);
    if (resilvering && vdev.isOpen && (vdev as Leaf).isMissingAny) list.setNumber('resilvering', 1);
  }
  const children: NvList[] = [];
  for (let i = 0; i < vdev.children.length; i++) children.push(describeVdev(vdev.children[i], resilvering));
  if (children.length) list.setLists('children', children);
  return list;
}

/** A vdev as a command describes it: type, and path or children. Null: not one that there is. */
export function vdevOf(config: NvList): Vdev | null {
  const type = config.text('type');
  const guid = system().random();
  if (type == 'disk' || type == 'file') {
    const leaf = new Leaf(type, 0, guid, config.text('path'));
    leaf.wholeDisk = config.number('whole_disk') != 0;
    return leaf;
  }
  const children = config.lists('children');
  let vdev: Vdev;
  if (type == 'mirror' && children.length >= 2) vdev = new Mirror(type, 0, guid);
  else if (type == 'raidz' && config.number('nparity', 1) == 1 && children.length >= 2) vdev = new Raidz(type, 0, guid, 1);
  else return null;
  for (let i = 0; i < children.length; i++) {
    const child = vdevOf(children[i]);
    if (!child) return null;
    vdev.add(child);
  }
  return vdev;
}

/** EOVERFLOW: a device is too small; ENXIO: one cannot be opened. 0: all are there. */
export function checkOpen(vdev: Vdev): i32 {
  if (vdev.isLeaf) {
    if (vdev.state == VDEV_HEALTHY) return 0;
    return setError(vdev.aux == AUX_TOO_SMALL ? EOVERFLOW : ENXIO);
  }
  for (let i = 0; i < vdev.children.length; i++) {
    const result = checkOpen(vdev.children[i]);
    if (result < 0) return result;
  }
  return 0;
}

/** `pool`, `version`, `ashift`, `vdevs`; `command` for the history. */
class Create extends Request {
  constructor() {
    super('pool_create');
  }
  run(input: NvList, output: NvList): i32 {
    const name = input.text('pool');
    const version = input.number('version', VERSION_LATEST);
    const ashift = <u32>input.number('ashift', 9);
    if (!name.length || version < 1 || version > VERSION_LATEST || ashift < 9 || ashift > 13) return setError(EINVAL);
    if (findPool(name)) return setError(EEXIST);
    const configs = input.lists('vdevs');
    const vdevs: Vdev[] = [];
    for (let i = 0; i < configs.length; i++) {
      const vdev = vdevOf(configs[i]);
      if (!vdev) return setError(EINVAL);
      vdev.ashift = ashift;
      vdevs.push(vdev);
    }
    if (!vdevs.length) return setError(EINVAL);
    const spa = createPool(name, version, vdevs, input.text('command'));
    if (spa) {
      addPool(spa);
      return 0;
    }
    let error = createError;
    for (let i = 0; i < vdevs.length; i++) {
      const one = checkOpen(vdevs[i]);
      if (one < 0) error = one;
      vdevs[i].close();
    }
    return error;
  }
}

/** `pool`; with `destroy` it is gone for good. EBUSY: something uses one of its datasets. */
class Export extends Request {
  constructor() {
    super('pool_export');
  }
  run(input: NvList, output: NvList): i32 {
    const spa = findPool(input.text('pool'));
    if (!spa) return setError(ENOENT);
    const datasets = spa.allDatasets();
    for (let i = 0; i < datasets.length; i++) if (datasets[i].users) return setError(EBUSY);
    const result = spa.export(input.number('destroy') ? POOL_DESTROYED : POOL_EXPORTED);
    if (result == 0) removePool(spa);
    return result;
  }
}

/** `pool` or `dataset`, `command`, `who`: goes to the history with the next group. */
class Log extends Request {
  constructor() {
    super('pool_log');
  }
  permit(input: NvList): i32 {
    return caller.isPrivileged ? maySee(input.text('pool')) : setError(EPERM);
  }
  run(input: NvList, output: NvList): i32 {
    const spa = poolOf(input.text('pool'));
    if (!spa) return setError(ENOENT);
    if (!spa.isWritable) return 0;
    logCommand(spa, input.text('command'), input.number('who'));
    return 0;
  }
}

class History extends Request {
  constructor() {
    super('pool_history');
  }
  run(input: NvList, output: NvList): i32 {
    const spa = findPool(input.text('pool'));
    if (!spa) return setError(ENOENT);
    spa.sync();
    output.setLists('records', readHistory(spa));
    return 0;
  }
}

/** What has been set of `pool`: `comment`, `bootfs`. */
class Get extends Request {
  constructor() {
    super('pool_get');
  }
  permit(input: NvList): i32 {
    return maySee(input.text('pool'));
  }
  get isQuery(): bool {
    return true;
  }
  run(input: NvList, output: NvList): i32 {
    const spa = findPool(input.text('pool'));
    if (!spa) return setError(ENOENT);
    output.setText('comment', spa.comment);
    output.setText('bootfs', poolProperty(spa, 'bootfs'));
    return 0;
  }
}

/** `pool`, `property`, `value`. ENOENT: no such dataset; EINVAL: not a property or not a value of it. */
class Set extends Request {
  constructor() {
    super('pool_set');
  }
  run(input: NvList, output: NvList): i32 {
    const spa = findPool(input.text('pool'));
    if (!spa) return setError(ENOENT);
    const name = input.text('property');
    const value = input.text('value');
    const result = value.length ? setPoolProperty(spa, name, value) : clearProperty(spa, name);
    if (result < 0) return result;
    logEvent(spa, EVENT_POOL_SET, name + ' ' + value + ' ' + spa.name);
    return spa.sync();
  }
}

/** Writes the open group of `pool`. */
class Sync extends Request {
  constructor() {
    super('pool_sync');
  }
  run(input: NvList, output: NvList): i32 {
    const spa = findPool(input.text('pool'));
    return spa ? spa.sync() : setError(ENOENT);
  }
}
