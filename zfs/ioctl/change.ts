// SPDX-License-Identifier: MIT
/** @fileoverview Requests that change datasets: properties, names, histories, their end; and, from send.ts, streams. */
import { EBUSY, EINVAL, ENOENT, EROFS, setError } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { Dataset } from '../dsl/dataset';
import { destroyRefusal, DestroyTask, holdCount } from '../dsl/destroy';
import { holdSnapshots, readHolds, releaseSnapshots } from '../dsl/holds';
import { checkLimit, ClearTask, SetTask } from '../dsl/limits';
import { findDataset, findSnapshot } from '../dsl/names';
import { conflict, promote } from '../dsl/promote';
import { isBelow } from '../dsl/properties';
import { renameDataset, renameSnapshot } from '../dsl/rename';
import { rollback } from '../dsl/rollback';
import { forgetReceive } from '../send/receiver';
import { poolOf } from '../spa/pools';
import { isDumpVolume } from '../zvol/dump';
import { resizeVolume } from '../zvol/volume';
import { lines, named } from './dataset';
import { mayChange, mayMake, maySee, maySet, maySetAll } from '../dsl/caller';
import { Request } from './request';
import { sendRequests } from './send';

export function changeRequests(): Request[] {
  const own: Request[] = [
    new SetProperties(),
    new Inherit(),
    new Destroy(),
    new Rename(),
    new Promote(),
    new Rollback(),
    new Hold(),
    new Release(),
    new Holds(),
  ];
  return own.concat(sendRequests());
}

/** `name`, and a list `properties` of what is set; `received`: as a stream's. ENOSPC with `property`: a limit that cannot be. */
class SetProperties extends Request {
  constructor() {
    super('property_set');
  }
  permit(input: NvList): i32 {
    const refused = mayChange(input.text('name'));
    return refused ? refused : maySetAll(input.text('name'), input.list('properties'));
  }
  run(input: NvList, output: NvList): i32 {
    const dataset = named(input);
    const list = input.list('properties');
    if (!dataset) return setError(ENOENT);
    if (!list) return setError(EINVAL);
    if (!dataset.spa.isWritable) return setError(EROFS);
    for (let i = 0; i < list.pairs.length; i++) {
      const pair = list.pairs[i];
      let result = checkLimit(dataset, pair.name, pair.number);
      if (result == 0 && pair.name == 'volsize' && isDumpVolume(dataset)) result = setError(EBUSY);
      if (result == 0 && pair.name == 'volsize') result = resizeVolume(dataset, pair.number);
      if (result == 0) continue;
      output.setText('property', pair.name);
      return result;
    }
    list.remove('volsize');
    return dataset.spa.perform(new SetTask(dataset, list, input.has('received')));
  }
}

/** `name`, `property`; `received`: what a stream brought counts again. */
class Inherit extends Request {
  constructor() {
    super('property_inherit');
  }
  permit(input: NvList): i32 {
    const refused = mayChange(input.text('name'));
    return refused ? refused : maySet(input.text('name'), input.text('property'));
  }
  run(input: NvList, output: NvList): i32 {
    const dataset = named(input);
    if (!dataset) return setError(ENOENT);
    if (!dataset.spa.isWritable) return setError(EROFS);
    return dataset.spa.perform(new ClearTask(dataset, input.text('property'), input.has('received')));
  }
}

/**
 * `names` by lines, in an order in which each can go when those before it are gone; `defer`: snapshots in use go when they no longer are. They go one after the
 * other; the first that cannot ends it, and is told as `name`.
 */
class Destroy extends Request {
  constructor() {
    super('destroy');
  }
  permit(input: NvList): i32 {
    const names = lines(input.text('names'));
    let refused = 0;
    for (let i = 0; i < names.length && !refused; i++) refused = mayChange(names[i]);
    return refused;
  }
  run(input: NvList, output: NvList): i32 {
    const names = lines(input.text('names'));
    const defer = input.has('defer');
    for (let i = 0; i < names.length; i++) {
      const spa = poolOf(names[i]);
      const dataset = spa ? findDataset(spa, names[i]) : null;
      output.setText('name', names[i]);
      if (!dataset) return setError(ENOENT);
      if (!dataset.spa.isWritable) return setError(EROFS);
      let refused = forgetReceive(dataset);
      if (refused == 0) refused = destroyRefusal(dataset, defer);
      if (refused < 0) return refused;
      const result = dataset.spa.perform(new DestroyTask([dataset], defer));
      if (result < 0) return result;
    }
    return 0;
  }
}

/** `name` becomes `to`; both with @: a snapshot, and with `recursive` those below of the same name. */
class Rename extends Request {
  constructor() {
    super('rename');
  }
  permit(input: NvList): i32 {
    const refused = mayChange(input.text('name'));
    return refused || input.text('name').includes('@') ? refused : mayMake(input.text('to'));
  }
  run(input: NvList, output: NvList): i32 {
    const from = input.text('name');
    const to = input.text('to');
    const spa = poolOf(from);
    if (!spa) return setError(ENOENT);
    const at = from.indexOf('@');
    if (at < 0) return renameDataset(spa, from, to);
    const head = findDataset(spa, from.substring(0, at));
    if (!head) return setError(ENOENT);
    return renameSnapshot(head, from.substring(at + 1), to.substring(to.indexOf('@') + 1), input.has('recursive'));
  }
}

/** `name`. EEXIST: `snapshot` is a name that both have. */
class Promote extends Request {
  constructor() {
    super('promote');
  }
  permit(input: NvList): i32 {
    const refused = mayChange(input.text('name'));
    if (refused) return refused;
    const clone = named(input);
    if (!clone || !clone.dir.phys.origin) return 0;
    // What it was cloned from gives its snapshots away.
    const origin = clone.spa.datasetByObject(clone.dir.phys.origin);
    return origin && origin != clone.spa.origin ? mayChange(origin.name) : 0;
  }
  run(input: NvList, output: NvList): i32 {
    const clone = named(input);
    const result = clone ? promote(clone) : setError(ENOENT);
    if (result < 0) output.setText('snapshot', conflict);
    return result;
  }
}

/** `name`, a head: to its last snapshot. */
class Rollback extends Request {
  constructor() {
    super('rollback');
  }
  permit(input: NvList): i32 {
    return mayChange(input.text('name'));
  }
  run(input: NvList, output: NvList): i32 {
    const head = named(input);
    return head ? rollback(head) : setError(ENOENT);
  }
}

/** The snapshot `name` and with `recursive` those of its name below. */
function snapshotsOf(input: NvList): Dataset[] {
  const found: Dataset[] = [];
  const words = input.text('name').split('@');
  const spa = poolOf(words[0]);
  const head = spa && words.length == 2 ? findDataset(spa, words[0]) : null;
  if (!head) return found;
  const all = head.spa.allDatasets();
  for (let i = 0; i < all.length; i++) {
    if (all[i].isSnapshot || !(all[i] == head || (input.has('recursive') && isBelow(all[i].dir, head.dir)))) continue;
    const snapshot = findSnapshot(all[i], words[1]);
    if (snapshot) found.push(snapshot);
  }
  return found;
}

/** `name`, `tag`, `recursive`. */
class Hold extends Request {
  constructor() {
    super('hold');
  }
  permit(input: NvList): i32 {
    return mayChange(input.text('name'));
  }
  run(input: NvList, output: NvList): i32 {
    return holdSnapshots(snapshotsOf(input), input.text('tag'));
  }
}
class Release extends Request {
  constructor() {
    super('release');
  }
  permit(input: NvList): i32 {
    return mayChange(input.text('name'));
  }
  run(input: NvList, output: NvList): i32 {
    return releaseSnapshots(snapshotsOf(input), input.text('tag'));
  }
}

/** Lists `holds`: `name`, `tag`, `time`. */
class Holds extends Request {
  constructor() {
    super('holds');
  }
  permit(input: NvList): i32 {
    return maySee(input.text('name'));
  }
  get isQuery(): bool {
    return true;
  }
  run(input: NvList, output: NvList): i32 {
    const snapshots = snapshotsOf(input);
    const lists: NvList[] = [];
    for (let i = 0; i < snapshots.length; i++) {
      if (!holdCount(snapshots[i])) continue;
      const tags: string[] = [];
      const times: u64[] = [];
      readHolds(snapshots[i], tags, times);
      for (let j = 0; j < tags.length; j++) {
        lists.push(new NvList().setText('name', snapshots[i].name).setText('tag', tags[j]).setNumber('time', times[j]));
      }
    }
    output.setLists('holds', lists);
    return snapshots.length ? 0 : setError(ENOENT);
  }
}
