// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the records of an intent log say, done again. Whatever a record changes may have been done already, by a replay that
 * did not come to its end, or be gone: then there is nothing to do.
 *
 * A record begins with type, length, transaction group and number; what follows is said in each function. Names end with a zero. Records of
 * attributes that only illumos's smb server sets are refused, and with them the import, rather than left out.
 */
import { ZilAcl, ZilCreate, ZilRename, ZilSetAttributes, ZilTruncate, ZilWrite, ZilLink, ZilRemove } from 'layout/zfs';
import { EEXIST, EIO, ENOENT, setError } from '../../guest-os/kernel/errno';
import { zeroTerminated } from '../port/bytes';
import { ENOTSUP } from '../port/errors';
import { freeBuffer, newBuffer, newZeroed } from '../port/memory';
import { dmuFreeRange, dmuWrite } from '../dmu/dmu';
import { Dnode, holdDnode, isFreeObject, releaseDnode } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { OBJSET_ZVOL } from '../dmu/types';
import { Dataset } from '../dsl/dataset';
import { Spa } from '../spa/spa';
import { isHole, LARGEST_BLOCK, logicalSize } from '../zio/blockPointer';
import { readBlock } from '../zio/zio';
import { loadAces, PLAIN_ACES } from '../zpl/aces';
import { A_ATIME, A_GID, A_MODE, A_MTIME, A_SIZE, A_UID } from '../zpl/attributes';
import { extendedDirectory } from '../zpl/extended';
import { FileSystem } from '../zpl/fileSystem';
import { NewFile } from '../zpl/znode';
import {
  AT_ATIME,
  AT_GID,
  AT_MODE,
  AT_MTIME,
  AT_SIZE,
  AT_UID,
  TX_ACL,
  TX_CREATE,
  TX_CREATE_ACL,
  TX_LINK,
  TX_MKDIR,
  TX_MKDIR_ACL,
  TX_MKXATTR,
  TX_REMOVE,
  TX_RENAME,
  TX_RMDIR,
  TX_SETATTR,
  TX_SYMLINK,
  TX_TRUNCATE,
  TX_WRITE,
} from './records';

const S_IFMT: u64 = 0xf000;
const NANOSECONDS: u64 = 1000000000;
const LONGEST_PATH: usize = 1024;
/** What precedes the name of a new file that comes with an ACL: its header. */
const ACL_HEADER: usize = 40;

const KNOWN = [
  TX_CREATE,
  TX_MKDIR,
  TX_MKXATTR,
  TX_SYMLINK,
  TX_REMOVE,
  TX_RMDIR,
  TX_LINK,
  TX_RENAME,
  TX_WRITE,
  TX_TRUNCATE,
  TX_SETATTR,
  TX_ACL,
  TX_CREATE_ACL,
  TX_MKDIR_ACL,
];

export function isKnown(type: u32): bool {
  return KNOWN.includes(type);
}

let opened: FileSystem | null = null;
export function endReplay(): void {
  opened = null;
}

export function replayRecord(dataset: Dataset, objset: Objset, type: u32, at: usize, bytes: u32): i32 {
  if (objset.type == OBJSET_ZVOL) return replayVolume(objset, type, at, bytes);
  let fs = opened;
  if (!fs || fs.dataset != dataset) opened = fs = FileSystem.open(dataset);
  if (!fs) return setError(EIO);
  fs.isReplaying = true;
  const result = replay(fs, type, at, bytes);
  // Removed afterwards, or made before.
  return result == setError(ENOENT) || result == setError(EEXIST) ? 0 : result;
}

function replay(fs: FileSystem, type: u32, at: usize, bytes: u32): i32 {
  switch (type) {
    case TX_CREATE:
    case TX_MKDIR:
    case TX_SYMLINK:
      return replayCreate(fs, at, bytes, <usize>ZilCreate.SIZE);
    case TX_MKXATTR:
      return replayExtended(fs, at, bytes);
    case TX_CREATE_ACL:
    case TX_MKDIR_ACL:
      return replayWithAcl(fs, at, bytes);
    case TX_REMOVE:
    case TX_RMDIR:
      return replayRemove(fs, at, bytes, type == TX_RMDIR);
    case TX_LINK:
      return replayLink(fs, at, bytes);
    case TX_RENAME:
      return replayRename(fs, at, bytes);
    case TX_WRITE:
      return replayWrite(fs, at, bytes);
    case TX_TRUNCATE:
      return replayTruncate(fs, at, bytes);
    case TX_SETATTR:
      return replayAttributes(fs, at, bytes);
    case TX_ACL:
      return replayAcl(fs, at, bytes);
  }
  return setError(ENOTSUP);
}

/** Text of a record from an offset on. */
function nameAt(at: usize, bytes: u32, offset: usize): string {
  return <usize>bytes > offset ? zeroTerminated(at + offset, min(<usize>bytes - offset, LONGEST_PATH)) : '';
}

function replayCreate(fs: FileSystem, at: usize, bytes: u32, nameOffset: usize): i32 {
  if (<usize>bytes < nameOffset) return setError(EIO);
  const record = changetype<ZilCreate>(at);
  const directory = fs.hold(record.directory);
  if (!directory) return setError(ENOENT);
  const name = nameAt(at, bytes, nameOffset);
  const file = new NewFile();
  file.object = record.object;
  file.mode = record.mode;
  file.uid = <u64>(<u32>record.uid);
  file.gid = <u64>(<u32>record.gid);
  file.rdev = record.rdev;
  file.target = nameAt(at, bytes, nameOffset + <usize>name.length + 1);
  const result = fs.create(directory, name, file);
  releaseDnode(directory);
  return result;
}

/** The directory of a file's extended attributes. */
function replayExtended(fs: FileSystem, at: usize, bytes: u32): i32 {
  if (bytes < <u32>ZilCreate.SIZE) return setError(EIO);
  const record = changetype<ZilCreate>(at);
  const file = fs.hold(record.directory);
  if (!file) return setError(ENOENT);
  const isFree = isFreeObject(fs.objset, record.object);
  const result = isFree ? extendedDirectory(fs, file, true, record.object) : setError(EEXIST);
  releaseDnode(file);
  return result;
}

/** One that grants what the mode does is made anew; others are not understood. */
function replayWithAcl(fs: FileSystem, at: usize, bytes: u32): i32 {
  const header = <usize>ZilCreate.SIZE;
  if (<usize>bytes < header + ACL_HEADER) return setError(EIO);
  const domains = load<u64>(at + header, 8);
  const ids = load<u64>(at + header, 16);
  const aclBytes = load<u64>(at + header, 24);
  if (domains || ids || aclBytes > <u64>bytes) return setError(ENOTSUP);
  return replayCreate(fs, at, bytes, header + ACL_HEADER + ((<usize>aclBytes + 7) & ~7));
}

function replayRemove(fs: FileSystem, at: usize, bytes: u32, isDirectory: bool): i32 {
  if (bytes < <u32>ZilRemove.SIZE) return setError(EIO);
  const directory = fs.hold(changetype<ZilRemove>(at).directory);
  if (!directory) return setError(ENOENT);
  const name = nameAt(at, bytes, <usize>ZilRemove.SIZE);
  const result = isDirectory ? fs.removeDirectory(directory, name) : fs.remove(directory, name, false);
  releaseDnode(directory);
  return result;
}

function replayLink(fs: FileSystem, at: usize, bytes: u32): i32 {
  if (bytes < <u32>ZilLink.SIZE) return setError(EIO);
  const record = changetype<ZilLink>(at);
  const directory = fs.hold(record.directory);
  const file = directory ? fs.hold(record.object) : null;
  const result = directory && file ? fs.link(directory, nameAt(at, bytes, <usize>ZilLink.SIZE), file) : setError(ENOENT);
  if (file) releaseDnode(file);
  if (directory) releaseDnode(directory);
  return result;
}

function replayRename(fs: FileSystem, at: usize, bytes: u32): i32 {
  if (bytes < <u32>ZilRename.SIZE) return setError(EIO);
  const record = changetype<ZilRename>(at);
  const from = fs.hold(record.from);
  const to = from ? fs.hold(record.to) : null;
  const name = nameAt(at, bytes, <usize>ZilRename.SIZE);
  const newName = nameAt(at, bytes, <usize>ZilRename.SIZE + <usize>name.length + 1);
  const result = from && to ? fs.rename(from, name, to, newName, false) : setError(ENOENT);
  if (to) releaseDnode(to);
  if (from) releaseDnode(from);
  return result;
}

/** Data are in the record, or in a block that it points at. */
function replayWrite(fs: FileSystem, at: usize, bytes: u32): i32 {
  if (bytes < <u32>ZilWrite.SIZE) return setError(EIO);
  const dn = fs.hold(changetype<ZilWrite>(at).object);
  if (!dn) return setError(ENOENT);
  const result = writeData(fs, fs.dataset.spa, dn, at, bytes);
  releaseDnode(dn);
  return result;
}

function writeData(fs: FileSystem | null, spa: Spa, dn: Dnode, at: usize, bytes: u32): i32 {
  const record = changetype<ZilWrite>(at);
  const bp = record.block.pointer;
  // A whole block of zeros.
  if (isHole(bp) && <usize>bytes == <usize>ZilWrite.SIZE) return storeZeros(fs, dn, record.offset, record.count);
  if (isHole(bp)) {
    if (record.count > <u64>bytes - <u64>ZilWrite.SIZE) return setError(EIO);
    return storeData(fs, dn, record.offset, record.count, at + <usize>ZilWrite.SIZE);
  }
  // All of the block is written: a later record may make the file longer and count on it. The file ends where the write did.
  const size = <u64>logicalSize(bp);
  if (size > LARGEST_BLOCK) return setError(EIO);
  const isPart = record.count < size;
  const offset = isPart ? record.offset - (record.offset % size) : record.offset;
  const before = fs ? fs.znodes.get(dn, A_SIZE) : 0;
  const buffer = newBuffer(LARGEST_BLOCK);
  let result = readBlock(spa, bp, buffer);
  if (result == 0) result = storeData(fs, dn, offset, isPart ? size : min(record.count, size), buffer);
  if (result == 0 && fs) fs.znodes.set(dn, A_SIZE, max(before, record.offset + record.count));
  freeBuffer(buffer, LARGEST_BLOCK);
  return result;
}

function storeData(fs: FileSystem | null, dn: Dnode, offset: u64, count: u64, from: usize): i32 {
  if (!fs) return dmuWrite(dn, offset, count, from);
  const done = fs.write(dn, offset, count, from);
  if (done < 0) return <i32>done;
  return <u64>done == count ? 0 : setError(EIO);
}

function storeZeros(fs: FileSystem | null, dn: Dnode, offset: u64, count: u64): i32 {
  if (count > <u64>LARGEST_BLOCK) return setError(EIO);
  const zeros = newZeroed(LARGEST_BLOCK);
  const result = storeData(fs, dn, offset, count, zeros);
  freeBuffer(zeros, LARGEST_BLOCK);
  return result;
}

function replayTruncate(fs: FileSystem, at: usize, bytes: u32): i32 {
  if (bytes < <u32>ZilTruncate.SIZE) return setError(EIO);
  const record = changetype<ZilTruncate>(at);
  const dn = fs.hold(record.object);
  if (!dn) return setError(ENOENT);
  const result = record.count ? fs.freeRange(dn, record.offset, record.count) : fs.truncate(dn, record.offset);
  releaseDnode(dn);
  return result;
}

function replayAttributes(fs: FileSystem, at: usize, bytes: u32): i32 {
  if (bytes < <u32>ZilSetAttributes.SIZE) return setError(EIO);
  const record = changetype<ZilSetAttributes>(at);
  const dn = fs.hold(record.object);
  if (!dn) return setError(ENOENT);
  const mask = record.mask;
  const znodes = fs.znodes;
  let result = 0;
  if (mask & AT_SIZE) result = fs.truncate(dn, record.size);
  if (mask & AT_MODE && result == 0) result = fs.setMode(dn, (znodes.get(dn, A_MODE) & S_IFMT) | (record.mode & 0o7777));
  if (mask & AT_UID) znodes.set(dn, A_UID, <u64>(<u32>record.uid));
  if (mask & AT_GID) znodes.set(dn, A_GID, <u64>(<u32>record.gid));
  if (mask & AT_ATIME) znodes.setTime(dn, A_ATIME, record.atime * NANOSECONDS + record.atimePart);
  if (mask & AT_MTIME) znodes.setTime(dn, A_MTIME, record.mtime * NANOSECONDS + record.mtimePart);
  releaseDnode(dn);
  return result;
}

function replayAcl(fs: FileSystem, at: usize, bytes: u32): i32 {
  const header = <u32>ZilAcl.SIZE;
  if (bytes < header) return setError(EIO);
  const record = changetype<ZilAcl>(at);
  // Ids of other domains are not understood.
  if (record.domains || record.ids) return setError(ENOTSUP);
  if (record.bytes > <u64>bytes - <u64>header) return setError(EIO);
  const aces = loadAces(at + header, <u32>record.bytes, PLAIN_ACES);
  if (!aces) return setError(EIO);
  const dn = fs.hold(record.object);
  if (!dn) return setError(ENOENT);
  const result = fs.setAces(dn, aces);
  releaseDnode(dn);
  return result;
}

/** A volume's bytes are its object 1. */
function replayVolume(objset: Objset, type: u32, at: usize, bytes: u32): i32 {
  const dn = holdDnode(objset, 1);
  if (!dn) return setError(EIO);
  let result = setError(ENOTSUP);
  if (type == TX_WRITE && bytes >= <u32>ZilWrite.SIZE) result = writeData(null, objset.spa, dn, at, bytes);
  else if (type == TX_TRUNCATE && bytes >= <u32>ZilTruncate.SIZE) {
    const record = changetype<ZilTruncate>(at);
    result = dmuFreeRange(dn, record.offset, record.count);
  }
  releaseDnode(dn);
  return result;
}
