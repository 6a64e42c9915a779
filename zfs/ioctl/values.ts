// SPDX-License-Identifier: MIT
/**
 * @fileoverview Values of properties for commands: what is stored, with where it comes from, and what is counted or follows from something else.
 * Each comes as a list: `value`, a number or a text, `source`, as zfs get has it, and `received` if a stream brought another.
 */
import { NvList } from '../port/nvlist';
import { holdDnode, releaseDnode } from '../dmu/dnode';
import { Dataset, FLAG_DEFER_DESTROY } from '../dsl/dataset';
import { deadlistUsed } from '../dsl/deadlist';
import { holdCount } from '../dsl/destroy';
import { Dir, USED_CHILD_RESERVATIONS, USED_CHILDREN, USED_HEAD, USED_RESERVATION, USED_SNAPSHOTS } from '../dsl/dir';
import {
  findOwn,
  findStored,
  foundIn,
  FROM_ABOVE,
  FROM_HERE,
  FROM_STREAM,
  RECEIVED,
  storedFrom,
  storedNumber,
  storedText,
} from '../dsl/properties';
import { FILE_SYSTEM, Property, SNAPSHOT, TEXT, VOLUME } from '../prop/property';
import { allProperties, findProperty } from '../prop/table';
import { zapGet, zapNext, zapText, ZapEntry, zapValue } from '../zap/zap';
import { MASTER_NODE } from '../zpl/create';
import { isVolume, VOLUME_DATA, volumeSize } from '../zvol/volume';

export function kindOf(dataset: Dataset): i32 {
  if (dataset.isSnapshot) return SNAPSHOT;
  return isVolume(dataset) ? VOLUME : FILE_SYSTEM;
}

/** Kind of what a snapshot was taken of; the snapshot itself need not be opened for it. */
function contentsOf(snapshot: Dataset): i32 {
  const head = snapshot.spa.datasetByObject(snapshot.dir.phys.head);
  return head && isVolume(head) ? VOLUME : FILE_SYSTEM;
}

/** What is asked for; an empty list: everything that there is. */
export function describeValues(dataset: Dataset, names: string[], into: NvList): void {
  const kind = kindOf(dataset);
  if (names.length) {
    for (let i = 0; i < names.length; i++) {
      const property = findProperty(names[i]);
      const value = property ? native(dataset, property, kind) : user(dataset, names[i]);
      if (value) into.setList(names[i], value);
    }
    return;
  }
  const all = allProperties();
  for (let i = 0; i < all.length; i++) {
    const value = native(dataset, all[i], kind);
    if (value) into.setList(all[i].name, value);
  }
  const own = dataset.isSnapshot ? dataset.phys.properties : 0;
  if (own) addUserNames(dataset, own, into);
  for (let dir: Dir | null = dataset.dir; dir; dir = dir.parent) addUserNames(dataset, dir.phys.properties, into);
}

function addUserNames(dataset: Dataset, object: u64, into: NvList): void {
  const dn = holdDnode(dataset.spa.mos!, object);
  if (!dn) return;
  const entry = new ZapEntry();
  for (let position: u64 = 0; zapNext(dn, position, entry) == 0; position = entry.next) {
    const mark = entry.name.indexOf('$');
    const name = mark < 0 ? entry.name : entry.name.substring(0, mark);
    if (!name.includes(':') || into.has(name)) continue;
    const value = user(dataset, name);
    if (value) into.setList(name, value);
  }
  releaseDnode(dn);
}

function user(dataset: Dataset, name: string): NvList | null {
  if (!findText(dataset, name, true)) return null;
  return withSource(new NvList().setText('value', storedText), dataset, name, true);
}

/** A snapshot has what is set on it, then what its dataset has. */
function findText(dataset: Dataset, name: string, inherits: bool): bool {
  if (dataset.isSnapshot) {
    if (dataset.phys.properties && findOwn(dataset.spa, dataset.phys.properties, name, true)) return true;
    if (!inherits) return false;
    const found = findStored(dataset.dir, name, true, true);
    if (found) isAbove = true;
    return found;
  }
  return findStored(dataset.dir, name, true, inherits);
}
let isAbove: bool = false;

function withSource(list: NvList, dataset: Dataset, name: string, isText: bool): NvList {
  const above = foundIn;
  const from = storedFrom;
  if ((isAbove || from == FROM_ABOVE) && above) list.setText('source', 'inherited from ' + above.fullName);
  else if (from == FROM_HERE) list.setText('source', 'local');
  else if (from == FROM_STREAM) list.setText('source', 'received');
  else list.setText('source', 'default');
  isAbove = false;
  const object = dataset.isSnapshot ? dataset.phys.properties : dataset.dir.phys.properties;
  if (!object) return list;
  const mos = dataset.spa.mos!;
  if (!isText) {
    if (zapGet(mos, object, name + RECEIVED) == 0) list.setNumber('received', zapValue);
  } else {
    const text = zapText(mos, object, name + RECEIVED);
    if (text != null) list.setText('received', text);
  }
  return list;
}

function fact(value: u64): NvList {
  return new NvList().setNumber('value', value).setText('source', '-');
}
function words(value: string): NvList {
  return new NvList().setText('value', value).setText('source', '-');
}

/** Null: the dataset has no such property. */
function native(dataset: Dataset, property: Property, kind: i32): NvList | null {
  // The name is told beside the properties.
  if (!property.isFor(kind) || property.name == 'name') return null;
  // A snapshot has those of what it was taken of.
  if (kind == SNAPSHOT && !property.isFor(contentsOf(dataset))) {
    if (!property.isReadOnly || property.name == 'version') return null;
    if (property.name == 'utf8only' || property.name == 'normalization' || property.name == 'casesensitivity') return null;
  }
  if (property.isReadOnly || property.name.startsWith('vol')) return counted(dataset, property.name, kind);
  if (property.name == 'quota') return limit(dataset.dir.phys.quota);
  if (property.name == 'reservation') return limit(dataset.dir.phys.reserved);
  if (property.name == 'mountpoint') return mountPoint(dataset, property);
  isAbove = false;
  if (property.kind == TEXT) {
    const found = findText(dataset, property.name, property.isInherited);
    return withSource(new NvList().setText('value', found ? storedText : property.text), dataset, property.name, true);
  }
  let found = findStored(dataset.dir, property.name, false, property.isInherited);
  if (found && dataset.isSnapshot) isAbove = true;
  return withSource(new NvList().setNumber('value', found ? storedNumber : property.number), dataset, property.name, false);
}

function limit(value: u64): NvList {
  return new NvList().setNumber('value', value).setText('source', value ? 'local' : 'default');
}

/** A path that is inherited goes on with the names that lie between. */
function mountPoint(dataset: Dataset, property: Property): NvList {
  const dir = dataset.dir;
  const found = findStored(dir, property.name, true, true);
  let value = found ? storedText : '/';
  const above = foundIn;
  const name = dir.fullName;
  if (value.startsWith('/')) {
    const rest = above == dir ? '' : above ? name.substring(above.fullName.length) : '/' + name;
    value = value == '/' && rest.length ? rest : value + rest;
  }
  return withSource(new NvList().setText('value', value), dataset, property.name, true);
}

function ratio(compressed: u64, uncompressed: u64): NvList {
  return fact(compressed ? (uncompressed * 100) / compressed : 100);
}

function masterNode(dataset: Dataset, name: string): NvList | null {
  const objset = dataset.objset();
  return objset && zapGet(objset, MASTER_NODE, name) == 0 ? fact(zapValue) : null;
}

function volumeBlock(dataset: Dataset): NvList | null {
  const objset = dataset.objset();
  const dn = objset ? holdDnode(objset, VOLUME_DATA) : null;
  if (!dn) return null;
  const size = dn.blockSize;
  releaseDnode(dn);
  return fact(size);
}

/** Bytes written since the last snapshot. */
function written(dataset: Dataset): u64 {
  const phys = dataset.phys;
  const previous = phys.previous ? dataset.spa.datasetByObject(phys.previous) : null;
  if (!previous || previous == dataset.spa.origin) return phys.referenced;
  return phys.referenced - (previous.phys.referenced - deadlistUsed(dataset.spa.mos!, phys.deadlist));
}

/** What was cloned from a snapshot, with commas between. */
function clones(snapshot: Dataset): string {
  const names: string[] = [];
  const dn = snapshot.phys.nextClones ? holdDnode(snapshot.spa.mos!, snapshot.phys.nextClones) : null;
  if (!dn) return '';
  const entry = new ZapEntry();
  for (let position: u64 = 0; zapNext(dn, position, entry) == 0; position = entry.next) {
    const clone = snapshot.spa.datasetByObject(entry.value);
    // What a stream is being received into is nobody's business.
    if (clone && !clone.dir.name.startsWith('%')) names.push(clone.dir.fullName);
  }
  releaseDnode(dn);
  return names.sort().join(',');
}

function counted(dataset: Dataset, name: string, kind: i32): NvList | null {
  const phys = dataset.phys;
  const dir = dataset.dir.phys;
  const isSnapshot = kind == SNAPSHOT;
  if (name == 'type') return words(isSnapshot ? 'snapshot' : kind == VOLUME ? 'volume' : 'filesystem');
  if (name == 'creation') return fact(phys.creation);
  if (name == 'createtxg') return fact(phys.creationTxg);
  if (name == 'guid') return fact(phys.guid);
  if (name == 'used') return fact(isSnapshot ? phys.unique : dir.used);
  if (name == 'available') return fact(dataset.available());
  if (name == 'referenced') return fact(phys.referenced);
  if (name == 'refcompressratio' || (name == 'compressratio' && isSnapshot)) return ratio(phys.compressed, phys.uncompressed);
  if (name == 'compressratio') return ratio(dir.compressed, dir.uncompressed);
  if (name == 'mounted') return fact(dataset.users > 0 ? 1 : 0);
  if (name == 'origin') {
    const origin = dir.origin ? dataset.spa.datasetByObject(dir.origin) : null;
    return origin && origin != dataset.spa.origin ? words(origin.name) : null;
  }
  if (name == 'usedbysnapshots') return fact(dir.breakdown(USED_SNAPSHOTS));
  if (name == 'usedbydataset') return fact(dir.breakdown(USED_HEAD));
  if (name == 'usedbychildren') return fact(dir.breakdown(USED_CHILDREN) + dir.breakdown(USED_CHILD_RESERVATIONS));
  if (name == 'usedbyrefreservation') return fact(dir.breakdown(USED_RESERVATION));
  if (name == 'defer_destroy') return fact(phys.flags & FLAG_DEFER_DESTROY ? 1 : 0);
  if (name == 'userrefs') return fact(holdCount(dataset));
  if (name == 'written') return fact(written(dataset));
  if (name == 'clones') return words(clones(dataset));
  if (name == 'logicalused') return fact(dir.uncompressed);
  if (name == 'logicalreferenced') return fact(phys.uncompressed);
  if (name == 'version') return masterNode(dataset, 'VERSION');
  if (name == 'utf8only' || name == 'normalization' || name == 'casesensitivity') return masterNode(dataset, name);
  const objset = dataset.objset();
  if (name == 'volsize' && objset) return fact(volumeSize(objset)).setText('source', 'local');
  return name == 'volblocksize' ? volumeBlock(dataset) : null;
}
