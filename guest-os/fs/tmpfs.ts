// SPDX-License-Identifier: MIT
/**
 * @fileoverview tmpfs: files in page frames, names in the kernel's heap. The root file system is one.
 *
 * A file's data is an array of frames, 0 where nothing was written (reads give zeros). Directories keep their entries in an array whose
 * index is the offset that getdents shows, with holes where entries were removed, and a map from name to index.
 *
 * A node lives while it has names or holds: {@link Node.inactive} gives back the frames of a file that has neither. Directories hold
 * nothing: the tree refers to its nodes. Writes change a frame in place, also one that is mapped (vnode.ts).
 *
 * Space: a file system may have a limit (mount option `size=`); and all of them together leave {@link RESERVE} frames to the rest of the
 * system. Nodes lie in the kernel's heap, which has a limit of its own. All are ENOSPC.
 */
import { OwnedVnode } from './ownedVnode';
import { address } from 'machine/mem';
import { heapLive } from 'runtime/heap';
import { wallTime } from '../kernel/time/clock';
import {
  EEXIST,
  EFAULT,
  EFBIG,
  EINVAL,
  EISDIR,
  EMLINK,
  ENOENT,
  ENOSPC,
  ENOTDIR,
  EPERM,
  EXDEV,
  setError,
  setFailure,
} from '../kernel/errno';
import { availableFrames, dropFrame, newFrame, PAGE } from '../kernel/memory/frames';
import { isFullArray, isFullMap } from '../kernel/memory/growth';
import { heapHasPieceOf, heapHasRoom, heapLimit } from '../kernel/memory/heapRoom';
import { throttle } from '../kernel/memory/pageout';
import { bring, copyNow } from '../kernel/memory/user';
import { zoneOf } from '../kernel/zone/zone';
import { ZoneMemory } from '../kernel/zone/zoneMemory';
import { ALWAYS, FileSystemType, optionValue } from './mount';
import { Attributes, DirectoryReader, FileSystem, newDeviceNumber, S_IFDIR, S_IFLNK, Statistics, Vnode } from './vnode';

/** Largest file: its pages are an array in the heap. */
const LARGEST: u64 = 0x40000000;
/** Frames that files never take (illumos's tmpfs_minfree: 2 MiB). */
const RESERVE: u32 = 512;
/** Bytes of the kernel's heap that a file with its name takes: what is told of files that there could still be. */
const NODE_BYTES: u64 = 400;
const LINK_MAX: u32 = 32767;
/** Directories of fewer names have small tables; in larger ones a name takes at most so many bytes of a table of twice the size. */
const FEW: i32 = 256;
const DOUBLED: usize = 40;

export class TmpFileSystem extends FileSystem {
  /** Pages used, and how many there may be; 0: as many as there are. */
  used: u32 = 0;
  limit: u32 = 0;
  nodes: u32 = 0;
  private memory_: ZoneMemory | null = null;

  static create(uid: i32 = 0, gid: i32 = 0, mode: i32 = 0o755): TmpFileSystem {
    const made = new TmpFileSystem('tmpfs', newDeviceNumber(), false);
    made.special = 'swap';
    const root = new Node(made, S_IFDIR | mode, uid, gid);
    root.becomeRoot();
    made.root = root;
    return made;
  }

  private get free(): u32 {
    const frames = availableFrames();
    const room = frames > RESERVE ? frames - RESERVE : 0;
    return this.limit ? min(room, this.limit > this.used ? this.limit - this.used : 0) : room;
  }

  statistics(): Statistics {
    const result = new Statistics();
    result.free = this.free;
    result.available = result.free;
    result.blocks = this.limit ? this.limit : result.free + this.used;
    const heap = <u64>heapLimit();
    const live = <u64>heapLive();
    result.freeFiles = heap > live ? (heap - live) / NODE_BYTES : 0;
    result.files = result.freeFiles + this.nodes;
    return result;
  }

  remount(readOnly: bool, options: string): i32 {
    const size = optionValue(options, 'size');
    if (size != null) {
      const limit = parseSize(size);
      if (limit < 0) return setError(EINVAL);
      this.limit = <u32>limit;
    }
    return super.remount(readOnly, options);
  }

  unmount(force: bool): i32 {
    changetype<Node>(this.root!).destroyAll();
    return 0;
  }

  /** A frame for a file; 0: ENOSPC. */
  takeFrame(): usize {
    const memory = this.memoryOfZone;
    const frame = this.free && memory.takeUnpromised() ? newFrame() : 0;
    if (frame) {
      this.used++;
      memory.own(frame);
    } else setFailure(ENOSPC);
    return frame;
  }
  giveFrame(frame: usize): void {
    this.used--;
    this.memoryOfZone.swap--;
    dropFrame(frame);
  }
  /** Files that are open outlast the mount, and so does who is charged for them. */
  private get memoryOfZone(): ZoneMemory {
    let memory = this.memory_;
    if (!memory) {
      memory = zoneOf(this.zoneid).memory;
      this.memory_ = memory;
    }
    return memory;
  }
}

/** Pages of a size such as 512m, 2g, 100k, 4096 (bytes), as mount_tmpfs(8) has it; -1: none. */
export function parseSize(text: string): i64 {
  let value: u64 = 0;
  let at = 0;
  while (at < text.length && <u32>(text.charCodeAt(at) - 0x30) < 10) {
    value = value * 10 + <u64>(<u32>(text.charCodeAt(at++) - 0x30));
    if (value > (<u64>1) << 40) return -1;
  }
  if (!at) return -1;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at) | 0x20;
    if (unit == 0x6b) value <<= 10;
    else if (unit == 0x6d) value <<= 20;
    else if (unit == 0x67) value <<= 30;
    else if (unit != 0x62 || at != text.length - 1) return -1;
  }
  const pages = (value + PAGE - 1) / PAGE;
  return pages && pages < 0x7fffffff ? <i64>pages : -1;
}

export class TmpType extends FileSystemType {
  constructor() {
    super('tmpfs', ALWAYS);
  }
  make(special: string, options: string, covered: Vnode): FileSystem | null {
    let limit: i64 = 0;
    const size = optionValue(options, 'size');
    if (size != null) limit = parseSize(size);
    if (limit < 0) {
      setFailure(EINVAL);
      return null;
    }
    // The root is what it covers: owner and mode stay.
    const below = covered.attributes();
    const made = TmpFileSystem.create(below.uid, below.gid, below.mode & 0o7777);
    made.limit = <u32>limit;
    return made;
  }
}

class Entry {
  constructor(
    public readonly name: string,
    public readonly node: Node,
  ) {}
}

/** What a directory has besides. */
class Entries {
  readonly list: (Entry | null)[] = [];
  readonly names: Map<string, i32> = new Map<string, i32>();
  subdirectories: u32 = 0;
  /** Before this there is no hole in the list. */
  firstHole: i32 = 0;
}

/** The first two offsets of a directory are `.` and `..`. */
const FIRST_ENTRY: u64 = 2;
const NO_ENTRIES: Entries = new Entries();

let inodes: u64 = 1;

export class Node extends OwnedVnode {
  private links: u32 = 0;
  private size: u64 = 0;
  private pages: usize[] = NO_PAGES;
  private used: u64 = 0;
  private readonly inode: u64 = inodes++;
  private target: string = '';
  private up: Node | null = null;
  private entries: Entries = NO_ENTRIES;
  private counted: bool = true;

  constructor(
    fileSystem: TmpFileSystem,
    mode: i32,
    uid: i32,
    gid: i32,
    private readonly rdev: u64 = 0,
  ) {
    super(fileSystem, mode, uid, gid, wallTime());
    if (this.isDirectory) this.entries = new Entries();
    fileSystem.nodes++;
  }

  private get system(): TmpFileSystem {
    return changetype<TmpFileSystem>(this.fileSystem);
  }

  becomeRoot(): void {
    this.links = 1;
  }

  inactive(): void {
    if (!this.links) this.destroy();
  }

  /** Without names and holds: what it occupied is free. */
  private destroy(): void {
    this.cut(0);
    if (!this.counted) return;
    this.counted = false;
    this.system.nodes--;
  }

  /** The file system goes, with all that is in it. */
  destroyAll(): void {
    const list = this.entries.list;
    for (let i = 0; i < list.length; i++) {
      const entry = list[i];
      if (!entry) continue;
      list[i] = null;
      entry.node.destroyAll();
    }
    this.entries.names.clear();
    this.links = 0;
    if (!this.isHeld) this.destroy();
  }

  attributes(): Attributes {
    const result = this.ownAttributes();
    result.nlink = this.isDirectory && this.links ? 2 + this.entries.subdirectories : this.links;
    result.inode = this.inode;
    result.size = this.isDirectory ? (<u64>this.entries.names.size + 2) * 16 : this.size;
    result.rdev = this.rdev;
    result.blocks = this.used * (<u64>PAGE / 512);
    return result;
  }

  // ---- data

  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    if (this.isDirectory) return setError(EISDIR);
    if (!this.fileSystem.readOnly && !this.fileSystem.noAccessTime) this.accessed = wallTime();
    if (offset >= this.size) return 0;
    let done: u64 = 0;
    // The size is looked at each time: somebody may cut the file while a page of the caller's is brought.
    while (done < count && offset + done < this.size) {
      const at = offset + done;
      const within = <usize>at & (PAGE - 1);
      const part = min<u64>(min<u64>(<u64>PAGE - within, count - done), this.size - at);
      const frame = this.page(at);
      if (!copyNow(to + done, address(frame ? frame + within : ZEROS), part)) done += part;
      else if (bring(to + done, part, true)) return done ? <i64>done : setError(EFAULT);
    }
    return <i64>done;
  }

  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    if (this.isDirectory) return setError(EISDIR);
    if (offset > LARGEST || (count && offset == LARGEST)) return setError(EFBIG);
    const wanted = min(count, LARGEST - offset);
    let done: u64 = 0;
    let error = 0;
    while (done < wanted) {
      const at = offset + done;
      const within = <usize>at & (PAGE - 1);
      const part = min<u64>(<u64>PAGE - within, wanted - done);
      throttle();
      const frame = this.page(at, true);
      if (!frame) {
        error = setError(ENOSPC);
        break;
      }
      if (copyNow(address(frame + within), from + done, part)) {
        error = bring(from + done, part, false);
        if (error) break;
        continue;
      }
      done += part;
      this.size = max(this.size, offset + done);
    }
    this.modified = wallTime();
    this.changed = this.modified;
    return done || !error ? <i64>done : error;
  }

  page(offset: u64, shared: bool = false, write: bool = false): usize {
    const index = <i32>(offset / PAGE);
    const known = index < this.pages.length ? this.pages[index] : 0;
    if (known || !shared) return known;
    const frame = this.system.takeFrame();
    if (!frame) return 0;
    if (this.pages == NO_PAGES) this.pages = [];
    while (this.pages.length <= index) this.pages.push(0);
    this.pages[index] = frame;
    this.used++;
    return frame;
  }

  truncate(size: u64): i32 {
    if (this.isDirectory) return setError(EISDIR);
    if (size > LARGEST) return setError(EFBIG);
    if (size < this.size) {
      this.cut(size);
      const within = <usize>size & (PAGE - 1);
      const last = within ? this.page(size) : 0;
      if (last) memory.fill(last + within, 0, PAGE - within);
    }
    this.size = size;
    this.modified = wallTime();
    this.changed = this.modified;
    return 0;
  }

  freeSpace(offset: u64, length: u64): i32 {
    if (!length) return this.truncate(offset);
    const end = min(offset + length, this.size);
    for (let at = offset; at < end; ) {
      const within = <usize>at & (PAGE - 1);
      const part = min<u64>(<u64>PAGE - within, end - at);
      const frame = this.page(at);
      if (frame && part == PAGE) {
        this.pages[<i32>(at / PAGE)] = 0;
        this.used--;
        this.system.giveFrame(frame);
      } else if (frame) {
        memory.fill(frame + within, 0, <usize>part);
      }
      at += part;
    }
    this.modified = wallTime();
    this.changed = this.modified;
    return 0;
  }

  /** Gives back the pages beyond a size. */
  private cut(size: u64): void {
    const keep = <i32>((size + PAGE - 1) / PAGE);
    for (let i = keep; i < this.pages.length; i++) {
      if (!this.pages[i]) continue;
      this.system.giveFrame(this.pages[i]);
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
    const names = this.entries.names;
    return names.has(name) ? this.entries.list[names.get(name)]!.node : null;
  }

  /** Why there can be no new file here, or 0. */
  private get refusal(): i32 {
    // A directory that has been removed takes no new files.
    if (!this.links) return ENOENT;
    if (!heapHasRoom()) return ENOSPC;
    return this.hasRoomForName ? 0 : ENOSPC;
  }
  /** Is there room for its tables if one of them is about to double? */
  private get hasRoomForName(): bool {
    const entries = this.entries;
    const names = entries.names.size;
    if (names < FEW || !(isFullMap(entries.names) || (entries.list.length == names && isFullArray(entries.list)))) return true;
    return heapHasPieceOf(<usize>names * DOUBLED);
  }

  create(name: string, mode: i32, uid: i32, gid: i32, rdev: u64 = 0): Vnode | null {
    const errno = this.refusal;
    if (errno) {
      setFailure(errno);
      return null;
    }
    const node = new Node(this.system, mode, uid, gid, rdev);
    this.enter(name, node);
    node.hold();
    return node;
  }

  symlink(name: string, target: string, uid: i32, gid: i32): i32 {
    const errno = this.refusal;
    if (errno) return setError(errno);
    const node = new Node(this.system, S_IFLNK | 0o777, uid, gid);
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
    const node = changetype<Node>(target);
    if (!this.links || !node.links) return setError(ENOENT);
    if (node.links >= LINK_MAX) return setError(EMLINK);
    const errno = this.refusal;
    if (errno) return setError(errno);
    this.enter(name, node);
    return 0;
  }

  private enter(name: string, node: Node): void {
    const entry = new Entry(name, node);
    const entries = this.entries;
    const list = entries.list;
    let at = list.length > entries.names.size ? list.indexOf(null, entries.firstHole) : -1;
    if (at < 0) at = list.push(entry) - 1;
    else list[at] = entry;
    entries.firstHole = at + 1;
    entries.names.set(name, at);
    node.links++;
    if (node.isDirectory) {
      node.up = this;
      entries.subdirectories++;
    }
    this.touch();
    node.changed = this.changed;
  }

  private leave(name: string): void {
    const entries = this.entries;
    const at = entries.names.get(name);
    const node = entries.list[at]!.node;
    entries.list[at] = null;
    entries.firstHole = min(entries.firstHole, at);
    entries.names.delete(name);
    node.links--;
    if (node.isDirectory) entries.subdirectories--;
    this.touch();
    node.changed = this.changed;
    if (!node.links && !node.isHeld) node.destroy();
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
    if (node.entries.names.size) return setError(EEXIST);
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
    if (!directory.hasRoomForName) return setError(ENOSPC);
    if (old) {
      if (node.isDirectory && !old.isDirectory) return setError(ENOTDIR);
      if (!node.isDirectory && old.isDirectory) return setError(EISDIR);
      if (old.entries.names.size) return setError(EEXIST);
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
    if (!this.fileSystem.readOnly && !this.fileSystem.noAccessTime) this.accessed = wallTime();
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
    const list = this.entries.list;
    for (; at - FIRST_ENTRY < <u64>list.length; at++) {
      const entry = list[<i32>(at - FIRST_ENTRY)];
      if (entry && !reader.entry(entry.name, entry.node.inode, at + 1)) return 0;
    }
    return 0;
  }
}

const NO_PAGES: usize[] = [];
/** What a page that was never written reads as. */
const ZEROS: usize = memory.data(4096, 16);
