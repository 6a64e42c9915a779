// SPDX-License-Identifier: MIT
/**
 * @fileoverview A mirror: every child has everything. Reads go to the children in turn, 1 MiB each, so that a sequential reader keeps
 * all of them busy. Also what stands in for a child while it is replaced (`replacing`) or has a spare (`spare`).
 */
import { EIO, ENXIO, setError } from '../../guest-os/kernel/errno';
import { ECKSUM } from '../port/errors';
import { Check } from '../zio/verify';
import { freeBuffer, newBuffer } from '../port/memory';
import { AUX_NO_REPLICAS, countRepair, VDEV_CANT_OPEN, VDEV_DEGRADED, VDEV_HEALTHY, Vdev } from './vdev';

const TURN_SHIFT: u64 = 20;

export class Mirror extends Vdev {
  open(): void {
    this.size = 0;
    for (let i = 0; i < this.children.length; i++) {
      const child = this.children[i];
      child.ashift = max(child.ashift, this.ashift);
      child.open();
      if (!child.isOpen) continue;
      this.ashift = max(this.ashift, child.ashift);
      if (!this.size || child.size < this.size) this.size = child.size;
    }
    this.judge();
  }

  judge(): void {
    let open = 0;
    let healthy = 0;
    for (let i = 0; i < this.children.length; i++) {
      if (this.children[i].isOpen) open++;
      if (this.children[i].state == VDEV_HEALTHY) healthy++;
    }
    this.state = !open ? VDEV_CANT_OPEN : healthy == this.children.length ? VDEV_HEALTHY : VDEV_DEGRADED;
    this.aux = open ? 0 : AUX_NO_REPLICAS;
  }

  read(offset: u64, to: usize, bytes: u32, check: Check | null): i32 {
    const count = <u32>this.children.length;
    const first = <u32>((offset >> TURN_SHIFT) % count);
    let result = setError(ENXIO);
    /** A bit for each child that had something else. */
    let wrong: u64 = 0;
    this.countRead(bytes);
    for (let i: u32 = 0; i < count; i++) {
      const index = (first + i) % count;
      const child = this.children[index];
      if (!child.isOpen) continue;
      const one = child.read(offset, to, bytes, check);
      if (one == 0) {
        if (wrong) this.heal(offset, to, bytes, wrong);
        return 0;
      }
      if (one == setError(ECKSUM)) wrong |= (<u64>1) << index;
      if (result != setError(ECKSUM)) result = one;
    }
    return result;
  }

  private heal(offset: u64, from: usize, bytes: u32, wrong: u64): void {
    for (let i = 0; i < this.children.length; i++) {
      if (!((wrong >> i) & 1)) continue;
      this.children[i].write(offset, from, bytes);
      this.children[i].finish();
    }
  }

  scrub(offset: u64, to: usize, bytes: u32, check: Check): i32 {
    let result = setError(ENXIO);
    let wrong: u64 = 0;
    let good = false;
    this.countRead(bytes);
    const other = newBuffer(bytes);
    for (let i = 0; i < this.children.length; i++) {
      const child = this.children[i];
      if (!child.isOpen) continue;
      const one = child.scrub(offset, good ? other : to, bytes, check);
      if (one == 0) good = true;
      else {
        wrong |= (<u64>1) << i;
        if (result != setError(ECKSUM)) result = one;
      }
    }
    freeBuffer(other, bytes);
    if (!good) return result;
    if (wrong) {
      this.heal(offset, to, bytes, wrong);
      countRepair(<u64>popcnt(wrong) * bytes);
    }
    return 0;
  }

  write(offset: u64, from: usize, bytes: u32): i32 {
    let good = 0;
    this.countWrite(bytes);
    for (let i = 0; i < this.children.length; i++) {
      if (this.children[i].isOpen && this.children[i].write(offset, from, bytes) == 0) good++;
    }
    return good ? 0 : setError(EIO);
  }

  finish(): i32 {
    let good = 0;
    for (let i = 0; i < this.children.length; i++) {
      if (this.children[i].isOpen && this.children[i].finish() == 0) good++;
    }
    return good ? 0 : setError(EIO);
  }
}
