// SPDX-License-Identifier: MIT
/** @fileoverview System call 36, sync: everything written goes to stable storage. */
import { mountList } from '../fs/mount';

export function sync(): i64 {
  const list = mountList();
  for (let i = 0; i < list.length; i++) list[i].sync();
  return 0;
}
