// SPDX-License-Identifier: MIT
/** @fileoverview System call 36, sync: everything written goes to stable storage. */
import { syncPools } from '../../zfs/port/kernel';
import { mountList } from '../fs/mount';

export function sync(): i64 {
  const list = mountList();
  for (let i = 0; i < list.length; i++) list[i].sync();
  // Pools without a file system that is mounted are among them.
  syncPools();
  return 0;
}
