// SPDX-License-Identifier: MIT
/** @fileoverview struct stat and struct statvfs for 64 bits (<sys/stat.h>, <sys/statvfs.h>), from what a file and its file system say. */
import { currentProcess } from '../kernel/process/processes';
import { copyOut, storeText } from '../kernel/memory/user';
import { ACE_READ_ATTRIBUTES } from './acl';
import { checkAcl } from './policy';
import { FileSystem, NAME_MAX, Vnode } from './vnode';

const STAT_SIZE: usize = 128;
const STATVFS_SIZE: usize = 136;
const buffer = memory.data(136, 8);
/** f_flag */
const ST_RDONLY: u64 = 1;
const ST_NOSUID: u64 = 2;
const ST_NOTRUNC: u64 = 4;

/** EACCES where a list of access denies the caller the attributes. */
export function putStat(vnode: Vnode, to: u64): i32 {
  if (vnode.hasAcl) {
    const refused = checkAcl(vnode, ACE_READ_ATTRIBUTES, currentProcess().credentials);
    if (refused) return refused;
  }
  const attributes = vnode.attributes();
  memory.fill(buffer, 0, STAT_SIZE);
  store<u64>(buffer, vnode.fileSystem.device);
  store<u64>(buffer, attributes.inode, 8);
  store<u32>(buffer, attributes.mode, 16);
  store<u32>(buffer, attributes.nlink, 20);
  store<u32>(buffer, attributes.uid, 24);
  store<u32>(buffer, attributes.gid, 28);
  store<u64>(buffer, attributes.rdev, 32);
  store<u64>(buffer, attributes.size, 40);
  storeTime(48, attributes.accessed);
  storeTime(64, attributes.modified);
  storeTime(80, attributes.changed);
  store<u32>(buffer, attributes.blockSize, 96);
  store<u64>(buffer, attributes.blocks, 104);
  storeText(buffer + 112, vnode.fileSystem.type);
  return copyOut(to, buffer, STAT_SIZE);
}

function storeTime(at: usize, nanoseconds: u64): void {
  store<u64>(buffer + at, nanoseconds / 1000000000);
  store<u64>(buffer + at, nanoseconds % 1000000000, 8);
}

export function putStatistics(fileSystem: FileSystem, to: u64): i32 {
  const statistics = fileSystem.statistics();
  memory.fill(buffer, 0, STATVFS_SIZE);
  store<u64>(buffer, statistics.blockSize);
  store<u64>(buffer, statistics.fragment, 8);
  store<u64>(buffer, statistics.blocks, 16);
  store<u64>(buffer, statistics.free, 24);
  store<u64>(buffer, statistics.available, 32);
  store<u64>(buffer, statistics.files, 40);
  store<u64>(buffer, statistics.freeFiles, 48);
  store<u64>(buffer, statistics.freeFiles, 56);
  store<u64>(buffer, fileSystem.device, 64);
  storeText(buffer + 72, fileSystem.type);
  const flags = ST_NOTRUNC | (fileSystem.readOnly ? ST_RDONLY : 0) | (fileSystem.noSetuid ? ST_NOSUID : 0);
  store<u64>(buffer, flags, 88);
  store<u64>(buffer, NAME_MAX, 96);
  storeText(buffer + 104, fileSystem.special.substring(0, 31));
  return copyOut(to, buffer, STATVFS_SIZE);
}
