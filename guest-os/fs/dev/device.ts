// SPDX-License-Identifier: MIT
/**
 * @fileoverview Device files: what drivers hand to the file system, and the way from a (major, minor) number to it.
 *
 * A driver makes one {@link Device} per minor and adds it to /dev and /devices (devices.ts). Owner, mode and times of such a node are its own and
 * can be changed; they are gone with the system, like everything in /dev.
 *
 * A device file in another file system (mknod, a zone's view) has its name and its attributes there, and its number says which device it stands
 * for: when it is opened, a {@link SpecialFile} joins both. A number that no driver has is ENXIO.
 */
import { OwnedVnode } from '../ownedVnode';
import { bootTime } from '../../kernel/time/clock';
import { DumpTarget } from '../../kernel/dump/target';
import { ENOSYS, ENOTSUP, ENXIO, setError, setFailure } from '../../kernel/errno';
import { POLL_ALWAYS, Poller } from '../poll';
import { Attributes, FileSystem, S_IFBLK, S_IFMT, Vnode } from '../vnode';

export const deviceFileSystem: FileSystem = new FileSystem('dev', 2, false);
let inodes: u64 = 2;
export function newDeviceInode(): u64 {
  return inodes++;
}

export function makeDevice(major: u32, minor: u32): u64 {
  return ((<u64>major) << 32) | minor;
}

const byNumber = new Map<u64, Device>();

/** The number of a character device, and of a block device, are not the same. */
function keyOf(type: i32, rdev: u64): u64 {
  return rdev | (type == S_IFBLK ? (<u64>1) << 63 : 0);
}

export abstract class Device extends OwnedVnode {
  private readonly inode: u64 = newDeviceInode();

  constructor(
    /** S_IFCHR or S_IFBLK, and permissions. */
    mode: i32,
    gid: i32,
    public readonly rdev: u64,
  ) {
    super(deviceFileSystem, mode, 0, gid, bootTime() * 1000000000);
    byNumber.set(keyOf(mode & S_IFMT, rdev), this);
  }

  /** The device is gone. */
  unregister(): void {
    byNumber.delete(keyOf(this.type, this.rdev));
  }

  /** Could it be the dump device? 0, or a negative errno. */
  mayDump(): i32 {
    return setError(ENOTSUP);
  }
  /** It becomes the dump device, called by this path. Null: it cannot be, and why is in `failure`. */
  beginDump(path: string): DumpTarget | null {
    setFailure(ENOTSUP);
    return null;
  }
  /** It is the dump device no longer. */
  endDump(): void {}
  /** As a swap area: it cannot be one, if not 0; or is one no longer. */
  useForSwap(use: bool): i32 {
    return use ? setError(ENOSYS) : 0;
  }
  /** Around a transfer: what it locks is locked by its thread before others may wait for the page. */
  lockForSwap(): void {}
  unlockForSwap(): void {}
  /** Of a swap area: a page is written or read, to or from a frame; sleeps. */
  transferPage(write: bool, page: u32, frame: usize): i32 {
    return setError(ENOSYS);
  }

  /** For devices with a size, in bytes. */
  get size(): u64 {
    return 0;
  }

  attributes(): Attributes {
    const result = this.ownAttributes();
    result.inode = this.inode;
    result.size = this.size;
    result.rdev = this.rdev;
    result.blockSize = 8192;
    return result;
  }
  get seekable(): bool {
    return false;
  }
  poll(events: i32, poller: Poller | null): i32 {
    return events & POLL_ALWAYS;
  }
}

/** The device that a device file stands for, ready to be opened; takes over the hold. Null: ENXIO, and the hold stays. */
export function specialFile(vnode: Vnode): Vnode | null {
  const real = vnode.real;
  if (real instanceof Device) {
    if (real == vnode) return vnode;
    real.hold();
    vnode.release();
    return real;
  }
  const key = keyOf(vnode.type, vnode.attributes().rdev);
  if (!byNumber.has(key)) {
    setFailure(ENXIO);
    return null;
  }
  const special = new SpecialFile(vnode, byNumber.get(key));
  special.hold();
  return special;
}

/** A device under another file's name and attributes. */
class SpecialFile extends Vnode {
  constructor(
    /** Held, until this one is no longer. */
    private readonly node: Vnode,
    private device: Vnode,
  ) {
    super(node.fileSystem, node.type);
    device.hold();
  }
  inactive(): void {
    this.device.release();
    this.node.release();
  }
  open(flags: i32): Vnode | null {
    const opened = this.device.open(flags);
    if (!opened) {
      // The caller keeps its hold of the node, as if this had never been.
      this.node.hold();
      this.release();
      return null;
    }
    this.device = opened;
    return this;
  }
  opened(readers: i32, writers: i32): i32 {
    return this.device.opened(readers, writers);
  }
  get seekable(): bool {
    return this.device.seekable;
  }
  attributes(): Attributes {
    return this.node.attributes();
  }
  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    return this.device.read(offset, to, count, nonblocking);
  }
  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    return this.device.write(offset, from, count, nonblocking);
  }
  ioctl(request: i32, argument: u64): i64 {
    return this.device.ioctl(request, argument);
  }
  poll(events: i32, poller: Poller | null): i32 {
    return this.device.poll(events, poller);
  }
  sync(dataOnly: bool): i32 {
    return this.device.sync(dataOnly);
  }
  setMode(mode: i32): i32 {
    return this.node.setMode(mode);
  }
  setOwner(uid: i32, gid: i32): i32 {
    return this.node.setOwner(uid, gid);
  }
  setTimes(accessed: u64, modified: u64): i32 {
    return this.node.setTimes(accessed, modified);
  }
}
