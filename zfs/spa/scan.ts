// SPDX-License-Identifier: MIT
/**
 * @fileoverview Scrub and resilver: every block that the pool refers to is read, all its copies, and what is wrong or missing is written anew.
 *
 * The walk is over the trees as they are on disk, one dataset after the other: the MOS, then snapshots and heads, each only the blocks born after the
 * snapshot before it, so that a block that many share is read once. Blocks born after the scan began are not read; they were written to
 * all devices. A resilver reads only blocks of groups that some device has missed.
 *
 * A scan is done in slices, each under the pool's lock; between them the trees change. So a slice begins at the root again, and skips what lies
 * before its bookmark (object, and block within it): what has moved meanwhile is newer than the scan. Datasets come and go: one that is new is
 * scanned like the others, and one whose previous snapshot has been destroyed since it was scanned has inherited blocks, and is scanned again.
 *
 * On disk (`scan` in the object directory) is what began when and, at the end, how it ended. A scan that was cut off begins again.
 */
import { DnodePhys, ObjsetPhys, ScanPhys } from 'layout/zfs';
import { EBUSY, ENOENT, setError } from '../../guest-os/kernel/errno';
import { ArcBlock, arcRead, arcRelease } from '../arc/arc';
import { DNODE_SIZE, DNODES_PER_BLOCK, FLAG_SPILL, freeObject, holdDnode, isSane, releaseDnode } from '../dmu/dnode';
import { OBJECT_GROUP_USED, OBJECT_META, OBJECT_USER_USED, SPILL } from '../dmu/traverse';
import { TYPE_DNODE, TYPE_NONE, TYPE_OBJSET, TYPE_SCAN_QUEUE } from '../dmu/types';
import { Dataset } from '../dsl/dataset';
import { freeBuffer, newZeroed } from '../port/memory';
import { now } from '../port/port';
import { Leaf } from '../vdev/leaf';
import { repaired } from '../vdev/vdev';
import { mark } from '../zio/bookmark';
import {
  allocatedSize,
  copyVdev,
  COPIES,
  hasCopy,
  isHole,
  levelOf,
  logicalSize,
  pointer,
  POINTER_SIZE,
  typeOf,
} from '../zio/blockPointer';
import { scrubBlock } from '../zio/zio';
import { zapCreate, zapFind, zapSetArray } from '../zap/zap';
import { finishReplacing } from './devices';
import { EVENT_POOL_SCAN, EVENT_POOL_SCAN_DONE, logEvent } from './history';
import { OBJECT_DIRECTORY, Spa } from './spa';
import { Task } from './task';

export const SCRUB: u64 = 1;
export const RESILVER: u64 = 2;
export const SCANNING: u64 = 1;
export const FINISHED: u64 = 2;
export const CANCELED: u64 = 3;

const WORDS: u32 = 24;
const DEEPEST: i32 = 16;
/** What looking at a block of pointers costs, in bytes of a slice. */
const STEP: u64 = 4096;

export class Scan {
  /** As it is on disk. */
  readonly phys: ScanPhys = changetype<ScanPhys>(newZeroed(512));
  /** Datasets that are done, by object, and since which birth each was scanned. */
  private readonly done: Map<u64, u64> = new Map<u64, u64>();
  private mosDone: bool = false;
  // What is being scanned, and where the next slice goes on.
  private objset: u64 = 0;
  private since: u64 = 0;
  private resumeObject: u64 = 0;
  private resumeBlock: u64 = 0;
  private budget: i64 = 0;
  private depth: i32 = 0;
  /** The slice is used up; the bookmark says where. */
  private stopped: bool = false;
  isActive: bool = false;

  constructor(private readonly spa: Spa) {}

  get isScrubbing(): bool {
    return this.isActive && this.phys.kind == SCRUB;
  }

  // ---- begin and end

  /** Takes up what the pool says was under way. */
  load(): void {
    const dn = holdDnode(this.spa.mos!, OBJECT_DIRECTORY);
    if (!dn) return;
    if (zapFind(dn, 'scan', 8, WORDS, this.phys.pointer) < 0) memory.fill(this.phys.pointer, 0, <usize>ScanPhys.SIZE);
    releaseDnode(dn);
    if (this.phys.state != SCANNING) return;
    this.restart();
    this.isActive = this.spa.isWritable && (this.phys.kind == SCRUB || this.phys.kind == RESILVER);
  }
  private restart(): void {
    this.done.clear();
    this.mosDone = false;
    this.objset = u64.MAX_VALUE;
    this.phys.examined = 0;
    this.phys.errors = 0;
  }

  /** EBUSY: another is under way. */
  begin(kind: u64): i32 {
    // A resilver takes the place of whatever is under way; a scrub waits.
    if (this.isActive && kind == SCRUB) return setError(EBUSY);
    const spa = this.spa;
    const phys = this.phys;
    this.dropQueue();
    memory.fill(phys.pointer, 0, <usize>ScanPhys.SIZE);
    phys.kind = kind;
    phys.state = SCANNING;
    phys.start = now();
    phys.maxTxg = spa.openTxg;
    phys.toExamine = spa.allocated();
    if (kind == RESILVER) {
      phys.minTxg = u64.MAX_VALUE;
      phys.maxTxg = 0;
      const leaves = spa.leaves();
      for (let i = 0; i < leaves.length; i++) {
        if (!leaves[i].isOpen || !leaves[i].isMissingAny) continue;
        phys.minTxg = min(phys.minTxg, leaves[i].missing.first - 1);
        phys.maxTxg = max(phys.maxTxg, leaves[i].missing.last);
      }
      if (!phys.maxTxg) {
        phys.minTxg = 0;
        phys.maxTxg = spa.openTxg;
      }
    }
    this.restart();
    this.isActive = true;
    if (kind == SCRUB) spa.errors.scrubStarts();
    logEvent(
      spa,
      EVENT_POOL_SCAN,
      'func=' + kind.toString() + ' mintxg=' + phys.minTxg.toString() + ' maxtxg=' + phys.maxTxg.toString(),
    );
    return spa.perform(new StoreScan(this));
  }

  /** A scrub of a pool that is open for reading: it finds what is wrong, and leaves it and the record of the last scan alone. */
  beginReading(): void {
    const phys = this.phys;
    memory.fill(phys.pointer, 0, <usize>ScanPhys.SIZE);
    phys.kind = SCRUB;
    phys.state = SCANNING;
    phys.start = now();
    phys.maxTxg = this.spa.openTxg;
    phys.toExamine = this.spa.allocated();
    this.restart();
    this.isActive = true;
  }

  cancel(): i32 {
    if (!this.isActive || this.phys.kind != SCRUB) return setError(ENOENT);
    this.end(CANCELED);
    return this.spa.sync();
  }

  private end(state: u64): void {
    const phys = this.phys;
    const spa = this.spa;
    this.isActive = false;
    phys.state = state;
    phys.end = now();
    if (state == FINISHED) {
      if (phys.kind == SCRUB) spa.errors.scrubEnds();
      const leaves = spa.leaves();
      for (let i = 0; i < leaves.length && !phys.errors; i++) this.hasAll(leaves[i]);
    }
    if (!spa.isWritable) return;
    logEvent(spa, EVENT_POOL_SCAN_DONE, 'complete=' + (state == FINISHED ? '1' : '0'));
    spa.later(new StoreScan(this));
  }
  /** An open device has now what it had missed up to the scan's last group. */
  private hasAll(leaf: Leaf): void {
    if (!leaf.isOpen || !leaf.isMissingAny) return;
    const tree = leaf.missing;
    while (tree.count && tree.first <= this.phys.maxTxg) {
      const from = tree.first;
      let to = from;
      while (to <= this.phys.maxTxg && tree.contains(to, 1)) to++;
      tree.remove(from, to - from);
    }
    leaf.isMissingDirty = true;
  }

  /** Writes the record, in the sync of a group. */
  store(): i32 {
    const mos = this.spa.mos!;
    const phys = this.phys;
    // Others want the list of datasets that wait, though ours is in memory.
    if (phys.state == SCANNING && !phys.queue) phys.queue = zapCreate(mos, TYPE_SCAN_QUEUE, TYPE_NONE, 0);
    if (phys.state != SCANNING) this.dropQueue();
    return zapSetArray(mos, OBJECT_DIRECTORY, 'scan', 8, WORDS, phys.pointer);
  }
  private dropQueue(): void {
    if (!this.phys.queue) return;
    const dn = holdDnode(this.spa.mos!, this.phys.queue);
    this.phys.queue = 0;
    if (!dn) return;
    freeObject(dn);
    releaseDnode(dn);
  }

  // ---- slices

  /** Scans about so many bytes; false: there is nothing more to do. */
  step(bytes: u64): bool {
    if (!this.isActive || this.spa.isSuspended) return false;
    this.budget = <i64>bytes;
    while (this.budget > 0) {
      if (this.objset == u64.MAX_VALUE && !this.choose()) {
        this.end(FINISHED);
        if (!this.spa.isWritable) return false;
        this.spa.sync();
        finishReplacing(this.spa);
        return this.isNeeded() && this.begin(RESILVER) == 0;
      }
      this.stopped = false;
      this.depth = 0;
      const root = this.rootOf();
      if (root) this.scanObjset(root);
      if (this.stopped) break;
      if (!this.objset) this.mosDone = true;
      else this.done.set(this.objset, this.since);
      this.objset = u64.MAX_VALUE;
    }
    return true;
  }

  /** Has a device missed groups while the scan went on? */
  private isNeeded(): bool {
    const leaves = this.spa.leaves();
    for (let i = 0; i < leaves.length; i++) if (leaves[i].isOpen && leaves[i].isMissingAny) return this.phys.errors == 0;
    return false;
  }

  /** The next dataset; false: all are done. */
  private choose(): bool {
    this.resumeObject = 0;
    this.resumeBlock = 0;
    if (!this.mosDone) {
      this.objset = 0;
      this.since = this.phys.minTxg;
      return true;
    }
    const datasets = this.spa.allDatasets();
    let best: Dataset | null = null;
    for (let i = 0; i < datasets.length; i++) {
      const dataset = datasets[i];
      const since = max(dataset.phys.previousTxg, this.phys.minTxg);
      if (this.done.has(dataset.object) && this.done.get(dataset.object) <= since) continue;
      if (!best || dataset.phys.creationTxg < best.phys.creationTxg) best = dataset;
    }
    if (!best) return false;
    this.objset = best.object;
    this.since = max(best.phys.previousTxg, this.phys.minTxg);
    return true;
  }
  /** Pointer to the object set on disk; 0: it is gone. */
  private rootOf(): usize {
    if (!this.objset) return this.spa.rootPointer;
    const dataset = this.spa.datasetByObject(this.objset);
    if (!dataset) return 0;
    // A snapshot that was taken meanwhile has the rest, and comes later.
    this.since = max(dataset.phys.previousTxg, this.phys.minTxg);
    return dataset.phys.root.pointer;
  }

  // ---- the walk

  private scanObjset(root: usize): void {
    if (isHole(root) || pointer(root).birth <= this.since) return;
    if (!this.resumeObject && !this.resumeBlock) this.visit(root, 0, -1, 0);
    if (typeOf(root) != TYPE_OBJSET) return;
    const copy = newZeroed(<u32>ObjsetPhys.SIZE);
    mark(this.objset, 0, -1, 0);
    const block = logicalSize(root) <= <u32>ObjsetPhys.SIZE ? arcRead(this.spa, root) : null;
    const size = block ? block.size : 0;
    if (block) {
      memory.copy(copy, block.data, size);
      arcRelease(block);
      const phys = changetype<ObjsetPhys>(copy);
      this.scanDnode(phys.meta.pointer, OBJECT_META);
      if (size >= <u32>ObjsetPhys.SIZE) {
        if (!this.stopped) this.scanDnode(phys.groupUsed.pointer, OBJECT_GROUP_USED);
        if (!this.stopped) this.scanDnode(phys.userUsed.pointer, OBJECT_USER_USED);
      }
    }
    freeBuffer(copy, <u32>ObjsetPhys.SIZE);
  }

  private scanDnode(at: usize, object: u64): void {
    const raw = changetype<DnodePhys>(at);
    if (raw.type == <u8>TYPE_NONE || !isSane(raw)) return;
    const isMeta = object == OBJECT_META;
    if (!isMeta && object < this.resumeObject) return;
    const level = <i32>raw.levels - 1;
    const fan = <u64>raw.indirectShift - 7;
    for (let i: u64 = 0; i < <u64>raw.pointers && !this.stopped; i++) {
      this.scanTree(raw.pointer + 64 + <usize>i * POINTER_SIZE, object, level, i, fan);
    }
    if (raw.flags & FLAG_SPILL && !this.stopped) this.scanTree(at + DNODE_SIZE - POINTER_SIZE, object, 0, SPILL, fan);
  }

  private scanTree(bp: usize, object: u64, level: i32, block: u64, fan: u64): void {
    if (this.stopped || isHole(bp) || pointer(bp).birth <= this.since) return;
    const isMeta = object == OBJECT_META;
    const shift = <u64>level * fan;
    const first = shift >= 64 ? 0 : block << shift;
    const last = shift >= 64 || block == SPILL ? u64.MAX_VALUE : ((block + 1) << shift) - 1;
    // What lies below: blocks of this object, or, in the meta-dnode, objects.
    let begun = false;
    if (isMeta) {
      if (last < u64.MAX_VALUE / DNODES_PER_BLOCK && (last + 1) * DNODES_PER_BLOCK <= this.resumeObject) return;
      begun =
        first * DNODES_PER_BLOCK < this.resumeObject || (first * DNODES_PER_BLOCK == this.resumeObject && this.resumeBlock != 0);
    } else if (object == this.resumeObject) {
      if (last < this.resumeBlock) return;
      begun = first < this.resumeBlock;
    }
    if (!begun) {
      if (this.budget <= 0) {
        this.stopped = true;
        this.resumeObject = isMeta ? first * DNODES_PER_BLOCK : object;
        this.resumeBlock = isMeta ? 0 : first;
        return;
      }
      this.visit(bp, object, level, block);
    }
    if (!level && !isMeta) return;
    if (<i32>levelOf(bp) != level || this.depth >= DEEPEST || (!level && typeOf(bp) != TYPE_DNODE)) return;
    mark(this.objset, object, level, block);
    const held = arcRead(this.spa, bp);
    if (!held) return;
    this.depth++;
    if (level) this.scanPointers(held, object, level, block, fan);
    else this.scanDnodes(held, block);
    this.depth--;
    arcRelease(held);
  }
  private scanPointers(held: ArcBlock, object: u64, level: i32, block: u64, fan: u64): void {
    const count = <u64>held.size / POINTER_SIZE;
    for (let i: u64 = 0; i < count && !this.stopped; i++) {
      this.scanTree(held.data + <usize>i * POINTER_SIZE, object, level - 1, block * count + i, fan);
    }
  }
  private scanDnodes(held: ArcBlock, block: u64): void {
    const count = <u64>held.size / DNODE_SIZE;
    for (let i: u64 = 0; i < count && !this.stopped; i++) {
      const object = block * DNODES_PER_BLOCK + i;
      if (object) this.scanDnode(held.data + <usize>i * DNODE_SIZE, object);
    }
  }

  /** A block that may have to be read. */
  private visit(bp: usize, object: u64, level: i32, block: u64): void {
    this.budget -= STEP;
    const phys = this.phys;
    const birth = pointer(bp).physicalBirth ? pointer(bp).physicalBirth : pointer(bp).birth;
    phys.examined += allocatedSize(bp);
    if (birth > phys.maxTxg || (phys.kind == RESILVER && !this.isMissing(bp, birth))) return;
    this.budget -= <i64>allocatedSize(bp);
    mark(this.objset, object, level, block);
    const before = repaired();
    if (scrubBlock(this.spa, bp) < 0) phys.errors++;
    phys.processed += repaired() - before;
  }
  private isMissing(bp: usize, birth: u64): bool {
    for (let i = 0; i < COPIES; i++) {
      if (!hasCopy(bp, i)) continue;
      const top = this.spa.topLevel(copyVdev(bp, i));
      if (top && top.vdev.lacks(birth)) return true;
    }
    return false;
  }
}

class StoreScan extends Task {
  constructor(private readonly scan: Scan) {
    super();
  }
  run(spa: Spa, txg: u64): i32 {
    return this.scan.store();
  }
}
