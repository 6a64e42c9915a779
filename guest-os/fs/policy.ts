// SPDX-License-Identifier: MIT
/**
 * @fileoverview Who may do what with a file: one place for the rules that hold in every file system.
 *
 * POSIX.1-2017, 4.5 (file access permissions), chmod, chown, unlink (S_ISVTX), utimensat; acl(7), and zfs_acl.c of illumos, for files with lists of access; illumos: giving one's own files away takes
 * {PRIV_FILE_CHOWN_SELF}, since _POSIX_CHOWN_RESTRICTED is in force.
 */
import { Credentials } from '../kernel/process/credentials';
import { EACCES, EINVAL, EPERM, EROFS, setError } from '../kernel/errno';
import { PRIV_FILE_CHOWN, PRIV_FILE_CHOWN_SELF, PRIV_FILE_SETID, PRIV_SYS_CONFIG } from '../kernel/process/privilege';
import {
  Ace,
  ACE_APPEND_DATA,
  ACE_DELETE,
  ACE_DELETE_CHILD,
  ACE_EXECUTE,
  ACE_READ_ACL,
  ACE_READ_ATTRIBUTES,
  ACE_READ_DATA,
  ACE_READ_NAMED_ATTRS,
  ACE_SYNCHRONIZE,
  ACE_WRITE_ACL,
  ACE_WRITE_ATTRIBUTES,
  ACE_WRITE_DATA,
  ACE_WRITE_OWNER,
  AclSubject,
  deniedByAcl,
  isValidAcl,
  missingOf,
} from './acl';
import { Attributes, S_IFMT, S_IFREG, S_IFDIR, S_ISGID, S_ISUID, S_ISVTX, Vnode } from './vnode';

export const R_OK: i32 = 4;
export const W_OK: i32 = 2;
export const X_OK: i32 = 1;

/** 0, -EACCES, or -EROFS where nothing can be written. `appends`: nothing but the end of the file will be written. */
export function checkAccess(vnode: Vnode, wanted: i32, credentials: Credentials, appends: bool = false): i32 {
  const plain = vnode.type == S_IFREG || vnode.isDirectory;
  if (wanted & W_OK && plain && vnode.isReadOnly) return setError(EROFS);
  if (vnode.hasAcl) {
    const mask = (wanted & R_OK ? ACE_READ_DATA : 0) | (wanted & X_OK ? ACE_EXECUTE : 0);
    const write = wanted & W_OK ? (appends ? ACE_APPEND_DATA : ACE_WRITE_DATA) : 0;
    return checkAcl(vnode, mask | write, credentials);
  }
  const attributes = vnode.attributes();
  return credentials.permits(attributes.mode, attributes.uid, attributes.gid, wanted) ? 0 : setError(EACCES);
}

export function isOwner(vnode: Vnode, credentials: Credentials): bool {
  return credentials.owns(vnode.attributes().uid);
}

/** May entries of a directory be made, or directories? */
export function checkChange(directory: Vnode, credentials: Credentials, forDirectory: bool = false): i32 {
  if (!directory.hasAcl) return checkAccess(directory, W_OK | X_OK, credentials);
  if (directory.isReadOnly) return setError(EROFS);
  return checkAcl(directory, ACE_EXECUTE | (forDirectory ? ACE_APPEND_DATA : ACE_WRITE_DATA), credentials);
}

/**
 * May an entry of a directory, which is this file, be removed or renamed? In a sticky directory only by the owner of one of the two. A list of either may allow it
 * besides, or the directory's deny it.
 */
export function checkRemoval(directory: Vnode, file: Vnode, credentials: Credentials): i32 {
  if (directory.hasAcl || file.hasAcl) {
    if (directory.isReadOnly) return setError(EROFS);
    const missing = missingByAcl(directory, ACE_DELETE_CHILD, credentials);
    const denied = deniedByAcl != 0;
    // The file's own list says more than whose directory it is.
    if (missing && !missingByAcl(file, ACE_DELETE, credentials)) return 0;
    if (missing) {
      const error = denied
        ? overrides(directory, W_OK, credentials)
        : checkAcl(directory, ACE_WRITE_DATA | ACE_EXECUTE, credentials);
      if (error) return error;
    }
  } else {
    const error = checkChange(directory, credentials);
    if (error) return error;
  }
  const sticky = (directory.attributes().mode & S_ISVTX) != 0;
  return !sticky || isOwner(directory, credentials) || isOwner(file, credentials) ? 0 : setError(EACCES);
}

// ---- lists of access

class Asking extends AclSubject {
  constructor(
    private readonly credentials: Credentials,
    attributes: Attributes,
  ) {
    super(credentials.euid, attributes.uid, attributes.gid);
  }
  isMember(gid: i32): bool {
    return this.credentials.isMember(gid);
  }
}

/** Of the wanted permissions (acl.ts), those that the file's list, or its mode, does not give. All, where the list cannot be read. */
function missingByAcl(vnode: Vnode, wanted: u32, credentials: Credentials): u32 {
  const aces = vnode.acl();
  return aces ? missingOf(aces, wanted, new Asking(credentials, vnode.attributes())) : wanted;
}

function overrides(vnode: Vnode, wanted: i32, credentials: Credentials): i32 {
  return credentials.overrides(vnode.attributes().mode, wanted) ? 0 : setError(EACCES);
}

/** 0, or -EACCES where neither the list nor a privilege gives one of the wanted permissions. */
export function checkAcl(vnode: Vnode, wanted: u32, credentials: Credentials): i32 {
  let missing = missingByAcl(vnode, wanted, credentials);
  if (!missing) return 0;
  const uid = vnode.attributes().uid;
  // Owners always see, and may always change, who may do what.
  if (credentials.euid == uid) missing &= ~(ACE_READ_ACL | ACE_READ_ATTRIBUTES);
  if (credentials.owns(uid)) missing &= ~(ACE_WRITE_ACL | ACE_SYNCHRONIZE | ACE_WRITE_ATTRIBUTES);
  if (missing & ACE_WRITE_OWNER && credentials.has(PRIV_FILE_CHOWN)) missing &= ~ACE_WRITE_OWNER;
  if (missing & (ACE_WRITE_ACL | ACE_WRITE_OWNER | ACE_SYNCHRONIZE)) return setError(EACCES);
  const reads = missing & (ACE_READ_DATA | ACE_READ_NAMED_ATTRS | ACE_READ_ACL | ACE_READ_ATTRIBUTES);
  const runs = missing & ACE_EXECUTE;
  const writes = missing & ~(ACE_READ_DATA | ACE_READ_NAMED_ATTRS | ACE_READ_ACL | ACE_READ_ATTRIBUTES | ACE_EXECUTE);
  return overrides(vnode, (reads ? R_OK : 0) | (writes ? W_OK : 0) | (runs ? X_OK : 0), credentials);
}

/** Is something that only the owner may do allowed to the caller? */
export function mayAsOwner(vnode: Vnode, permission: u32, credentials: Credentials): bool {
  return isOwner(vnode, credentials) || (vnode.hasAcl && !missingByAcl(vnode, permission, credentials));
}

/** acl(2). */
export function changeAcl(vnode: Vnode, aces: Ace[], credentials: Credentials): i32 {
  if (vnode.isReadOnly) return setError(EROFS);
  if (!mayAsOwner(vnode, ACE_WRITE_ACL, credentials)) return setError(EPERM);
  return isValidAcl(aces) ? vnode.setAcl(aces) : setError(EINVAL);
}

// ---- modes and owners

/** chmod. Who is not of the file's group cannot make it run with that group's rights; the sticky bit of files is root's. */
export function changeMode(vnode: Vnode, mode: i32, credentials: Credentials): i32 {
  if (!mayAsOwner(vnode, ACE_WRITE_ACL, credentials)) return setError(EPERM);
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
  // Whom a list allows it may take the file, or give it to a group of its own.
  const takes = (uid == -1 || uid == credentials.euid) && (gid == -1 || credentials.isMember(gid));
  const isAllowed = takes && vnode.hasAcl && !missingByAcl(vnode, ACE_WRITE_OWNER, credentials);
  if (!free && !isAllowed) {
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
  if (drop) vnode.dropSetIds(mode & 0o7777 & ~(S_ISUID | (executable ? S_ISGID : 0)));
}

/** The group of a new file: the directory's if it says so, else the maker's. */
export function groupIn(directory: Vnode, credentials: Credentials): i32 {
  const attributes = directory.attributes();
  return attributes.mode & S_ISGID ? attributes.gid : credentials.egid;
}
