// SPDX-License-Identifier: MIT
/**
 * @fileoverview All system attributes of one file, taken out of its bonus buffer and spill block, to be changed and put back: for changes of lengths and of which there
 * are. Single values of fixed length are changed where they lie (znode.ts).
 *
 * They go to the bonus buffer in their order for as long as they fit; if not all do, its last 128 bytes are needed for the pointer to the spill block, and what
 * does not fit before them goes there, with a header and a layout of its own.
 */
import { EFBIG, EIO, setError } from '../../guest-os/kernel/errno';
import { freeBuffer, newZeroed } from '../port/memory';
import { arcRelease } from '../arc/arc';
import { bonusOf, bonusRoom, dropSpill, Dnode, setBonus } from '../dmu/dnode';
import { hasSpill, readSpill, setSpill, writeSpill } from '../dmu/spill';
import { TYPE_SA } from '../dmu/types';
import { LARGEST_BLOCK, POINTER_SIZE } from '../zio/blockPointer';
import { ATTRIBUTE_MAGIC } from './attributes';
import { Layouts } from './layouts';

const SECTOR: u32 = 512;

/** The header that says how long so many attributes of varying length are. */
function headerFor(varying: u32): u32 {
  return (8 + (varying > 1 ? varying - 1 : 0) * 2 + 7) & ~7;
}

export class AttributeSet {
  /** By this file system's numbers; where each lies in {@link bytes}, and how long it is. */
  private readonly numbers: i32[] = [];
  private readonly offsets: u32[] = [];
  private readonly lengths: u32[] = [];
  private bytes: usize;
  private room: u32 = 4096;
  private used: u32 = 0;

  constructor(
    private readonly layouts: Layouts,
    private readonly dn: Dnode,
  ) {
    this.bytes = newZeroed(this.room);
  }
  /** Gives back its memory. */
  close(): void {
    freeBuffer(this.bytes, this.room);
  }

  /** EIO: they make no sense, or cannot be read. */
  read(): i32 {
    const dn = this.dn;
    if (dn.bonusType != TYPE_SA || !this.take(bonusOf(dn), dn.bonusLength)) return setError(EIO);
    if (!hasSpill(dn)) return 0;
    const block = readSpill(dn);
    if (!block) return setError(EIO);
    const taken = this.take(block.data, block.size);
    arcRelease(block);
    return taken ? 0 : setError(EIO);
  }
  private take(from: usize, bytes: u32): bool {
    if (bytes < 8 || load<u32>(from) != ATTRIBUTE_MAGIC) return false;
    const info = <u32>load<u16>(from, 4);
    const header = (info >> 10) * 8;
    const layout = this.layouts.layoutOf(info & 0x3ff);
    if (!layout || header > bytes) return false;
    let at = header;
    let varying: u32 = 0;
    for (let i = 0; i < layout.length; i++) {
      const number = <i32>layout[i];
      if (number >= this.layouts.lengths.length) return false;
      let length = <u32>this.layouts.lengths[number];
      if (!length) {
        if (header < 8 + varying * 2) return false;
        length = load<u16>(from + 6 + varying++ * 2);
      }
      if (at + length > bytes) return false;
      this.keep(number, from + at, length);
      at += (length + 7) & ~7;
    }
    return true;
  }
  private keep(number: i32, from: usize, length: u32): void {
    this.numbers.push(number);
    this.offsets.push(this.hold(from, length));
    this.lengths.push(length);
  }
  private hold(from: usize, length: u32): u32 {
    if (this.used + length > this.room) {
      const room = (this.used + length) * 2;
      const larger = newZeroed(room);
      memory.copy(larger, this.bytes, this.used);
      freeBuffer(this.bytes, this.room);
      this.bytes = larger;
      this.room = room;
    }
    const at = this.used;
    memory.copy(this.bytes + at, from, length);
    this.used += length;
    return at;
  }

  private find(attribute: i32): i32 {
    const ours = this.layouts.ours;
    for (let i = 0; i < this.numbers.length; i++) if (ours[this.numbers[i]] == attribute) return i;
    return -1;
  }
  has(attribute: i32): bool {
    return this.find(attribute) >= 0;
  }
  /** Gives it another value, or, behind the others, one. */
  put(attribute: i32, from: usize, length: u32): i32 {
    const at = this.find(attribute);
    if (at >= 0) {
      this.offsets[at] = this.hold(from, length);
      this.lengths[at] = length;
      return 0;
    }
    const number = this.layouts.attributeNumber(this.dn.objset, attribute);
    if (number < 0) return number;
    this.keep(number, from, length);
    return 0;
  }
  remove(attribute: i32): void {
    const at = this.find(attribute);
    if (at < 0) return;
    this.numbers.splice(at, 1);
    this.offsets.splice(at, 1);
    this.lengths.splice(at, 1);
  }

  // ---- putting them back

  /** EFBIG: there are too many bytes for a block. Nothing has changed then, nor after any other error. */
  store(): i32 {
    const dn = this.dn;
    const count = this.numbers.length;
    const whole = bonusRoom(dn.raw) + (hasSpill(dn) ? <u32>POINTER_SIZE : 0);
    let split = this.fitting(0, whole);
    if (split == count) {
      const layout = this.layoutFor(0, count);
      if (layout < 0) return layout;
      dropSpill(dn);
      this.write(bonusOf(dn), whole, 0, count, layout);
      return 0;
    }
    const room = whole - <u32>POINTER_SIZE;
    split = this.fitting(0, room);
    const size = (this.sizeOf(split, count) + SECTOR - 1) & ~(SECTOR - 1);
    if (size > LARGEST_BLOCK || this.fitting(split, LARGEST_BLOCK) < count) return setError(EFBIG);
    const layout = this.layoutFor(0, split);
    const spilled = this.layoutFor(split, count);
    if (layout < 0 || spilled < 0) return min(layout, spilled);
    const block = newZeroed(size);
    const pointer = newZeroed(<usize>POINTER_SIZE);
    this.fill(block, split, count, spilled);
    const result = writeSpill(dn, block, size, pointer);
    if (result == 0) {
      this.write(bonusOf(dn), room, 0, split, layout);
      setSpill(dn, pointer);
    }
    freeBuffer(pointer, <usize>POINTER_SIZE);
    freeBuffer(block, size);
    return result;
  }

  /** Up to which of them there is room, from one on. */
  private fitting(from: i32, room: u32): i32 {
    for (let past = from; past < this.numbers.length; past++) if (this.sizeOf(from, past + 1) > room) return past;
    return this.numbers.length;
  }
  private sizeOf(from: i32, past: i32): u32 {
    let varying: u32 = 0;
    let bytes: u32 = 0;
    for (let i = from; i < past; i++) {
      if (!this.layouts.lengths[this.numbers[i]]) varying++;
      bytes += (this.lengths[i] + 7) & ~7;
    }
    return headerFor(varying) + bytes;
  }
  private layoutFor(from: i32, past: i32): i32 {
    const list = new StaticArray<u16>(past - from);
    for (let i = from; i < past; i++) list[i - from] = <u16>this.numbers[i];
    return this.layouts.numberOf(this.dn.objset, list);
  }

  private write(to: usize, room: u32, from: i32, past: i32, layout: i32): void {
    memory.fill(to, 0, room);
    setBonus(this.dn, TYPE_SA, this.fill(to, from, past, layout));
  }
  /** How many bytes that took. */
  private fill(to: usize, from: i32, past: i32, layout: i32): u32 {
    let varying: u32 = 0;
    for (let i = from; i < past; i++) if (!this.layouts.lengths[this.numbers[i]]) varying++;
    const header = headerFor(varying);
    store<u32>(to, ATTRIBUTE_MAGIC);
    store<u16>(to, <u16>(<u32>layout | ((header / 8) << 10)), 4);
    varying = 0;
    let at = header;
    for (let i = from; i < past; i++) {
      const length = this.lengths[i];
      if (!this.layouts.lengths[this.numbers[i]]) store<u16>(to + 6 + varying++ * 2, <u16>length);
      memory.copy(to + at, this.bytes + this.offsets[i], length);
      at += (length + 7) & ~7;
    }
    return at;
  }
}
