// SPDX-License-Identifier: MIT
/** @fileoverview Requests about pools. */
import { EEXIST, EINVAL, ENOENT, setError } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { system } from '../port/port';
import { createError, createPool } from '../spa/create';
import { FoundPool, importError, importPool, importReason, searchPools } from '../spa/import';
import { addPool, allPools, findPool, removePool } from '../spa/pools';
import { Spa, VERSION_LATEST } from '../spa/spa';
import { Leaf } from '../vdev/leaf';
import { Mirror } from '../vdev/mirror';
import { Raidz } from '../vdev/raidz';
import { Vdev } from '../vdev/vdev';
import { Request } from './request';

export function poolRequests(): Request[] {
  return [new List(), new Create(), new Search(), new Import(), new Export()];
}

/** Name, state and space of every open pool, or of `pool`. */
class List extends Request {
  constructor() {
    super('pool_list');
  }
  get isQuery(): bool {
    return true;
  }
  run(input: NvList, output: NvList): i32 {
    const wanted = input.text('pool');
    const pools = allPools();
    const lists: NvList[] = [];
    for (let i = 0; i < pools.length; i++) {
      const spa = pools[i];
      if (wanted.length && spa.name != wanted) continue;
      const list = new NvList();
      list.setText('name', spa.name);
      list.setNumber('guid', spa.guid);
      list.setNumber('version', spa.version);
      list.setNumber('size', spa.capacity());
      list.setNumber('allocated', spa.allocated());
      list.setLists('vdevs', vdevLists(spa));
      lists.push(list);
    }
    output.setLists('pools', lists);
    return wanted.length && !lists.length ? setError(ENOENT) : 0;
  }
}

function vdevLists(spa: Spa): NvList[] {
  const lists: NvList[] = [];
  for (let i = 0; i < spa.tops.length; i++) {
    const list = describe(spa.tops[i].vdev);
    list.setNumber('size', spa.tops[i].capacity);
    list.setNumber('allocated', spa.tops[i].allocated);
    lists.push(list);
  }
  return lists;
}

function describe(vdev: Vdev): NvList {
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
  const children: NvList[] = [];
  for (let i = 0; i < vdev.children.length; i++) children.push(describe(vdev.children[i]));
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

/** `pool`, `version`, `ashift`, `vdevs`. */
class Create extends Request {
  constructor() {
    super('pool_create');
  }
  run(input: NvList, output: NvList): i32 {
    const name = input.text('pool');
    const version = input.number('version', VERSION_LATEST);
    if (!name.length || version < 1 || version > VERSION_LATEST) return setError(EINVAL);
    if (findPool(name)) return setError(EEXIST);
    const configs = input.lists('vdevs');
    const vdevs: Vdev[] = [];
    for (let i = 0; i < configs.length; i++) {
      const vdev = vdevOf(configs[i]);
      if (!vdev) return setError(EINVAL);
      vdev.ashift = max(<u32>input.number('ashift', 9), 9);
      vdevs.push(vdev);
    }
    if (!vdevs.length) return setError(EINVAL);
    const spa = createPool(name, version, vdevs);
    if (!spa) return createError;
    addPool(spa);
    return 0;
  }
}

/** What the last search found. Its devices stay open until the next. */
let found: FoundPool[] = [];

/** Pools on the devices `paths` (separated by newlines) that are not open. */
class Search extends Request {
  constructor() {
    super('pool_search');
  }
  run(input: NvList, output: NvList): i32 {
    found = searchPools(input.text('paths').split('\n'));
    const lists: NvList[] = [];
    for (let i = 0; i < found.length; i++) {
      const one = found[i];
      const list = new NvList();
      list.setText('name', one.name);
      list.setNumber('guid', one.guid);
      list.setNumber('state', one.state);
      list.setNumber('version', one.version);
      list.setNumber('txg', one.txg);
      list.setText('hostname', one.hostname);
      const tops: NvList[] = [];
      for (let j = 0; j < one.tops.length; j++) if (one.tops[j]) tops.push(one.tops[j]!);
      list.setLists('vdevs', tops);
      lists.push(list);
    }
    output.setLists('pools', lists);
    return 0;
  }
}

/** One that was found, by `guid`; perhaps under another `name`, or `readonly`. */
class Import extends Request {
  constructor() {
    super('pool_import');
  }
  run(input: NvList, output: NvList): i32 {
    const guid = input.number('guid');
    for (let i = 0; i < found.length; i++) {
      if (found[i].guid != guid) continue;
      const name = input.text('name');
      if (findPool(name.length ? name : found[i].name)) return setError(EEXIST);
      if (name.length) found[i].name = name;
      const spa = importPool(found[i], !input.number('readonly'), input.number('txg', u64.MAX_VALUE));
      if (!spa) {
        output.setText('reason', importReason);
        return importError;
      }
      addPool(spa);
      return 0;
    }
    return setError(ENOENT);
  }
}

class Export extends Request {
  constructor() {
    super('pool_export');
  }
  run(input: NvList, output: NvList): i32 {
    const spa = findPool(input.text('pool'));
    if (!spa) return setError(ENOENT);
    const result = spa.export();
    if (result == 0) removePool(spa);
    return result;
  }
}
