// SPDX-License-Identifier: MIT
/** @fileoverview What is done to files by their names, and directories. */
import { pathOf } from '../../../lib/text';
import { page, u } from './argument';
import { call, call6 } from './illumos/call';
import * as abi from './illumos/paths';

export * from './illumos/paths';

/** Fields of the last stat. */
export class Stat {
  device: u64 = 0;
  inode: u64 = 0;
  mode: i32 = 0;
  links: i32 = 0;
  uid: i32 = 0;
  gid: i32 = 0;
  size: i64 = 0;
  blocks: i64 = 0;
  accessed: i64 = 0;
  modified: i64 = 0;
  changed: i64 = 0;
}

export const st: Stat = new Stat();

function takeStat(result: i64): i64 {
  if (result < 0) return result;
  st.device = load<u64>(page + abi.STAT_dev);
  st.inode = load<u64>(page + abi.STAT_ino);
  st.mode = load<i32>(page + abi.STAT_mode);
  st.links = load<i32>(page + abi.STAT_nlink);
  st.uid = load<i32>(page + abi.STAT_uid);
  st.gid = load<i32>(page + abi.STAT_gid);
  st.size = load<i64>(page + abi.STAT_size);
  st.accessed = timeAt(page + abi.STAT_atim);
  st.modified = timeAt(page + abi.STAT_mtim);
  st.changed = timeAt(page + abi.STAT_ctim);
  st.blocks = load<i64>(page + abi.STAT_blocks);
  return result;
}
/** Nanoseconds of a struct timespec. */
function timeAt(at: usize): i64 {
  return load<i64>(at) * 1000000000 + load<i64>(at, 8);
}
export function stat(path: string): i64 {
  return takeStat(call(abi.SYS_stat, pathOf(path), page, 0));
}
export function lstat(path: string): i64 {
  return takeStat(call(abi.SYS_lstat, pathOf(path), page, 0));
}
export function fstat(descriptor: i32): i64 {
  return takeStat(call(abi.SYS_fstat, u(descriptor), page, 0));
}
export function fstatat(directory: i32, path: string, flags: i32): i64 {
  return takeStat(call6(abi.SYS_fstatat, u(directory), pathOf(path), page, u(flags), 0, 0));
}
export function link(from: string, to: string): i64 {
  return call(abi.SYS_link, pathOf(from), pathOf(to), 0);
}
export function unlink(path: string): i64 {
  return call(abi.SYS_unlink, pathOf(path), 0, 0);
}
export function unlinkat(directory: i32, path: string, flags: i32): i64 {
  return call(abi.SYS_unlinkat, u(directory), pathOf(path), u(flags));
}
export function rename(from: string, to: string): i64 {
  return call(abi.SYS_rename, pathOf(from), pathOf(to), 0);
}
export function renameat(fromDirectory: i32, from: string, toDirectory: i32, to: string): i64 {
  return call6(abi.SYS_renameat, u(fromDirectory), pathOf(from), u(toDirectory), pathOf(to), 0, 0);
}
export function symlink(target: string, path: string): i64 {
  return call(abi.SYS_symlink, pathOf(target), pathOf(path), 0);
}
export function readlink(path: string, to: u64, size: u64): i64 {
  return call(abi.SYS_readlink, pathOf(path), to, size);
}
export function mkdir(path: string, mode: i32 = 0o755): i64 {
  return call(abi.SYS_mkdir, pathOf(path), u(mode), 0);
}
export function mkdirat(directory: i32, path: string, mode: i32): i64 {
  return call(abi.SYS_mkdirat, u(directory), pathOf(path), u(mode));
}
export function rmdir(path: string): i64 {
  return call(abi.SYS_rmdir, pathOf(path), 0, 0);
}
export function mkfifo(path: string, mode: i32): i64 {
  return call(abi.SYS_mknod, pathOf(path), u(0x1000 | (mode & 0o7777)), 0);
}
export function chmod(path: string, mode: i32): i64 {
  return call(abi.SYS_chmod, pathOf(path), u(mode), 0);
}
export function fchmod(descriptor: i32, mode: i32): i64 {
  return call(abi.SYS_fchmod, u(descriptor), u(mode), 0);
}
export function chown(path: string, uid: i32, gid: i32): i64 {
  return call(abi.SYS_chown, pathOf(path), u(uid), u(gid));
}
export function lchown(path: string, uid: i32, gid: i32): i64 {
  return call(abi.SYS_lchown, pathOf(path), u(uid), u(gid));
}
export function access(path: string, wanted: i32): i64 {
  return call(abi.SYS_access, pathOf(path), u(wanted), 0);
}
/** Seconds, and nanoseconds or UTIME_NOW, UTIME_OMIT, of the access and the modification. */
export function utimens(path: string, a: i64, aNano: i64, m: i64, mNano: i64): i64 {
  store<i64>(page, a);
  store<i64>(page, aNano, 8);
  store<i64>(page, m, 16);
  store<i64>(page, mNano, 24);
  return call6(abi.SYS_utimensat, u(abi.AT_FDCWD), pathOf(path), page, 0, 0, 0);
}
export function utimensNow(path: string): i64 {
  return call6(abi.SYS_utimensat, u(abi.AT_FDCWD), pathOf(path), 0, 0, 0, 0);
}
export function chdir(path: string): i64 {
  return call(abi.SYS_chdir, pathOf(path), 0, 0);
}
export function fchdir(descriptor: i32): i64 {
  return call(abi.SYS_fchdir, u(descriptor), 0, 0);
}
export function getcwd(to: u64, size: u64): i64 {
  return call(abi.SYS_getcwd, to, size, 0);
}
/** Names in an open directory, from where it is. */
export function getdents(descriptor: i32, names: string[]): i64 {
  while (true) {
    const count = call(abi.SYS_getdents, u(descriptor), page, 4096);
    if (count <= 0) return count;
    for (let at: usize = 0; at < <usize>count; at += load<u16>(page + at, 16))
      names.push(String.UTF8.decodeUnsafe(page + at + abi.DIRENT_name, length(page + at + abi.DIRENT_name)));
  }
}
function length(at: usize): i32 {
  let count = 0;
  while (load<u8>(at + count)) count++;
  return count;
}
