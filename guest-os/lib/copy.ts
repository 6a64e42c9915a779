// SPDX-License-Identifier: MIT
/**
 * @fileoverview Copies of files and of trees, for cp, mv and install.
 *
 * A directory is made with all rights for its owner, filled, and gets its own rights afterwards. Names of one file become names of one copy.
 */
import { agrees } from './ask';
import * as calls from './calls';
import { entriesOf, failure, joinPath, linkTarget, S_IFBLK, S_IFCHR, Status, status } from './files';
import { Ace, isTrivial } from '../fs/acl';
import { readAcl, writeAcl } from './acl';
import { copyAttributes } from './extended';
import { complain, O_CREAT, O_EXCL, O_RDONLY, O_TRUNC, O_WRONLY, openFile, out, say, writeAll } from './io';
import { pathOf } from './text';

const CHUNK: i32 = 65536;
const chunk = memory.data(65536);
const times = memory.data(32, 8);
export const AT_FDCWD: i32 = <i32>0xffd19553;
export const AT_SYMLINK_NOFOLLOW: i32 = 0x1000;

/** Everything of one descriptor to another: 0, or a negative errno with the side it is of in {@link writing}. */
export let writing: bool = false;
export function copyData(from: i32, to: i32): i64 {
  while (true) {
    writing = false;
    const count = calls.read(from, chunk, CHUNK);
    if (count <= 0) return count;
    writing = true;
    const error = writeAll(to, chunk, <i32>count);
    if (error < 0) return error;
  }
}

export function setTimes(path: string, about: Status, follow: bool): i64 {
  store<u64>(times, about.accessed);
  store<u64>(times, about.accessedPart, 8);
  store<u64>(times, about.modified, 16);
  store<u64>(times, about.modifiedPart, 24);
  return calls.utimesys(1, AT_FDCWD, pathOf(path), times, follow ? 0 : AT_SYMLINK_NOFOLLOW);
}

export class Copier {
  /** Names of what was copied to where, by device and inode, for files of several names. */
  private readonly made: Map<string, string> = new Map<string, string>();
  recursive: bool = false;
  /** Times, owner and permissions too. */
  preserve: bool = false;
  preserveLinks: bool = false;
  /** Extended attributes too. */
  extended: bool = false;
  interactive: bool = false;
  noClobber: bool = false;
  force: bool = false;
  updateOnly: bool = false;
  verbose: bool = false;
  /** Symbolic links are followed: always, or (only operands) at the top. */
  follow: bool = true;
  followOperands: bool = true;
  failed: bool = false;

  constructor(private readonly program: string) {}

  private complain(what: string, error: i64): void {
    complain(this.program, what, error);
    this.failed = true;
  }
  private refuse(text: string): void {
    say(this.program + ': ' + text + '\n');
    this.failed = true;
  }

  copy(from: string, to: string, top: bool = true): void {
    const about = status(from, top ? this.followOperands : this.follow);
    if (!about) {
      this.complain(from, failure);
      return;
    }
    if (about.isDirectory && !this.recursive) {
      this.refuse(from + ': is a directory');
      return;
    }
    let there = status(to, true);
    const isLink = about.isLink;
    if (!there || isLink) there = status(to, false);
    if (there) {
      if (there.isSameFile(about) && !(this.preserveLinks && there.links > 1)) {
        this.refuse(from + ' and ' + to + ' are identical');
        return;
      }
      if (there.isDirectory != about.isDirectory) {
        this.refuse('cannot overwrite ' + (there.isDirectory ? 'directory ' + to + ' with a file' : to + ' with a directory'));
        return;
      }
      if (!about.isDirectory) {
        if (this.noClobber) return;
        if (this.updateOnly && !isNewer(about, there)) return;
        if (this.interactive && !agrees(this.program + ': overwrite ' + to + ' (yes/no)? ')) return;
      }
    }
    if (about.isDirectory) this.directory(from, to, about, there != null);
    else this.file(from, to, about, there != null);
  }

  private directory(from: string, to: string, about: Status, exists: bool): void {
    if (this.isInside(exists ? to : parentOf(to), about)) {
      this.refuse('cannot copy a directory, ' + from + ', into itself, ' + to);
      return;
    }
    if (!exists) {
      const error = calls.mkdir(pathOf(to), 0o777);
      if (error < 0) {
        this.complain(to, error);
        return;
      }
      if (this.verbose) out(from + ' -> ' + to + '\n');
    }
    const made = status(to, true);
    if (!exists && made && (made.permissions & 0o700) != 0o700) calls.chmod(pathOf(to), made.permissions | 0o700);
    const names = entriesOf(from);
    if (!names) this.complain(from, failure);
    else for (let i = 0; i < names.length; i++) this.copy(joinPath(from, names[i]), joinPath(to, names[i]), false);
    this.extend(from, to, about);
    if (this.preserve) this.attributes(from, to, about);
    else if (!exists && made) {
      // What it has inherited of lists of access stays, unless the mode has to change.
      const permissions = made.permissions & (about.permissions | 0o7000);
      if (permissions != (made.permissions | 0o700)) calls.chmod(pathOf(to), permissions);
    }
  }

  /** A tree cannot be copied into itself: it would never end. */
  private isInside(path: string, tree: Status): bool {
    let up = path;
    let at = status(up, true);
    while (at) {
      if (at.isSameFile(tree)) return true;
      up = joinPath(up, '..');
      const next = status(up, true);
      if (!next || next.isSameFile(at)) return false;
      at = next;
    }
    return false;
  }

  private file(from: string, to: string, about: Status, exists: bool): void {
    const key = about.device.toString() + ':' + about.inode.toString();
    if (this.preserveLinks && about.links > 1) {
      if (this.made.has(key)) {
        if (exists) calls.unlink(pathOf(to));
        const error = calls.link(pathOf(this.made.get(key)), pathOf(to));
        if (error < 0) this.complain(to, error);
        return;
      }
      this.made.set(key, to);
    }
    if (!about.isRegular && (this.recursive || about.isLink)) {
      if (!this.special(from, to, about, exists)) return;
    } else if (!this.regular(from, to, about, exists)) return;
    if (this.verbose) out(from + ' -> ' + to + '\n');
    this.extend(from, to, about);
    if (this.preserve) this.attributes(from, to, about);
  }
  private extend(from: string, to: string, about: Status): void {
    const error = this.extended && !about.isLink ? copyAttributes(from, to) : 0;
    if (error < 0) this.complain('cannot copy attributes of ' + from, error);
  }

  private special(from: string, to: string, about: Status, exists: bool): bool {
    if (exists) calls.unlink(pathOf(to));
    let error: i64 = 0;
    if (about.isLink) error = calls.symlink(pathOf(linkTarget(from)), pathOf(to));
    else error = calls.mknod(pathOf(to), <i32>about.mode, about.type == S_IFCHR || about.type == S_IFBLK ? about.rdev : 0);
    if (error < 0) this.complain(to, error);
    return error >= 0;
  }

  private regular(from: string, to: string, about: Status, exists: bool): bool {
    const source = openFile(from, O_RDONLY);
    if (source < 0) {
      this.complain(from, source);
      return false;
    }
    let target = openFile(to, O_WRONLY | O_CREAT | O_TRUNC, <i32>(about.mode & 0o777));
    if (target < 0 && this.force && exists) {
      calls.unlink(pathOf(to));
      target = openFile(to, O_WRONLY | O_CREAT | O_EXCL, <i32>(about.mode & 0o777));
    }
    if (target < 0) {
      calls.close(source);
      this.complain(to, target);
      return false;
    }
    const error = copyData(source, target);
    calls.close(source);
    const closed = calls.close(target);
    if (error < 0) this.complain(writing ? to : from, error);
    else if (closed < 0) this.complain(to, closed);
    return error >= 0 && closed >= 0;
  }

  /** As far as it is allowed: who may not give files away keeps them, without the set-id bits. */
  private attributes(from: string, to: string, about: Status): void {
    const owned = calls.lchown(pathOf(to), about.uid, about.gid);
    if (!about.isLink) calls.chmod(pathOf(to), about.permissions & (owned < 0 ? 0o1777 : 0o7777));
    // Where there are no lists of access the mode has to do.
    const aces: Ace[] | null = about.fileSystem == 'zfs' && !about.isLink ? readAcl(from) : null;
    if (aces && !isTrivial(aces)) writeAcl(to, aces);
    const error = setTimes(to, about, !about.isLink);
    if (error < 0 && !about.isLink) this.complain(to, error);
  }
}

/** The directory that a path's last part is in. */
export function parentOf(path: string): string {
  let end = path.length;
  while (end > 1 && path.charCodeAt(end - 1) == 0x2f) end--;
  const slash = path.lastIndexOf('/', end - 1);
  return slash < 0 ? '.' : slash == 0 ? '/' : path.substring(0, slash);
}

export function isNewer(a: Status, b: Status): bool {
  return a.modified > b.modified || (a.modified == b.modified && a.modifiedPart > b.modifiedPart);
}

/** Whether a path is an existing directory. */
export function isDirectory(path: string): bool {
  const about = status(path, true);
  return about != null && about.isDirectory;
}

/** Removes a file or a tree; what cannot be removed is complained about. */
export function removeTree(program: string, path: string): bool {
  const about = status(path, false);
  if (!about) {
    complain(program, path, failure);
    return false;
  }
  let error: i64 = 0;
  let whole: bool = true;
  if (about.isDirectory) {
    const names = entriesOf(path);
    if (names) for (let i = 0; i < names.length; i++) whole = removeTree(program, joinPath(path, names[i])) && whole;
    error = calls.rmdir(pathOf(path));
  } else error = calls.unlink(pathOf(path));
  if (error < 0 && whole) complain(program, path, error);
  return error >= 0;
}
