// SPDX-License-Identifier: MIT
/** @fileoverview A top-level vdev of a pool: what the pool stripes over. It has metaslabs, and a place in the pool's configuration. */
import { setError } from '../../guest-os/kernel/errno';
import { EFRAGS } from '../port/errors';
import { freeBuffer, newBuffer, newZeroed } from '../port/memory';
import { NvList } from '../port/nvlist';
import { highBit } from '../port/bytes';
import { dmuRead, dmuWrite } from '../dmu/dmu';
import { allocateObject, holdDnode, releaseDnode } from '../dmu/dnode';
import { TYPE_NONE, TYPE_OBJECT_ARRAY } from '../dmu/types';
import { Vdev } from '../vdev/vdev';
import { CHECKSUM_OFF } from '../zio/checksum';
import { Check } from '../zio/verify';
import { Metaslab } from './metaslab';
import { Spa } from './spa';

/** About as many metaslabs as a new vdev is cut into, and the smallest one, as a shift. */
const METASLABS: u64 = 200;
const SMALLEST_SHIFT: u32 = 24;
const DEFLATE_BLOCK: u64 = 1 << 17;
/** Blocks written to a vdev before the next gets its turn: a stripe of 512 KiB. */
const TURN: u64 = 512 << 10;

export class TopLevel {
  metaslabs: Metaslab[] = [];
  arrayObject: u64 = 0;
  metaslabShift: u32 = 0;
  /** As the pool's configuration has it: never shrinks. */
  size: u64 = 0;
  createTxg: u64 = 0;
  isLog: bool = false;
  /** Metaslabs changed in this transaction group. */
  private readonly changed: Metaslab[] = [];
  private current: u32 = 0;
  private turn: u64 = 0;

  constructor(
    /** A disk becomes a mirror, and a mirror a disk, by attach and detach. */
    public vdev: Vdev,
    public readonly id: u32,
  ) {}

  get ashift(): u32 {
    return this.vdev.ashift;
  }

  /** Cuts a new vdev. */
  create(txg: u64): void {
    this.size = this.vdev.size & ~(((<u64>1) << this.ashift) - 1);
    this.createTxg = txg;
    this.metaslabShift = max(<u32>(highBit(this.size / METASLABS) - 1), SMALLEST_SHIFT);
    this.cut();
  }
  private cut(): void {
    const size = (<u64>1) << this.metaslabShift;
    const count = <u32>(this.size >> this.metaslabShift);
    for (let i = <u32>this.metaslabs.length; i < count; i++)
      this.metaslabs.push(new Metaslab(this, i, (<u64>i) << this.metaslabShift, size));
  }

  /** From a configuration whose values have been checked for sense. */
  configure(config: NvList): void {
    this.arrayObject = config.number('metaslab_array');
    this.metaslabShift = <u32>config.number('metaslab_shift');
    this.size = config.number('asize');
    this.createTxg = config.number('create_txg');
    this.isLog = config.number('is_log') != 0;
  }

  /** Reads which space maps there are. */
  openMetaslabs(spa: Spa): i32 {
    this.cut();
    if (!this.arrayObject) return 0;
    const dn = holdDnode(spa.mos!, this.arrayObject);
    if (!dn) return setError(EFRAGS);
    const bytes = <u32>this.metaslabs.length * 8;
    const numbers = newBuffer(max(bytes, 512));
    let result = dmuRead(dn, 0, bytes, numbers);
    for (let i = 0; i < this.metaslabs.length && !result; i++) {
      result = this.metaslabs[i].open(spa, load<u64>(numbers + <usize>i * 8));
    }
    freeBuffer(numbers, max(bytes, 512));
    releaseDnode(dn);
    return result;
  }

  /** Notes in the pool which object a metaslab's space map is. */
  setSpaceMap(spa: Spa, metaslab: u32, object: u64): i32 {
    if (!this.arrayObject) {
      this.arrayObject = allocateObject(spa.mos!, TYPE_OBJECT_ARRAY, 0, TYPE_NONE, 0);
      spa.configChanged();
    }
    const dn = holdDnode(spa.mos!, this.arrayObject);
    if (!dn) return setError(EFRAGS);
    const cell = newZeroed(512);
    store<u64>(cell, object);
    const result = dmuWrite(dn, <u64>metaslab * 8, 8, cell);
    freeBuffer(cell, 512);
    releaseDnode(dn);
    return result;
  }

  config(): NvList {
    const list = this.vdev.config();
    list.setNumber('metaslab_array', this.arrayObject);
    list.setNumber('metaslab_shift', this.metaslabShift);
    list.setNumber('ashift', this.ashift);
    list.setNumber('asize', this.size);
    list.setNumber('is_log', this.isLog ? 1 : 0);
    list.setNumber('create_txg', this.createTxg);
    return list;
  }

  // ---- space

  /** Bytes of data for each 512 allocated, times 512: raidz spends some on parity. */
  get deflateRatio(): u64 {
    return DEFLATE_BLOCK / (this.vdev.allocatedSize(DEFLATE_BLOCK) >> 9);
  }
  get capacity(): u64 {
    return (<u64>this.metaslabs.length) << this.metaslabShift;
  }
  get allocated(): u64 {
    let bytes: u64 = 0;
    for (let i = 0; i < this.metaslabs.length; i++) bytes += this.metaslabs[i].allocated + this.metaslabs[i].waiting;
    return bytes;
  }
  metaslabAt(offset: u64): Metaslab | null {
    const index = offset >> this.metaslabShift;
    return index < <u64>this.metaslabs.length ? this.metaslabs[<i32>index] : null;
  }

  /** Begins in the metaslab that was used last, or so many of them further on that another copy is far away. */
  allocate(spa: Spa, size: u64, copy: u32): u64 {
    const count = <u32>this.metaslabs.length;
    const first = this.current + copy * (count / 3);
    for (let i: u32 = 0; i < count; i++) {
      const index = (first + i) % count;
      const at = this.metaslabs[index].allocate(spa, size);
      if (at == u64.MAX_VALUE) continue;
      if (!copy) this.current = index;
      return at;
    }
    return u64.MAX_VALUE;
  }
  /** Is it another vdev's turn after this many bytes? */
  tookTurn(bytes: u64): bool {
    this.turn += bytes;
    if (this.turn < TURN) return false;
    this.turn = 0;
    return true;
  }

  dirty(metaslab: Metaslab): void {
    if (!this.changed.includes(metaslab)) this.changed.push(metaslab);
  }
  get isDirty(): bool {
    for (let i = 0; i < this.changed.length; i++) if (this.changed[i].isDirty) return true;
    return false;
  }
  sync(spa: Spa, txg: u64, pass: u32): i32 {
    // Writing one space map may change another metaslab; the list grows meanwhile.
    for (let i = 0; i < this.changed.length; i++) {
      const result = this.changed[i].sync(spa, txg, pass);
      if (result < 0) return result;
    }
    return 0;
  }
  syncDone(txg: u64): void {
    for (let i = 0; i < this.metaslabs.length; i++) this.metaslabs[i].syncDone(txg);
    this.changed.length = 0;
  }

  close(): void {
    for (let i = 0; i < this.metaslabs.length; i++) this.metaslabs[i].close();
    this.metaslabs = [];
    this.vdev.close();
  }

  // ---- blocks

  /** A block of any multiple of 512 bytes; devices with larger sectors get whole ones. */
  read(offset: u64, to: usize, bytes: u32, check: Check | null): i32 {
    return this.readWhole(offset, to, bytes, check, false);
  }
  scrub(offset: u64, to: usize, bytes: u32, check: Check): i32 {
    return this.readWhole(offset, to, bytes, check, true);
  }
  private readWhole(offset: u64, to: usize, bytes: u32, check: Check | null, scrubs: bool): i32 {
    const whole = this.wholeUnits(bytes);
    const buffer = whole == bytes ? to : newBuffer(whole);
    let result = this.readOnce(offset, buffer, whole, check, scrubs);
    const birth = check ? check.birth : 0;
    if (result < 0 && birth && check!.algorithm != CHECKSUM_OFF && this.vdev.lacks(birth)) {
      // A device counts as having missed a group when one write of it has failed: its other blocks are there, as their checksums tell.
      check!.birth = 0;
      result = this.readOnce(offset, buffer, whole, check, scrubs);
      check!.birth = birth;
    }
    if (whole == bytes) return result;
    memory.copy(to, buffer, bytes);
    freeBuffer(buffer, whole);
    return result;
  }
  private readOnce(offset: u64, to: usize, bytes: u32, check: Check | null, scrubs: bool): i32 {
    return scrubs ? this.vdev.scrub(offset, to, bytes, check!) : this.vdev.read(offset, to, bytes, check);
  }
  write(offset: u64, from: usize, bytes: u32): i32 {
    const whole = this.wholeUnits(bytes);
    if (whole == bytes) return this.vdev.write(offset, from, bytes);
    const buffer = newZeroed(whole);
    memory.copy(buffer, from, bytes);
    let result = this.vdev.write(offset, buffer, whole);
    // The buffer must outlive the write.
    const finished = this.vdev.finish();
    if (finished < 0) result = finished;
    freeBuffer(buffer, whole);
    return result;
  }
  private wholeUnits(bytes: u32): u32 {
    const unit = (<u32>1) << this.ashift;
    return (bytes + unit - 1) & ~(unit - 1);
  }
}
