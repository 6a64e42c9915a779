// SPDX-License-Identifier: MIT
/** @fileoverview Requests about datasets: listing and making them. */
import { EINVAL, ENOENT, setError } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { Dataset } from '../dsl/dataset';
import { cloneSnapshot, createDataset, createVolumeDataset, failedFor, takeSnapshots } from '../dsl/operations';
import { findDataset, findDir } from '../dsl/names';
import { isBelow } from '../dsl/properties';
import { allPools, poolOf } from '../spa/pools';
import { Spa } from '../spa/spa';
import { VOLUME_BLOCK } from '../zvol/volume';
import { caller, mayChange, mayMake, maySetAll } from '../dsl/caller';
import { Request } from './request';
import { describeValues, kindOf } from './values';

export function datasetRequests(): Request[] {
  return [new List(), new Create(), new Snapshot(), new Clone()];
}

/** The dataset that a request names as `name`; null: none. */
export function named(input: NvList, key: string = 'name'): Dataset | null {
  const name = input.text(key);
  const spa = poolOf(name);
  return spa ? findDataset(spa, name) : null;
}

/** A text of lines; none: an empty list. */
export function lines(text: string): string[] {
  return text.length ? text.split('\n') : [];
}

/**
 * Datasets but for the system's own: all, or those of `names` (by lines) and down to `depth` levels below them; snapshots count as a level. `types`:
 * bits of kinds (prop/property.ts). `properties` by lines: only these; `quick`: nothing but names.
 */
class List extends Request {
  constructor() {
    super('dataset_list');
  }
  get isQuery(): bool {
    return true;
  }
  permit(input: NvList): i32 {
    return 0;
  }
  run(input: NvList, output: NvList): i32 {
    const found: NvList[] = [];
    const types = <i32>input.number('types', 7);
    const depth = input.number('depth', u64.MAX_VALUE);
    const properties = lines(input.text('properties'));
    const quick = input.has('quick');
    const names = lines(input.text('names'));
    const pools = allPools();
    for (let i = 0; i < pools.length && !names.length; i++) this.collect(pools[i], null, depth, types, properties, quick, found);
    for (let i = 0; i < names.length; i++) {
      const spa = poolOf(names[i]);
      const root = spa && caller.sees(names[i]) ? findDataset(spa, names[i]) : null;
      if (!root) {
        output.setText('missing', names[i]);
        return setError(ENOENT);
      }
      this.collect(spa!, root, depth, types, properties, quick, found);
    }
    output.setLists('datasets', found);
    return 0;
  }

  private collect(
    spa: Spa,
    root: Dataset | null,
    depth: u64,
    types: i32,
    properties: string[],
    quick: bool,
    found: NvList[],
  ): void {
    const all = spa.allDatasets();
    for (let i = 0; i < all.length; i++) {
      const dataset = all[i];
      if (root && !isWithin(dataset, root, depth)) continue;
      if (dataset.isSnapshot ? !(types & 4) : !(types & 3)) continue;
      const name = dataset.name;
      if (name.includes('$') || name.includes('%') || !caller.sees(name)) continue;
      const kind = kindOf(dataset);
      if (!(kind & types)) continue;
      const list = new NvList();
      list.setText('name', name);
      list.setNumber('kind', kind);
      list.setNumber('born', dataset.phys.creationTxg);
      if (!quick) describeValues(dataset, properties, list);
      found.push(list);
    }
  }
}

function isWithin(dataset: Dataset, root: Dataset, depth: u64): bool {
  if (dataset == root) return true;
  if (root.isSnapshot || !isBelow(dataset.dir, root.dir)) return false;
  let levels: u64 = dataset.isSnapshot ? 1 : 0;
  for (let dir = dataset.dir; dir != root.dir; dir = dir.parent!) levels++;
  return levels <= depth;
}

/** `name`, `properties`; for a volume `volsize`, perhaps `volblocksize`. */
class Create extends Request {
  constructor() {
    super('dataset_create');
  }
  permit(input: NvList): i32 {
    const refused = mayMake(input.text('name'));
    return refused ? refused : maySetAll(input.text('name'), input.list('properties'));
  }
  run(input: NvList, output: NvList): i32 {
    const name = input.text('name');
    const spa = poolOf(name);
    if (!spa) return setError(ENOENT);
    const properties = input.list('properties');
    if (!input.has('volsize')) return createDataset(spa, name, properties);
    const block = <u32>input.number('volblocksize', VOLUME_BLOCK);
    return createVolumeDataset(spa, name, input.number('volsize'), block, properties);
  }
}

/** `name`, with @; `recursive`: of all datasets below, at the same instant. `properties`. */
class Snapshot extends Request {
  constructor() {
    super('snapshot');
  }
  permit(input: NvList): i32 {
    const refused = mayChange(input.text('name'));
    return refused ? refused : maySetAll(input.text('name'), input.list('properties'));
  }
  run(input: NvList, output: NvList): i32 {
    const words = input.text('name').split('@');
    const spa = poolOf(words[0]);
    const dir = spa && words.length == 2 ? findDir(spa, words[0]) : null;
    if (!dir) return setError(words.length == 2 ? ENOENT : EINVAL);
    const heads: Dataset[] = [];
    const all = spa!.allDatasets();
    for (let i = 0; i < all.length; i++) {
      if (all[i].isSnapshot || all[i].name.includes('$') || all[i].name.includes('%')) continue;
      if (all[i].dir == dir || (input.has('recursive') && isBelow(all[i].dir, dir))) heads.push(all[i]);
    }
    const result = takeSnapshots(heads, words[1], input.list('properties'));
    if (result < 0) output.setText('name', failedFor);
    return result;
  }
}

/** `origin`, `name`, `properties`. */
class Clone extends Request {
  constructor() {
    super('clone');
  }
  permit(input: NvList): i32 {
    const name = input.text('name');
    let refused = mayMake(name);
    if (!refused) refused = mayChange(input.text('origin'));
    return refused ? refused : maySetAll(name, input.list('properties'));
  }
  run(input: NvList, output: NvList): i32 {
    const origin = named(input, 'origin');
    return origin ? cloneSnapshot(origin.spa, origin, input.text('name'), input.list('properties')) : setError(ENOENT);
  }
}
