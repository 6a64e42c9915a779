// SPDX-License-Identifier: MIT
/** @fileoverview Requests for zdb(8): labels of a device, and what lies beneath a pool that is open. */
import { EIO, ENOENT, setError } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { Objset } from '../dmu/objset';
import { OBJSET_META, OBJSET_ZFS, OBJSET_ZVOL } from '../dmu/types';
import { labelAt, LABELS, treeOf } from '../spa/config';
import { findPool } from '../spa/pools';
import { Spa } from '../spa/spa';
import { Leaf } from '../vdev/leaf';
import { Request } from './request';

export function inspectRequests(): Request[] {
  return [new Labels(), new Config(), new Objsets()];
}

/** The labels of `path` that are valid, with `label`, their number. */
class Labels extends Request {
  constructor() {
    super('device_labels');
  }
  run(input: NvList, output: NvList): i32 {
    const leaf = new Leaf('file', 0, 0, input.text('path'));
    leaf.open();
    if (!leaf.isOpen) return setError(ENOENT);
    const labels: NvList[] = [];
    for (let i = 0; i < LABELS; i++) {
      const config = labelAt(leaf, i);
      if (!config) continue;
      const label = new NvList().setNumber('label', i);
      label.setList('config', config);
      labels.push(label);
    }
    leaf.close();
    output.setLists('labels', labels);
    return 0;
  }
}

/** `config` as the MOS has it, and the uberblock. */
class Config extends Request {
  constructor() {
    super('pool_config');
  }
  run(input: NvList, output: NvList): i32 {
    const spa = findPool(input.text('pool'));
    if (!spa) return setError(ENOENT);
    const synced = spa.isWritable ? spa.sync() : 0;
    if (synced < 0) return synced;
    const txg = spa.openTxg - 1;
    output.setList('config', spa.config(txg, treeOf(spa), null, null));
    output.setNumber('version', spa.version);
    output.setNumber('txg', txg);
    output.setNumber('guid_sum', spa.guidSum());
    output.setNumber('timestamp', spa.timestamp);
    return 0;
  }
}

/** Every object set: `name`, `type`, `id`, `cr_txg`, `bytes`, `objects`. */
class Objsets extends Request {
  constructor() {
    super('pool_objsets');
  }
  run(input: NvList, output: NvList): i32 {
    const spa = findPool(input.text('pool'));
    if (!spa) return setError(ENOENT);
    const synced = spa.isWritable ? spa.sync() : 0;
    if (synced < 0) return synced;
    const lists: NvList[] = [describe('mos', spa.mos!, 0, 4, mosUsed(spa))];
    const datasets = spa.allDatasets();
    for (let i = 0; i < datasets.length; i++) {
      const dataset = datasets[i];
      if (dataset.name.includes('$')) continue;
      const objset = dataset.objset();
      if (!objset) return setError(EIO);
      lists.push(describe(dataset.name, objset, dataset.object, dataset.phys.creationTxg, dataset.phys.referenced));
    }
    output.setLists('objsets', lists);
    return 0;
  }
}

function mosUsed(spa: Spa): u64 {
  const dir = spa.mosDir;
  return dir ? dir.phys.used : 0;
}

function describe(name: string, objset: Objset, id: u64, txg: u64, bytes: u64): NvList {
  const list = new NvList().setText('name', name).setNumber('id', id).setNumber('cr_txg', txg);
  const type = objset.type;
  list.setText('type', type == OBJSET_ZFS ? 'ZPL' : type == OBJSET_ZVOL ? 'ZVOL' : type == OBJSET_META ? 'META' : 'OTHER');
  return list.setNumber('bytes', bytes).setNumber('objects', objset.objects());
}
