// SPDX-License-Identifier: MIT
/** @fileoverview The contents of a new file system: master node, root directory, queue of files to be deleted, attribute tables. */
import { claimObject, holdDnode, releaseDnode } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { EIO, setError } from '../../guest-os/kernel/errno';
import { freeBuffer, newZeroed } from '../port/memory';
import {
  TYPE_DELETE_QUEUE,
  TYPE_DIRECTORY,
  TYPE_MASTER_NODE,
  TYPE_SA,
  TYPE_SA_LAYOUTS,
  TYPE_SA_MASTER,
  TYPE_SA_REGISTRY,
  TYPE_ZNODE,
} from '../dmu/types';
import { zapCreate, zapInit, zapSet, zapSetArray } from '../zap/zap';
import {
  attributeLengths,
  attributeNames,
  ATTRIBUTES,
  attributeSwaps,
  LAYOUT_DEVICE,
  LAYOUT_DEVICE_NUMBER,
  LAYOUT_FILE,
  LAYOUT_FILE_NUMBER,
  LAYOUT_LINK,
  LAYOUT_LINK_NUMBER,
} from './attributes';
import { Znodes } from './znode';

export const MASTER_NODE: u64 = 1;
export const ZPL_VERSION_SA: u64 = 5;
const ZPL_VERSION_USERSPACE: u64 = 4;
/** Pool versions that have them. */
const VERSION_SA: u64 = 24;
const VERSION_USERSPACE: u64 = 15;

/** The newest file system version that a pool of a version can have. */
export function fileSystemVersion(poolVersion: u64): u64 {
  if (poolVersion >= VERSION_SA) return ZPL_VERSION_SA;
  return poolVersion >= VERSION_USERSPACE ? ZPL_VERSION_USERSPACE : 3;
}

export function createFileSystem(objset: Objset, txg: u64): i32 {
  const version = fileSystemVersion(objset.spa.version);
  claimObject(objset, MASTER_NODE, TYPE_MASTER_NODE, 512, 0, 0);
  zapInit(objset, MASTER_NODE);
  zapSet(objset, MASTER_NODE, 'VERSION', version);
  zapSet(objset, MASTER_NODE, 'utf8only', 0);
  zapSet(objset, MASTER_NODE, 'normalization', 0);
  zapSet(objset, MASTER_NODE, 'casesensitivity', 0);
  if (version >= ZPL_VERSION_SA) {
    const master = zapCreate(objset, TYPE_SA_MASTER, 0, 0);
    zapSet(objset, MASTER_NODE, 'SA_ATTRS', master);
    const result = createAttributes(objset, master);
    if (result < 0) return result;
  }
  const queue = zapCreate(objset, TYPE_DELETE_QUEUE, 0, 0);
  zapSet(objset, MASTER_NODE, 'DELETE_QUEUE', queue);
  const bonusType = version >= ZPL_VERSION_SA ? TYPE_SA : TYPE_ZNODE;
  const root = zapCreate(objset, TYPE_DIRECTORY, bonusType, Znodes.bonusLength(version));
  zapSet(objset, MASTER_NODE, 'ROOT', root);
  const dn = holdDnode(objset, root);
  if (!dn) return setError(EIO);
  Znodes.initRoot(dn, version, txg);
  releaseDnode(dn);
  return 0;
}

function createAttributes(objset: Objset, master: u64): i32 {
  const registry = zapCreate(objset, TYPE_SA_REGISTRY, 0, 0);
  zapSet(objset, master, 'REGISTRY', registry);
  for (let i = 0; i < ATTRIBUTES; i++) {
    const value = ((<u64>attributeLengths[i]) << 24) | ((<u64>attributeSwaps[i]) << 16) | <u64>i;
    const result = zapSet(objset, registry, attributeNames[i], value);
    if (result < 0) return result;
  }
  const layouts = zapCreate(objset, TYPE_SA_LAYOUTS, 0, 0);
  zapSet(objset, master, 'LAYOUTS', layouts);
  let result = putLayout(objset, layouts, LAYOUT_FILE_NUMBER, LAYOUT_FILE);
  if (result == 0) result = putLayout(objset, layouts, LAYOUT_LINK_NUMBER, LAYOUT_LINK);
  if (result == 0) result = putLayout(objset, layouts, LAYOUT_DEVICE_NUMBER, LAYOUT_DEVICE);
  return result;
}

function putLayout(objset: Objset, layouts: u64, number: u32, attributes: i32[]): i32 {
  const numbers = newZeroed(512);
  for (let i = 0; i < attributes.length; i++) store<u16>(numbers + <usize>i * 2, <u16>attributes[i]);
  const result = zapSetArray(objset, layouts, number.toString(), 2, attributes.length, numbers);
  freeBuffer(numbers, 512);
  return result;
}
