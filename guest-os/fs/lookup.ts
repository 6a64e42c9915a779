// SPDX-License-Identifier: MIT
/**
 * @fileoverview From a path to a vnode: components, `.` and `..`, mounts, symbolic links, search permission.
 *
 * A walk begins at the process's root or at a directory given. Links are followed up to 20 deep (illumos's MAXSYMLINKS), the last component's
 * only if asked. What is found is held. A walk to a *parent* stops before the last component, whose name is left in {@link lastName}.
 * The root of a process stops `..`, so a process with another root cannot leave it; the root of its zone does so even where a process has a
 * root below that and stands beside it.
 */
import { Credentials } from '../kernel/process/credentials';
import { EBUSY, EEXIST, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, failure, setError, setFailure } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { zoneOf } from '../kernel/zone/zone';
import { cachedLookup } from './nameCache';
import { checkAccess, checkChange, checkRemoval, X_OK } from './policy';
import { DirectoryReader, NAME_MAX, S_IFLNK, Vnode } from './vnode';

const LINKS: i32 = 20;

/** Where a walk begins, and for whom. */
export class Walk {
  private links: i32 = 0;
  /** The last component of a path whose parent was asked for. */
  lastName: string = '';
  /** The path ended in a slash: the last component must be a directory. */
  needsDirectory: bool = false;
  private readonly zoneRoot: Vnode | null;

  constructor(
    private readonly root: Vnode,
    private readonly credentials: Credentials,
  ) {
    this.zoneRoot = zoneOf(credentials.zoneid).root;
  }

  /** The file at a path, held; null: see failure. */
  find(start: Vnode, path: string, follow: bool): Vnode | null {
    const directory = this.parent(start, path);
    return directory ? this.last(directory, follow) : null;
  }

  /** The directory that a path's last component lies in, held. The component may be `.` or `..`, or empty for `/`. */
  parent(start: Vnode, path: string): Vnode | null {
    if (!path.length) {
      setFailure(ENOENT);
      return null;
    }
    let at = path.charCodeAt(0) == 0x2f ? this.root : start;
    at.hold();
    let end = path.length;
    while (end > 0 && path.charCodeAt(end - 1) == 0x2f) end--;
    this.needsDirectory = end < path.length;
    let from = 0;
    while (true) {
      while (from < end && path.charCodeAt(from) == 0x2f) from++;
      let to = from;
      while (to < end && path.charCodeAt(to) != 0x2f) to++;
      const name = path.substring(from, to);
      if (name.length > NAME_MAX) {
        at.release();
        setFailure(ENAMETOOLONG);
        return null;
      }
      if (to >= end) {
        this.lastName = name;
        return at;
      }
      const next = this.step(at, name, true);
      if (!next) return null;
      at = next;
      from = to;
    }
  }

  /** Does the last step of a walk; `directory` is released. */
  last(directory: Vnode, follow: bool): Vnode | null {
    const needsDirectory = this.needsDirectory;
    const vnode = this.step(directory, this.lastName, follow || needsDirectory);
    if (vnode && needsDirectory && !vnode.isDirectory) {
      vnode.release();
      setFailure(ENOTDIR);
      return null;
    }
    return vnode;
  }

  /** One component: releases `directory`. */
  private step(directory: Vnode, name: string, follow: bool): Vnode | null {
    if (!name.length || name == '.') {
      if (directory.isDirectory) return directory;
      directory.release();
      setFailure(ENOTDIR);
      return null;
    }
    const refused = directory.isDirectory ? checkAccess(directory, X_OK, this.credentials) : setError(ENOTDIR);
    if (refused) setFailure(-refused);
    else if (name == '..') return this.up(directory);
    else {
      const found = cachedLookup(directory, name);
      if (found) return this.enter(directory, found, follow);
    }
    directory.release();
    return null;
  }

  private up(directory: Vnode): Vnode | null {
    let at = directory;
    if (at == this.root || at == this.zoneRoot) return at;
    // Out of what is mounted here, first.
    let covered = at.covered;
    while (covered) {
      covered.hold();
      at.release();
      at = covered;
      if (at == this.root || at == this.zoneRoot) return at;
      covered = at.covered;
    }
    const above = at.parent();
    if (!above) return at;
    at.release();
    return above;
  }

  private enter(directory: Vnode, found: Vnode, follow: bool): Vnode | null {
    if (found.type == S_IFLNK && follow) {
      const linked = found.linked();
      if (linked) {
        found.release();
        directory.release();
        return linked;
      }
      const target = found.readLink();
      found.release();
      if (!target || ++this.links > LINKS) {
        directory.release();
        setFailure(target ? ELOOP : EINVAL);
        return null;
      }
      const name = this.lastName;
      const needsDirectory = this.needsDirectory;
      const vnode = this.find(directory, target, true);
      this.lastName = name;
      this.needsDirectory = needsDirectory;
      directory.release();
      return vnode;
    }
    directory.release();
    let at = found;
    let mounted = at.mounted;
    while (mounted) {
      mounted.hold();
      at.release();
      at = mounted;
      mounted = at.mounted;
    }
    return at;
  }

  /**
   * For making a new entry: its directory, held, where `lastName` is free. `directoryWanted`: a trailing slash is allowed.
   */
  place(start: Vnode, path: string, directoryWanted: bool): Vnode | null {
    const directory = this.parent(start, path);
    if (!directory) return null;
    const errno = this.refusal(directory, directoryWanted);
    if (!errno) return directory;
    directory.release();
    setFailure(errno);
    return null;
  }

  private refusal(directory: Vnode, directoryWanted: bool): i32 {
    const name = this.lastName;
    if (!directory.isDirectory) return ENOTDIR;
    if (isSpecial(name)) return EEXIST;
    let error = checkAccess(directory, X_OK, this.credentials);
    if (error) return -error;
    const existing = directory.lookup(name);
    if (existing) {
      existing.release();
      return EEXIST;
    }
    if (failure != ENOENT) return failure;
    if (this.needsDirectory && !directoryWanted) return ENOENT;
    error = checkChange(directory, this.credentials, directoryWanted);
    return -error;
  }

  /**
   * For taking an entry away: its directory, held, after all checks but those that only the file system can make.
   */
  removal(start: Vnode, path: string): Vnode | null {
    const directory = this.parent(start, path);
    if (!directory) return null;
    let errno = 0;
    if (!directory.isDirectory) errno = ENOTDIR;
    else if (isSpecial(this.lastName)) errno = EINVAL;
    else errno = this.removalRefusal(directory);
    if (!errno) return directory;
    directory.release();
    setFailure(errno);
    return null;
  }

  private removalRefusal(directory: Vnode): i32 {
    let error = checkAccess(directory, X_OK, this.credentials);
    if (error) return -error;
    const file = directory.lookup(this.lastName);
    if (!file) return failure;
    const isTaken = file.mounted != null && !directory.removesMounted;
    error = isTaken ? setError(EBUSY) : checkRemoval(directory, file, this.credentials);
    if (!error && this.needsDirectory && !file.isDirectory) error = setError(ENOTDIR);
    file.release();
    return -error;
  }
}

export function isSpecial(name: string): bool {
  return !name.length || name == '.' || name == '..';
}

/**
 * The absolute path of a directory below a root, or else below the caller's zone, by walking up and looking for each in its parent.
 * Null: it has been removed.
 */
export function pathOf(directory: Vnode, root: Vnode): string | null {
  const zoneRoot = zoneOf(currentProcess().credentials.zoneid).root;
  let path = '';
  let at = directory;
  at.hold();
  while (at != root && at != zoneRoot) {
    const covered = at.covered;
    if (covered) {
      covered.hold();
      at.release();
      at = covered;
      continue;
    }
    const above = at.parent();
    if (!above) break;
    const finder = new NameFinder(at.attributes().inode);
    finder.name = at.hiddenName;
    if (!finder.name.length) above.readDirectory(2, finder);
    at.release();
    at = above;
    if (!finder.name.length) {
      at.release();
      setFailure(ENOENT);
      return null;
    }
    path = '/' + finder.name + path;
  }
  at.release();
  return path.length ? path : '/';
}

class NameFinder extends DirectoryReader {
  name: string = '';
  constructor(private readonly inode: u64) {
    super();
  }
  entry(name: string, inode: u64, next: u64): bool {
    if (inode != this.inode) return true;
    this.name = name;
    return false;
  }
}
