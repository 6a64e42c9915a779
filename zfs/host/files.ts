// SPDX-License-Identifier: MIT
/** @fileoverview The host's calls about files of the dataset that was chosen last, by their paths. */
import { AclSubject, missingOf } from '../../guest-os/fs/acl';
import { EINVAL, EIO, EISDIR, ENOENT, setError } from '../../guest-os/kernel/errno';
import { Dnode, releaseDnode } from '../dmu/dnode';
import { findDataset } from '../dsl/names';
import { ZapEntry } from '../zap/zap';
import { PLAIN_ACE, PLAIN_ACES, loadAces, storePlainAces } from '../zpl/aces';
import { A_GID, A_LINKS, A_MODE, A_SIZE, A_UID } from '../zpl/attributes';
import { extendedDirectory } from '../zpl/extended';
import { FileSystem } from '../zpl/fileSystem';
import { NewFile } from '../zpl/znode';
import { argument } from './node';
import { host } from './subject';

export function choose(name: usize, bytes: u32): i32 {
  const dataset = findDataset(host.pool!, argument(name, bytes));
  if (!dataset) return setError(ENOENT);
  for (let i = 0; i < host.opened.length; i++) {
    if (host.opened[i].dataset != dataset) continue;
    host.fs = host.opened[i];
    return 0;
  }
  host.fs = FileSystem.open(dataset);
  if (!host.fs) return setError(EIO);
  host.opened.push(host.fs!);
  return 0;
}

// ---- paths

/** The dnode of a path's directory, held, and the last word in `lastName`. `@` behind a file: the directory of its extended attributes. */
let lastName: string = '';

function directoryOf(path: string): Dnode | null {
  const words = path.split('/');
  let dn = host.fs!.hold(host.fs!.rootObject);
  for (let i = 0; i < words.length - 1 && dn; i++) {
    if (!words[i].length) continue;
    const result = words[i] == '@' ? extendedDirectory(host.fs!, dn, false) : host.fs!.lookup(dn, words[i]);
    releaseDnode(dn);
    dn = result < 0 ? null : host.fs!.hold(host.fs!.found);
  }
  lastName = words[words.length - 1];
  return dn;
}

function fileOf(path: string): Dnode | null {
  const directory = directoryOf(path);
  if (!directory) return null;
  const result = lastName.length ? host.fs!.lookup(directory, lastName) : 0;
  if (!lastName.length) return directory;
  releaseDnode(directory);
  return result < 0 ? null : host.fs!.hold(host.fs!.found);
}

export function makeFile(path: usize, pathBytes: u32, mode: u64, target: usize, targetBytes: u32): i32 {
  const directory = directoryOf(argument(path, pathBytes));
  if (!directory) return setError(ENOENT);
  const file = new NewFile();
  file.mode = mode;
  file.target = argument(target, targetBytes);
  const result = host.fs!.create(directory, lastName, file);
  releaseDnode(directory);
  return result;
}

export function remove(path: usize, pathBytes: u32): i32 {
  const directory = directoryOf(argument(path, pathBytes));
  if (!directory) return setError(ENOENT);
  let result = host.fs!.remove(directory, lastName, false);
  if (result == setError(EISDIR)) result = host.fs!.removeDirectory(directory, lastName);
  releaseDnode(directory);
  return result;
}

export function rename(from: usize, fromBytes: u32, to: usize, toBytes: u32): i32 {
  const old = directoryOf(argument(from, fromBytes));
  const name = lastName;
  const directory = directoryOf(argument(to, toBytes));
  let result = setError(ENOENT);
  if (old && directory) result = host.fs!.rename(old, name, directory, lastName, false);
  if (old) releaseDnode(old);
  if (directory) releaseDnode(directory);
  return result;
}

export function truncate(path: usize, pathBytes: u32, size: u64): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const result = host.fs!.truncate(dn, size);
  releaseDnode(dn);
  return result;
}

export function writeFile(path: usize, pathBytes: u32, offset: u64, from: usize, bytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const result = host.fs!.write(dn, offset, bytes, from);
  releaseDnode(dn);
  return <i32>result;
}

export function readFile(path: usize, pathBytes: u32, offset: u64, to: usize, bytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const result = host.fs!.read(dn, offset, bytes, to);
  releaseDnode(dn);
  return <i32>result;
}

/** Sees to it that a file has a directory of extended attributes. */
export function makeExtended(path: usize, pathBytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const result = extendedDirectory(host.fs!, dn, true);
  releaseDnode(dn);
  return result;
}

/** fsync(2) of a file. */
export function fsync(path: usize, pathBytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const result = host.fs!.commit(dn.object);
  releaseDnode(dn);
  return result;
}

export function setAttributes(path: usize, pathBytes: u32, mode: u64, uid: i32, gid: i32, accessed: u64, modified: u64): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  let result = host.fs!.setOwner(dn, uid, gid);
  if (result == 0) result = host.fs!.setMode(dn, (host.fs!.znodes.get(dn, A_MODE) & 0xf000) | mode);
  if (result == 0) result = host.fs!.setTimes(dn, accessed, modified);
  releaseDnode(dn);
  return result;
}

/** Sets a file's list of access: entries of twelve bytes, as acl(2) has them. */
export function setAces(path: usize, pathBytes: u32, from: usize, bytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const aces = loadAces(from, bytes, PLAIN_ACES);
  const result = aces ? host.fs!.setAces(dn, aces) : setError(EINVAL);
  releaseDnode(dn);
  return result;
}

/** The list comes to `to`; its bytes. */
export function readAces(path: usize, pathBytes: u32, to: usize, bytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const aces = host.fs!.aces(dn);
  releaseDnode(dn);
  if (!aces || <u32>aces.length * PLAIN_ACE > bytes) return setError(EIO);
  storePlainAces(aces, to);
  return aces.length * <i32>PLAIN_ACE;
}

class Member extends AclSubject {
  constructor(
    uid: i32,
    private readonly gid: i32,
    owner: i32,
    owningGroup: i32,
  ) {
    super(uid, owner, owningGroup);
  }
  isMember(gid: i32): bool {
    return gid == this.gid;
  }
}

/** Of permissions, those that a file's list does not give to a user of one group. */
export function missingRights(path: usize, pathBytes: u32, uid: i32, gid: i32, wanted: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const aces = host.fs!.aces(dn);
  const member = new Member(uid, gid, <i32>host.fs!.znodes.get(dn, A_UID), <i32>host.fs!.znodes.get(dn, A_GID));
  releaseDnode(dn);
  return aces ? <i32>missingOf(aces, wanted, member) : setError(EIO);
}

export function link(path: usize, pathBytes: u32, to: usize, toBytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  const directory = dn ? directoryOf(argument(to, toBytes)) : null;
  const result = dn && directory ? host.fs!.link(directory, lastName, dn) : setError(ENOENT);
  if (directory) releaseDnode(directory);
  if (dn) releaseDnode(dn);
  return result;
}

/** Makes a hole. */
export function freeRange(path: usize, pathBytes: u32, offset: u64, bytes: u64): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const result = host.fs!.freeRange(dn, offset, bytes);
  releaseDnode(dn);
  return result;
}

/** Mode, size and links of a file, a number each; for a link its target. */
export function describe(path: usize, pathBytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const mode = host.fs!.znodes.get(dn, A_MODE);
  host.said =
    mode.toString() + ' ' + host.fs!.znodes.get(dn, A_SIZE).toString() + ' ' + host.fs!.znodes.get(dn, A_LINKS).toString();
  if ((mode & 0xf000) == 0xa000) {
    const target = host.fs!.target(dn);
    host.said += ' ' + (target ? target : '?');
  }
  releaseDnode(dn);
  return 0;
}

/** Names in a directory, one a line. */
export function listDirectory(path: usize, pathBytes: u32): i32 {
  const dn = fileOf(argument(path, pathBytes));
  if (!dn) return setError(ENOENT);
  const entry = new ZapEntry();
  let position: u64 = 0;
  const names: string[] = [];
  while (host.fs!.next(dn, position, entry) == 0) {
    position = entry.next;
    names.push(entry.name);
  }
  host.said = names.join('\n');
  releaseDnode(dn);
  return names.length;
}
