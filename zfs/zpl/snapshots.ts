// SPDX-License-Identifier: MIT
/**
 * @fileoverview `.zfs/snapshot` in the root of each mounted file system: a directory of its snapshots. Looking a name up there mounts the snapshot, for reading, and
 * it stays mounted until its file system is unmounted or the snapshot goes. `.zfs` is always found; with `snapdir=visible` it is also listed. mkdir(2) there takes a
 * snapshot, rmdir(2) destroys one, and rename(2) gives it another name, as in illumos, for those who could by zfs(8).
 *
 * These directories are a file system of their own, that nobody mounts: their names are in no cache, since snapshots come and go behind it. A zone finds
 * `.zfs` in what is mounted within it alone: of what the global zone shows it of other file systems, the snapshots are none of its business.
 */
import { EBUSY, EINVAL, ENOENT, EROFS, failure, setError, setFailure } from '../../guest-os/kernel/errno';
import { GLOBAL_ZONE } from '../../guest-os/kernel/process/credentials';
import { currentProcess } from '../../guest-os/kernel/process/processes';
import { applyOptions, mountOn, unmount } from '../../guest-os/fs/mount';
import { Attributes, DirectoryReader, FileSystem as MountedFileSystem, S_IFDIR, S_IFMT, Vnode } from '../../guest-os/fs/vnode';
import { Dataset } from '../dsl/dataset';
import { mayChange, setCaller } from '../dsl/caller';
import { destroyRefusal, DestroyTask } from '../dsl/destroy';
import { findSnapshot } from '../dsl/names';
import { takeSnapshot } from '../dsl/operations';
import { renameSnapshot } from '../dsl/rename';
import { currentCaller } from '../port/callers';
import { enter, leave } from '../port/kernel';
import { FileSystem } from './fileSystem';
import { ZfsFileSystem } from './mount';

/** Inodes that no file has. */
export const CONTROL_INODE: u64 = 1;
const SNAPSHOTS_INODE: u64 = 2;
export const CONTROL_NAME: string = '.zfs';
const SNAPSHOTS_NAME: string = 'snapshot';
/** Who may change anything here is not a matter of modes. */
const DIRECTORY_MODE: i32 = S_IFDIR | 0o555;

/** Of one mounted file system. */
export class Control extends MountedFileSystem {
  private directory_: ControlDirectory | null = null;
  private snapshots_: SnapshotsDirectory | null = null;
  readonly points: SnapshotPoint[] = [];

  constructor(readonly above: ZfsFileSystem) {
    super('zfs', above.device, false);
  }
  get directory(): ControlDirectory {
    let made = this.directory_;
    if (!made) this.directory_ = made = new ControlDirectory(this);
    return made;
  }
  get snapshots(): SnapshotsDirectory {
    let made = this.snapshots_;
    if (!made) this.snapshots_ = made = new SnapshotsDirectory(this);
    return made;
  }
  get head(): Dataset {
    return this.above.fs.dataset;
  }

  /** The mounts of snapshots that nobody uses go; EBUSY: not all could. */
  unmountAll(): i32 {
    let result = 0;
    for (let i = this.points.length - 1; i >= 0; i--) if (this.points[i].unmount() < 0) result = setError(EBUSY);
    return result == 0 && this.active ? setError(EBUSY) : result;
  }
}

abstract class Directory extends Vnode {
  constructor(
    protected readonly control: Control,
    private readonly inode: u64,
    private readonly links: u32,
  ) {
    super(control, S_IFDIR);
  }
  attributes(): Attributes {
    const result = new Attributes();
    result.mode = DIRECTORY_MODE;
    result.nlink = this.links;
    result.inode = this.inode;
    result.size = this.links;
    const made = this.control.head.phys.creation * 1000000000;
    result.accessed = made;
    result.modified = made;
    result.changed = made;
    return result;
  }
}

class ControlDirectory extends Directory {
  constructor(control: Control) {
    super(control, CONTROL_INODE, 3);
  }
  get hiddenName(): string {
    return CONTROL_NAME;
  }
  parent(): Vnode | null {
    const root = this.control.above.root!;
    root.hold();
    return root;
  }
  lookup(name: string): Vnode | null {
    if (name != SNAPSHOTS_NAME) {
      setFailure(ENOENT);
      return null;
    }
    const found = this.control.snapshots;
    found.hold();
    return found;
  }
  readDirectory(offset: u64, reader: DirectoryReader): i32 {
    if (offset < 1 && !reader.entry('.', CONTROL_INODE, 1)) return 0;
    if (offset < 2 && !reader.entry('..', this.control.above.fs.rootObject, 2)) return 0;
    if (offset < 3) reader.entry(SNAPSHOTS_NAME, SNAPSHOTS_INODE, 3);
    return 0;
  }
}

class SnapshotsDirectory extends Directory {
  constructor(control: Control) {
    super(control, SNAPSHOTS_INODE, 2);
  }
  parent(): Vnode | null {
    const above = this.control.directory;
    above.hold();
    return above;
  }

  lookup(name: string): Vnode | null {
    enter();
    const found = this.find(name);
    leave();
    return found;
  }
  private find(name: string): Vnode | null {
    const snapshot = findSnapshot(this.control.head, name);
    if (!snapshot) {
      setFailure(ENOENT);
      return null;
    }
    const points = this.control.points;
    let point: SnapshotPoint | null = null;
    for (let i = 0; i < points.length; i++) if (points[i].snapshot == snapshot && points[i].name == name) point = points[i];
    if (!point) point = new SnapshotPoint(this.control, snapshot, name);
    point.hold();
    if (point.mounted || point.mount()) return point;
    const errno = failure;
    point.release();
    setFailure(errno);
    return null;
  }

  readDirectory(offset: u64, reader: DirectoryReader): i32 {
    if (offset < 1 && !reader.entry('.', SNAPSHOTS_INODE, 1)) return 0;
    if (offset < 2 && !reader.entry('..', CONTROL_INODE, 2)) return 0;
    enter();
    // By object, so that those that come and go meanwhile move none of the others.
    const all = this.control.head.spa.allDatasets();
    let after = offset < 2 ? 0 : offset - 2;
    while (true) {
      let next: Dataset | null = null;
      for (let i = 0; i < all.length; i++) {
        const one = all[i];
        if (!one.isSnapshot || one.dir != this.control.head.dir || one.object <= after) continue;
        if (!next || one.object < next.object) next = one;
      }
      if (!next) break;
      after = next.object;
      if (!reader.entry(next.snapshotName, next.object, after + 2)) break;
    }
    leave();
    return 0;
  }

  create(name: string, mode: i32, uid: i32, gid: i32, rdev: u64 = 0): Vnode | null {
    enter();
    let error = (mode & S_IFMT) == S_IFDIR ? this.mayChange() : setError(EROFS);
    if (error == 0) error = takeSnapshot(this.control.head, name);
    leave();
    if (error == 0) return this.lookup(name);
    setFailure(-error);
    return null;
  }
  get removesMounted(): bool {
    return true;
  }
  removeDirectory(name: string): i32 {
    enter();
    const snapshot = findSnapshot(this.control.head, name);
    let error = this.mayChange();
    if (error == 0) error = snapshot ? destroyRefusal(snapshot, false) : setError(ENOENT);
    if (error == 0) error = snapshot!.spa.perform(new DestroyTask([snapshot!], false));
    leave();
    return error;
  }
  rename(from: string, to: Vnode, name: string): i32 {
    if (to != this) return setError(EINVAL);
    enter();
    const snapshot = findSnapshot(this.control.head, from);
    let error = this.mayChange();
    if (error == 0 && !snapshot) error = setError(ENOENT);
    if (error == 0) {
      const mount = snapshot!.mount;
      if (mount) mount.giveWay();
      if (snapshot!.users) error = setError(EBUSY);
    }
    if (error == 0) error = renameSnapshot(this.control.head, from, name, false);
    leave();
    return error;
  }
  private mayChange(): i32 {
    setCaller(currentCaller());
    return mayChange(this.control.head.name);
  }
}

/** What a snapshot is mounted on. */
class SnapshotPoint extends Directory {
  constructor(
    control: Control,
    readonly snapshot: Dataset,
    readonly name: string,
  ) {
    super(control, snapshot.object, 2);
  }
  parent(): Vnode | null {
    const above = this.control.snapshots;
    above.hold();
    return above;
  }

  /** False: see failure. */
  mount(): bool {
    const above = this.control.above;
    if (this.snapshot.users) {
      setFailure(EBUSY);
      return false;
    }
    const fs = FileSystem.open(this.snapshot);
    if (!fs) {
      setFailure(EINVAL);
      return false;
    }
    const made = new ZfsFileSystem(fs, true);
    made.isAutomatic = true;
    const root = made.make(fs.rootObject);
    if (!root) {
      made.letGo();
      return false;
    }
    made.root = root;
    made.special = this.snapshot.name;
    const inherited =
      (above.noSetuid ? ',nosuid' : '') + (above.noDevices ? ',nodevices' : '') + (above.noExecute ? ',noexec' : '');
    applyOptions(made, 'ro' + inherited);
    const point = above.mountPoint == '/' ? '' : above.mountPoint;
    mountOn(made, this, point + '/' + CONTROL_NAME + '/' + SNAPSHOTS_NAME + '/' + this.name);
    this.control.points.push(this);
    return true;
  }
  unmount(): i32 {
    const root = this.mounted;
    return root ? unmount(root.fileSystem, false) : 0;
  }
  /** It is not mounted on any more, and nobody looks at it. */
  inactive(): void {
    const points = this.control.points;
    const at = points.indexOf(this);
    if (at >= 0) points.splice(at, 1);
  }
}

/** The `.zfs` of a file system, held; null: there is none for the caller. */
export function controlOf(mounted: ZfsFileSystem): Vnode | null {
  const zoneid = currentProcess().credentials.zoneid;
  if (mounted.fs.dataset.isSnapshot || (zoneid != GLOBAL_ZONE && zoneid != mounted.zoneid)) {
    setFailure(ENOENT);
    return null;
  }
  let control = mounted.control;
  if (!control) mounted.control = control = new Control(mounted);
  control.directory.hold();
  return control.directory;
}
