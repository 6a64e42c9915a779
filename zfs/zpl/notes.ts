// SPDX-License-Identifier: MIT
/**
 * @fileoverview What changes of files note in the intent log (zil/intentLog.ts): the records that zil/replay.ts, and other implementations, do again.
 *
 * Each is called when its change has been made; it may commit (`sync=always`), so nothing is half done, and gives that commit's error. Nothing is
 * noted of files without names: nobody could find them afterwards.
 */
import { ZilAcl, ZilCreate, ZilLink, ZilRemove, ZilRename, ZilSetAttributes, ZilTruncate } from 'layout/zfs';
import { Ace } from '../../guest-os/fs/acl';
import { putText } from '../port/bytes';
import { Dnode } from '../dmu/dnode';
import { IntentLog } from '../zil/intentLog';
import {
  AT_ATIME,
  AT_GID,
  AT_MODE,
  AT_MTIME,
  AT_UID,
  TX_ACL,
  TX_CREATE,
  TX_LINK,
  TX_MKDIR,
  TX_MKXATTR,
  TX_REMOVE,
  TX_RENAME,
  TX_RMDIR,
  TX_SETATTR,
  TX_SYMLINK,
  TX_TRUNCATE,
} from '../zil/records';
import { A_ATIME, A_CRTIME, A_GEN, A_GID, A_LINKS, A_MODE, A_MTIME, A_RDEV, A_UID } from './attributes';
import { PLAIN_ACE, storePlainAces } from './aces';
import { Znodes } from './znode';

const S_IFMT: u64 = 0xf000;
const S_IFDIR: u64 = 0x4000;
const S_IFLNK: u64 = 0xa000;
const NANOSECONDS: u64 = 1000000000;

/** Of one file system. */
export class Notes {
  constructor(
    private readonly log: IntentLog,
    private readonly znodes: Znodes,
  ) {}

  /** A new file; an empty name: the directory of another's extended attributes. */
  created(directory: u64, name: string, dn: Dnode, target: string): i32 {
    const mode = this.znodes.get(dn, A_MODE);
    const format = mode & S_IFMT;
    let type = format == S_IFDIR ? TX_MKDIR : format == S_IFLNK ? TX_SYMLINK : TX_CREATE;
    if (!name.length) type = TX_MKXATTR;
    const texts = name.length + 1 + (format == S_IFLNK ? target.length + 1 : 0);
    const at = this.log.note(type, 0, <u32>ZilCreate.SIZE + texts);
    const record = changetype<ZilCreate>(at);
    record.directory = directory;
    record.object = dn.object;
    record.mode = mode;
    record.uid = this.znodes.get(dn, A_UID);
    record.gid = this.znodes.get(dn, A_GID);
    record.generation = this.znodes.get(dn, A_GEN);
    const time = this.znodes.time(dn, A_CRTIME);
    store<u64>(at + ZilCreate.crtimeOffset, time / NANOSECONDS);
    store<u64>(at + ZilCreate.crtimeOffset, time % NANOSECONDS, 8);
    record.rdev = this.znodes.get(dn, A_RDEV);
    putText(name, at + ZilCreate.SIZE);
    if (format == S_IFLNK) putText(target, at + ZilCreate.SIZE + <usize>name.length + 1);
    return this.log.noteDone(0);
  }

  removed(directory: u64, name: string, isDirectory: bool): i32 {
    const at = this.log.note(isDirectory ? TX_RMDIR : TX_REMOVE, 0, <u32>ZilRemove.SIZE + name.length + 1);
    changetype<ZilRemove>(at).directory = directory;
    putText(name, at + ZilRemove.SIZE);
    return this.log.noteDone(0);
  }
  /** The last of a file is gone: what was noted of its contents is moot. */
  forget(object: u64): void {
    this.log.forget(object);
  }

  linked(directory: u64, name: string, object: u64): i32 {
    const at = this.log.note(TX_LINK, 0, <u32>ZilLink.SIZE + name.length + 1);
    changetype<ZilLink>(at).directory = directory;
    changetype<ZilLink>(at).object = object;
    putText(name, at + ZilLink.SIZE);
    return this.log.noteDone(0);
  }

  renamed(from: u64, name: string, to: u64, newName: string): i32 {
    const at = this.log.note(TX_RENAME, 0, <u32>ZilRename.SIZE + name.length + newName.length + 2);
    changetype<ZilRename>(at).from = from;
    changetype<ZilRename>(at).to = to;
    putText(name, at + ZilRename.SIZE);
    putText(newName, at + ZilRename.SIZE + <usize>name.length + 1);
    return this.log.noteDone(0);
  }

  wrote(dn: Dnode, offset: u64, count: u64): i32 {
    return this.isNamed(dn) ? this.log.noteWrite(dn.object, offset, count) : 0;
  }

  /** Count 0: up to the end, which is there. */
  freed(dn: Dnode, offset: u64, count: u64): i32 {
    if (!this.isNamed(dn)) return 0;
    const record = changetype<ZilTruncate>(this.log.note(TX_TRUNCATE, dn.object, <u32>ZilTruncate.SIZE));
    record.object = dn.object;
    record.offset = offset;
    record.count = count;
    return this.log.noteDone(dn.object);
  }

  changedMode(dn: Dnode): i32 {
    const record = this.attributes(dn, AT_MODE);
    if (!record) return 0;
    record.mode = this.znodes.get(dn, A_MODE);
    return this.log.noteDone(dn.object);
  }
  changedAces(dn: Dnode, aces: Ace[]): i32 {
    if (!this.isNamed(dn)) return 0;
    const bytes = <u32>aces.length * PLAIN_ACE;
    const at = this.log.note(TX_ACL, dn.object, <u32>ZilAcl.SIZE + bytes);
    const record = changetype<ZilAcl>(at);
    record.object = dn.object;
    record.count = <u64>aces.length;
    record.bytes = bytes;
    storePlainAces(aces, at + ZilAcl.SIZE);
    return this.log.noteDone(dn.object);
  }
  changedOwner(dn: Dnode): i32 {
    const record = this.attributes(dn, AT_UID | AT_GID);
    if (!record) return 0;
    record.uid = this.znodes.get(dn, A_UID);
    record.gid = this.znodes.get(dn, A_GID);
    return this.log.noteDone(dn.object);
  }
  changedTimes(dn: Dnode): i32 {
    const record = this.attributes(dn, AT_ATIME | AT_MTIME);
    if (!record) return 0;
    const accessed = this.znodes.time(dn, A_ATIME);
    const modified = this.znodes.time(dn, A_MTIME);
    record.atime = accessed / NANOSECONDS;
    record.atimePart = accessed % NANOSECONDS;
    record.mtime = modified / NANOSECONDS;
    record.mtimePart = modified % NANOSECONDS;
    return this.log.noteDone(dn.object);
  }
  private attributes(dn: Dnode, mask: u64): ZilSetAttributes | null {
    if (!this.isNamed(dn)) return null;
    const record = changetype<ZilSetAttributes>(this.log.note(TX_SETATTR, dn.object, <u32>ZilSetAttributes.SIZE));
    record.object = dn.object;
    record.mask = mask;
    return record;
  }

  private isNamed(dn: Dnode): bool {
    return this.znodes.get(dn, A_LINKS) != 0;
  }
}
