// SPDX-License-Identifier: MIT
/** @fileoverview System call 5, open: a descriptor for the file at a path, which may be created. */
import { Console } from '../driver/console';
import { ControllingTerminal } from '../fs/devices';
import {
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOCTTY,
  O_NDELAY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  OpenFile,
} from '../fs/file';
import { Walk } from '../fs/lookup';
import { Fifo } from '../fs/pipe';
import { S_IFIFO, S_IFLNK, S_IFREG, Vnode } from '../fs/vnode';
import {
  EACCES,
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  ENXIO,
  EROFS,
  failure,
  setError,
  setFailure,
} from '../kernel/errno';
import { currentProcess, Process } from '../kernel/process';
import { fetchText } from '../kernel/user';

export function open(path: u64, flags: i32, mode: i32): i64 {
  const name = fetchText(path);
  return name == null ? setError(failure) : openFile(name, flags, mode);
}

export function openFile(name: string, flags: i32, mode: i32): i64 {
  const process = currentProcess();
  const access = flags & O_ACCMODE;
  if (access == 3) return setError(EINVAL);
  let vnode = find(process, name, flags, mode);
  if (!vnode) return setError(failure);
  if (vnode instanceof ControllingTerminal) {
    vnode.release();
    vnode = process.terminal;
    if (!vnode) return setError(ENXIO);
    vnode.hold();
  }
  if (vnode.type == S_IFIFO) {
    vnode = Fifo.of(vnode);
    if (!vnode) return setError(failure);
  }
  if (vnode instanceof Console && !(flags & O_NOCTTY)) (vnode as Console).adopt();
  let error = 0;
  if (flags & O_TRUNC && access != O_RDONLY && vnode.type == S_IFREG) error = vnode.truncate(0);
  const reads = access != O_WRONLY;
  const writes = access != O_RDONLY;
  if (!error && vnode instanceof Fifo) error = (vnode as Fifo).meet(reads, writes, (flags & (O_NONBLOCK | O_NDELAY)) != 0);
  else if (!error) error = vnode.opened(reads ? 1 : 0, writes ? 1 : 0);
  if (error) {
    vnode.release();
    return error;
  }
  const file = new OpenFile(vnode, flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY));
  const descriptor = process.install(file, 0, (flags & O_CLOEXEC) != 0);
  if (descriptor < 0) file.release();
  return descriptor;
}

/** The vnode, held, once the caller may open it so. */
function find(process: Process, name: string, flags: i32, mode: i32): Vnode | null {
  const walk = new Walk(process.root!, process.credentials);
  const start = process.directory!;
  const follow = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
  let vnode = walk.find(start, name, follow);
  if (!vnode) {
    if (failure != ENOENT || !(flags & O_CREAT)) return null;
    const directory = walk.place(start, name, false);
    if (!directory) return null;
    if (directory.fileSystem.readOnly) setFailure(EROFS);
    else
      vnode = directory.create(
        walk.lastName,
        S_IFREG | (mode & 0o7777 & ~process.umask),
        process.credentials.euid,
        process.credentials.egid,
      );
    directory.release();
    return vnode;
  }
  const errno = refusal(process, vnode, flags);
  if (!errno) return vnode;
  vnode.release();
  setFailure(errno);
  return null;
}

function refusal(process: Process, vnode: Vnode, flags: i32): i32 {
  const access = flags & O_ACCMODE;
  if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return EEXIST;
  if (vnode.type == S_IFLNK) return ELOOP;
  if (flags & O_DIRECTORY && !vnode.isDirectory) return ENOTDIR;
  if (vnode.isDirectory && (access != O_RDONLY || flags & (O_CREAT | O_TRUNC))) return EISDIR;
  const attributes = vnode.attributes();
  const wanted = (access != O_WRONLY ? 4 : 0) | (access != O_RDONLY ? 2 : 0);
  if (!process.credentials.permits(attributes.mode, attributes.uid, attributes.gid, wanted)) return EACCES;
  return vnode.type == S_IFREG && vnode.fileSystem.readOnly && access != O_RDONLY ? EROFS : 0;
}
