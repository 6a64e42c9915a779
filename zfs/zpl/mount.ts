// SPDX-License-Identifier: MIT
/** @fileoverview Datasets as mounted file systems, and what is done to all that are mounted. */
import { heapHasRoom } from '../../guest-os/kernel/memory/heapRoom';
import { EBUSY, EIO, ENOENT, ENOMEM, EPERM, setError, setFailure } from '../../guest-os/kernel/errno';
import { ALWAYS, FileSystemType, mountList, unmount } from '../../guest-os/fs/mount';
import { forgetNames } from '../../guest-os/fs/nameCache';
import { FileSystem as MountedFileSystem, newDeviceNumber, S_IFMT, Statistics, Vnode } from '../../guest-os/fs/vnode';
import { Caller, isZoned } from '../dsl/caller';
import { FLAG_INCONSISTENT, Mount } from '../dsl/dataset';
import { findDataset } from '../dsl/names';
import { currentCaller } from '../port/callers';
import { enter, leave } from '../port/kernel';
import { poolOf } from '../spa/pools';
import { A_MODE } from './attributes';
import { FileSystem } from './fileSystem';
import { Control } from './snapshots';
import { ZfsVnode } from './vnode';

export class ZfsFileSystem extends MountedFileSystem {
  /** Those that somebody holds, by object. */
  readonly vnodes: Map<u64, ZfsVnode> = new Map<u64, ZfsVnode>();
  /** Its `.zfs`; null: nobody has asked for it. */
  control: Control | null = null;
  /** A snapshot that was mounted by looking at it. */
  isAutomatic: bool = false;

  constructor(
    /** Another after the dataset has been rolled back. */
    public fs: FileSystem,
    readOnly: bool,
  ) {
    super('zfs', newDeviceNumber(), readOnly);
    this.cachesNames = true;
    fs.dataset.users++;
    fs.dataset.mount = new DatasetMount(this);
  }
  /** It is not mounted any more. */
  letGo(): void {
    this.fs.dataset.users--;
    this.fs.dataset.mount = null;
  }

  /** The vnode of an object, held; null: it cannot be read. */
  vnode(object: u64): ZfsVnode | null {
    const vnodes = this.vnodes;
    const vnode = vnodes.has(object) ? vnodes.get(object) : this.make(object);
    if (vnode) vnode.hold();
    return vnode;
  }
  /** The same, new and not held. */
  make(object: u64): ZfsVnode | null {
    if (!heapHasRoom()) {
      setFailure(ENOMEM);
      return null;
    }
    const dn = this.fs.hold(object);
    if (!dn) {
      setFailure(EIO);
      return null;
    }
    const made = new ZfsVnode(this, dn, <i32>this.fs.znodes.get(dn, A_MODE) & S_IFMT);
    this.vnodes.set(object, made);
    return made;
  }

  statistics(): Statistics {
    const result = new Statistics();
    enter();
    if (this.isGone) {
      leave();
      return result;
    }
    const dataset = this.fs.dataset;
    const free = dataset.isSnapshot ? 0 : dataset.available();
    result.blockSize = this.fs.objset.recordSize;
    result.fragment = 512;
    result.blocks = (dataset.phys.referenced + free) / 512;
    result.free = free / 512;
    result.available = result.free;
    // As many more files as there are sectors.
    result.freeFiles = result.free;
    result.files = result.freeFiles + this.fs.objset.objects();
    leave();
    return result;
  }

  putPages(): i32 {
    const vnodes = this.vnodes.values();
    let result = 0;
    for (let i = 0; i < vnodes.length; i++) {
      const one = vnodes[i].putPages(0, 0);
      if (one < 0) result = one;
    }
    return result;
  }

  /** It has been unmounted: its dataset may be gone, and its pool. */
  private isGone: bool = false;

  sync(): i32 {
    if (this.fs.isReadOnly) return 0;
    enter();
    let result = this.putPages();
    if (result == 0 && !this.isGone) result = this.fs.dataset.spa.sync();
    leave();
    return result;
  }

  prepareUnmount(): i32 {
    const control = this.control;
    return control ? control.unmountAll() : 0;
  }

  /** Before its dataset becomes another: nothing of it is held. */
  suspend(): void {
    forgetNames(this);
    const vnodes = this.vnodes.values();
    for (let i = 0; i < vnodes.length; i++) vnodes[i].suspend();
    this.fs.dataset.users--;
  }
  /** Files that there still are, or again, go on; the others are gone for those who have them. */
  resume(): void {
    const dataset = this.fs.dataset;
    dataset.users++;
    const fs = FileSystem.open(dataset);
    if (fs) {
      this.fs.close();
      this.fs = fs;
    }
    const objects = this.vnodes.keys();
    for (let i = 0; i < objects.length; i++) if (!fs || !this.vnodes.get(objects[i]).resume()) this.vnodes.delete(objects[i]);
  }

  unmount(force: bool): i32 {
    enter();
    let result = this.putPages();
    forgetNames(this);
    // Whoever has had the lock meanwhile may have opened something, mounted on it, or unmounted it.
    const root = this.root!;
    const isOther = this.isGone || !root.covered || root.mounted != null;
    if (isOther || (!force && this.isBusy)) result = setError(EBUSY);
    if (!isOther && (result == 0 || force)) {
      this.isGone = true;
      const vnodes = this.vnodes.values();
      for (let i = 0; i < vnodes.length; i++) vnodes[i].forget();
      this.vnodes.clear();
      this.letGo();
    }
    leave();
    return result;
  }
}

class DatasetMount extends Mount {
  constructor(private readonly mounted: ZfsFileSystem) {
    super();
  }
  giveWay(): void {
    if (this.mounted.isAutomatic) unmount(this.mounted, false);
  }
  suspend(): void {
    this.mounted.suspend();
  }
  resume(): void {
    this.mounted.resume();
  }
}

/** Memory is short: frames that nobody has mapped go. */
export function dropUnmapped(): bool {
  const mounts = mountList();
  let any = false;
  for (let i = 0; i < mounts.length; i++) {
    const mounted = mounts[i];
    if (!(mounted instanceof ZfsFileSystem)) continue;
    const vnodes = (mounted as ZfsFileSystem).vnodes.values();
    for (let j = 0; j < vnodes.length; j++) if (vnodes[j].dropUnmapped()) any = true;
  }
  return any;
}

/** Gives what was changed through mappings, before a group is synced. */
export function putAllPages(): void {
  const mounts = mountList();
  for (let i = 0; i < mounts.length; i++) {
    const mounted = mounts[i];
    if (mounted instanceof ZfsFileSystem) (mounted as ZfsFileSystem).putPages();
  }
}

export class ZfsType extends FileSystemType {
  constructor() {
    super('zfs', ALWAYS);
  }
  /** `special`: a dataset's name. A zone mounts what is delegated to it, the global zone what is not. */
  make(special: string, options: string, covered: Vnode): MountedFileSystem | null {
    enter();
    const made = mountDataset(special, currentCaller());
    leave();
    return made;
  }
}

function mountDataset(name: string, caller: Caller): MountedFileSystem | null {
  const spa = poolOf(name);
  const dataset = spa ? findDataset(spa, name) : null;
  // Of what is not a zone's it is not told whether it is there.
  if (!caller.owns(name) || (dataset && isZoned(dataset) == caller.isGlobal)) {
    setFailure(EPERM);
    return null;
  }
  if (!dataset) {
    setFailure(ENOENT);
    return null;
  }
  // In use, or a stream is being received into it.
  if (dataset.users || dataset.phys.flags & FLAG_INCONSISTENT) {
    setFailure(EBUSY);
    return null;
  }
  const fs = FileSystem.open(dataset);
  if (!fs) {
    setFailure(EIO);
    return null;
  }
  fs.emptyQueue();
  const made = new ZfsFileSystem(fs, fs.isReadOnly);
  const root = made.make(fs.rootObject);
  if (!root) {
    made.letGo();
    return null;
  }
  made.root = root;
  return made;
}
