// SPDX-License-Identifier: MIT
/** @fileoverview A vnode that keeps in memory whose it is, what its owner lets others do with it, and when it was used: of tmpfs, and of devices. */
import { wallTime } from '../kernel/time/clock';
import { Attributes, FileSystem, S_IFMT, Vnode } from './vnode';

export abstract class OwnedVnode extends Vnode {
  protected accessed: u64;
  protected modified: u64;
  protected changed: u64;

  constructor(
    fileSystem: FileSystem,
    /** With the type. */
    protected mode: i32,
    protected uid: i32,
    protected gid: i32,
    /** Nanoseconds since 1970. */
    made: u64,
  ) {
    super(fileSystem, mode & S_IFMT);
    this.accessed = made;
    this.modified = made;
    this.changed = made;
  }

  /** Of the attributes, those that are kept here. */
  protected ownAttributes(): Attributes {
    const result = new Attributes();
    result.mode = this.mode;
    result.uid = this.uid;
    result.gid = this.gid;
    result.accessed = this.accessed;
    result.modified = this.modified;
    result.changed = this.changed;
    return result;
  }
  setMode(mode: i32): i32 {
    this.mode = (this.mode & S_IFMT) | (mode & 0o7777);
    this.changed = wallTime();
    return 0;
  }
  setOwner(uid: i32, gid: i32): i32 {
    if (uid != -1) this.uid = uid;
    if (gid != -1) this.gid = gid;
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
