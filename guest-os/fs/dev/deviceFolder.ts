// SPDX-License-Identifier: MIT
/** @fileoverview A directory of devices (devices.ts, zoneDevices.ts): its entries are nodes that the system knows; nobody makes, renames or removes any. */
import { newDeviceInode } from './device';
import { DirectoryReader, FileSystem, S_IFDIR, Vnode } from '../vnode';

/** Offsets of entries: `.` and `..` come first. */
const FIRST_ENTRY: u64 = 2;

export abstract class DeviceFolder extends Vnode {
  protected readonly inode: u64 = newDeviceInode();

  constructor(
    fileSystem: FileSystem,
    /** Null for a root. */
    private readonly above: Vnode | null,
  ) {
    super(fileSystem, S_IFDIR);
  }
  /** Those that are there now. */
  abstract entries(): string[];
  /** Not held. */
  abstract find(name: string): Vnode | null;

  lookup(name: string): Vnode | null {
    const found = this.find(name);
    if (!found) return super.lookup(name);
    found.hold();
    return found;
  }
  parent(): Vnode | null {
    const above = this.above;
    if (above) above.hold();
    return above;
  }
  readDirectory(offset: u64, reader: DirectoryReader): i32 {
    const names = this.entries();
    const above = this.above;
    let at = offset;
    if (at == 0 && !reader.entry('.', this.inode, ++at)) return 0;
    if (at < FIRST_ENTRY && !reader.entry('..', above ? above.attributes().inode : this.inode, (at = FIRST_ENTRY))) return 0;
    for (; at - FIRST_ENTRY < <u64>names.length; at++) {
      const name = names[<i32>(at - FIRST_ENTRY)];
      const node = this.find(name);
      if (node && !reader.entry(name, node.attributes().inode, at + 1)) return 0;
    }
    return 0;
  }
}
