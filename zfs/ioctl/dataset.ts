// SPDX-License-Identifier: MIT
/** @fileoverview Requests about datasets. */
import { ENOENT, setError } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { Dataset } from '../dsl/dataset';
import { USED_CHILDREN, USED_RESERVATION, USED_SNAPSHOTS } from '../dsl/dir';
import { cloneSnapshot, createDataset, createVolumeDataset, findDataset, takeSnapshot } from '../dsl/operations';
import { allPools, poolOf } from '../spa/pools';
import { VOLUME_BLOCK } from '../zvol/volume';
import { Request } from './request';

export function datasetRequests(): Request[] {
  return [new List(), new Create(), new Snapshot(), new Clone()];
}

/** Every dataset but the system's own, with what is counted of it. */
class List extends Request {
  constructor() {
    super('dataset_list');
  }
  get isQuery(): bool {
    return true;
  }
  run(input: NvList, output: NvList): i32 {
    const pools = allPools();
    const lists: NvList[] = [];
    for (let i = 0; i < pools.length; i++) {
      const datasets = pools[i].allDatasets();
      for (let j = 0; j < datasets.length; j++) if (!datasets[j].name.includes('$')) lists.push(describe(datasets[j]));
    }
    output.setLists('datasets', lists);
    return 0;
  }
}

function describe(dataset: Dataset): NvList {
  const list = new NvList();
  const phys = dataset.phys;
  const dir = dataset.dir.phys;
  const isSnapshot = dataset.isSnapshot;
  list.setText('name', dataset.name);
  list.setNumber('snapshot', isSnapshot ? 1 : 0);
  list.setNumber('guid', phys.guid);
  list.setNumber('creation', phys.creation);
  list.setNumber('createtxg', phys.creationTxg);
  list.setNumber('referenced', phys.referenced);
  list.setNumber('compressed', phys.compressed);
  list.setNumber('uncompressed', phys.uncompressed);
  list.setNumber('used', isSnapshot ? phys.unique : dir.used);
  if (isSnapshot) return list;
  list.setNumber('available', dataset.dir.available());
  list.setNumber('usedbysnapshots', dir.breakdown(USED_SNAPSHOTS));
  list.setNumber('usedbychildren', dir.breakdown(USED_CHILDREN));
  list.setNumber('usedbyrefreservation', dir.breakdown(USED_RESERVATION));
  list.setNumber('quota', dir.quota);
  list.setNumber('reservation', dir.reserved);
  return list;
}

/** `name`; for a volume `volsize`, perhaps `volblocksize`. */
class Create extends Request {
  constructor() {
    super('dataset_create');
  }
  run(input: NvList, output: NvList): i32 {
    const name = input.text('name');
    const spa = poolOf(name);
    if (!spa) return setError(ENOENT);
    if (!input.has('volsize')) return createDataset(spa, name);
    return createVolumeDataset(spa, name, input.number('volsize'), <u32>input.number('volblocksize', VOLUME_BLOCK));
  }
}

/** `name`, with @. */
class Snapshot extends Request {
  constructor() {
    super('snapshot');
  }
  run(input: NvList, output: NvList): i32 {
    const words = input.text('name').split('@');
    const spa = poolOf(words[0]);
    const head = spa && words.length == 2 ? findDataset(spa, words[0]) : null;
    return head ? takeSnapshot(head, words[1]) : setError(ENOENT);
  }
}

/** `origin`, `name`. */
class Clone extends Request {
  constructor() {
    super('clone');
  }
  run(input: NvList, output: NvList): i32 {
    const spa = poolOf(input.text('origin'));
    const origin = spa ? findDataset(spa, input.text('origin')) : null;
    return origin ? cloneSnapshot(spa!, origin, input.text('name')) : setError(ENOENT);
  }
}
