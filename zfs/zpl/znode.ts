// SPDX-License-Identifier: MIT
/**
 * @fileoverview Attributes of files, in either of their forms: the fixed structure of file system versions before 5, or system attributes
 * (attributes.ts) since. Numbers are those of attributes.ts; times are two words, seconds and nanoseconds.
 */
import { ZnodePhys } from 'layout/zfs';
import { EIO, ENOSPC, setError } from '../../guest-os/kernel/errno';
import { putText, textOf } from '../port/bytes';
import { freeBuffer, newZeroed } from '../port/memory';
import { system } from '../port/port';
import { POINTER_SIZE } from '../zio/blockPointer';
import { bonusOf, dirtyDnode, Dnode, holdDnode, releaseDnode, setBonus } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { TYPE_SA, TYPE_ZNODE } from '../dmu/types';
import { zapFind, zapGet, zapNext, zapSet, zapSetArray, zapValue, ZapEntry } from '../zap/zap';
import {
  A_ATIME,
  A_CRTIME,
  A_CTIME,
  A_DACL_ACES,
  A_DACL_COUNT,
  A_FLAGS,
  A_GEN,
  A_GID,
  A_LINKS,
  A_MODE,
  A_MTIME,
  A_PARENT,
  A_RDEV,
  A_SIZE,
  A_SYMLINK,
  A_UID,
  A_XATTR,
  ATTRIBUTE_MAGIC,
  attributeLengths,
  attributeNames,
  attributeSwaps,
  ATTRIBUTES,
  LAYOUT_DEVICE,
  LEGACY_ATTRIBUTES,
  LAYOUT_DEVICE_NUMBER,
  LAYOUT_FILE,
  LAYOUT_FILE_NUMBER,
  LAYOUT_LINK,
  LAYOUT_LINK_NUMBER,
} from './attributes';

const SA_BONUS: u32 = 320;
const NOWHERE: usize = 0;
const ABSENT: u32 = u32.MAX_VALUE;
const S_IFMT: u64 = 0xf000;
const S_IFDIR: u64 = 0x4000;
const S_IFLNK: u64 = 0xa000;
const S_IFCHR: u64 = 0x2000;
const S_IFBLK: u64 = 0x6000;
/** pflags: the ACL says what the mode says, and what else others set for such files. */
const FLAGS_FILE: u64 = 0x40800000004;
const FLAGS_DIRECTORY: u64 = 0x40800000144;
/** pflags: an extended attribute, or the directory of some. */
export const FLAG_XATTR: u64 = 2;
/** pflags: the ACL says no more than the mode. */
const FLAG_TRIVIAL: u64 = 4;
const BONUS_AND_POINTERS: u32 = 448;
const NANOSECONDS: u64 = 1000000000;

/** What a new file is to have. */
export class NewFile {
  /** Its number, which is free; 0: any. */
  object: u64 = 0;
  mode: u64 = 0;
  uid: u64 = 0;
  gid: u64 = 0;
  parent: u64 = 0;
  links: u64 = 1;
  size: u64 = 0;
  rdev: u64 = 0;
  target: string = '';
  generation: u64 = 0;
  /** It belongs to the extended attributes of another. */
  isExtended: bool = false;
}

/** How the files of one file system keep their attributes. */
export class Znodes {
  /** Our number of each number that this file system's registry has. */
  private readonly ours: i32[] = [];
  private readonly lengths: i32[] = [];
  private readonly layoutNumbers: u64[] = [];
  private readonly layouts: StaticArray<u16>[] = [];
  /** Of each layout, where each of our attributes lies behind the header (upper half) and how long it is (lower); ABSENT; 0: it has to be looked for. */
  private readonly places: StaticArray<u32>[] = [];
  /** The layout that was used last, as nearly all files have the same. */
  private lastNumber: u32 = u32.MAX_VALUE;
  private lastPlaces: StaticArray<u32> = new StaticArray<u32>(ATTRIBUTES);
  private registryObject: u64 = 0;
  private layoutsObject: u64 = 0;
  /** Numbers of the layouts of new files, links and devices; -1: not known yet. */
  private readonly ownLayouts: i32[] = [-1, -1, -1];
  readonly isNew: bool;

  constructor(public readonly version: u64) {
    this.isNew = version >= 5;
  }

  static bonusLength(version: u64): u32 {
    return version >= 5 ? SA_BONUS : <u32>ZnodePhys.SIZE;
  }

  /** Reads the tables of a file system; without `master` they are those that we write. */
  load(objset: Objset, master: u64): i32 {
    if (!this.isNew) return 0;
    if (zapGet(objset, master, 'REGISTRY') < 0) return setError(EIO);
    this.registryObject = zapValue;
    const registry = holdDnode(objset, zapValue);
    if (!registry) return setError(EIO);
    for (let i = 0; i < LEGACY_ATTRIBUTES; i++) {
      this.ours.push(i);
      this.lengths.push(attributeLengths[i]);
    }
    const entry = new ZapEntry();
    let position: u64 = 0;
    while (zapNext(registry, position, entry) == 0) {
      position = entry.next;
      const number = <i32>(entry.value & 0xffff);
      while (this.ours.length <= number) {
        this.ours.push(-1);
        this.lengths.push(0);
      }
      if (number < LEGACY_ATTRIBUTES) continue;
      this.ours[number] = attributeNames.indexOf(entry.name);
      this.lengths[number] = <i32>((entry.value >> 24) & 0xffff);
    }
    releaseDnode(registry);
    if (zapGet(objset, master, 'LAYOUTS') < 0) return setError(EIO);
    this.layoutsObject = zapValue;
    const layouts = holdDnode(objset, zapValue);
    if (!layouts) return setError(EIO);
    position = 0;
    const buffer = newZeroed(512);
    while (zapNext(layouts, position, entry) == 0) {
      position = entry.next;
      if (entry.integerSize != 2 || entry.count > 256) continue;
      if (zapFind(layouts, entry.name, 2, 256, buffer) < 0) continue;
      const list = new StaticArray<u16>(entry.count);
      for (let i: u32 = 0; i < entry.count; i++) list[i] = load<u16>(buffer + <usize>i * 2);
      this.keepLayout(<u64>I32.parseInt(entry.name), list);
    }
    freeBuffer(buffer, 512);
    releaseDnode(layouts);
    return 0;
  }

  /** The tables that we write. */
  describe(): void {
    if (!this.isNew) return;
    for (let i = 0; i < ATTRIBUTES; i++) {
      this.ours.push(i);
      this.lengths.push(attributeLengths[i]);
    }
    this.addLayout(LAYOUT_FILE_NUMBER, LAYOUT_FILE);
    this.addLayout(LAYOUT_LINK_NUMBER, LAYOUT_LINK);
    this.addLayout(LAYOUT_DEVICE_NUMBER, LAYOUT_DEVICE);
  }
  private addLayout(number: u32, attributes: i32[]): void {
    const list = new StaticArray<u16>(attributes.length);
    for (let i = 0; i < attributes.length; i++) list[i] = <u16>attributes[i];
    this.keepLayout(number, list);
  }
  private keepLayout(number: u64, list: StaticArray<u16>): void {
    const places = new StaticArray<u32>(ATTRIBUTES);
    for (let ours = 0; ours < ATTRIBUTES; ours++) {
      let has = false;
      for (let i = 0; i < list.length; i++) if (<i32>list[i] >= this.ours.length || this.ours[list[i]] == ours) has = true;
      if (!has) places[ours] = ABSENT;
    }
    let at: u32 = 0;
    // Behind the first of varying length it depends on the file.
    for (let i = 0; i < list.length && <i32>list[i] < this.ours.length && this.lengths[list[i]]; i++) {
      const ours = this.ours[list[i]];
      const length = <u32>this.lengths[list[i]];
      if (at + length > <u32>u16.MAX_VALUE) break;
      if (ours >= 0 && !places[ours]) places[ours] = (at << 16) | length;
      at += (length + 7) & ~7;
    }
    this.layoutNumbers.push(number);
    this.layouts.push(list);
    this.places.push(places);
  }

  /** The number that this file system has for one of our attributes; it gets one if it has none. */
  private attributeNumber(objset: Objset, attribute: i32): i32 {
    const known = this.ours.indexOf(attribute);
    if (known >= 0) return known;
    const number = this.ours.length;
    const value = ((<u64>attributeLengths[attribute]) << 24) | ((<u64>attributeSwaps[attribute]) << 16) | <u64>number;
    const result = zapSet(objset, this.registryObject, attributeNames[attribute], value);
    if (result < 0) return result;
    this.ours.push(attribute);
    this.lengths.push(attributeLengths[attribute]);
    return number;
  }
  /** The number of the layout of a kind of new files, which the file system gets if it has none like it. */
  private layoutFor(objset: Objset, kind: i32): i32 {
    if (this.ownLayouts[kind] >= 0) return this.ownLayouts[kind];
    const attributes = NEW_LAYOUTS[kind];
    const list = new StaticArray<u16>(attributes.length);
    for (let i = 0; i < attributes.length; i++) {
      const number = this.attributeNumber(objset, attributes[i]);
      if (number < 0) return number;
      list[i] = <u16>number;
    }
    const made = this.numberOf(objset, list);
    if (made >= 0) this.ownLayouts[kind] = made;
    return made;
  }

  // ---- places

  /** Length of the attribute that {@link find} found last. */
  private foundLength: u32 = 0;

  /** Where an attribute lies; 0: the file has none. */
  private find(dn: Dnode, attribute: i32): usize {
    const bonus = bonusOf(dn);
    if (dn.bonusType == TYPE_ZNODE) {
      this.foundLength = attribute <= A_CRTIME ? 16 : 8;
      return dn.bonusLength >= <u32>ZnodePhys.SIZE ? oldPlace(bonus, attribute) : NOWHERE;
    }
    if (dn.bonusType != TYPE_SA || dn.bonusLength < 8 || load<u32>(bonus) != ATTRIBUTE_MAGIC) return NOWHERE;
    const info = <u32>load<u16>(bonus, 4);
    const header = (info >> 10) * 8;
    if (this.lastNumber != (info & 0x3ff) && !this.use(info & 0x3ff)) return NOWHERE;
    const place = this.lastPlaces[attribute];
    if (!place) return this.lookFor(dn, attribute, header, this.layoutOf(info & 0x3ff)!);
    if (place == ABSENT) return NOWHERE;
    const end = header + (place >> 16) + (place & 0xffff);
    if (dn.bonusLength < end) return NOWHERE;
    this.foundLength = place & 0xffff;
    return bonus + header + (place >> 16);
  }

  /** What is not at the same place in all files of a layout. */
  private lookFor(dn: Dnode, attribute: i32, header: u32, layout: StaticArray<u16>): usize {
    const bonus = bonusOf(dn);
    let at = header;
    let variable: u32 = 0;
    for (let i = 0; i < layout.length; i++) {
      const number = <i32>layout[i];
      if (number >= this.ours.length) return NOWHERE;
      let length = <u32>this.lengths[number];
      if (!length) {
        if (header < 8 + variable * 2) return NOWHERE;
        length = load<u16>(bonus + 6 + variable * 2);
        variable++;
      }
      if (dn.bonusLength < at + length) return NOWHERE;
      if (this.ours[number] == attribute) {
        this.foundLength = length;
        return bonus + at;
      }
      // Each begins at a multiple of eight.
      at += (length + 7) & ~7;
    }
    return NOWHERE;
  }

  private use(number: u32): bool {
    const index = this.layoutNumbers.indexOf(number);
    if (index < 0) return false;
    this.lastNumber = number;
    this.lastPlaces = this.places[index];
    return true;
  }
  private layoutOf(number: u32): StaticArray<u16> | null {
    for (let i = 0; i < this.layoutNumbers.length; i++) if (this.layoutNumbers[i] == number) return this.layouts[i];
    return null;
  }

  // ---- values

  get(dn: Dnode, attribute: i32): u64 {
    const at = this.find(dn, attribute);
    return at ? load<u64>(at) : 0;
  }
  set(dn: Dnode, attribute: i32, value: u64): void {
    const at = this.find(dn, attribute);
    if (!at) return;
    store<u64>(at, value);
    dirtyDnode(dn);
  }
  /** Gives a file an attribute of eight bytes which it may not have yet. ENOSPC: its bonus buffer is full. */
  add(objset: Objset, dn: Dnode, attribute: i32, value: u64): i32 {
    if (this.find(dn, attribute)) {
      this.set(dn, attribute, value);
      return 0;
    }
    const bonus = bonusOf(dn);
    const info = <u32>load<u16>(bonus, 4);
    const layout = this.layoutOf(info & 0x3ff);
    const number = this.attributeNumber(objset, attribute);
    if (dn.bonusType != TYPE_SA || !layout || number < 0) return setError(EIO);
    const at = this.endOf(bonus, layout);
    if (at + 8 > BONUS_AND_POINTERS - <u32>dn.raw.pointers * <u32>POINTER_SIZE) return setError(ENOSPC);
    const list = new StaticArray<u16>(layout.length + 1);
    for (let i = 0; i < layout.length; i++) list[i] = layout[i];
    list[layout.length] = <u16>number;
    const made = this.numberOf(objset, list);
    if (made < 0) return made;
    store<u16>(bonus, <u16>((info & ~0x3ff) | made), 4);
    store<u64>(bonus + at, value);
    setBonus(dn, TYPE_SA, at + 8);
    return 0;
  }
  /** Where what a file has ends. */
  private endOf(bonus: usize, layout: StaticArray<u16>): u32 {
    let at = (<u32>load<u16>(bonus, 4) >> 10) * 8;
    let variable: u32 = 0;
    for (let i = 0; i < layout.length; i++) {
      let length = <u32>this.lengths[layout[i]];
      if (!length) length = load<u16>(bonus + 6 + variable++ * 2);
      at += (length + 7) & ~7;
    }
    return at;
  }
  /** The number of a layout, which the file system gets if it has none like it. */
  private numberOf(objset: Objset, list: StaticArray<u16>): i32 {
    let highest: u64 = 0;
    for (let i = 0; i < this.layouts.length; i++) {
      if (sameLayout(this.layouts[i], list)) return <i32>this.layoutNumbers[i];
      highest = max(highest, this.layoutNumbers[i]);
    }
    const number = highest + 1;
    // The field in a file's header has ten bits.
    if (number > 0x3ff) return setError(ENOSPC);
    const result = zapSetArray(objset, this.layoutsObject, number.toString(), 2, list.length, changetype<usize>(list));
    if (result < 0) return result;
    this.keepLayout(number, list);
    return <i32>number;
  }

  /** Nanoseconds since 1970. */
  time(dn: Dnode, attribute: i32): u64 {
    const at = this.find(dn, attribute);
    return at ? load<u64>(at) * NANOSECONDS + load<u64>(at, 8) : 0;
  }
  setTime(dn: Dnode, attribute: i32, value: u64): void {
    const at = this.find(dn, attribute);
    if (!at) return;
    store<u64>(at, value / NANOSECONDS);
    store<u64>(at, value % NANOSECONDS, 8);
    dirtyDnode(dn);
  }
  /** Target of a symbolic link if it is among the attributes; null: it is the file's contents. */
  target(dn: Dnode): string | null {
    if (dn.bonusType == TYPE_ZNODE) {
      const size = this.get(dn, A_SIZE);
      const room = dn.bonusLength - <u32>ZnodePhys.SIZE;
      return size <= <u64>room ? textOf(bonusOf(dn) + ZnodePhys.SIZE, <usize>size) : null;
    }
    const at = this.find(dn, A_SYMLINK);
    return at ? textOf(at, this.foundLength) : null;
  }

  // ---- new files

  /** Fills the bonus buffer of a new object, which has room for {@link bonusLength}. An error: there is no room for another layout. */
  init(dn: Dnode, file: NewFile): i32 {
    const time = system().now();
    if (!this.isNew) this.initOld(dn, file);
    else {
      const kind = kindOf(file);
      const layout = this.layoutFor(dn.objset, kind);
      if (layout < 0) return layout;
      initNew(dn, file, kind, layout);
    }
    this.setTime(dn, A_ATIME, time);
    this.setTime(dn, A_MTIME, time);
    this.setTime(dn, A_CTIME, time);
    this.setTime(dn, A_CRTIME, time);
    return 0;
  }

  private initOld(dn: Dnode, file: NewFile): void {
    const phys = changetype<ZnodePhys>(bonusOf(dn));
    const aces = newZeroed(512);
    phys.gen = file.generation;
    phys.mode = file.mode;
    phys.size = file.size;
    phys.parent = file.parent;
    phys.links = file.links;
    phys.rdev = file.rdev;
    phys.flags = flagsOf(file);
    phys.uid = file.uid;
    phys.gid = file.gid;
    const count = writeAces(aces, file.mode);
    phys.aclSize = count * 8;
    phys.aclVersion = 1;
    phys.aclCount = <u16>count;
    memory.copy(phys.pointer + ZnodePhys.acesOffset, aces, count * 8);
    freeBuffer(aces, 512);
    dirtyDnode(dn);
  }

  /** Sets mode and ACL. False: the attributes make no sense. */
  setMode(dn: Dnode, mode: u64): bool {
    const aces = newZeroed(512);
    const count = writeAces(aces, mode);
    let done: bool = true;
    if (dn.bonusType == TYPE_ZNODE) {
      const phys = changetype<ZnodePhys>(bonusOf(dn));
      phys.aclSize = count * 8;
      phys.aclVersion = 1;
      phys.aclCount = <u16>count;
      memory.copy(phys.pointer + ZnodePhys.acesOffset, aces, count * 8);
    } else if (this.find(dn, A_DACL_ACES)) done = this.replace(dn, A_DACL_ACES, aces, count * 8);
    freeBuffer(aces, 512);
    if (!done) return false;
    this.set(dn, A_MODE, mode);
    this.set(dn, A_FLAGS, this.get(dn, A_FLAGS) | FLAG_TRIVIAL);
    this.set(dn, A_DACL_COUNT, count);
    dirtyDnode(dn);
    return true;
  }

  /** Gives an attribute of varying length, which the bonus buffer has, another value; what follows moves. */
  private replace(dn: Dnode, attribute: i32, from: usize, bytes: u32): bool {
    const bonus = bonusOf(dn);
    const info = <u32>load<u16>(bonus, 4);
    const header = (info >> 10) * 8;
    const layout = this.layoutOf(info & 0x3ff)!;
    const room = BONUS_AND_POINTERS - <u32>dn.raw.pointers * <u32>POINTER_SIZE;
    const old = newZeroed(512);
    memory.copy(old, bonus, dn.bonusLength);
    let at = header;
    let oldAt = header;
    let variable: u32 = 0;
    let fits = true;
    for (let i = 0; i < layout.length && fits; i++) {
      const number = <i32>layout[i];
      let oldLength = <u32>this.lengths[number];
      let source = old + oldAt;
      let length = oldLength;
      if (!length) {
        oldLength = load<u16>(old + 6 + variable * 2);
        length = oldLength;
        if (this.ours[number] == attribute) {
          source = from;
          length = bytes;
          store<u16>(bonus + 6 + variable * 2, <u16>length);
        }
        variable++;
      }
      fits = at + length <= room;
      if (fits) memory.copy(bonus + at, source, length);
      at += (length + 7) & ~7;
      oldAt += (oldLength + 7) & ~7;
    }
    if (fits) setBonus(dn, TYPE_SA, min(at, room));
    else memory.copy(bonus, old, dn.bonusLength);
    freeBuffer(old, 512);
    return fits;
  }

  static initRoot(dn: Dnode, version: u64, txg: u64): void {
    const file = new NewFile();
    file.mode = S_IFDIR | 0o755;
    file.parent = dn.object;
    file.links = 2;
    file.size = 2;
    file.generation = txg;
    const tables = new Znodes(version);
    tables.describe();
    tables.init(dn, file);
  }
}

function sameLayout(a: StaticArray<u16>, b: StaticArray<u16>): bool {
  if (a.length != b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] != b[i]) return false;
  return true;
}

function flagsOf(file: NewFile): u64 {
  const flags = (file.mode & S_IFMT) == S_IFDIR ? FLAGS_DIRECTORY : FLAGS_FILE;
  return file.isExtended ? flags | FLAG_XATTR : flags;
}

const KIND_FILE: i32 = 0;
const KIND_LINK: i32 = 1;
const KIND_DEVICE: i32 = 2;
const NEW_LAYOUTS: i32[][] = [LAYOUT_FILE, LAYOUT_LINK, LAYOUT_DEVICE];
function kindOf(file: NewFile): i32 {
  const format = file.mode & S_IFMT;
  if (format == S_IFLNK) return KIND_LINK;
  return format == S_IFCHR || format == S_IFBLK ? KIND_DEVICE : KIND_FILE;
}

/** `number`: the layout's, of which the attributes are those of {@link NEW_LAYOUTS}. */
function initNew(dn: Dnode, file: NewFile, kind: i32, number: i32): void {
  const layout = NEW_LAYOUTS[kind];
  const header: u32 = kind == KIND_LINK ? 16 : 8;
  const bonus = bonusOf(dn);
  memory.fill(bonus, 0, SA_BONUS);
  store<u32>(bonus, ATTRIBUTE_MAGIC);
  store<u16>(bonus, <u16>(<u32>number | ((header / 8) << 10)), 4);
  let at = bonus + header;
  for (let i = 0; i < layout.length; i++) {
    const attribute = layout[i];
    let length = <u32>attributeLengths[attribute];
    if (attribute == A_DACL_ACES) {
      length = writeAces(at, file.mode) * 8;
      store<u16>(bonus, <u16>length, 6);
      store<u64>(at - 8, length / 8);
    } else if (attribute == A_SYMLINK) {
      length = file.target.length;
      store<u16>(bonus, <u16>length, 8);
      putText(file.target, at);
    } else if (attribute != A_DACL_COUNT && length == 8) {
      store<u64>(at, initial(file, attribute));
    }
    at += (length + 7) & ~7;
  }
  setBonus(dn, TYPE_SA, <u32>(at - bonus));
}

function initial(file: NewFile, attribute: i32): u64 {
  switch (attribute) {
    case A_MODE:
      return file.mode;
    case A_SIZE:
      return file.size;
    case A_GEN:
      return file.generation;
    case A_UID:
      return file.uid;
    case A_GID:
      return file.gid;
    case A_PARENT:
      return file.parent;
    case A_FLAGS:
      return flagsOf(file);
    case A_LINKS:
      return file.links;
    case A_RDEV:
      return file.rdev;
    default:
      return 0;
  }
}

function oldPlace(bonus: usize, attribute: i32): usize {
  switch (attribute) {
    case A_ATIME:
      return bonus + ZnodePhys.atimeOffset;
    case A_MTIME:
      return bonus + ZnodePhys.mtimeOffset;
    case A_CTIME:
      return bonus + ZnodePhys.ctimeOffset;
    case A_CRTIME:
      return bonus + ZnodePhys.crtimeOffset;
    case A_GEN:
      return bonus + ZnodePhys.genOffset;
    case A_MODE:
      return bonus + ZnodePhys.modeOffset;
    case A_SIZE:
      return bonus + ZnodePhys.sizeOffset;
    case A_PARENT:
      return bonus + ZnodePhys.parentOffset;
    case A_LINKS:
      return bonus + ZnodePhys.linksOffset;
    case A_XATTR:
      return bonus + ZnodePhys.xattrOffset;
    case A_RDEV:
      return bonus + ZnodePhys.rdevOffset;
    case A_FLAGS:
      return bonus + ZnodePhys.flagsOffset;
    case A_UID:
      return bonus + ZnodePhys.uidOffset;
    case A_GID:
      return bonus + ZnodePhys.gidOffset;
    default:
      return NOWHERE;
  }
}

// ---- the ACL that says what the mode says

const ACE_READ: u32 = 0x1;
const ACE_WRITE: u32 = 0x2 | 0x4;
const ACE_EXECUTE: u32 = 0x20;
/** Read attributes, named attributes, the ACL; synchronise. */
const ACE_ALL: u32 = 0x80 | 0x8 | 0x20000 | 0x100000;
/** Write attributes, named attributes, the ACL and the owner. */
const ACE_OWNER_ONLY: u32 = 0x100 | 0x10 | 0x40000 | 0x80000;
const WHO_OWNER: u16 = 0x1000;
const WHO_GROUP: u16 = 0x2040;
const WHO_EVERYONE: u16 = 0x4000;
const ALLOW: u16 = 0;
const DENY: u16 = 1;

function accessOf(bits: u64): u32 {
  return (bits & 4 ? ACE_READ : 0) | (bits & 2 ? ACE_WRITE : 0) | (bits & 1 ? ACE_EXECUTE : 0);
}

let aceAt: usize = 0;

/** Entries come in order: whom a later one gives more than the mode does is denied that first. Their number. */
function writeAces(to: usize, mode: u64): u32 {
  const owner = (mode >> 6) & 7;
  const group = (mode >> 3) & 7;
  const other = mode & 7;
  aceAt = to;
  const denyOwner = ~owner & (group | other);
  const denyGroup = ~group & other;
  if (denyOwner) writeAce(DENY, WHO_OWNER, accessOf(denyOwner));
  if (denyGroup) writeAce(DENY, WHO_GROUP, accessOf(denyGroup));
  writeAce(ALLOW, WHO_OWNER, accessOf(owner) | ACE_ALL | ACE_OWNER_ONLY);
  writeAce(ALLOW, WHO_GROUP, accessOf(group) | ACE_ALL);
  writeAce(ALLOW, WHO_EVERYONE, accessOf(other) | ACE_ALL);
  return <u32>(aceAt - to) / 8;
}
function writeAce(type: u16, who: u16, access: u32): void {
  store<u16>(aceAt, type);
  store<u16>(aceAt, who, 2);
  store<u32>(aceAt, access, 4);
  aceAt += 8;
}
