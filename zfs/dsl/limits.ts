// SPDX-License-Identifier: MIT
/**
 * @fileoverview Setting properties, in the sync of a group. Most are only stored; those that limit space or set it aside change what is counted: quota
 * and reservation of a directory with all below it, refquota and refreservation of what its dataset itself refers to.
 */
import { ENOSPC, setError } from '../../guest-os/kernel/errno';
import { NV_STRING, NV_UINT64, NvList, Pair } from '../port/nvlist';
import { Spa } from '../spa/spa';
import { Task } from '../spa/task';
import { Dataset } from './dataset';
import { clearStored, reapplyBelow, storeNumber, storeText } from './properties';

/** ENOSPC: less than is used or reserved, more than there is room for or than a quota allows. */
export function checkLimit(dataset: Dataset, name: string, value: u64): i32 {
  const dir = dataset.dir.phys;
  const phys = dataset.phys;
  if (name == 'quota') {
    return value && (value < dir.reserved || value < dir.used + dataset.dir.pending) ? setError(ENOSPC) : 0;
  }
  if (name == 'reservation') {
    const more = max(dir.used, value) - max(dir.used, dir.reserved);
    if (max(dir.used, value) <= max(dir.used, dir.reserved)) return 0;
    const parent = dataset.dir.parent;
    const room = parent ? parent.available() : dataset.dir.available();
    return more > room || (dir.quota && value > dir.quota) ? setError(ENOSPC) : 0;
  }
  if (name == 'refquota') {
    return value && (value < dataset.reserved || value < phys.referenced + dataset.pending) ? setError(ENOSPC) : 0;
  }
  if (name != 'refreservation') return 0;
  const used = max(phys.unique, dataset.reserved);
  if (max(phys.unique, value) <= used) return 0;
  const more = max(phys.unique, value) - used;
  return more > dataset.dir.available() || (dataset.refQuota && value > dataset.refQuota) ? setError(ENOSPC) : 0;
}

/** Room that a dataset yet to be made needs below a directory. */
export function isLimit(name: string): bool {
  return name == 'quota' || name == 'reservation' || name == 'refquota' || name == 'refreservation';
}

/** In the sync of a group. */
export function setProperty(dataset: Dataset, pair: Pair, received: bool): i32 {
  const dir = dataset.dir;
  const name = pair.name;
  if (pair.type == NV_STRING) return storeText(dataset, name, pair.text, received);
  if (pair.type != NV_UINT64) return 0;
  if (name == 'quota') {
    dir.phys.quota = pair.number;
    dir.dirty();
    return 0;
  }
  if (name == 'reservation') {
    dir.setReservation(pair.number);
    return 0;
  }
  if (name == 'refreservation') dataset.setReserved(pair.number);
  if (name == 'refquota') dataset.refQuota = pair.number;
  // A stream's limits are limits like others.
  return storeNumber(dataset, name, pair.number, received && !isLimit(name));
}

export function setProperties(dataset: Dataset, list: NvList | null, received: bool): i32 {
  let result = 0;
  for (let i = 0; list && i < list.pairs.length && result == 0; i++) result = setProperty(dataset, list.pairs[i], received);
  return result;
}

export class SetTask extends Task {
  constructor(
    private readonly dataset: Dataset,
    private readonly list: NvList,
    private readonly received: bool,
  ) {
    super();
  }
  run(spa: Spa, txg: u64): i32 {
    const result = setProperties(this.dataset, this.list, this.received);
    reapplyBelow(this.dataset.dir);
    return result;
  }
}

export class ClearTask extends Task {
  constructor(
    private readonly dataset: Dataset,
    private readonly name: string,
    private readonly toReceived: bool,
  ) {
    super();
  }
  run(spa: Spa, txg: u64): i32 {
    const result = clearStored(this.dataset, this.name, this.toReceived);
    reapplyBelow(this.dataset.dir);
    return result;
  }
}
