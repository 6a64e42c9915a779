// SPDX-License-Identifier: MIT
/**
 * @fileoverview What system calls do with names: the *at family, of which the calls without a directory are the case AT_FDCWD.
 *
 * Paths are users' addresses. Each function returns 0 or a negative errno, or, where it gives a vnode, a held one or null.
 */
import { Credentials } from '../kernel/process/credentials';
import { EACCES, EBUSY, EEXIST, EINVAL, ENOENT, ENOTDIR, EPERM, EXDEV, failure, setError, setFailure } from '../kernel/errno';
import { PRIV_FILE_LINK_ANY } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';
import { fetchText } from '../kernel/memory/user';
import { isSpecial, Walk } from './lookup';
import { forgetName } from './nameCache';
import { checkAccess, checkChange, checkRemoval, groupIn, isOwner, W_OK } from './policy';
import { S_IFDIR, S_IFIFO, S_IFMT, S_IFREG, S_ISGID, Vnode } from './vnode';

/** <sys/fcntl.h> */
export const AT_FDCWD: i32 = <i32>0xffd19553;
export const AT_SYMLINK_NOFOLLOW: i32 = 0x1000;
export const AT_SYMLINK_FOLLOW: i32 = 0x2000;
export const AT_REMOVEDIR: i32 = 1;
export const AT_EACCESS: i32 = 4;

/** Where a walk from a descriptor begins, not held; null: EBADF or ENOTDIR. */
function startAt(descriptor: i32): Vnode | null {
  const process = currentProcess();
  if (descriptor == AT_FDCWD) return process.directory;
  const file = process.file(descriptor);
  if (!file) return null;
  if (file.vnode.isDirectory) return file.vnode;
  setFailure(ENOTDIR);
  return null;
}

/** The directory that a walk from a descriptor along a path begins at: absolute paths do not look at the descriptor. */
export function startOf(descriptor: i32, path: string): Vnode | null {
  return path.startsWith('/') ? currentProcess().root : startAt(descriptor);
}

/** The file that a descriptor is of, not held; AT_FDCWD: the current directory. Null: EBADF. */
export function describedBy(descriptor: i32): Vnode | null {
  const process = currentProcess();
  if (descriptor == AT_FDCWD) return process.directory;
  const file = process.file(descriptor);
  return file ? file.vnode : null;
}

export function newWalk(): Walk {
  const process = currentProcess();
  return new Walk(process.root!, process.credentials);
}

/** The file at a path. */
export function fileAt(descriptor: i32, path: u64, follow: bool): Vnode | null {
  const process = currentProcess();
  return fileFor(process.credentials, descriptor, path, follow);
}

export function fileFor(credentials: Credentials, descriptor: i32, path: u64, follow: bool): Vnode | null {
  const name = fetchText(path);
  if (name == null) return null;
  const start = startOf(descriptor, name);
  return start ? new Walk(currentProcess().root!, credentials).find(start, name, follow) : null;
}

/** A name that can be made: its directory, held, and `walk.lastName`. */
function placeAt(walk: Walk, descriptor: i32, path: u64, directoryWanted: bool): Vnode | null {
  const name = fetchText(path);
  if (name == null) return null;
  const start = startOf(descriptor, name);
  return start ? walk.place(start, name, directoryWanted) : null;
}

export function makeDirectory(descriptor: i32, path: u64, mode: i32): i32 {
  const process = currentProcess();
  const walk = newWalk();
  const directory = placeAt(walk, descriptor, path, true);
  if (!directory) return setError(failure);
  const credentials = process.credentials;
  // A set-group-id directory makes directories like itself.
  const inherited = directory.attributes().mode & S_ISGID;
  const bits = S_IFDIR | (mode & 0o1777 & ~process.umask) | inherited;
  return made(directory, walk.lastName, directory.create(walk.lastName, bits, credentials.euid, groupIn(directory, credentials)));
}

/** mknod: fifos by everybody, devices by the privileged; directories not this way. */
export function makeNode(descriptor: i32, path: u64, mode: i32, device: u64): i32 {
  const process = currentProcess();
  const credentials = process.credentials;
  const type = mode & S_IFMT ? mode & S_IFMT : S_IFREG;
  if (type == S_IFDIR) return setError(EINVAL);
  if (type != S_IFIFO && type != S_IFREG && !credentials.isPrivileged) return setError(EPERM);
  const walk = newWalk();
  const directory = placeAt(walk, descriptor, path, false);
  if (!directory) return setError(failure);
  const bits = type | (mode & 0o7777 & ~process.umask);
  const rdev = type == S_IFIFO || type == S_IFREG ? 0 : device;
  const node = directory.create(walk.lastName, bits, credentials.euid, groupIn(directory, credentials), rdev);
  return made(directory, walk.lastName, node);
}

function made(directory: Vnode, name: string, vnode: Vnode | null): i32 {
  const errno = failure;
  forgetName(directory, name);
  directory.release();
  if (!vnode) return setError(errno);
  vnode.release();
  return 0;
}

export function makeLink(target: u64, descriptor: i32, path: u64): i32 {
  const text = fetchText(target);
  if (text == null) return setError(failure);
  if (!text.length) return setError(ENOENT);
  const walk = newWalk();
  const directory = placeAt(walk, descriptor, path, false);
  if (!directory) return setError(failure);
  const credentials = currentProcess().credentials;
  const error = directory.symlink(walk.lastName, text, credentials.euid, groupIn(directory, credentials));
  forgetName(directory, walk.lastName);
  directory.release();
  return error;
}

/** Another name for a file. Directories have one only. */
export function addName(descriptor: i32, path: u64, toDescriptor: i32, newPath: u64, follow: bool): i32 {
  const vnode = fileAt(descriptor, path, follow);
  if (!vnode) return setError(failure);
  const credentials = currentProcess().credentials;
  const walk = newWalk();
  const directory = placeAt(walk, toDescriptor, newPath, false);
  let error = 0;
  if (!directory) error = setError(failure);
  else {
    const target = vnode.real;
    if (target.fileSystem != directory.real.fileSystem || vnode.fileSystem != directory.fileSystem) error = setError(EXDEV);
    else if (target.isDirectory) error = setError(EPERM);
    else if (!isOwner(target, credentials) && !credentials.has(PRIV_FILE_LINK_ANY)) error = setError(EPERM);
    else error = directory.link(walk.lastName, vnode);
    forgetName(directory, walk.lastName);
    directory.release();
  }
  vnode.release();
  return error;
}

/** unlink, rmdir. */
export function removeName(descriptor: i32, path: u64, isDirectory: bool): i32 {
  const name = fetchText(path);
  if (name == null) return setError(failure);
  const start = startOf(descriptor, name);
  if (!start) return setError(failure);
  const walk = newWalk();
  const directory = walk.removal(start, name);
  if (!directory) {
    // `.` and `..` are directories; the root is in use.
    if (failure == EINVAL && isSpecial(walk.lastName)) {
      if (!isDirectory) return setError(EPERM);
      return setError(walk.lastName.length ? (walk.lastName == '..' ? EEXIST : EINVAL) : EBUSY);
    }
    return setError(failure);
  }
  forgetName(directory, walk.lastName);
  const error = isDirectory ? directory.removeDirectory(walk.lastName) : directory.remove(walk.lastName);
  directory.release();
  return error;
}

export function renameAt(descriptor: i32, from: u64, toDescriptor: i32, to: u64): i32 {
  const old = fetchText(from);
  if (old == null) return setError(failure);
  const wanted = fetchText(to);
  if (wanted == null) return setError(failure);
  const start = startOf(descriptor, old);
  if (!start) return setError(failure);
  const toStart = startOf(toDescriptor, wanted);
  if (!toStart) return setError(failure);
  const source = newWalk();
  const directory = source.removal(start, old);
  if (!directory) return setError(failure);
  const target = newWalk();
  const toDirectory = target.parent(toStart, wanted);
  let error = 0;
  if (!toDirectory) error = setError(failure);
  else {
    error = renameInto(directory, source.lastName, toDirectory, target);
    toDirectory.release();
  }
  directory.release();
  return error;
}

function renameInto(directory: Vnode, name: string, toDirectory: Vnode, target: Walk): i32 {
  const wanted = target.lastName;
  if (!toDirectory.isDirectory) return setError(ENOTDIR);
  if (isSpecial(wanted)) return setError(EINVAL);
  if (toDirectory.fileSystem != directory.fileSystem) return setError(EXDEV);
  const credentials = currentProcess().credentials;
  const file = directory.lookup(name);
  if (!file) return setError(failure);
  const old = toDirectory.lookup(wanted);
  let error = 0;
  if (target.needsDirectory && !file.isDirectory) error = setError(ENOTDIR);
  else if (!old) error = checkChange(toDirectory, credentials, file.isDirectory);
  else if (old.mounted && !toDirectory.removesMounted) error = setError(EBUSY);
  else error = checkRemoval(toDirectory, old, credentials);
  // Its `..` changes: it must be writable itself.
  if (!error && file.isDirectory && directory != toDirectory && checkAccess(file, W_OK, credentials)) error = setError(EACCES);
  file.release();
  if (old) old.release();
  if (error) return error;
  forgetName(directory, name);
  forgetName(toDirectory, wanted);
  return directory.rename(name, toDirectory, wanted);
}
