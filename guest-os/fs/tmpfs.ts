// SPDX-License-Identifier: MIT
/**
 * @fileoverview tmpfs: files in page frames, names in the kernel's heap. The root file system is one.
 *
 * A file's data is an array of frames, 0 where nothing was written (reads give zeros). Directories keep their entries in an array whose
 * index is the offset that getdents shows, with holes where entries were removed, and a map from name to index.
 *
 * A node lives while it has names or holds: {@link Node.inactive} gives back the frames of a file that has neither. Directories hold
 * nothing: the tree refers to its nodes. Frames mapped into processes stay theirs (kernel/frames.ts): a write to a page that others own
 * copies it first, so an executable that is overwritten does not change under those who run it.
 *
 * Omitted: a limit of its own. The file system is full (ENOSPC) when there are no frames.
 */
import { address } from 'machine/mem';
import { wallTime } from '../kernel/clock';
import { EEXIST, EFBIG, EINVAL, EISDIR, ENOENT, ENOSPC, ENOTDIR, EPERM, EXDEV, setError, setFailure } from '../kernel/errno';
import { dropFrame, isShared, newFrame, PAGE } from '../kernel/frames';
import { copy } from '../kernel/user';
import { Attributes, DirectoryReader, FileSystem, S_IFDIR, S_IFLNK, S_IFMT, Vnode } from './vnode';

/** Largest file: its pages are an array in the heap. */
const LARGEST: u64 = 0x40000000;

class Entry {
  constructor(
    public readonly name: string,
    public readonly node: Node,
  ) {}
}

/** The first two offsets of a directory are `.` and `..`. */
const FIRST_ENTRY: u64 = 2;

let inodes: u64 = 1;

export class Node extends Vnode {
  private mode: i32;
  private uid: i32;
  private gid: i32;
  private links: u32 = 0;
  private size: u64 = 0;
  private pages: usize[] = [];
  private used: u64 = 0;
  private rdev: u64 = 0;
  private accessed: u64;
  private modified: u64;
  private changed: u64;
  private readonly inode: u64 = inodes++;
  private target: string = '';
  private up: Node | null = null;
  private readonly entries: (Entry | null)[] = [];
  private readonly names: Map<string, i32> = new Map<string, i32>();
  private subdirectories: u32 = 0;
  private active: bool = false;

  constructor(fileSystem: FileSystem, mode: i32, uid: i32, gid: i32) {
    super(fileSystem, mode & S_IFMT);
    this.mode = mode;
    this.uid = uid;
    this.gid = gid;
    this.modified = wallTime();
    this.accessed = this.modified;
    this.changed = this.modified;
  }

  static root(fileSystem: FileSystem): Node {
    const node = new Node(fileSystem, S_IFDIR | 0o755, 0, 0);
    node.links = 1;
    node.hold();
    return node;
  }

  inactive(): void {
    this.active = false;
    if (!this.links) this.cut(0);
  }
  hold(): void {
    this.active = true;
    super.hold();
  }

  attributes(): Attributes {
    const result = new Attributes();
    result.mode = this.mode;
    result.uid = this.uid;
    result.gid = this.gid;
    result.nlink = this.isDirectory ? 2 + this.subdirectories : this.links;
    result.inode = this.inode;
    result.size = this.isDirectory ? (<u64>this.names.size + 2) * 16 : this.size;
    result.rdev = this.rdev;
    result.accessed = this.accessed;
    result.modified = this.modified;
    result.changed = this.changed;
    result.blocks = this.used * (<u64>PAGE / 512);
    return result;
  }

  // ---- data

  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    if (this.isDirectory) return setError(EISDIR);
    if (offset >= this.size) return 0;
    const wanted = min(count, this.size - offset);
    for (let done: u64 = 0; done < wanted; ) {
      const at = offset + done;
      const within = <usize>at & (PAGE - 1);
      const part = min<u64>(<u64>PAGE - within, wanted - done);
      const frame = this.page(at);
      const error = copy(to + done, address(frame ? frame + within : ZEROS), part);
      if (error) return done ? <i64>done : error;
      done += part;
    }
    this.accessed = wallTime();
    return <i64>wanted;
  }

  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    if (this.isDirectory) return setError(EISDIR);
    if (offset > LARGEST || count > LARGEST - offset) return setError(EFBIG);
    let done: u64 = 0;
    let error = 0;
    while (done < count) {
      const at = offset + done;
      const within = <usize>at & (PAGE - 1);
      const part = min<u64>(<u64>PAGE - within, count - done);
      const frame = this.ownPage(at);
      if (!frame) {
        error = setError(ENOSPC);
        break;
      }
      error = copy(address(frame + within), from + done, part);
      if (error) break;
      done += part;
      this.size = max(this.size, offset + done);
    }
    this.modified = wallTime();
    this.changed = this.modified;
    return done || !error ? <i64>done : error;
  }

  page(offset: u64): usize {
    const index = <i32>(offset / PAGE);
    return index < this.pages.length ? this.pages[index] : 0;
  }

  /** The page at an offset, with no other owner. */
  private ownPage(offset: u64): usize {
    const index = <i32>(offset / PAGE);
    while (this.pages.length <= index) this.pages.push(0);
    const old = this.pages[index];
    if (old && !isShared(old)) return old;
    const frame = newFrame();
    if (!frame) return 0;
    if (old) {
      memory.copy(frame, old, PAGE);
      dropFrame(old);
    } else {
      this.used++;
    }
    this.pages[index] = frame;
    return frame;
  }

  truncate(size: u64): i32 {
    if (this.isDirectory) return setError(EISDIR);
    if (size > LARGEST) return setError(EFBIG);
    if (size < this.size) {
      this.cut(size);
      const within = <usize>size & (PAGE - 1);
      if (within && this.page(size)) {
        const frame = this.ownPage(size);
        if (!frame) return setError(ENOSPC);
        memory.fill(frame + within, 0, PAGE - within);
      }
    }
    this.size = size;
    this.modified = wallTime();
    this.changed = this.modified;
    return 0;
  }

  /** Gives back the pages beyond a size. */
  private cut(size: u64): void {
    const keep = <i32>((size + PAGE - 1) / PAGE);
    for (let i = keep; i < this.pages.length; i++) {
      if (!this.pages[i]) continue;
      dropFrame(this.pages[i]);
      this.used--;
    }
    if (this.pages.length > keep) this.pages.length = keep;
  }

  // ---- names

  lookup(name: string): Vnode | null {
    const node = this.find(name);
    if (node) node.hold();
    else setFailure(this.isDirectory ? ENOENT : ENOTDIR);
    return node;
  }
  parent(): Vnode | null {
    const up = this.up;
    if (up) up.hold();
    return up;
  }

  private find(name: string): Node | null {
    if (!this.names.has(name)) return null;
    return this.entries[this.names.get(name)]!.node;
  }

  create(name: string, mode: i32, uid: i32, gid: i32): Vnode | null {
    // A directory that has been removed takes no new files.
    if (!this.links) {
      setFailure(ENOENT);
      return null;
    }
    const node = new Node(this.fileSystem, mode, uid, gid);
    this.enter(name, node);
    node.hold();
    return node;
  }

  symlink(name: string, target: string, uid: i32, gid: i32): i32 {
    if (!this.links) return setError(ENOENT);
    const node = new Node(this.fileSystem, S_IFLNK | 0o777, uid, gid);
    node.target = target;
    node.size = target.length;
    this.enter(name, node);
    return 0;
  }
  readLink(): string | null {
    if (this.type == S_IFLNK) return this.target;
    setFailure(EINVAL);
    return null;
  }

  link(name: string, target: Vnode): i32 {
    if (target.fileSystem != this.fileSystem) return setError(EXDEV);
    if (target.isDirectory) return setError(EPERM);
    if (!this.links) return setError(ENOENT);
    this.enter(name, changetype<Node>(target));
    return 0;
  }

  private enter(name: string, node: Node): void {
    const entry = new Entry(name, node);
    let at = this.entries.length > this.names.size ? this.entries.indexOf(null) : -1;
    if (at < 0) at = this.entries.push(entry) - 1;
    else this.entries[at] = entry;
    this.names.set(name, at);
    node.links++;
    if (node.isDirectory) {
      node.up = this;
      this.subdirectories++;
    }
    this.touch();
    node.changed = this.changed;
  }

  private leave(name: string): void {
    const at = this.names.get(name);
    const node = this.entries[at]!.node;
    this.entries[at] = null;
    this.names.delete(name);
    node.links--;
    if (node.isDirectory) this.subdirectories--;
    this.touch();
    node.changed = this.changed;
    if (!node.links && !node.active) node.cut(0);
  }

  private touch(): void {
    this.modified = wallTime();
    this.changed = this.modified;
  }

  remove(name: string): i32 {
    const node = this.find(name);
    if (!node) return setError(ENOENT);
    if (node.isDirectory) return setError(EPERM);
    this.leave(name);
    return 0;
  }

  removeDirectory(name: string): i32 {
    const node = this.find(name);
    if (!node) return setError(ENOENT);
    if (!node.isDirectory) return setError(ENOTDIR);
    if (node.names.size) return setError(EEXIST);
    this.leave(name);
    return 0;
  }

  /** As rename(2) has it: what `name` was is replaced. The caller has seen to `.`, `..` and mounts. */
  rename(from: string, to: Vnode, name: string): i32 {
    if (to.fileSystem != this.fileSystem) return setError(EXDEV);
    const directory = changetype<Node>(to);
    const node = this.find(from);
    if (!node) return setError(ENOENT);
    if (node.isDirectory) {
      let at: Node | null = directory;
      while (at) {
        if (at == node) return setError(EINVAL);
        at = at.up;
      }
    }
    const old = directory.find(name);
    if (old == node) return 0;
    if (old) {
      if (node.isDirectory && !old.isDirectory) return setError(ENOTDIR);
      if (!node.isDirectory && old.isDirectory) return setError(EISDIR);
      if (old.names.size) return setError(EEXIST);
      directory.leave(name);
    }
    // In this order the node is never without a name.
    directory.enter(name, node);
    this.leave(from);
    if (node.isDirectory) node.up = directory;
    return 0;
  }

  readDirectory(offset: u64, reader: DirectoryReader): i32 {
    if (!this.isDirectory) return setError(ENOTDIR);
    let at = offset;
    if (at == 0) {
      if (!reader.entry('.', this.inode, 1)) return 0;
      at = 1;
    }
    if (at == 1) {
      const up = this.up;
      if (!reader.entry('..', up ? up.inode : this.inode, FIRST_ENTRY)) return 0;
      at = FIRST_ENTRY;
    }
    for (; at - FIRST_ENTRY < <u64>this.entries.length; at++) {
      const entry = this.entries[<i32>(at - FIRST_ENTRY)];
      if (entry && !reader.entry(entry.name, entry.node.inode, at + 1)) return 0;
    }
    return 0;
  }

  setMode(mode: i32): i32 {
    this.mode = (this.mode & S_IFMT) | (mode & 0o7777);
    this.changed = wallTime();
    return 0;
  }
  setOwner(uid: i32, gid: i32): i32 {
    if (uid >= 0) this.uid = uid;
    if (gid >= 0) this.gid = gid;
    this.changed = wallTime();
    return 0;
  }
  setTimes(accessed: u64, modified: u64): i32 {
    this.accessed = accessed;
    this.modified = modified;
    this.changed = wallTime();
    return 0;
  }
}

/** What a page that was never written reads as. */
const ZEROS: usize = memory.data(4096, 16);
