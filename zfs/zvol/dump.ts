// SPDX-License-Identifier: MIT
/**
 * @fileoverview Volumes as dump devices ("dumpified", as illumos says): each of their blocks has its place on the disks already, without checksum and
 * compression, so that a kernel that panics can write there without asking anything of ZFS.
 *
 * {@link dumpify}: what the volume had is freed; its object gets blocks of 128 KiB; the properties that would not do (checksum, compression,
 * refreservation) are noted in the volume's ZAP beside its old block size, and set to what will; every block is given a place, and nothing is
 * written there; at last the ZAP gets `dumpsize`. Until it has that the volume is no dump device, whatever happens. {@link undumpify} goes the other way.
 * Names and values in the ZAP are those that illumos's zvol.c leaves there.
 *
 * A pool of version 28 has no feature for dumps on several top-level devices, so there must be one, a disk or a mirror of disks; else ENOTSUP.
 * There, as on illumos, blocks have the checksum `off`; `noparity` comes with that feature.
 */
import { EIO, ENOTSUP, EROFS, setError } from '../../guest-os/kernel/errno';
import { dirtyDbuf, holdDbuf, releaseDbuf } from '../dmu/dbuf';
import { claimObject, dirtyDnode, Dnode, freeObject, growTo, holdDnode, releaseDnode } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { TYPE_ZVOL } from '../dmu/types';
import { Dataset } from '../dsl/dataset';
import { SetTask } from '../dsl/limits';
import { ownNumber, inheritedNumber } from '../dsl/properties';
import { NvList } from '../port/nvlist';
import { freeBuffer, newBuffer } from '../port/memory';
import { TopLevel } from '../spa/topLevel';
import { Leaf } from '../vdev/leaf';
import { Vdev } from '../vdev/vdev';
import { zapDelete, zapGet, zapSet, zapValue } from '../zap/zap';
import {
  checksumOf,
  compressionOf,
  copyOffset,
  copyVdev,
  hasCopy,
  isGang,
  LARGEST_BLOCK,
  physicalSize,
  pointer,
  POINTER_SIZE,
  properties,
} from '../zio/blockPointer';
import { CHECKSUM_OFF, CHECKSUM_ON } from '../zio/checksum';
import { COMPRESS_OFF } from '../zio/compress';
import { VOLUME_DATA, VOLUME_PROPERTIES, volumeSize } from './volume';

const DUMP_SIZE: string = 'dumpsize';
const BLOCK_SIZE: string = 'volblocksize';
/** Bytes of a block of a dump device. */
export const DUMP_BLOCK: u32 = LARGEST_BLOCK;

/** The size that was made ready; 0: it is no dump device. */
export function dumpSize(objset: Objset): u64 {
  return zapGet(objset, VOLUME_PROPERTIES, DUMP_SIZE) == 0 ? zapValue : 0;
}
/** The volume that the kernel dumps to. It is written to where its blocks are, whoever else has them: a snapshot's blocks change. */
let active: Dataset | null = null;

export function setDumpVolume(dataset: Dataset | null): void {
  active = dataset;
}
export function isDumpVolume(dataset: Dataset): bool {
  return active == dataset;
}

/** Why it can't be a dump device: 0, or a negative errno. */
export function dumpRefusal(dataset: Dataset): i32 {
  const spa = dataset.spa;
  if (dataset.isSnapshot || !spa.isWritable) return setError(EROFS);
  return spa.tops.length == 1 && canDump(spa.tops[0].vdev) ? 0 : setError(ENOTSUP);
}

/** Makes the volume ready, unless it is. */
export function dumpify(dataset: Dataset): i32 {
  const spa = dataset.spa;
  const refusal = dumpRefusal(dataset);
  if (refusal) return refusal;
  const objset = dataset.objset();
  if (!objset) return setError(EIO);
  const size = volumeSize(objset);
  // What a clone has is its origin's still.
  const isClone = dataset.dir.phys.origin && spa.datasetByObject(dataset.dir.phys.origin) != spa.origin;
  if (size && dumpSize(objset) == size && !isClone) return 0;
  let result = noteProperties(dataset, objset);
  if (result == 0) result = remake(objset, DUMP_BLOCK);
  if (result == 0) result = spa.perform(new SetTask(dataset, asDump(), false));
  if (result == 0) result = preallocate(dataset, objset, size);
  if (result == 0) result = zapSet(objset, VOLUME_PROPERTIES, DUMP_SIZE, size);
  if (result == 0) result = spa.sync();
  if (result < 0) undumpify(dataset);
  return result;
}

/** A volume like others again, and empty. */
export function undumpify(dataset: Dataset): i32 {
  const spa = dataset.spa;
  const objset = dataset.objset();
  if (!objset) return setError(EIO);
  if (!spa.isWritable) return setError(EROFS);
  zapDelete(objset, VOLUME_PROPERTIES, DUMP_SIZE);
  const before = new NvList();
  for (let i = 0; i < NOTED.length; i++) {
    if (zapGet(objset, VOLUME_PROPERTIES, NOTED[i]) == 0) before.setNumber(NOTED[i], zapValue);
  }
  const block = zapGet(objset, VOLUME_PROPERTIES, BLOCK_SIZE) == 0 ? <u32>zapValue : DUMP_BLOCK;
  let result = remake(objset, block);
  if (result == 0) result = spa.perform(new SetTask(dataset, before, false));
  for (let i = 0; i < NOTED.length; i++) zapDelete(objset, VOLUME_PROPERTIES, NOTED[i]);
  zapDelete(objset, VOLUME_PROPERTIES, BLOCK_SIZE);
  return result == 0 ? spa.sync() : result;
}

/** A disk, or a mirror of them: on each lies every byte at the same place. */
function canDump(vdev: Vdev): bool {
  if (vdev instanceof Leaf) return vdev.type == 'disk';
  if (vdev.type != 'mirror') return false;
  for (let i = 0; i < vdev.children.length; i++) if (!canDump(vdev.children[i])) return false;
  return true;
}

const NOTED = ['checksum', 'compression', 'refreservation'];

/** What is noted stays: the volume may have been left half ready. */
function noteProperties(dataset: Dataset, objset: Objset): i32 {
  if (zapGet(objset, VOLUME_PROPERTIES, BLOCK_SIZE) == 0) return 0;
  const dn = holdDnode(objset, VOLUME_DATA);
  if (!dn) return setError(EIO);
  const block = dn.blockSize;
  releaseDnode(dn);
  let result = zapSet(objset, VOLUME_PROPERTIES, NOTED[0], inheritedNumber(dataset.dir, NOTED[0], CHECKSUM_ON));
  if (result == 0) {
    result = zapSet(objset, VOLUME_PROPERTIES, NOTED[1], inheritedNumber(dataset.dir, NOTED[1], COMPRESS_OFF));
  }
  if (result == 0) result = zapSet(objset, VOLUME_PROPERTIES, NOTED[2], ownNumber(dataset.dir, NOTED[2], 0));
  return result == 0 ? zapSet(objset, VOLUME_PROPERTIES, BLOCK_SIZE, block) : result;
}

function asDump(): NvList {
  return new NvList().setNumber('checksum', CHECKSUM_OFF).setNumber('compression', COMPRESS_OFF).setNumber('refreservation', 0);
}

/** Frees all that there is, and begins anew with blocks of another size. */
function remake(objset: Objset, blockSize: u32): i32 {
  const dn = holdDnode(objset, VOLUME_DATA);
  if (!dn) return setError(EIO);
  const result = freeObject(dn);
  releaseDnode(dn);
  if (result == 0) claimObject(objset, VOLUME_DATA, TYPE_ZVOL, blockSize, 0, 0);
  return result;
}

function preallocate(dataset: Dataset, objset: Objset, size: u64): i32 {
  const dn = holdDnode(objset, VOLUME_DATA);
  if (!dn) return setError(EIO);
  const blocks = (size + DUMP_BLOCK - 1) / DUMP_BLOCK;
  let result = growTo(dn, blocks - 1) ? 0 : setError(EIO);
  for (let block: u64 = 0; block < blocks && result == 0; block++) {
    result = dataset.spa.begin(dataset, DUMP_BLOCK);
    if (result == 0) result = place(dn, block);
  }
  releaseDnode(dn);
  return result == 0 ? dataset.spa.sync() : result;
}

/** Gives a block, which is a hole, its place: what is there already is what it has. */
function place(dn: Dnode, block: u64): i32 {
  const parent = dn.levels > 1 ? holdDbuf(dn, 1, block >> dn.fanShift, true) : null;
  if (dn.levels > 1 && !parent) return setError(EIO);
  let slot = dn.pointerAt(block);
  if (parent) {
    dirtyDbuf(parent);
    slot = parent.data + <usize>(block & (((<u64>1) << dn.fanShift) - 1)) * POINTER_SIZE;
  } else dirtyDnode(dn);
  const spa = dn.objset.spa;
  const bp = pointer(slot);
  memory.fill(slot, 0, POINTER_SIZE);
  bp.prop = properties(DUMP_BLOCK, DUMP_BLOCK, COMPRESS_OFF, CHECKSUM_OFF, TYPE_ZVOL, 0);
  bp.birth = spa.openTxg;
  bp.fill = 1;
  const result = spa.allocate(slot, DUMP_BLOCK, 1);
  if (result == 0) dn.objset.blockBorn(dn, slot);
  else memory.fill(slot, 0, POINTER_SIZE);
  if (parent) releaseDbuf(parent);
  return result;
}

// ---- where it is

/** Where a block of a volume that is ready lies on its top-level device; u64.MAX_VALUE: it has no place that could be written to as it is. */
function placeOf(dn: Dnode, block: u64): u64 {
  if (block > dn.maxBlock) return u64.MAX_VALUE;
  const parent = dn.levels > 1 ? holdDbuf(dn, 1, block >> dn.fanShift, true) : null;
  if (dn.levels > 1 && !parent) return u64.MAX_VALUE;
  let slot = dn.pointerAt(block);
  if (parent) slot = parent.data + <usize>(block & (((<u64>1) << dn.fanShift) - 1)) * POINTER_SIZE;
  const isPlain = hasCopy(slot, 0) && !isGang(slot, 0) && copyVdev(slot, 0) == 0;
  const isRaw = physicalSize(slot) == DUMP_BLOCK && compressionOf(slot) == COMPRESS_OFF && checksumOf(slot) == CHECKSUM_OFF;
  const at = isPlain && isRaw ? copyOffset(slot, 0) : u64.MAX_VALUE;
  if (parent) releaseDbuf(parent);
  return at;
}

/** A run of bytes of a volume on its top-level device. */
export class Extent {
  constructor(
    /** In the volume. */
    public at: u64,
    public place: u64,
    public bytes: u64,
  ) {}
}

/** All of a volume that is ready, in order. Null: it is not ready after all. */
export function extentsOf(dataset: Dataset): Extent[] | null {
  const objset = dataset.objset();
  const dn = objset ? holdDnode(objset, VOLUME_DATA) : null;
  if (!dn) return null;
  const extents: Extent[] = [];
  const size = dumpSize(objset!);
  let last: Extent | null = null;
  let good = size != 0;
  for (let at: u64 = 0; at < size && good; at += DUMP_BLOCK) {
    const place = placeOf(dn, at / DUMP_BLOCK);
    const bytes = min<u64>(DUMP_BLOCK, size - at);
    good = place != u64.MAX_VALUE;
    if (last && last.place + last.bytes == place) last.bytes += bytes;
    else if (good) {
      last = new Extent(at, place, bytes);
      extents.push(last);
    }
  }
  releaseDnode(dn);
  return good ? extents : null;
}

/** Reads or writes part of one block of a volume that is ready, past the cache. */
export function transferRaw(dataset: Dataset, dn: Dnode, at: u64, count: u32, memoryAt: usize, isWrite: bool): i32 {
  const top: TopLevel = dataset.spa.tops[0];
  const place = placeOf(dn, at / DUMP_BLOCK);
  if (place == u64.MAX_VALUE) return setError(EIO);
  const unit = ((<u64>1) << top.ashift) - 1;
  const within = at % DUMP_BLOCK;
  const first = within & ~unit;
  const bytes = <u32>(((within + count + unit) & ~unit) - first);
  const buffer = newBuffer(bytes);
  const inside = buffer + <usize>(within - first);
  let result = isWrite && bytes == count ? 0 : top.read(place + first, buffer, bytes, null);
  if (result == 0 && !isWrite) memory.copy(memoryAt, inside, count);
  else if (result == 0) {
    memory.copy(inside, memoryAt, count);
    result = top.write(place + first, buffer, bytes);
    const finished = top.vdev.finish();
    if (result == 0) result = finished;
  }
  freeBuffer(buffer, bytes);
  return result;
}
