// SPDX-License-Identifier: MIT
/**
 * @fileoverview open: from a path to a descriptor; and from a vnode to what a descriptor is made of, which for fifos and device files is another vnode.
 */
import { Credentials } from '../kernel/process/credentials';
import {
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  ENXIO,
  EOPNOTSUPP,
  failure,
  setError,
  setFailure,
} from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { Process } from '../kernel/process/process';
import { specialFile } from './dev/device';
import {
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOCTTY,
  O_NOFOLLOW,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  OpenFile,
} from './file';
import { Walk } from './lookup';
import { forgetName } from './nameCache';
import { openFifo } from './pipe';
import { checkAccess, groupIn, isOwner, R_OK, W_OK } from './policy';
import { S_IFBLK, S_IFCHR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK, Vnode } from './vnode';

const ONLY_FOR_OPEN: i32 = O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY;

/** A descriptor for the file at a path, from a directory on; or a negative errno. */
export function openFile(start: Vnode, name: string, flags: i32, mode: i32): i32 {
  const process = currentProcess();
  if ((flags & O_ACCMODE) == 3) return setError(EINVAL);
  const file = openAt(process.credentials, start, name, flags, mode);
  if (!file) return setError(failure);
  return installFile(process, file, flags);
}

/** A descriptor for an extended attribute of a file, or, as `.`, for the directory of all, which only the file's owner can make. */
export function openExtended(file: Vnode, name: string, flags: i32, mode: i32): i32 {
  if (name.includes('/') || name == '..') return setError(EINVAL);
  const make = ((flags & O_CREAT) != 0 || name == '.') && !file.isReadOnly && isOwner(file, currentProcess().credentials);
  const directory = file.extendedDirectory(make);
  if (!directory) return setError(failure);
  const result = openFile(directory, name, flags, mode);
  directory.release();
  return result;
}

/** The same without a descriptor, by credentials that may be others than the running process's. Null: see failure. */
export function openAt(credentials: Credentials, start: Vnode, name: string, flags: i32, mode: i32): OpenFile | null {
  const vnode = find(credentials, start, name, flags, mode);
  return vnode ? openVnode(vnode, flags) : null;
}

/** The lowest free descriptor for a new file, which is released if there is none. */
export function installFile(process: Process, file: OpenFile, flags: i32): i32 {
  const descriptor = process.install(file, 0, (flags & O_CLOEXEC) != 0);
  if (descriptor < 0) file.release();
  return descriptor;
}

/** Opens a vnode whose hold the caller gives away, success or not. Null: see failure. */
export function openVnode(found: Vnode, flags: i32): OpenFile | null {
  const access = flags & O_ACCMODE;
  const vnode = openedForm(found, flags);
  if (!vnode) {
    const errno = failure;
    found.release();
    setFailure(errno);
    return null;
  }
  let error = 0;
  if (flags & O_TRUNC && vnode.type == S_IFREG) error = vnode.truncate(0);
  if (!error) error = vnode.opened(access != O_WRONLY ? 1 : 0, access != O_RDONLY ? 1 : 0);
  if (!error) return new OpenFile(vnode, flags & ~ONLY_FOR_OPEN);
  vnode.release();
  setFailure(-error);
  return null;
}

/** What a file of this type is when it is open; takes over the hold, unless it is null. */
function openedForm(vnode: Vnode, flags: i32): Vnode | null {
  if (vnode.type == S_IFIFO) return openFifo(vnode, flags);
  if (vnode.type == S_IFSOCK) {
    setFailure(EOPNOTSUPP);
    return null;
  }
  if (vnode.type != S_IFCHR && vnode.type != S_IFBLK) return vnode.open(flags);
  if (vnode.fileSystem.noDevices) {
    setFailure(ENXIO);
    return null;
  }
  const device = specialFile(vnode);
  return device ? device.open(flags) : null;
}

/** The vnode, held, once the caller may open it so. */
function find(credentials: Credentials, start: Vnode, name: string, flags: i32, mode: i32): Vnode | null {
  const walk = new Walk(currentProcess().root!, credentials);
  const exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
  const vnode = walk.find(start, name, !(flags & O_NOFOLLOW) && !exclusive);
  if (!vnode) {
    if (failure != ENOENT || !(flags & O_CREAT)) return null;
    return createAt(credentials, walk, start, name, flags, mode);
  }
  const errno = refusal(credentials, vnode, flags);
  if (!errno) return vnode;
  vnode.release();
  setFailure(errno);
  return null;
}

function createAt(credentials: Credentials, walk: Walk, start: Vnode, name: string, flags: i32, mode: i32): Vnode | null {
  const directory = walk.place(start, name, false);
  if (!directory) {
    // A link that leads nowhere: the file is made where it leads.
    return failure == EEXIST && !(flags & (O_EXCL | O_NOFOLLOW)) ? createBehindLink(credentials, start, name, flags, mode) : null;
  }
  const bits = S_IFREG | (mode & 0o7777 & ~currentProcess().umask);
  const made = directory.create(walk.lastName, bits, credentials.euid, groupIn(directory, credentials));
  const errno = failure;
  forgetName(directory, walk.lastName);
  directory.release();
  if (!made) setFailure(errno);
  return made;
}

function createBehindLink(credentials: Credentials, start: Vnode, name: string, flags: i32, mode: i32): Vnode | null {
  const walk = new Walk(currentProcess().root!, credentials);
  const directory = walk.parent(start, name);
  if (!directory) return null;
  directory.hold();
  const link = walk.last(directory, false);
  const target = link && link.type == S_IFLNK ? link.readLink() : null;
  if (link) link.release();
  let made: Vnode | null = null;
  // A chain of links has been walked, and found not to be a loop, before.
  if (target != null) made = createAt(credentials, walk, directory, target, flags, mode);
  const errno = failure;
  directory.release();
  if (!made) setFailure(errno);
  return made;
}

function refusal(credentials: Credentials, vnode: Vnode, flags: i32): i32 {
  const access = flags & O_ACCMODE;
  if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return EEXIST;
  if (vnode.type == S_IFLNK) return ELOOP;
  if (flags & O_DIRECTORY && !vnode.isDirectory) return ENOTDIR;
  if (vnode.isDirectory && (access != O_RDONLY || flags & (O_CREAT | O_TRUNC))) return EISDIR;
  let wanted = 0;
  if (access != O_WRONLY) wanted |= R_OK;
  if (access != O_RDONLY || flags & O_TRUNC) wanted |= W_OK;
  return -checkAccess(vnode, wanted, credentials, (flags & (O_APPEND | O_TRUNC)) == O_APPEND);
}
