// SPDX-License-Identifier: MIT
/**
 * @fileoverview Rollback: a head becomes what its last snapshot is. What was born since is freed; what the head had let go of it has again, so its
 * deadlist is emptied.
 */
import { EBUSY, EINVAL, EIO, EROFS, setError } from '../../guest-os/kernel/errno';
import { Spa } from '../spa/spa';
import { Task } from '../spa/task';
import { POINTER_SIZE } from '../zio/blockPointer';
import { Dataset } from './dataset';
import { addDeadlistKey, createDeadlist, DeadlistKeys, deadlistRange, freeDeadlist, readKeys, Space } from './deadlist';
import { killBlocks } from './destroy';
import { USED_HEAD, USED_SNAPSHOTS } from './dir';

export class RollbackTask extends Task {
  constructor(
    private readonly head: Dataset,
    private readonly snapshot: Dataset,
  ) {
    super();
  }
  heads(): Dataset[] {
    return [this.head];
  }
  run(spa: Spa, txg: u64): i32 {
    const mos = spa.mos!;
    const head = this.head;
    const snapshot = this.snapshot;
    const phys = head.phys;
    head.closeObjset();
    let result = killBlocks(head);
    if (result < 0) return result;
    // Blocks of an origin's snapshots are nobody's in this directory.
    const kept = new Space();
    result = deadlistRange(mos, phys.deadlist, head.originTxg(), u64.MAX_VALUE, kept);
    if (result == 0) head.dir.moveUsed(USED_SNAPSHOTS, USED_HEAD, kept.used);
    if (snapshot.phys.next == head.object && result == 0) {
      const alone = new Space();
      result = deadlistRange(mos, phys.deadlist, snapshot.phys.previousTxg, u64.MAX_VALUE, alone);
      snapshot.phys.unique -= alone.used;
      snapshot.dirty();
    }
    const keys = new DeadlistKeys();
    if (result == 0) result = readKeys(mos, phys.deadlist, keys);
    if (result == 0) result = freeDeadlist(mos, phys.deadlist);
    if (result < 0) return result;
    phys.deadlist = createDeadlist(mos);
    for (let i = 0; i < keys.births.length; i++) addDeadlistKey(mos, phys.deadlist, keys.births[i]);
    memory.copy(phys.root.pointer, snapshot.phys.root.pointer, POINTER_SIZE);
    phys.referenced = snapshot.phys.referenced;
    phys.compressed = snapshot.phys.compressed;
    phys.uncompressed = snapshot.phys.uncompressed;
    phys.unique = 0;
    head.dirty();
    return 0;
  }
}

/** To the last snapshot there is; if it is mounted, it stays so. EINVAL: none; EBUSY: in use otherwise. */
export function rollback(head: Dataset): i32 {
  const spa = head.spa;
  if (head.isSnapshot || !head.phys.previous) return setError(EINVAL);
  const snapshot = spa.datasetByObject(head.phys.previous);
  if (!snapshot) return setError(EIO);
  if (snapshot == spa.origin) return setError(EINVAL);
  const mount = head.mount;
  if (head.users > (mount ? 1 : 0)) return setError(EBUSY);
  if (!spa.isWritable) return setError(EROFS);
  if (mount) mount.suspend();
  const result = spa.perform(new RollbackTask(head, snapshot));
  if (mount) mount.resume();
  return result;
}
