// SPDX-License-Identifier: MIT
/**
 * @fileoverview Memory that processes share without a file: MAP_SHARED | MAP_ANON, shared mappings of /dev/zero, segments of shm (ipc/).
 *
 * The frames are found through leaves of 1024 words, each a frame itself, so that the kernel's heap holds little of a large one. Every page
 * is promised when the object is made. A word is a frame's address, or twice the number of a slot of swap and one (swap.ts), or 0.
 */
import { wallTime } from '../time/clock';
import { ENOMEM, setFailure } from '../errno';
import { dropFrame, newFrame, PAGE, reservedFrame } from './frames';
import { dropSlot, readIn, takeFrame } from './swap';
import { FRAME_LATER, FRAME_REFUSED, ZoneMemory } from '../zone/zoneMemory';
import { Attributes, FileSystem, S_IFREG, Vnode } from '../../fs/vnode';

const PER_LEAF: u64 = 1024;
const fileSystem = new FileSystem('swapfs', 0, false);

/** Who counts the memory, and is told when it is no more. */
export abstract class Charge {
  abstract end(): void;
}

/** Of a word: a slot, not a frame. */
const SLOT: u32 = 1;

/** Those that there are: what the pageout thread goes through. */
const objects: AnonymousMemory[] = [];
export function anonymousList(): AnonymousMemory[] {
  return objects;
}

export class AnonymousMemory extends Vnode {
  charge: Charge | null = null;
  /** Its pages stay in memory. */
  isLocked: bool = false;
  private readonly leaves: StaticArray<usize>;
  private readonly created: u64 = wallTime();

  private constructor(
    readonly pages: u64,
    readonly memory: ZoneMemory,
  ) {
    super(fileSystem, S_IFREG);
    this.leaves = new StaticArray<usize>(<i32>((pages + PER_LEAF - 1) / PER_LEAF));
    objects.push(this);
  }

  /** Null: it cannot be promised. */
  static create(bytes: u64, memory: ZoneMemory): AnonymousMemory | null {
    const pages = (bytes + PAGE - 1) / PAGE;
    return memory.promise(pages) ? new AnonymousMemory(pages, memory) : null;
  }

  attributes(): Attributes {
    const result = new Attributes();
    result.mode = S_IFREG | 0o600;
    result.size = this.pages * PAGE;
    result.accessed = this.created;
    result.modified = this.created;
    result.changed = this.created;
    return result;
  }

  /** May sleep. */
  page(offset: u64, shared: bool = false, write: bool = false): usize {
    const index = offset / PAGE;
    const leafIndex = <i32>(index / PER_LEAF);
    if (!this.leaves[leafIndex]) this.leaves[leafIndex] = newFrame();
    while (this.leaves[leafIndex]) {
      const slot = this.word(index);
      const word = load<u32>(slot);
      if (word && !(word & SLOT)) return word;
      let frame = word ? takeFrame(word >> 1) : 0;
      if (!frame) {
        const may = this.memory.mayHaveFrame();
        if (may == FRAME_REFUSED) break;
        if (may == FRAME_LATER) {
          this.memory.waitForRoom();
          continue;
        }
        if (word) {
          if (readIn(word >> 1, this.memory)) return 0;
          continue;
        }
        frame = reservedFrame();
        if (!frame) break;
        this.memory.own(frame, true);
      }
      store<u32>(slot, <u32>frame);
      return frame;
    }
    setFailure(ENOMEM);
    return 0;
  }

  private word(index: u64): usize {
    return this.leaves[<i32>(index / PER_LEAF)] + ((<usize>(index % PER_LEAF)) << 2);
  }
  /** The frame of a page, 0: it is not in memory. */
  residentFrame(index: u64): usize {
    if (!this.leaves[<i32>(index / PER_LEAF)]) return 0;
    const word = load<u32>(this.word(index));
    return word & SLOT ? 0 : <usize>word;
  }
  /** The slot of a page, 0: it is not in swap. */
  slotAt(index: u64): u32 {
    if (!this.leaves[<i32>(index / PER_LEAF)]) return 0;
    const word = load<u32>(this.word(index));
    return word & SLOT ? word >> 1 : 0;
  }
  /** The last page, from this one on, before one that may have been touched. */
  nextLeaf(index: u64): u64 {
    return this.leaves[<i32>(index / PER_LEAF)] ? index : (index / PER_LEAF + 1) * PER_LEAF - 1;
  }
  /** A page that is in memory is in swap from now on. */
  setSlot(index: u64, slot: u32): void {
    store<u32>(this.word(index), (slot << 1) | SLOT);
  }

  inactive(): void {
    for (let i = 0; i < this.leaves.length; i++) {
      const leaf = this.leaves[i];
      if (!leaf) continue;
      for (let at = leaf; at < leaf + PAGE; at += 4) {
        const word = load<u32>(at);
        if (word & SLOT) dropSlot(word >> 1);
        else if (word) dropFrame(word);
      }
      dropFrame(leaf);
      this.leaves[i] = 0;
    }
    objects.splice(objects.indexOf(this), 1);
    this.memory.giveBack(this.pages);
    const charge = this.charge;
    if (charge) charge.end();
    this.charge = null;
  }
}
