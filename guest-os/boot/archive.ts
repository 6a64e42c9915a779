// SPDX-License-Identifier: MIT
/**
 * @fileoverview The boot archive: a cpio archive in its "new ASCII" form (cpio(5), magic 070701), unpacked into the root file system.
 *
 * Each member is a header of 110 characters (hexadecimal fields of 8), the name with its zero, the data; name and data are padded to
 * four bytes. `TRAILER!!!` ends it. Members with the same inode number and several links are one file: the data comes with the last.
 * An archive that is not well formed is refused with a word on the console, as far as it could not be read.
 */
import { address } from 'machine/mem';
import { Vnode, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../fs/vnode';
import { EXDEV } from '../kernel/errno';
import { textOf } from '../kernel/memory/user';

const HEADER: usize = 110;
const MAGIC_LENGTH: usize = 6;

/** Fields of the header, by index. */
const INODE: i32 = 0;
const MODE: i32 = 1;
const UID: i32 = 2;
const GID: i32 = 3;
const LINKS: i32 = 4;
const TIME: i32 = 5;
const SIZE: i32 = 6;
const NAME_SIZE: i32 = 11;

let error_: string = '';
/** Why {@link unpack} gave up. */
export function unpackError(): string {
  return error_;
}

/** A file with several names: the first of them. */
class Linked {
  constructor(
    public readonly name: string,
    public readonly vnode: Vnode,
  ) {}
}

/** Makes the archive's files below a directory. The number of members, or -1. */
export function unpack(root: Vnode, start: usize, end: usize): i32 {
  const byInode = new Map<u32, Linked>();
  let count = 0;
  let at = start;
  while (true) {
    if (at + HEADER > end || textOf(at, <i32>MAGIC_LENGTH) != '070701') return refuse('no header where one should be');
    const nameSize = <usize>field(at, NAME_SIZE);
    const size = <usize>field(at, SIZE);
    const nameAt = at + HEADER;
    const data = start + ((nameAt - start + nameSize + 3) & ~3);
    if (nameSize < 2 || nameSize > 1024 || nameAt + nameSize > end) return refuse('a name does not fit');
    const name = textOf(nameAt, <i32>nameSize - 1);
    if (name == 'TRAILER!!!') {
      // Another archive may follow, as with Linux's initrd: files for this boot only.
      at = start + ((data - start + 3) & ~3);
      while (at + HEADER <= end && !load<u8>(at)) at++;
      if (at + HEADER > end) return count;
      byInode.clear();
      continue;
    }
    if (data > end || size > end - data) return refuse(name + ' is cut short');
    if (name != '.' && !addMember(root, name, at, data, size, byInode)) return refuse(name + ' cannot be made');
    at = start + ((data - start + size + 3) & ~3);
    count++;
  }
}

function refuse(reason: string): i32 {
  error_ = reason;
  return -1;
}

function field(header: usize, index: i32): u32 {
  let value: u32 = 0;
  for (let i: usize = 0; i < 8; i++) {
    const digit = <u32>load<u8>(header + MAGIC_LENGTH + ((<usize>index) << 3) + i);
    value = (value << 4) | (digit <= 0x39 ? digit - 0x30 : (digit & 0xdf) - 55);
  }
  return value;
}

function addMember(root: Vnode, name: string, header: usize, data: usize, size: usize, byInode: Map<u32, Linked>): bool {
  const slash = name.lastIndexOf('/');
  const directory = slash < 0 ? root : descend(root, name.substring(0, slash));
  if (!directory) return false;
  const last = name.substring(slash + 1);
  const mode = <i32>field(header, MODE);
  const uid = <i32>field(header, UID);
  const gid = <i32>field(header, GID);
  const type = mode & S_IFMT;
  if (type == S_IFLNK) return directory.symlink(last, textOf(data, <i32>size), uid, gid) == 0;
  if (type != S_IFREG && type != S_IFDIR) return false;
  const inode = field(header, INODE);
  const linked = type == S_IFREG && field(header, LINKS) > 1;
  let vnode: Vnode | null = null;
  if (linked && byInode.has(inode)) {
    const first = byInode.get(inode);
    vnode = first.vnode;
    let error = directory.link(last, vnode);
    // A link cannot leave its file system; a symbolic one can.
    if (error == -EXDEV) error = directory.symlink(last, '/' + first.name, uid, gid);
    if (error) return false;
  } else {
    vnode = directory.lookup(last);
    if (vnode) {
      // A directory that is there already, perhaps with a file system on it.
      const mounted = vnode.mounted;
      vnode.release();
      return type == S_IFDIR && (mounted ? mounted : vnode).setMode(mode) == 0;
    }
    vnode = directory.create(last, mode, uid, gid);
    if (!vnode) return false;
    if (linked) byInode.set(inode, new Linked(name, vnode));
  }
  if (size && vnode.write(0, address(data), size, false) != <i64>size) return false;
  const time = <u64>field(header, TIME) * 1000000000;
  vnode.setTimes(time, time);
  if (!linked) vnode.release();
  return true;
}

/** The directory at a path, all of whose components the archive has brought before. */
function descend(root: Vnode, path: string): Vnode | null {
  let at = root;
  const names = path.split('/');
  for (let i = 0; i < names.length; i++) {
    const next = at.lookup(names[i]);
    if (!next) return null;
    // The tree keeps it.
    next.release();
    const mounted = next.mounted;
    at = mounted ? mounted : next;
  }
  return at;
}
