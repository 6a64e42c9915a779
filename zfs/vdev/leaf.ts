// SPDX-License-Identifier: MIT
/** @fileoverview The leaves of the tree: a disk, or a file that stands for one. Labels are reached by absolute offsets. */
import { EIO, ENXIO, EROFS, setError } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { BlockDevice, system } from '../port/port';
import { ECKSUM } from '../port/errors';
import { RangeTree } from '../spa/rangeTree';
import { Check, verify } from '../zio/verify';
import {
  AUX_OPEN_FAILED,
  AUX_TOO_SMALL,
  LABEL_END,
  LABEL_SIZE,
  LABEL_START,
  SMALLEST_DEVICE,
  VDEV_CANT_OPEN,
  VDEV_CLOSED,
  VDEV_HEALTHY,
  VDEV_OFFLINE,
  Vdev,
} from './vdev';

export class Leaf extends Vdev {
  device: BlockDevice | null = null;
  /** Taken offline by hand; said in the configuration. */
  offline: bool = false;
  wholeDisk: bool = false;
  /** No device with this leaf's label was found; what lies at its path is something else. */
  isAbsent: bool = false;
  /** The pool is not to be changed: nothing is healed either. */
  isReadOnly: bool = false;
  /** Object of the space map that remembers `missing`, 0: none. */
  missingObject: u64 = 0;
  private missing_: RangeTree | null = null;
  private writeError: i32 = 0;

  constructor(
    type: string,
    id: u32,
    guid: u64,
    public path: string,
  ) {
    super(type, id, guid);
  }

  get name(): string {
    if (this.type == 'file') return this.path;
    const slash = this.path.lastIndexOf('/');
    const name = slash < 0 ? this.path : this.path.substring(slash + 1);
    // A whole disk is known by its name without the slice.
    return this.wholeDisk && name.endsWith('s0') ? name.substring(0, name.length - 2) : name;
  }

  /** Transaction groups whose writes did not get here, as [first, last + 1). */
  get missing(): RangeTree {
    const known = this.missing_;
    if (known) return known;
    const made = new RangeTree();
    this.missing_ = made;
    return made;
  }
  get isMissingAny(): bool {
    const tree = this.missing_;
    return tree != null && tree.count != 0;
  }
  /** Changes that the pool's record of `missing` does not have yet. */
  isMissingDirty: bool = false;
  /** A group was not, or not wholly, written here. */
  miss(txg: u64): void {
    this.missing.cover(txg, 1);
    this.isMissingDirty = true;
  }
  /** Some write of this group failed; cleared by who asks. */
  hasFailed: bool = false;
  lacks(txg: u64): bool {
    const tree = this.missing_;
    return tree != null && tree.contains(txg, 1);
  }
  private missed(check: Check): bool {
    const tree = this.missing_;
    return tree != null && check.birth != 0 && tree.contains(check.birth, 1);
  }

  open(): void {
    if (this.offline) {
      this.state = VDEV_OFFLINE;
      return;
    }
    if (this.isAbsent) return this.fail(AUX_OPEN_FAILED);
    if (!this.device) this.device = system().openDevice(this.path);
    const device = this.device;
    if (!device) return this.fail(AUX_OPEN_FAILED);
    if (device.size < SMALLEST_DEVICE) return this.fail(AUX_TOO_SMALL);
    const whole = device.size & ~(LABEL_SIZE - 1);
    this.size = whole - LABEL_START - LABEL_END;
    let shift: u32 = 9;
    while ((<u32>1) << shift < device.sectorSize) shift++;
    this.ashift = max(this.ashift, shift);
    this.state = VDEV_HEALTHY;
    this.aux = 0;
  }
  private fail(aux: i32): void {
    this.close();
    this.state = VDEV_CANT_OPEN;
    this.aux = aux;
  }
  close(): void {
    const device = this.device;
    if (device) device.close();
    this.device = null;
    this.state = VDEV_CLOSED;
  }

  /** Where label `index` (0 to 3) begins. */
  labelOffset(index: i32): u64 {
    if (index < 2) return <u64>index * LABEL_SIZE;
    const whole = this.device!.size & ~(LABEL_SIZE - 1);
    return whole - <u64>(4 - index) * LABEL_SIZE;
  }
  readAbsolute(offset: u64, to: usize, bytes: u32): i32 {
    const device = this.device;
    return device ? device.read(offset, to, bytes) : setError(ENXIO);
  }
  writeAbsolute(offset: u64, from: usize, bytes: u32): i32 {
    const device = this.device;
    return device ? device.write(offset, from, bytes) : setError(ENXIO);
  }

  read(offset: u64, to: usize, bytes: u32, check: Check | null): i32 {
    const device = this.device;
    if (!device || !this.isOpen) return setError(ENXIO);
    // A pointer may say anything; what lies outside is not there.
    if (offset + bytes > this.size) return setError(EIO);
    if (check && this.missed(check)) return setError(ENXIO);
    this.countRead(bytes);
    const result = device.read(offset + LABEL_START, to, bytes);
    if (result < 0) {
      this.statistics.readErrors++;
      return setError(EIO);
    }
    if (check && !verify(check, to)) {
      this.statistics.checksumErrors++;
      return setError(ECKSUM);
    }
    return 0;
  }

  write(offset: u64, from: usize, bytes: u32): i32 {
    const device = this.device;
    if (!device || !this.isOpen) return setError(ENXIO);
    if (this.isReadOnly) return setError(EROFS);
    if (offset + bytes > this.size) return setError(EIO);
    this.countWrite(bytes);
    const result = device.write(offset + LABEL_START, from, bytes);
    if (result < 0) {
      this.statistics.writeErrors++;
      this.writeError = result;
      this.hasFailed = true;
    }
    return result;
  }

  scrub(offset: u64, to: usize, bytes: u32, check: Check): i32 {
    return this.read(offset, to, bytes, check);
  }

  finish(): i32 {
    const device = this.device;
    if (!device) return setError(ENXIO);
    let result = device.finish();
    if (result < 0) {
      this.statistics.writeErrors++;
      this.hasFailed = true;
    } else result = this.writeError;
    this.writeError = 0;
    return result;
  }
  flush(): i32 {
    const device = this.device;
    return device ? device.flush() : setError(ENXIO);
  }

  protected describe(list: NvList): void {
    list.setText('path', this.path);
    if (this.type == 'disk') list.setNumber('whole_disk', this.wholeDisk ? 1 : 0);
    if (this.missingObject) list.setNumber('DTL', this.missingObject);
    if (this.offline) list.setNumber('offline', 1);
  }
}
