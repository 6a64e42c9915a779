// SPDX-License-Identifier: MIT
/**
 * @fileoverview Who may do what with a file: one place for the rules that hold in every file system.
 *
 * POSIX.1-2017, 4.5 (file access permissions), chmod, chown, unlink (S_ISVTX), utimensat; illumos: giving one's own files away takes
 * {PRIV_FILE_CHOWN_SELF}, since _POSIX_CHOWN_RESTRICTED is in force.
 */
import { Credentials } from '../kernel/credentials';
import { EACCES, EPERM, EROFS, setError } from '../kernel/errno';
import { PRIV_FILE_CHOWN, PRIV_FILE_CHOWN_SELF, PRIV_FILE_SETID, PRIV_SYS_CONFIG } from '../kernel/privilege';
import { S_IFMT, S_IFREG, S_IFDIR, S_ISGID, S_ISUID, S_ISVTX, Vnode } from './vnode';

export const R_OK: i32 = 4;
export const W_OK: i32 = 2;
export const X_OK: i32 = 1;

/** 0, -EACCES, or -EROFS where nothing can be written. */
export function checkAccess(vnode: Vnode, wanted: i32, credentials: Credentials): i32 {
  const plain = vnode.type == S_IFREG || vnode.isDirectory;
  if (wanted & W_OK && plain && vnode.isReadOnly) return setError(EROFS);
  const attributes = vnode.attributes();
  return credentials.permits(attributes.mode, attributes.uid, attributes.gid, wanted) ? 0 : setError(EACCES);
}

export function isOwner(vnode: Vnode, credentials: Credentials): bool {
  return credentials.owns(vnode.attributes().uid);
}

/** May entries of a directory be made? */
export function checkChange(directory: Vnode, credentials: Credentials): i32 {
  return checkAccess(directory, W_OK | X_OK, credentials);
}

/** May an entry of a directory, which is this file, be removed or renamed? In a sticky directory only by the owner of one of the two. */
export function checkRemoval(directory: Vnode, file: Vnode, credentials: Credentials): i32 {
  const error = checkChange(directory, credentials);
  if (error) return error;
  const sticky = (directory.attributes().mode & S_ISVTX) != 0;
  return !sticky || isOwner(directory, credentials) || isOwner(file, credentials) ? 0 : setError(EACCES);
}

/** chmod. Who is not of the file's group cannot make it run with that group's rights; the sticky bit of files is root's. */
export function changeMode(vnode: Vnode, mode: i32, credentials: Credentials): i32 {
  if (!isOwner(vnode, credentials)) return setError(EPERM);
  if (vnode.isReadOnly) return setError(EROFS);
  const attributes = vnode.attributes();
  let bits = mode & 0o7777;
  if ((attributes.mode & S_IFMT) != S_IFDIR && !credentials.has(PRIV_SYS_CONFIG)) bits &= ~S_ISVTX;
  if (!credentials.isMember(attributes.gid) && !credentials.has(PRIV_FILE_SETID)) bits &= ~S_ISGID;
  return vnode.setMode(bits);
}

/** chown; -1: stays. The owner may give the file to a group of its own, and only with a privilege to anybody else. */
export function changeOwner(vnode: Vnode, uid: i32, gid: i32, credentials: Credentials): i32 {
  if (vnode.isReadOnly) return setError(EROFS);
  const attributes = vnode.attributes();
  const free = credentials.has(PRIV_FILE_CHOWN);
  if (!free) {
    const giveAway = credentials.has(PRIV_FILE_CHOWN_SELF);
    if (credentials.euid != attributes.uid || (uid != -1 && uid != attributes.uid && !giveAway)) return setError(EPERM);
    if (gid != -1 && gid != attributes.gid && !credentials.isMember(gid) && !giveAway) return setError(EPERM);
  }
  const error = vnode.setOwner(uid, gid);
  if (!error && !credentials.has(PRIV_FILE_SETID)) dropSetIds(vnode, attributes.mode);
  return error;
}

/** A file that has been changed by an unprivileged process no longer runs with its owner's rights. */
export function dropSetIds(vnode: Vnode, mode: i32): void {
  if ((mode & S_IFMT) != S_IFREG) return;
  const executable = (mode & 0o010) != 0;
  const drop = mode & S_ISUID || (mode & S_ISGID && executable);
  if (drop) vnode.setMode(mode & 0o7777 & ~(S_ISUID | (executable ? S_ISGID : 0)));
}

/** The group of a new file: the directory's if it says so, else the maker's. */
export function groupIn(directory: Vnode, credentials: Credentials): i32 {
  const attributes = directory.attributes();
  return attributes.mode & S_ISGID ? attributes.gid : credentials.egid;
}
