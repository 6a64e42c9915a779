// SPDX-License-Identifier: MIT
/**
 * @fileoverview Free space: each top-level vdev is cut into metaslabs of equal size, and each remembers in a space map, an append-only
 * log of allocations and frees, what is free.
 *
 * The tree of free ranges (`allocatable`) exists only while the metaslab is loaded: its log is replayed when it is first allocated from.
 * Within a transaction group:
 * - `allocating`, `freeing`: not yet in the log; {@link Metaslab.sync} writes them at the end of each pass.
 * - `freed`: in the log, but not allocatable: the last transaction groups must stay whole, so that an older uberblock can be used.
 *   They pass through `deferred` for two groups more.
 *
 * A log much longer than what it says is written anew (condensed).
 */
import { SpaceMapPhys } from 'layout/zfs';
import { setError } from '../../guest-os/kernel/errno';
import { EFRAGS } from '../port/errors';
import { freeBuffer, newBuffer } from '../port/memory';
import { dmuFreeRange, dmuRead, dmuWrite } from '../dmu/dmu';
import { allocateObject, bonusOf, dirtyDnode, Dnode, holdDnode, releaseDnode } from '../dmu/dnode';
import { TYPE_SPACE_MAP, TYPE_SPACE_MAP_HEADER } from '../dmu/types';
import { RangeTree } from './rangeTree';
import { Spa } from './spa';
import { TopLevel } from './topLevel';

/** Words of a log: bit 63 says that it is only a mark; else offset in units (16), free (15), length in units less one (0). */
const MARK: u64 = 1 << 63;
const LONGEST_RUN: u64 = 1 << 15;
const OFFSET_MASK: u64 = ((<u64>1) << 47) - 1;
const FREE_BIT: u64 = 1 << 15;
const ALLOC: u64 = 0;
const FREE: u64 = 1;
const LOG_BLOCK: u32 = 4096;
const DEFERRALS: i32 = 2;

export class Metaslab {
  /** Object of the space map; 0: never used, all free. */
  object: u64 = 0;
  /** As of the log: its length in bytes, and what it says is allocated. */
  length: u64 = 0;
  allocated: u64 = 0;
  private allocatable: RangeTree | null = null;
  private readonly allocating: RangeTree = new RangeTree();
  private readonly freeing: RangeTree = new RangeTree();
  private readonly freed: RangeTree = new RangeTree();
  private readonly deferred: RangeTree[] = [new RangeTree(), new RangeTree()];
  private cursor: u64;

  constructor(
    private readonly top: TopLevel,
    public readonly id: u32,
    public readonly start: u64,
    public readonly size: u64,
  ) {
    this.cursor = start;
  }

  get isDirty(): bool {
    return this.allocating.count + this.freeing.count != 0;
  }
  /** Bytes that could be allocated now, at most. */
  get available(): u64 {
    return this.size - this.allocated - this.allocating.space - this.waiting;
  }
  /** Freed, but not yet to be used again. */
  get waiting(): u64 {
    return this.freed.space + this.deferred[0].space + this.deferred[1].space;
  }
  get largest(): u64 {
    const tree = this.allocatable;
    return tree ? tree.largest : 0;
  }
  get isLoaded(): bool {
    return this.allocatable != null;
  }

  // ---- loading

  /** Reads what the space map's header says. */
  open(spa: Spa, object: u64): i32 {
    this.object = object;
    if (!object) return 0;
    const dn = holdDnode(spa.mos!, object);
    if (!dn) return setError(EFRAGS);
    const header = changetype<SpaceMapPhys>(bonusOf(dn));
    this.length = header.length;
    this.allocated = header.allocated;
    const wrong = dn.bonusType != TYPE_SPACE_MAP_HEADER || this.allocated > this.size || this.length & 7;
    releaseDnode(dn);
    return wrong ? setError(EFRAGS) : 0;
  }

  load(spa: Spa): i32 {
    if (this.allocatable) return 0;
    const tree = new RangeTree();
    tree.add(this.start, this.size);
    const result = this.object ? this.replay(spa, tree, false) : 0;
    if (result < 0) {
      tree.clear();
      return result;
    }
    const taken: RangeTree[] = [this.freed, this.deferred[0], this.deferred[1]];
    for (let i = 0; i < taken.length; i++) taken[i].visit(removeFrom, changetype<usize>(tree));
    this.allocatable = tree;
    return 0;
  }

  /** Applies the log to `tree`, which holds free space (or, `inverse`, what is allocated). */
  replay(spa: Spa, tree: RangeTree, inverse: bool): i32 {
    const dn = holdDnode(spa.mos!, this.object);
    if (!dn) return setError(EFRAGS);
    const buffer = newBuffer(LOG_BLOCK);
    let result = 0;
    for (let at: u64 = 0; at < this.length && !result; at += LOG_BLOCK) {
      const count = <u32>min(<u64>LOG_BLOCK, this.length - at);
      result = dmuRead(dn, at, count, buffer);
      if (!result && !this.apply(tree, buffer, count, inverse)) result = setError(EFRAGS);
    }
    freeBuffer(buffer, LOG_BLOCK);
    releaseDnode(dn);
    return result;
  }

  private apply(tree: RangeTree, words: usize, bytes: u32, inverse: bool): bool {
    const shift = this.top.ashift;
    for (let i: usize = 0; i < <usize>bytes; i += 8) {
      const word = load<u64>(words + i);
      if (word & MARK) continue;
      const from = this.start + (((word >> 16) & OFFSET_MASK) << shift);
      const size = ((word & (LONGEST_RUN - 1)) + 1) << shift;
      if (from + size > this.start + this.size) return false;
      const freeing = (word & FREE_BIT) != 0;
      if (!(freeing != inverse ? tree.add(from, size) : tree.remove(from, size))) return false;
    }
    return true;
  }

  // ---- allocation

  /** Offset on the vdev; u64.MAX_VALUE: no room in one piece. */
  allocate(spa: Spa, size: u64): u64 {
    if (this.available < size || this.load(spa) < 0) return u64.MAX_VALUE;
    const tree = this.allocatable!;
    let at = tree.fit(size, this.cursor);
    if (at == u64.MAX_VALUE) at = tree.fit(size, this.start);
    if (at == u64.MAX_VALUE) return at;
    tree.remove(at, size);
    this.allocating.add(at, size);
    this.cursor = at + size;
    this.top.dirty(this);
    return at;
  }

  /** A block that the log does not know of, but the intent log does: it is taken. False: it is taken already. */
  claim(spa: Spa, at: u64, size: u64): bool {
    if (this.load(spa) < 0 || !this.allocatable!.remove(at, size)) return false;
    this.allocating.add(at, size);
    this.top.dirty(this);
    return true;
  }

  free(at: u64, size: u64): bool {
    if (this.freeing.overlaps(at, size) || this.freed.overlaps(at, size)) return false;
    this.freeing.add(at, size);
    this.top.dirty(this);
    return true;
  }

  // ---- writing

  /** Appends what this pass has taken and given. */
  sync(spa: Spa, txg: u64, pass: u32): i32 {
    if (!this.isDirty) return 0;
    const mos = spa.mos!;
    if (!this.object) {
      this.object = allocateObject(mos, TYPE_SPACE_MAP, LOG_BLOCK, TYPE_SPACE_MAP_HEADER, <u32>SpaceMapPhys.SIZE);
      const result = this.top.setSpaceMap(spa, this.id, this.object);
      if (result < 0) return result;
    }
    const dn = holdDnode(mos, this.object);
    if (!dn) return setError(EFRAGS);
    let result: i32;
    if (pass == 1 && this.allocatable && this.shouldCondense()) result = this.condense(dn, txg);
    else {
      result = this.append(dn, this.allocating, ALLOC, txg, pass);
      if (result == 0) result = this.append(dn, this.freeing, FREE, txg, pass);
      this.allocated += this.allocating.space;
      this.allocated -= this.freeing.space;
    }
    const header = changetype<SpaceMapPhys>(bonusOf(dn));
    header.object = this.object;
    header.length = this.length;
    header.allocated = this.allocated;
    dirtyDnode(dn);
    releaseDnode(dn);
    this.allocating.clear();
    this.freeing.visit(addTo, changetype<usize>(this.freed));
    this.freeing.clear();
    return result;
  }

  private append(dn: Dnode, tree: RangeTree, action: u64, txg: u64, pass: u32): i32 {
    if (!tree.count) return 0;
    writer.begin(dn, this.length, this.start, this.top.ashift, action == FREE ? FREE_BIT : 0);
    writer.word(MARK | (action << 60) | ((<u64>(pass & 0x3ff)) << 50) | (txg & (((<u64>1) << 50) - 1)));
    tree.visit(writeRange, 0);
    this.length = writer.end();
    return writer.result;
  }

  /** What one word for each range in use would take, doubled, and more than a block. */
  private shouldCondense(): bool {
    const least = (<u64>this.allocatable!.count + <u64>(this.size / (((<u64>1) << this.top.ashift) * LONGEST_RUN)) + 2) * 8;
    return this.length > 2 * least && this.length > 2 * LOG_BLOCK;
  }

  /** Writes the log anew: everything allocated, then what is free. */
  private condense(dn: Dnode, txg: u64): i32 {
    const whole = new RangeTree();
    whole.add(this.start, this.size);
    const free = new RangeTree();
    this.allocatable!.visit(addTo, changetype<usize>(free));
    const waiting: RangeTree[] = [this.freed, this.deferred[0], this.deferred[1], this.freeing];
    for (let i = 0; i < waiting.length; i++) waiting[i].visit(addTo, changetype<usize>(free));
    let result = dmuFreeRange(dn, 0, this.length);
    this.length = 0;
    if (result == 0) result = this.append(dn, whole, ALLOC, txg, 1);
    if (result == 0) result = this.append(dn, free, FREE, txg, 1);
    this.allocated = this.size - free.space;
    whole.clear();
    free.clear();
    return result;
  }

  /** The transaction group is on disk: what was freed three groups ago can be used. */
  syncDone(txg: u64): void {
    const oldest = this.deferred[<i32>(txg % DEFERRALS)];
    const tree = this.allocatable;
    if (tree) oldest.visit(addTo, changetype<usize>(tree));
    oldest.clear();
    this.freed.visit(addTo, changetype<usize>(oldest));
    this.freed.clear();
  }

  unload(): void {
    const tree = this.allocatable;
    if (tree) tree.clear();
    this.allocatable = null;
  }
  close(): void {
    this.unload();
    this.allocating.clear();
    this.freeing.clear();
    this.freed.clear();
    this.deferred[0].clear();
    this.deferred[1].clear();
  }
}

function removeFrom(start: u64, end: u64, tree: usize): void {
  changetype<RangeTree>(tree).remove(start, end - start);
}
function addTo(start: u64, end: u64, tree: usize): void {
  changetype<RangeTree>(tree).add(start, end - start);
}
function writeRange(start: u64, end: u64, context: usize): void {
  writer.range(start, end);
}

/** Collects words of a log and writes them a block at a time. */
class LogWriter {
  result: i32 = 0;
  private dn: Dnode | null = null;
  private at: u64 = 0;
  private base: u64 = 0;
  private shift: u64 = 0;
  private kind: u64 = 0;
  private buffer: usize = 0;
  private used: u32 = 0;

  begin(dn: Dnode, at: u64, base: u64, shift: u32, kind: u64): void {
    this.dn = dn;
    this.at = at;
    this.base = base;
    this.shift = shift;
    this.kind = kind;
    this.buffer = newBuffer(LOG_BLOCK);
    this.used = 0;
    this.result = 0;
  }
  word(value: u64): void {
    if (this.used == LOG_BLOCK) this.flush();
    store<u64>(this.buffer + this.used, value);
    this.used += 8;
  }
  range(start: u64, end: u64): void {
    let at = (start - this.base) >> this.shift;
    const stop = (end - this.base) >> this.shift;
    while (at < stop) {
      const run = min(stop - at, LONGEST_RUN);
      this.word((at << 16) | this.kind | (run - 1));
      at += run;
    }
  }
  private flush(): void {
    if (this.used && !this.result) this.result = dmuWrite(this.dn!, this.at, this.used, this.buffer);
    this.at += this.used;
    this.used = 0;
  }
  /** Where the log ends now. */
  end(): u64 {
    this.flush();
    freeBuffer(this.buffer, LOG_BLOCK);
    return this.at;
  }
}
const writer = new LogWriter();
