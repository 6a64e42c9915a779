// SPDX-License-Identifier: MIT
/** @fileoverview The host's calls that do to a pool what nobody would ask ZFS for: bytes changed under right checksums, structures as others write them. */
import { EIO, ENOENT, setError } from '../../guest-os/kernel/errno';
import { dirtyDbuf, holdDbuf, releaseDbuf } from '../dmu/dbuf';
import { DNODES_PER_BLOCK, bonusOf, dirtyDnode, holdDnode, releaseDnode } from '../dmu/dnode';
import { Visitor, traverse } from '../dmu/traverse';
import { findDataset } from '../dsl/names';
import { NvList } from '../port/nvlist';
import { VERSION_FEATURES } from '../spa/features';
import { zapCreate, zapDelete, zapGet, zapSet, zapSetArray, zapSetText, zapValue } from '../zap/zap';
import {
  ATTRIBUTES,
  A_SYMLINK,
  LAYOUT_FILE,
  LEGACY_ATTRIBUTES,
  attributeLengths,
  attributeNames,
  attributeSwaps,
} from '../zpl/attributes';
import { MASTER_NODE } from '../zpl/create';
import { argument } from './node';
import { list } from './pools';
import { host } from './subject';

/**
 * Changes bytes of an object of a dataset (an empty name: of the pool's own) so that every checksum will be right: those of its block `block`, or,
 * where that is -1, of its dnode. Exclusive-or with `mask`, at a byte that is a multiple of 8. ENOENT: there is none.
 */
export function poke(name: usize, bytes: u32, object: u64, block: i64, offset: u32, mask: u64): i32 {
  const dataset = bytes ? findDataset(host.pool!, argument(name, bytes)) : null;
  if (bytes && !dataset) return setError(ENOENT);
  const objset = dataset ? dataset.objset() : host.pool!.mos;
  if (!objset) return setError(EIO);
  const dn = block < 0 ? objset.meta : holdDnode(objset, object);
  if (!dn) return setError(ENOENT);
  const at = block < 0 ? object / DNODES_PER_BLOCK : <u64>block;
  const db = at <= dn.maxBlock ? holdDbuf(dn, 0, at, true) : null;
  if (db) {
    const place = block < 0 ? ((<u32>(object % DNODES_PER_BLOCK)) << 9) + (offset & 511) : offset % db.size;
    dirtyDbuf(db);
    const word = db.data + <usize>(place & ~7);
    store<u64>(word, load<u64>(word) ^ mask);
    releaseDbuf(db);
  }
  if (block >= 0) releaseDnode(dn);
  return db ? 0 : setError(ENOENT);
}

/**
 * Gives the attributes and layouts of a file system other numbers, as if another implementation had made it: attributes whose numbers are not fixed
 * backwards, without SYMLINK, which nobody has used yet; another layout where ours is. It has nothing but its root directory, and is not open.
 */
export function renumberAttributes(name: usize, bytes: u32): i32 {
  const dataset = findDataset(host.pool!, argument(name, bytes));
  const objset = dataset ? dataset.objset() : null;
  if (!objset || zapGet(objset, MASTER_NODE, 'SA_ATTRS') < 0) return setError(ENOENT);
  const master = zapValue;
  if (zapGet(objset, master, 'REGISTRY') < 0) return setError(ENOENT);
  const registry = zapValue;
  const numbers: i32[] = [];
  let next = LEGACY_ATTRIBUTES;
  for (let i = 0; i < ATTRIBUTES; i++) numbers.push(i);
  for (let i = ATTRIBUTES - 1; i >= LEGACY_ATTRIBUTES; i--) {
    zapDelete(objset, registry, attributeNames[i]);
    if (i == A_SYMLINK) continue;
    numbers[i] = next;
    const value = ((<u64>attributeLengths[i]) << 24) | ((<u64>attributeSwaps[i]) << 16) | <u64>next;
    zapSet(objset, registry, attributeNames[i], value);
    next++;
  }
  if (zapGet(objset, master, 'LAYOUTS') < 0) return setError(ENOENT);
  const layouts = zapValue;
  for (let i = 2; i <= 4; i++) zapDelete(objset, layouts, i.toString());
  const list = new StaticArray<u16>(LAYOUT_FILE.length);
  for (let i = 0; i < LAYOUT_FILE.length; i++) list[i] = <u16>numbers[LAYOUT_FILE[i]];
  zapSetArray(objset, layouts, '4', 2, list.length, changetype<usize>(list));
  // Another list under the number that our files have in our own.
  zapSetArray(objset, layouts, '2', 2, list.length - 2, changetype<usize>(list));
  if (zapGet(objset, MASTER_NODE, 'ROOT') < 0) return setError(ENOENT);
  const root = holdDnode(objset, zapValue);
  if (!root) return setError(EIO);
  const at = bonusOf(root) + 4;
  store<u16>(at, <u16>((load<u16>(at) & ~0x3ff) | 4));
  dirtyDnode(root);
  releaseDnode(root);
  return host.pool!.sync();
}

/**
 * Makes the pool one of version 5000 in which features are in use that are needed for reading, and for writing (empty: none), as such pools say it in their MOS.
 * Some that are only allowed are there as well.
 */
export function useFeatures(reading: usize, readingBytes: u32, writing: usize, writingBytes: u32): i32 {
  const mos = host.pool!.mos!;
  const lists: u64[] = [];
  for (let i = 0; i < 3; i++) lists.push(zapCreate(mos, ZAP_OF_METADATA, 0, 0));
  zapSet(mos, 1, 'features_for_read', lists[0]);
  zapSet(mos, 1, 'features_for_write', lists[1]);
  zapSet(mos, 1, 'feature_descriptions', lists[2]);
  zapSet(mos, lists[0], 'org.illumos:lz4_compress', 0);
  zapSet(mos, lists[1], 'com.delphix:async_destroy', 0);
  const forReading = argument(reading, readingBytes);
  const forWriting = argument(writing, writingBytes);
  if (forReading.length) zapSet(mos, lists[0], forReading, 1);
  if (forWriting.length) zapSet(mos, lists[1], forWriting, 1);
  zapSetText(mos, lists[2], forReading.length ? forReading : forWriting.length ? forWriting : 'none', 'something new');
  host.pool!.version = VERSION_FEATURES;
  // Without such a list OpenZFS takes a label for damaged. Here it is the MOS that is to tell.
  host.pool!.labelFeatures = new NvList();
  host.pool!.configChanged();
  return host.pool!.sync();
}

/** The type that OpenZFS gives to what is a ZAP of metadata and has no type of its own. */
const ZAP_OF_METADATA: u32 = 0xc4;

class Counter extends Visitor {
  count: u32 = 0;
  block(bp: usize, object: u64, level: i32, block: u64): i32 {
    this.count++;
    return 0;
  }
}

/** Blocks of a dataset that were born after a group. */
export function countBlocks(name: usize, bytes: u32, since: u64): i32 {
  const dataset = findDataset(host.pool!, argument(name, bytes));
  if (!dataset) return setError(ENOENT);
  const counter = new Counter();
  const result = traverse(host.pool!, dataset.phys.root.pointer, since, counter);
  return result < 0 ? result : counter.count;
}
