// SPDX-License-Identifier: MIT
/** @fileoverview Requests that look for pools and open them. */
import { EEXIST, ENOENT, setError } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { system } from '../port/port';
import { EVENT_POOL_IMPORT, logCommand, logEvent } from '../spa/history';
import { featuresRefused, FoundPool, importError, importPool, importReason, onlyWriting, searchPools } from '../spa/import';
import { addPool, allPools, findPool } from '../spa/pools';
import { Spa } from '../spa/spa';
import { Request } from './request';

export function importRequests(): Request[] {
  return [new Search(), new Import()];
}

/** What the last search found. Its devices stay open until the next. */
let found: FoundPool[] = [];

function openPoolOf(guid: u64): Spa | null {
  const pools = allPools();
  for (let i = 0; i < pools.length; i++) if (pools[i].guid == guid) return pools[i];
  return null;
}

/** Pools on the devices `paths` (separated by newlines); `active` 1: it is open. Each names the devices it was found on. */
class Search extends Request {
  constructor() {
    super('pool_search');
  }
  run(input: NvList, output: NvList): i32 {
    for (let i = 0; i < found.length; i++) found[i].close();
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
      list.setNumber('children', one.children);
      list.setText('hostname', one.hostname);
      if (one.comment.length) list.setText('comment', one.comment);
      list.setText('features', one.features.join(' '));
      list.setNumber('active', openPoolOf(one.guid) ? 1 : 0);
      const tops: NvList[] = [];
      for (let j = 0; j < one.tops.length; j++) if (one.tops[j]) tops.push(one.tops[j]!);
      list.setLists('vdevs', tops);
      const devices: NvList[] = [];
      for (let j = 0; j < one.devices.length; j++) {
        devices.push(new NvList().setText('path', one.devices[j].path).setNumber('guid', one.devices[j].guid));
      }
      list.setLists('devices', devices);
      lists.push(list);
    }
    output.setLists('pools', lists);
    output.setText('hostname', system().hostname());
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
      if (openPoolOf(guid) || findPool(name.length ? name : found[i].name)) return setError(EEXIST);
      if (name.length) found[i].name = name;
      const spa = importPool(found[i], !input.number('readonly'), input.number('txg', u64.MAX_VALUE));
      if (!spa) {
        output.setText('reason', importReason);
        if (featuresRefused.length) output.setText('features', featuresRefused);
        if (onlyWriting) output.flag('readable');
        return importError;
      }
      // Its devices are the pool's now.
      found.splice(i, 1);
      addPool(spa);
      if (!spa.isWritable) return 0;
      if (input.has('command')) logCommand(spa, input.text('command'), 0);
      logEvent(spa, EVENT_POOL_IMPORT, 'pool version ' + spa.version.toString() + '; software version 28');
      return spa.sync();
    }
    return setError(ENOENT);
  }
}
