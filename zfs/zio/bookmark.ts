// SPDX-License-Identifier: MIT
/**
 * @fileoverview Which block is being read: noted before a block is fetched, so that one that cannot be read can be named. Reading a block reads no
 * other, so one place is enough.
 */
export let markObjset: u64 = 0;
export let markObject: u64 = 0;
export let markLevel: i32 = 0;
export let markBlock: u64 = 0;

/** `objset`: the dataset's object; 0: the pool's own. */
export function mark(objset: u64, object: u64, level: i32, block: u64): void {
  markObjset = objset;
  markObject = object;
  markLevel = level;
  markBlock = block;
}
