// SPDX-License-Identifier: MIT
/** @fileoverview Requests about the devices of a pool and about scans, each with `pool`; a device is named by its name, path or guid. */
import { EINVAL, ENODEV, ENOENT, EROFS, setError } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { addVdev, attach, clearErrors, detach, findLeaf, offline, online } from '../spa/devices';
import { findPool } from '../spa/pools';
import { SCRUB } from '../spa/scan';
import { Spa } from '../spa/spa';
import { Leaf } from '../vdev/leaf';
import { VDEV_HEALTHY, Vdev } from '../vdev/vdev';
import { pathOfObject } from './path';
import { checkOpen, vdevOf } from './pool';
import { Request } from './request';

export function deviceRequests(): Request[] {
  return [new Scrub(), new Errors(), new Add(), new Attach(), new Detach(), new Offline(), new Online(), new Clear()];
}

/** A request for a pool that can be changed. */
abstract class PoolRequest extends Request {
  constructor(name: string) {
    super(name);
  }
  run(input: NvList, output: NvList): i32 {
    const spa = findPool(input.text('pool'));
    if (!spa) return setError(ENOENT);
    return spa.isWritable ? this.change(spa, input) : setError(EROFS);
  }
  abstract change(spa: Spa, input: NvList): i32;
}

/** With `stop`: cancels. EBUSY: one is under way; ENOENT: none is. */
class Scrub extends PoolRequest {
  constructor() {
    super('pool_scrub');
  }
  change(spa: Spa, input: NvList): i32 {
    return input.number('stop') ? spa.scan.cancel() : spa.scan.begin(SCRUB);
  }
}

/** Files with errors: `dataset` (empty: the pool itself), `object`, and `path` where it can be told. */
class Errors extends Request {
  constructor() {
    super('pool_errors');
  }
  run(input: NvList, output: NvList): i32 {
    const spa = findPool(input.text('pool'));
    if (!spa) return setError(ENOENT);
    const objects = spa.errors.objects();
    for (let i = 0; i < objects.length; i++) {
      const dataset = spa.datasetByObject(objects[i].number('objset'));
      if (!dataset) continue;
      objects[i].setText('dataset', dataset.name);
      objects[i].setText('path', pathOfObject(dataset, objects[i].number('object')));
    }
    output.setLists('errors', objects);
    return 0;
  }
}

/** `vdevs`: more of them at the top. */
class Add extends PoolRequest {
  constructor() {
    super('pool_add');
  }
  change(spa: Spa, input: NvList): i32 {
    const configs = input.lists('vdevs');
    const vdevs: Vdev[] = [];
    let error = 0;
    for (let i = 0; i < configs.length && error == 0; i++) {
      const vdev = vdevOf(configs[i]);
      if (!vdev) error = setError(EINVAL);
      else {
        // As the others are, unless a device needs more.
        vdev.ashift = spa.tops[0].ashift;
        vdev.open();
        vdevs.push(vdev);
        error = vdev.state == VDEV_HEALTHY ? 0 : checkOpen(vdev);
      }
    }
    for (let i = 0; i < vdevs.length; i++) if (error < 0) vdevs[i].close();
    for (let i = 0; i < vdevs.length && error == 0; i++) error = addVdev(spa, vdevs[i]);
    return error;
  }
}

/** `device` gets `vdev` beside it; with `replace` in its place. ENODEV: no such device in the pool. */
class Attach extends PoolRequest {
  constructor() {
    super('pool_attach');
  }
  change(spa: Spa, input: NvList): i32 {
    const old = findLeaf(spa, input.text('device'));
    const config = input.list('vdev');
    const fresh = config ? vdevOf(config) : null;
    if (!old) return setError(ENODEV);
    if (!fresh || !(fresh instanceof Leaf)) return setError(EINVAL);
    return attach(spa, old, fresh as Leaf, input.number('replace') != 0);
  }
}

/** A request for one device. */
abstract class DeviceRequest extends PoolRequest {
  change(spa: Spa, input: NvList): i32 {
    const leaf = findLeaf(spa, input.text('device'));
    return leaf ? this.apply(spa, leaf, input) : setError(ENODEV);
  }
  abstract apply(spa: Spa, leaf: Leaf, input: NvList): i32;
}

class Detach extends DeviceRequest {
  constructor() {
    super('pool_detach');
  }
  apply(spa: Spa, leaf: Leaf, input: NvList): i32 {
    return detach(spa, leaf);
  }
}

/** `temporary`: only until the pool is imported again. */
class Offline extends DeviceRequest {
  constructor() {
    super('pool_offline');
  }
  apply(spa: Spa, leaf: Leaf, input: NvList): i32 {
    return offline(spa, leaf, input.number('temporary') != 0);
  }
}

class Online extends DeviceRequest {
  constructor() {
    super('pool_online');
  }
  apply(spa: Spa, leaf: Leaf, input: NvList): i32 {
    return online(spa, leaf);
  }
}

/** Counts of errors begin again, of `device` or of all. */
class Clear extends PoolRequest {
  constructor() {
    super('pool_clear');
  }
  change(spa: Spa, input: NvList): i32 {
    const name = input.text('device');
    const leaf = name.length ? findLeaf(spa, name) : null;
    if (name.length && !leaf) return setError(ENODEV);
    clearErrors(spa, leaf);
    return 0;
  }
}
