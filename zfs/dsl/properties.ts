// SPDX-License-Identifier: MIT
/**
 * @fileoverview Stored properties of datasets: what was set on a directory (or on a snapshot), what a stream brought, or what is set on one above. What
 * properties there are, and what values they take, is said in prop/.
 *
 * A ZAP of each directory has, for property P: `P`, what was set; `P$recvd`, what was received, which counts where nothing was set; `P$inherit`, that
 * what was received does not count. Two more are not in a ZAP alone: the directory itself has quota and reservation.
 */
import { Objset } from '../dmu/objset';
import { TYPE_DSL_PROPERTIES } from '../dmu/types';
import { zapCreate, zapDelete, zapGet, zapSet, zapSetText, zapText, zapValue } from '../zap/zap';
import { CHECKSUM_FLETCHER_4, CHECKSUM_FUNCTIONS, CHECKSUM_ON } from '../zio/checksum';
import { COMPRESS_FUNCTIONS, COMPRESS_LZJB, COMPRESS_OFF, COMPRESS_ON } from '../zio/compress';
import { SYNC_STANDARD } from '../zil/intentLog';
import { LARGEST_BLOCK } from '../zio/blockPointer';
import { Property, TEXT } from '../prop/property';
import { ACLINHERIT_RESTRICTED, ACLMODE_DISCARD } from '../../guest-os/fs/acl';
import { ENOENT, setError } from '../../guest-os/kernel/errno';
import { Spa } from '../spa/spa';
import { Dataset } from './dataset';
import { Dir } from './dir';

export const RECEIVED: string = '$recvd';
const NOT_RECEIVED: string = '$inherit';
/** That a stream brought properties at all. */
export const HAS_RECEIVED: string = '$hasrecvd';

/** Where a value comes from. */
export const FROM_DEFAULT: i32 = 0;
export const FROM_HERE: i32 = 1;
export const FROM_STREAM: i32 = 2;
export const FROM_ABOVE: i32 = 3;

/** The last property that was found: its value, where it comes from, and the directory that it is set on. */
export let storedNumber: u64 = 0;
export let storedText: string = '';
export let storedFrom: i32 = FROM_DEFAULT;
export let foundIn: Dir | null = null;

function readFrom(spa: Spa, object: u64, name: string, isText: bool): bool {
  if (!object) return false;
  if (!isText) {
    if (zapGet(spa.mos!, object, name) < 0) return false;
    storedNumber = zapValue;
    return true;
  }
  const text = zapText(spa.mos!, object, name);
  if (text == null) return false;
  storedText = text;
  return true;
}

/** What is set on this ZAP, by command or stream. */
export function findOwn(spa: Spa, object: u64, name: string, isText: bool): bool {
  storedFrom = FROM_HERE;
  if (readFrom(spa, object, name, isText)) return true;
  storedFrom = FROM_STREAM;
  if (readFrom(spa, object, name + RECEIVED, isText)) return zapGet(spa.mos!, object, name + NOT_RECEIVED) < 0;
  storedFrom = FROM_DEFAULT;
  return false;
}

/** What is set here or above. */
export function findStored(dir: Dir, name: string, isText: bool, inherits: bool): bool {
  for (let at: Dir | null = dir; at; at = inherits ? at.parent : null) {
    if (!findOwn(dir.spa, at.phys.properties, name, isText)) continue;
    foundIn = at;
    if (at != dir) storedFrom = FROM_ABOVE;
    return true;
  }
  foundIn = null;
  storedFrom = FROM_DEFAULT;
  return false;
}

/** A number, set here or above. */
export function inheritedNumber(dir: Dir, name: string, otherwise: u64): u64 {
  return findStored(dir, name, false, true) ? storedNumber : otherwise;
}
export function ownNumber(dir: Dir, name: string, otherwise: u64): u64 {
  return findStored(dir, name, false, false) ? storedNumber : otherwise;
}

// ---- changing, in the sync of a group

/** The ZAP of a dataset's properties; a snapshot gets its own with the first. */
export function propertiesOf(dataset: Dataset, make: bool): u64 {
  if (!dataset.isSnapshot) return dataset.dir.phys.properties;
  if (!dataset.phys.properties && make) {
    dataset.phys.properties = zapCreate(dataset.spa.mos!, TYPE_DSL_PROPERTIES, 0, 0);
    dataset.dirty();
  }
  return dataset.phys.properties;
}

export function storeNumber(dataset: Dataset, name: string, value: u64, received: bool): i32 {
  const object = propertiesOf(dataset, true);
  if (!received) zapDelete(dataset.spa.mos!, object, name + NOT_RECEIVED);
  return zapSet(dataset.spa.mos!, object, received ? name + RECEIVED : name, value);
}
export function storeText(dataset: Dataset, name: string, value: string, received: bool): i32 {
  const object = propertiesOf(dataset, true);
  if (!received) zapDelete(dataset.spa.mos!, object, name + NOT_RECEIVED);
  return zapSetText(dataset.spa.mos!, object, received ? name + RECEIVED : name, value);
}

/** Nothing is set here any more; with `toReceived` what was received counts again. */
export function clearStored(dataset: Dataset, name: string, toReceived: bool): i32 {
  const object = propertiesOf(dataset, false);
  if (!object) return 0;
  const mos = dataset.spa.mos!;
  zapDelete(mos, object, name);
  if (toReceived) zapDelete(mos, object, name + NOT_RECEIVED);
  else if (hasReceived(mos, object, name)) return zapSet(mos, object, name + NOT_RECEIVED, 0);
  return 0;
}
function hasReceived(mos: Objset, object: u64, name: string): bool {
  if (zapText(mos, object, name + RECEIVED) != null) return true;
  return zapGet(mos, object, name + RECEIVED) != setError(ENOENT);
}

// ---- what they do

/** What an object set's blocks are written with, its intent log, what its files may have. */
export function applyProperties(dataset: Dataset, objset: Objset): void {
  const dir = dataset.dir;
  const checksum = <u32>inheritedNumber(dir, 'checksum', CHECKSUM_ON);
  objset.checksum = checksum == CHECKSUM_ON || checksum >= CHECKSUM_FUNCTIONS ? CHECKSUM_FLETCHER_4 : checksum;
  const compression = <u32>inheritedNumber(dir, 'compression', COMPRESS_OFF);
  objset.compression = compression && compression < COMPRESS_FUNCTIONS ? compression : COMPRESS_OFF;
  // Blocks name the algorithm, not that it was the usual one.
  if (objset.compression == COMPRESS_ON) objset.compression = COMPRESS_LZJB;
  objset.copies = min(max(<u32>inheritedNumber(dir, 'copies', 1), 1), 3);
  const size = inheritedNumber(dir, 'recordsize', LARGEST_BLOCK);
  const isPower = size >= 512 && size <= LARGEST_BLOCK && (size & (size - 1)) == 0;
  objset.recordSize = isPower ? <u32>size : LARGEST_BLOCK;
  objset.syncMode = <u32>inheritedNumber(dir, 'sync', SYNC_STANDARD);
  objset.keepsExtended = inheritedNumber(dir, 'xattr', 1) != 0;
  objset.showsSnapshots = inheritedNumber(dir, 'snapdir', 0) != 0;
  objset.aclMode = <u32>inheritedNumber(dir, 'aclmode', ACLMODE_DISCARD);
  objset.aclInherit = <u32>inheritedNumber(dir, 'aclinherit', ACLINHERIT_RESTRICTED);
  objset.logBias = <u32>inheritedNumber(dir, 'logbias', 0);
}

/** A property of this directory has changed: all that is open below goes by it. */
export function reapplyBelow(dir: Dir): void {
  const all = dir.spa.allDatasets();
  for (let i = 0; i < all.length; i++) {
    if (!all[i].isOpen || !isBelow(all[i].dir, dir)) continue;
    applyProperties(all[i], all[i].objset()!);
  }
}
export function isBelow(dir: Dir, above: Dir): bool {
  for (let at: Dir | null = dir; at; at = at.parent) if (at == above) return true;
  return false;
}

/** Is the value of this property stored as a text? */
export function isStoredText(property: Property | null): bool {
  return !property || property.kind == TEXT;
}
