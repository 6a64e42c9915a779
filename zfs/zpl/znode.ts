// SPDX-License-Identifier: MIT
/**
 * @fileoverview Attributes of files, in either of their forms: the fixed structure of file system versions before 5 (oldZnode.ts), or system attributes since
 * (attributes.ts), whose order layouts.ts knows. Numbers are those of attributes.ts; times are two words, seconds and nanoseconds.
 *
 * Values of fixed length are read and changed where they lie, in the bonus buffer; what is in the spill block is read from a copy. Whatever changes lengths,
 * or which attributes a file has, goes by {@link AttributeSet}.
 */
import { ZnodePhys } from 'layout/zfs';
import { Ace, allMayExecute, hasInheritable, isTrivial, modeOf, trivialAces } from '../../guest-os/fs/acl';
import { EIO, setError } from '../../guest-os/kernel/errno';
import { freeBuffer, newBuffer, newZeroed } from '../port/memory';
import { putText, textOf } from '../port/bytes';
import { system } from '../port/port';
import { arcRelease } from '../arc/arc';
import { bonusOf, dirtyDnode, Dnode, setBonus } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { hasSpill, readSpill } from '../dmu/spill';
import { TYPE_SA, TYPE_ZNODE } from '../dmu/types';
import { bytesOfAces, loadAces, storeAces } from './aces';
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
  A_ZNODE_ACL,
  ATTRIBUTE_MAGIC,
  attributeLengths,
} from './attributes';
import { AttributeSet } from './attributeSet';
import { ABSENT, Layouts, NEW_LAYOUTS } from './layouts';
import { initOld, oldAces, oldPlace, setOldAces } from './oldZnode';

const SA_BONUS: u32 = 320;
const NOWHERE: usize = 0;
const S_IFMT: u64 = 0xf000;
const S_IFDIR: u64 = 0x4000;
const S_IFLNK: u64 = 0xa000;
const S_IFCHR: u64 = 0x2000;
const S_IFBLK: u64 = 0x6000;
/** pflags: an extended attribute, or the directory of some. */
const FLAG_XATTR: u64 = 1;
/** pflags: what is made in it has entries from its list; its list says no more than the mode; whoever there is may execute it. */
export const FLAG_INHERITABLE: u64 = 2;
export const FLAG_TRIVIAL: u64 = 4;
const FLAG_ALL_EXECUTE: u64 = 0x100;
/** What others set for such files: changed since the last backup and since the last scan for viruses, and that lists of directories are handed on. */
const FLAGS_FILE: u64 = 0x40800000000;
const FLAGS_DIRECTORY: u64 = 0x40800000040;
const NANOSECONDS: u64 = 1000000000;
/** Longest target that fits into the bonus buffer of a new link. */
const SHORT_TARGET: i32 = 128;

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
  /** What its list is to say; null: what the mode does. */
  aces: Ace[] | null = null;
}

/** How the files of one file system keep their attributes. */
export class Znodes {
  private readonly layouts: Layouts = new Layouts();
  /** The layout that was used last, as nearly all files have the same. */
  private lastNumber: u32 = u32.MAX_VALUE;
  private lastPlaces: StaticArray<u32> = new StaticArray<u32>(0);
  readonly isNew: bool;

  constructor(public readonly version: u64) {
    this.isNew = version >= 5;
  }

  static bonusLength(version: u64): u32 {
    return version >= 5 ? SA_BONUS : <u32>ZnodePhys.SIZE;
  }

  /** Reads the tables of a file system. */
  load(objset: Objset, master: u64): i32 {
    return this.isNew ? this.layouts.load(objset, master) : 0;
  }

  // ---- places

  /** Length of the attribute that {@link find} found last. */
  private foundLength: u32 = 0;

  /** Where an attribute lies in the bonus buffer; 0: it has none there. */
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
    if (!place) return this.locate(bonus, dn.bonusLength, attribute);
    if (place == ABSENT) return NOWHERE;
    const end = header + (place >> 16) + (place & 0xffff);
    if (dn.bonusLength < end) return NOWHERE;
    this.foundLength = place & 0xffff;
    return bonus + header + (place >> 16);
  }
  private use(number: u32): bool {
    const places = this.layouts.placesOf(number);
    if (!places) return false;
    this.lastNumber = number;
    this.lastPlaces = places;
    return true;
  }

  /** Where an attribute lies behind a header, of so many bytes: what is not at the same place in all files of a layout. */
  private locate(from: usize, bytes: u32, attribute: i32): usize {
    if (bytes < 8 || load<u32>(from) != ATTRIBUTE_MAGIC) return NOWHERE;
    const info = <u32>load<u16>(from, 4);
    const header = (info >> 10) * 8;
    const layout = this.layouts.layoutOf(info & 0x3ff);
    if (!layout || header > bytes) return NOWHERE;
    const lengths = this.layouts.lengths;
    let at = header;
    let variable: u32 = 0;
    for (let i = 0; i < layout.length; i++) {
      const number = <i32>layout[i];
      if (number >= lengths.length) return NOWHERE;
      let length = <u32>lengths[number];
      if (!length) {
        if (header < 8 + variable * 2) return NOWHERE;
        length = load<u16>(from + 6 + variable * 2);
        variable++;
      }
      if (bytes < at + length) return NOWHERE;
      if (this.layouts.ours[number] == attribute) {
        this.foundLength = length;
        return from + at;
      }
      // Each begins at a multiple of eight.
      at += (length + 7) & ~7;
    }
    return NOWHERE;
  }

  /** The same wherever the file has it: from its spill block as a copy, which the next one overwrites. */
  private findAnywhere(dn: Dnode, attribute: i32): usize {
    const at = this.find(dn, attribute);
    if (at || !hasSpill(dn)) return at;
    const block = readSpill(dn);
    if (!block) return NOWHERE;
    const spilled = this.locate(block.data, block.size, attribute);
    const copied = spilled ? copyOf(spilled, this.foundLength) : NOWHERE;
    arcRelease(block);
    return copied;
  }

  // ---- values

  get(dn: Dnode, attribute: i32): u64 {
    const at = this.findAnywhere(dn, attribute);
    return at ? load<u64>(at) : 0;
  }
  set(dn: Dnode, attribute: i32, value: u64): void {
    const at = this.find(dn, attribute);
    if (!at) return;
    store<u64>(at, value);
    dirtyDnode(dn);
  }
  /** Gives a file an attribute of eight bytes which it may not have yet, or not where it could be changed. */
  add(dn: Dnode, attribute: i32, value: u64): i32 {
    if (this.find(dn, attribute)) {
      this.set(dn, attribute, value);
      return 0;
    }
    const set = new AttributeSet(this.layouts, dn);
    const cell = newZeroed(8);
    store<u64>(cell, value);
    let result = set.read();
    if (result == 0) result = set.put(attribute, cell, 8);
    if (result == 0) result = set.store();
    freeBuffer(cell, 8);
    set.close();
    return result;
  }

  /** Nanoseconds since 1970. */
  time(dn: Dnode, attribute: i32): u64 {
    const at = this.findAnywhere(dn, attribute);
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
    const at = this.findAnywhere(dn, A_SYMLINK);
    return at ? textOf(at, this.foundLength) : null;
  }

  /** Is it an extended attribute, or a directory of some? */
  isExtended(dn: Dnode): bool {
    return (this.get(dn, A_FLAGS) & FLAG_XATTR) != 0;
  }

  // ---- lists of access

  /** Does its list say more than its mode? */
  hasAcl(dn: Dnode): bool {
    return (this.get(dn, A_FLAGS) & FLAG_TRIVIAL) == 0;
  }
  isDirectory(dn: Dnode): bool {
    return (this.get(dn, A_MODE) & S_IFMT) == S_IFDIR;
  }

  /** Null: they cannot be read, or make no sense. A file without a list has what the mode says. */
  aces(dn: Dnode): Ace[] | null {
    if (dn.bonusType == TYPE_ZNODE) return oldAces(dn.objset, bonusOf(dn) + ZnodePhys.aclExternalOffset);
    let at = this.findAnywhere(dn, A_DACL_ACES);
    if (at) return loadAces(at, this.foundLength, 1);
    at = this.findAnywhere(dn, A_ZNODE_ACL);
    return at ? oldAces(dn.objset, at) : trivialAces(<i32>this.get(dn, A_MODE), this.isDirectory(dn));
  }

  /** Sets the list, and the mode that it comes to. */
  setAces(dn: Dnode, aces: Ace[]): i32 {
    let result = 0;
    if (dn.bonusType == TYPE_ZNODE) result = setOldAces(dn, aces);
    else {
      const bytes = max(bytesOfAces(aces), 8);
      const list = newZeroed(bytes);
      storeAces(aces, list);
      result = this.replaceAces(dn, list, bytesOfAces(aces), aces.length);
      freeBuffer(list, bytes);
    }
    if (result < 0) return result;
    const mode = modeOf(aces, <i32>this.get(dn, A_MODE), <u32>this.get(dn, A_UID), <u32>this.get(dn, A_GID));
    this.set(dn, A_MODE, <u64>mode);
    let flags = this.get(dn, A_FLAGS) & ~(FLAG_INHERITABLE | FLAG_TRIVIAL | FLAG_ALL_EXECUTE);
    if (this.isDirectory(dn) && hasInheritable(aces)) flags |= FLAG_INHERITABLE;
    if (isTrivial(aces)) flags |= FLAG_TRIVIAL;
    if (allMayExecute) flags |= FLAG_ALL_EXECUTE;
    this.set(dn, A_FLAGS, flags);
    return 0;
  }
  private replaceAces(dn: Dnode, list: usize, bytes: u32, count: i32): i32 {
    const set = new AttributeSet(this.layouts, dn);
    const cell = newZeroed(8);
    store<u64>(cell, <u64>count);
    let result = set.read();
    if (result == 0) {
      // Files of older versions have one of fixed length.
      set.remove(A_ZNODE_ACL);
      result = set.put(A_DACL_COUNT, cell, 8);
    }
    if (result == 0) result = set.put(A_DACL_ACES, list, bytes);
    if (result == 0) result = set.store();
    freeBuffer(cell, 8);
    set.close();
    return result;
  }

  /** Sets mode and list to what a mode says. */
  setMode(dn: Dnode, mode: u64): i32 {
    this.set(dn, A_MODE, mode);
    return this.setAces(dn, trivialAces(<i32>mode, this.isDirectory(dn)));
  }

  // ---- new files

  /** Fills the bonus buffer of a new object, which has room for {@link bonusLength}. An error: there is no room for another layout. */
  init(dn: Dnode, file: NewFile): i32 {
    const time = system().now();
    let result = 0;
    if (!this.isNew)
      initOld(dn, file.mode, file.uid, file.gid, file.parent, file.links, file.size, file.rdev, file.generation, flagsOf(file));
    else result = this.initNew(dn, file);
    if (result < 0) return result;
    this.setTime(dn, A_ATIME, time);
    this.setTime(dn, A_MTIME, time);
    this.setTime(dn, A_CTIME, time);
    this.setTime(dn, A_CRTIME, time);
    const aces = file.aces;
    return aces ? this.setAces(dn, aces) : 0;
  }

  private initNew(dn: Dnode, file: NewFile): i32 {
    const kind = kindOf(file);
    const layout = this.layouts.layoutFor(dn.objset, kind);
    if (layout < 0) return layout;
    const isLong = file.target.length > SHORT_TARGET;
    fillNew(dn, file, kind, layout, isLong ? '' : file.target);
    if (!isLong) return 0;
    const bytes = newZeroed(file.target.length);
    putText(file.target, bytes);
    const set = new AttributeSet(this.layouts, dn);
    let result = set.read();
    if (result == 0) result = set.put(A_SYMLINK, bytes, file.target.length);
    if (result == 0) result = set.store();
    freeBuffer(bytes, file.target.length);
    set.close();
    return result;
  }

  static initRoot(dn: Dnode, version: u64, txg: u64): void {
    const file = new NewFile();
    file.mode = S_IFDIR | 0o755;
    file.parent = dn.object;
    file.links = 2;
    file.size = 2;
    file.generation = txg;
    const znodes = new Znodes(version);
    if (znodes.isNew) znodes.layouts.describe();
    znodes.init(dn, file);
  }
}

let scratch: usize = 0;
let scratchSize: u32 = 0;
function copyOf(from: usize, bytes: u32): usize {
  if (bytes > scratchSize) {
    if (scratchSize) freeBuffer(scratch, scratchSize);
    scratchSize = max(bytes, 512);
    scratch = newBuffer(scratchSize);
  }
  memory.copy(scratch, from, bytes);
  return scratch;
}

function flagsOf(file: NewFile): u64 {
  let flags = ((file.mode & S_IFMT) == S_IFDIR ? FLAGS_DIRECTORY : FLAGS_FILE) | FLAG_TRIVIAL;
  if ((file.mode & 0o111) == 0o111) flags |= FLAG_ALL_EXECUTE;
  return file.isExtended ? flags | FLAG_XATTR : flags;
}

const KIND_FILE: i32 = 0;
const KIND_LINK: i32 = 1;
const KIND_DEVICE: i32 = 2;
function kindOf(file: NewFile): i32 {
  const format = file.mode & S_IFMT;
  if (format == S_IFLNK) return KIND_LINK;
  return format == S_IFCHR || format == S_IFBLK ? KIND_DEVICE : KIND_FILE;
}

/** `number`: the layout's, of which the attributes are those of {@link NEW_LAYOUTS}. */
function fillNew(dn: Dnode, file: NewFile, kind: i32, number: i32, target: string): void {
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
      const aces = trivialAces(<i32>file.mode, (file.mode & S_IFMT) == S_IFDIR);
      storeAces(aces, at);
      length = bytesOfAces(aces);
      store<u16>(bonus, <u16>length, 6);
      store<u64>(at - 8, aces.length);
    } else if (attribute == A_SYMLINK) {
      length = target.length;
      store<u16>(bonus, <u16>length, 8);
      putText(target, at);
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
