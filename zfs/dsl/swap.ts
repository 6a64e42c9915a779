// SPDX-License-Identifier: MIT
/**
 * @fileoverview Two heads change what they have: a head, and a clone of its last snapshot without snapshots of its own. So a stream that has been received
 * into such a clone becomes the head's contents in one step, however long it took to come.
 *
 * Root blocks and deadlists change places, and with them what is counted of them. What the last snapshot has alone follows from the new deadlist.
 */
import { DslDatasetPhys } from 'layout/zfs';
import { EINVAL, EIO, setError } from '../../guest-os/kernel/errno';
import { freeBuffer, newZeroed } from '../port/memory';
import { POINTER_SIZE } from '../zio/blockPointer';
import { Dataset } from './dataset';
import { deadlistRange, Space } from './deadlist';
import { USED_HEAD, USED_RESERVATION, USED_SNAPSHOTS } from './dir';

/** In the sync of a group. Neither is in use. */
export function swapHeads(head: Dataset, clone: Dataset): i32 {
  const spa = head.spa;
  const mos = spa.mos!;
  const a = head.phys;
  const b = clone.phys;
  const last = spa.datasetByObject(a.previous);
  if (!last || b.previous != a.previous) return setError(EINVAL);
  head.closeObjset();
  clone.closeObjset();
  const headDead = new Space();
  const cloneDead = new Space();
  const headSnapshots = new Space();
  const cloneSnapshots = new Space();
  const alone = new Space();
  const originTxg = head.originTxg();
  let result = deadlistRange(mos, a.deadlist, 0, u64.MAX_VALUE, headDead);
  if (result == 0) result = deadlistRange(mos, b.deadlist, 0, u64.MAX_VALUE, cloneDead);
  if (result == 0) result = deadlistRange(mos, a.deadlist, originTxg, u64.MAX_VALUE, headSnapshots);
  if (result == 0) result = deadlistRange(mos, b.deadlist, originTxg, u64.MAX_VALUE, cloneSnapshots);
  if (result == 0) result = deadlistRange(mos, b.deadlist, last.phys.previousTxg, u64.MAX_VALUE, alone);
  if (result < 0) return setError(EIO);

  const used = <i64>(b.referenced + cloneDead.used) - <i64>(a.referenced + headDead.used);
  const compressed = <i64>(b.compressed + cloneDead.compressed) - <i64>(a.compressed + headDead.compressed);
  const uncompressed = <i64>(b.uncompressed + cloneDead.uncompressed) - <i64>(a.uncompressed + headDead.uncompressed);
  // Of what is reserved, another part is used now.
  const reserved = <i64>min(head.reserved, a.unique) - <i64>min(head.reserved, b.unique);
  head.dir.addUsed(USED_HEAD, used, compressed, uncompressed);
  clone.dir.addUsed(USED_HEAD, -used, -compressed, -uncompressed);
  head.dir.moveUsed(USED_HEAD, USED_SNAPSHOTS, <i64>cloneSnapshots.used - <i64>headSnapshots.used);
  if (reserved) head.dir.addUsed(USED_RESERVATION, reserved, 0, 0);
  last.phys.unique = alone.used;
  last.dirty();

  exchange(a.root.pointer, b.root.pointer, POINTER_SIZE);
  // The deadlist and the four counts behind it.
  exchange(a.pointer + DslDatasetPhys.deadlistOffset, b.pointer + DslDatasetPhys.deadlistOffset, 5 * 8);
  head.dirty();
  clone.dirty();
  return 0;
}

function exchange(a: usize, b: usize, bytes: usize): void {
  const kept = newZeroed(bytes);
  memory.copy(kept, a, bytes);
  memory.copy(a, b, bytes);
  memory.copy(b, kept, bytes);
  freeBuffer(kept, bytes);
}
