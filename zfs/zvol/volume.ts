// SPDX-License-Identifier: MIT
/**
 * @fileoverview Volumes (zvol): datasets that are one large object, used as a disk. Object 1 has the bytes, in blocks of `volblocksize`; object 2 is
 * a ZAP with the size. Never written blocks are holes and read as zeros.
 */
import { EBUSY, EINVAL, EIO, setError } from '../../guest-os/kernel/errno';
import { Dbuf, writeDbuf } from '../dmu/dbuf';
import { dmuFreeRange } from '../dmu/dmu';
import { claimObject, Dnode, holdDnode, releaseDnode } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { OBJSET_ZVOL, TYPE_ZVOL, TYPE_ZVOL_PROPERTIES } from '../dmu/types';
import { Dataset } from '../dsl/dataset';
import { zapGet, zapInit, zapSet, zapValue } from '../zap/zap';
import { LARGEST_BLOCK } from '../zio/blockPointer';

export const VOLUME_DATA: u64 = 1;
export const VOLUME_PROPERTIES: u64 = 2;
export const VOLUME_BLOCK: u32 = 8192;
const SMALLEST_BLOCK: u32 = 512;

/** A size is a multiple of the block size, which is a power of two. */
export function isVolumeSize(size: u64, blockSize: u32): bool {
  const isBlock = blockSize >= SMALLEST_BLOCK && blockSize <= LARGEST_BLOCK && (blockSize & (blockSize - 1)) == 0;
  return isBlock && size != 0 && size <= <u64>i64.MAX_VALUE && size % <u64>blockSize == 0;
}

/** The contents of a new volume, in the sync of its transaction group. */
export function createVolume(objset: Objset, size: u64, blockSize: u32): i32 {
  if (!isVolumeSize(size, blockSize)) return setError(EINVAL);
  claimObject(objset, VOLUME_DATA, TYPE_ZVOL, blockSize, 0, 0);
  claimObject(objset, VOLUME_PROPERTIES, TYPE_ZVOL_PROPERTIES, 512, 0, 0);
  zapInit(objset, VOLUME_PROPERTIES);
  return zapSet(objset, VOLUME_PROPERTIES, 'size', size);
}

export function isVolume(dataset: Dataset): bool {
  const objset = dataset.objset();
  return objset != null && objset.type == OBJSET_ZVOL;
}

/** Bytes; 0: it cannot be read. */
export function volumeSize(objset: Objset): u64 {
  return zapGet(objset, VOLUME_PROPERTIES, 'size') == 0 ? zapValue : 0;
}

/** Why {@link volumeBlock} has given none. */
export let volumeError: i32 = 0;
/**
 * The block at a place, held and dirty, to be written to; null: {@link volumeError}. It is read even if all of it is written, since the copy may fail, but
 * with `fill`.
 */
export function volumeBlock(dataset: Dataset, dn: Dnode, at: u64, fill: bool = false): Dbuf | null {
  volumeError = dataset.spa.begin(dataset, <u64>dn.blockSize * dn.objset.copies);
  if (volumeError < 0) return null;
  const db = writeDbuf(dn, at / <u64>dn.blockSize, fill);
  if (!db) volumeError = setError(EIO);
  return db;
}
/** After bytes of a block were written. */
export function volumeWrote(dataset: Dataset, at: u64, count: u64): i32 {
  const log = dataset.log();
  return log ? log.noteWrite(VOLUME_DATA, at, count) : 0;
}

/** What is beyond a smaller size is freed. */
export function resizeVolume(dataset: Dataset, size: u64): i32 {
  if (dataset.isSwap) return setError(EBUSY);
  const objset = dataset.objset();
  const dn: Dnode | null = objset ? holdDnode(objset, VOLUME_DATA) : null;
  if (!dn) return setError(EIO);
  let result = isVolumeSize(size, dn.blockSize) ? 0 : setError(EINVAL);
  if (result == 0) result = dataset.spa.begin(dataset, VOLUME_BLOCK);
  if (result == 0) result = dmuFreeRange(dn, size, u64.MAX_VALUE);
  if (result == 0) result = zapSet(objset!, VOLUME_PROPERTIES, 'size', size);
  releaseDnode(dn);
  return result;
}
