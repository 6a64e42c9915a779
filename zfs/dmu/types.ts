// SPDX-License-Identifier: MIT
/** @fileoverview Types of objects and of bonus buffers, and which of them are metadata: those have one copy more and are always compressed. */
import { levelOf, logicalSize, physicalSize, typeOf } from '../zio/blockPointer';

export const TYPE_NONE: u32 = 0;
export const TYPE_OBJECT_DIRECTORY: u32 = 1;
export const TYPE_OBJECT_ARRAY: u32 = 2;
export const TYPE_PACKED_NVLIST: u32 = 3;
export const TYPE_PACKED_NVLIST_SIZE: u32 = 4;
export const TYPE_BPOBJ: u32 = 5;
export const TYPE_BPOBJ_HEADER: u32 = 6;
export const TYPE_SPACE_MAP_HEADER: u32 = 7;
export const TYPE_SPACE_MAP: u32 = 8;
export const TYPE_INTENT_LOG: u32 = 9;
export const TYPE_DNODE: u32 = 10;
export const TYPE_OBJSET: u32 = 11;
export const TYPE_DSL_DIR: u32 = 12;
export const TYPE_DSL_DIR_CHILDREN: u32 = 13;
export const TYPE_DSL_SNAPSHOTS: u32 = 14;
export const TYPE_DSL_PROPERTIES: u32 = 15;
export const TYPE_DSL_DATASET: u32 = 16;
export const TYPE_ZNODE: u32 = 17;
export const TYPE_OLD_ACL: u32 = 18;
export const TYPE_PLAIN_FILE: u32 = 19;
export const TYPE_DIRECTORY: u32 = 20;
export const TYPE_MASTER_NODE: u32 = 21;
export const TYPE_DELETE_QUEUE: u32 = 22;
export const TYPE_ZVOL: u32 = 23;
export const TYPE_ZVOL_PROPERTIES: u32 = 24;
export const TYPE_PLAIN_OTHER: u32 = 25;
export const TYPE_UINT64_OTHER: u32 = 26;
export const TYPE_ERROR_LOG: u32 = 28;
export const TYPE_HISTORY: u32 = 29;
export const TYPE_HISTORY_OFFSETS: u32 = 30;
export const TYPE_POOL_PROPERTIES: u32 = 31;
export const TYPE_ACL: u32 = 33;
export const TYPE_SYSACL: u32 = 34;
export const TYPE_NEXT_CLONES: u32 = 37;
export const TYPE_SCAN_QUEUE: u32 = 38;
export const TYPE_USER_GROUP_USED: u32 = 39;
export const TYPE_USER_GROUP_QUOTA: u32 = 40;
export const TYPE_USER_REFERENCES: u32 = 41;
export const TYPE_SA: u32 = 44;
export const TYPE_SA_MASTER: u32 = 45;
export const TYPE_SA_REGISTRY: u32 = 46;
export const TYPE_SA_LAYOUTS: u32 = 47;
export const TYPE_DEADLIST: u32 = 50;
export const TYPE_DEADLIST_HEADER: u32 = 51;
export const TYPE_DSL_CLONES: u32 = 52;
export const TYPE_BPOBJ_SUBOBJECTS: u32 = 53;
/** Types that pool version 28 knows are below this. */
export const TYPES: u32 = 54;

/** Types that came with features have this bit, and say themselves whether they are metadata. */
export const NEW_TYPE: u32 = 0x80;
const NEW_METADATA: u32 = 0x40;

/** Object sets: the pool's own, file systems, volumes. */
export const OBJSET_META: u64 = 1;
export const OBJSET_ZFS: u64 = 2;
export const OBJSET_ZVOL: u64 = 3;

export function isMetadata(type: u32): bool {
  if (type & NEW_TYPE) return (type & NEW_METADATA) != 0;
  return type != TYPE_PLAIN_FILE && type != TYPE_ZVOL && type != TYPE_PLAIN_OTHER && type != TYPE_UINT64_OTHER;
}

/** Bytes that a block counts with towards a compression ratio, of which metadata, always compressed, is no part. */
export function ratioSize(bp: usize): u32 {
  return levelOf(bp) > 0 || isMetadata(typeOf(bp)) ? physicalSize(bp) : logicalSize(bp);
}
