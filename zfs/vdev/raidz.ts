// SPDX-License-Identifier: MIT
/**
 * @fileoverview raidz: each block is a stripe of its own over as many children as it needs, with its parity in front.
 *
 * A block of s units (1 << ashift bytes) at unit b becomes columns: `parity` of them, then data columns that hold the block in order,
 * column by column. The first column lies on child b mod n, the next on the next child, one row further down after the last. The first
 * s mod (n - parity) data columns are a unit longer, and the parity columns are as long as the longest. What is allocated is a multiple
 * of parity + 1 units, so that no gap is too small for another block.
 * With single parity every other MiB has its first two columns exchanged, which spreads parity over the children.
 *
 * Parity of raidz1 is the exclusive or of the data columns; a shorter column counts as if zeros followed. raidz2 and raidz3 have
 * the same map with more parity columns; their arithmetic is not here, and they are refused when a configuration is parsed.
 */
import { EIO, ENXIO, setError } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { freeBuffer, newBuffer } from '../port/memory';
import { ECKSUM } from '../port/errors';
import { Check, verify } from '../zio/verify';
import { AUX_NO_REPLICAS, countRepair, VDEV_CANT_OPEN, VDEV_DEGRADED, VDEV_HEALTHY, Vdev } from './vdev';

const PARITY_ROTATION: u64 = 1 << 20;

@unmanaged
class Column {
  offset: u64;
  child: u32;
  size: u32;
  /** Where the column's bytes are, or go. */
  data: usize;
  result: i32;
}
const COLUMN: usize = 24;
/** Children that a group may have. */
export const MOST_CHILDREN: i32 = 255;

@unmanaged
class Map {
  columns: u32;
  parity: u32;
  bytes: usize;
  /** Buffer of the parity columns. */
  parityData: usize;

  column(i: u32): Column {
    return changetype<Column>(changetype<usize>(this) + offsetof<Map>() + <usize>i * COLUMN);
  }
}

export class Raidz extends Vdev {
  constructor(
    type: string,
    id: u32,
    guid: u64,
    private readonly parity_: u32,
  ) {
    super(type, id, guid);
  }

  get parity(): u32 {
    return this.parity_;
  }
  get name(): string {
    return 'raidz' + this.parity_.toString() + '-' + this.id.toString();
  }
  protected describe(list: NvList): void {
    list.setNumber('nparity', this.parity_);
  }

  open(): void {
    let smallest: u64 = 0;
    for (let i = 0; i < this.children.length; i++) {
      const child = this.children[i];
      child.ashift = max(child.ashift, this.ashift);
      child.open();
      if (!child.isOpen) continue;
      this.ashift = max(this.ashift, child.ashift);
      if (!smallest || child.size < smallest) smallest = child.size;
    }
    this.size = smallest * <u64>this.children.length;
    this.judge();
  }

  judge(): void {
    const children = <u32>this.children.length;
    let open: u32 = 0;
    let healthy: u32 = 0;
    for (let i = 0; i < this.children.length; i++) {
      if (this.children[i].isOpen) open++;
      if (this.children[i].state == VDEV_HEALTHY) healthy++;
    }
    const enough = open + this.parity_ >= children;
    this.state = !enough ? VDEV_CANT_OPEN : healthy == children ? VDEV_HEALTHY : VDEV_DEGRADED;
    this.aux = enough ? 0 : AUX_NO_REPLICAS;
  }

  allocatedSize(bytes: u64): u64 {
    const data = ((bytes - 1) >> this.ashift) + 1;
    const perRow = <u64>this.children.length - this.parity_;
    const all = data + <u64>this.parity_ * ((data + perRow - 1) / perRow);
    const multiple = <u64>this.parity_ + 1;
    return (((all + multiple - 1) / multiple) * multiple) << this.ashift;
  }

  /** The columns of a block; freed with {@link freeMap}. */
  private newMap(offset: u64, bytes: u32, data: usize): Map {
    const children = <u32>this.children.length;
    const parity = this.parity_;
    const units = <u64>bytes >> this.ashift;
    const first = <u32>((offset >> this.ashift) % children);
    const row = ((offset >> this.ashift) / children) << this.ashift;
    const perRow = <u64>children - <u64>parity;
    const short = units / perRow;
    const rest = <u32>(units - short * perRow);
    /** Columns that are a unit longer, parity among them. */
    const long = rest ? rest + parity : 0;
    const columns = short ? children : long;
    const bytesOfMap = offsetof<Map>() + <usize>columns * COLUMN;
    const map = changetype<Map>(newBuffer(bytesOfMap));
    map.bytes = bytesOfMap;
    map.columns = columns;
    map.parity = parity;
    let at = data;
    for (let c: u32 = 0; c < columns; c++) {
      const column = map.column(c);
      const wrapped = first + c >= children;
      column.child = wrapped ? first + c - children : first + c;
      column.offset = wrapped ? row + ((<u64>1) << this.ashift) : row;
      column.size = <u32>((c < long ? short + 1 : short) << this.ashift);
      column.result = 0;
      if (c >= parity) {
        column.data = at;
        at += column.size;
      }
    }
    const longest = map.column(0).size;
    map.parityData = newBuffer(<usize>longest * parity);
    for (let c: u32 = 0; c < parity; c++) map.column(c).data = map.parityData + <usize>c * longest;
    if (parity == 1 && offset & PARITY_ROTATION) {
      const a = map.column(0);
      const b = map.column(1);
      const child = a.child;
      const place = a.offset;
      a.child = b.child;
      a.offset = b.offset;
      b.child = child;
      b.offset = place;
    }
    return map;
  }
  private freeMap(map: Map): void {
    freeBuffer(map.parityData, <usize>map.column(0).size * map.parity);
    freeBuffer(changetype<usize>(map), map.bytes);
  }

  // ---- writing

  write(offset: u64, from: usize, bytes: u32): i32 {
    this.countWrite(bytes);
    const map = this.newMap(offset, bytes, from);
    const parity = map.column(0);
    xorOthers(map, 0);
    let failed: u32 = 0;
    for (let c: u32 = 0; c < map.columns; c++) {
      const column = map.column(c);
      const child = this.children[column.child];
      if (!child.isOpen || child.write(column.offset, column.data, column.size) < 0) failed++;
    }
    // The parity is ours, so it is waited for here.
    const holder = this.children[parity.child];
    if (holder.isOpen && holder.finish() < 0) failed++;
    this.freeMap(map);
    return failed > this.parity_ ? setError(EIO) : 0;
  }

  finish(): i32 {
    let failed: u32 = 0;
    for (let i = 0; i < this.children.length; i++) {
      if (!this.children[i].isOpen || this.children[i].finish() < 0) failed++;
    }
    return failed > this.parity_ ? setError(EIO) : 0;
  }

  // ---- reading

  read(offset: u64, to: usize, bytes: u32, check: Check | null): i32 {
    this.countRead(bytes);
    const map = this.newMap(offset, bytes, to);
    const result = this.readMap(map, to, check);
    this.freeMap(map);
    return result;
  }

  private readColumn(map: Map, c: u32, birth: Check | null): i32 {
    const column = map.column(c);
    const child = this.children[column.child];
    if (!child.isOpen) column.result = setError(ENXIO);
    else column.result = child.read(column.offset, column.data, column.size, birth);
    return column.result;
  }

  private readMap(map: Map, to: usize, check: Check | null): i32 {
    // Children cannot judge their part of a block; they only see whether they missed its transaction group.
    const birth = check ? uncheckedCopy(check) : null;
    const parity = map.parity;
    let failed: u32 = 0;
    let failedColumn: u32 = 0;
    for (let c = parity; c < map.columns; c++) {
      if (this.readColumn(map, c, birth) == 0) continue;
      failed++;
      failedColumn = c;
    }
    let result = failed ? setError(EIO) : check && !verify(check, to) ? setError(ECKSUM) : 0;
    if (result && failed <= parity) {
      const parityRead = this.readColumn(map, 0, birth) == 0;
      if (failed && parityRead) {
        xorOthers(map, failedColumn);
        result = check && !verify(check, to) ? setError(ECKSUM) : 0;
      } else if (!failed && parityRead && check) {
        result = this.searchBad(map, to, check);
      }
    }
    if (birth) freeBuffer(changetype<usize>(birth), offsetof<Check>());
    return result;
  }

  // ---- scrubbing

  scrub(offset: u64, to: usize, bytes: u32, check: Check): i32 {
    this.countRead(bytes);
    const map = this.newMap(offset, bytes, to);
    const birth = uncheckedCopy(check);
    let failed: u32 = 0;
    let failedColumn: u32 = 0;
    for (let c: u32 = 0; c < map.columns; c++) {
      if (this.readColumn(map, c, birth) == 0) continue;
      failed++;
      failedColumn = c;
    }
    freeBuffer(changetype<usize>(birth), offsetof<Check>());
    let result = setError(EIO);
    if (failed == 0) result = verify(check, to) ? this.scrubParity(map) : this.searchBad(map, to, check);
    else if (failed == 1) {
      // What one child does not have follows from what the others do.
      xorOthers(map, failedColumn);
      if (verify(check, to)) {
        this.rewrite(map, failedColumn);
        result = 0;
      } else result = setError(ECKSUM);
    }
    // A child that is being replaced was read from the old disk; the new one may lack the block.
    for (let c: u32 = 0; c < map.columns && result == 0; c++) {
      if (failed && c == failedColumn) continue;
      if (this.children[map.column(c).child].lacks(check.birth)) this.rewrite(map, c);
    }
    this.freeMap(map);
    return result;
  }

  /** The data are right: is the parity? */
  private scrubParity(map: Map): i32 {
    const parity = map.column(0);
    const read = newBuffer(parity.size);
    memory.copy(read, parity.data, parity.size);
    xorOthers(map, 0);
    const same = memory.compare(read, parity.data, parity.size) == 0;
    freeBuffer(read, parity.size);
    if (!same) {
      this.children[parity.child].statistics.checksumErrors++;
      this.rewrite(map, 0);
    }
    return 0;
  }

  private rewrite(map: Map, c: u32): void {
    const column = map.column(c);
    const child = this.children[column.child];
    if (!child.isOpen || child.write(column.offset, column.data, column.size) < 0) return;
    if (child.finish() == 0) countRepair(column.size);
  }

  /** All columns were read, yet the block is wrong: one of them lies. Each is tried as the liar. */
  private searchBad(map: Map, to: usize, check: Check): i32 {
    const kept = newBuffer(map.column(0).size);
    let result = setError(ECKSUM);
    for (let c = map.parity; c < map.columns && result; c++) {
      const column = map.column(c);
      memory.copy(kept, column.data, column.size);
      xorOthers(map, c);
      if (verify(check, to)) {
        this.children[column.child].statistics.checksumErrors++;
        this.rewrite(map, c);
        result = 0;
      } else {
        memory.copy(column.data, kept, column.size);
      }
    }
    if (result) this.statistics.checksumErrors++;
    freeBuffer(kept, map.column(0).size);
    return result;
  }
}

/** Makes column `target` the exclusive or of all others: parity from data, or data from parity and the rest. */
function xorOthers(map: Map, target: u32): void {
  const goal = map.column(target);
  memory.fill(goal.data, 0, goal.size);
  for (let c: u32 = 0; c < map.columns; c++) {
    if (c == target) continue;
    const column = map.column(c);
    const size = <usize>min(column.size, goal.size);
    for (let i: usize = 0; i < size; i += 8) {
      store<u64>(goal.data + i, load<u64>(goal.data + i) ^ load<u64>(column.data + i));
    }
  }
}

function uncheckedCopy(check: Check): Check {
  const copy = changetype<Check>(newBuffer(offsetof<Check>()));
  memory.copy(changetype<usize>(copy), changetype<usize>(check), offsetof<Check>());
  // Off: anything matches.
  copy.algorithm = 2;
  return copy;
}
