// SPDX-License-Identifier: MIT
/**
 * @fileoverview Memory that processes share without a file: MAP_SHARED | MAP_ANON, shared mappings of /dev/zero, segments of shm (ipc/).
 *
 * The frames are found through leaves of 1024 words, each a frame itself, so that the kernel's heap holds little of a large one. Every page
 * is promised when the object is made.
 */
import { wallTime } from './clock';
import { ENOMEM, setFailure } from './errno';
import { dropFrame, newFrame, PAGE, reservedFrame, unreserve } from './frames';
import { FRAME_GRANTED, ZoneMemory } from './zoneMemory';
import { Attributes, FileSystem, S_IFREG, Vnode } from '../fs/vnode';

const PER_LEAF: u64 = 1024;
const fileSystem = new FileSystem('swapfs', 0, false);

/** Who counts the memory, and is told when it is no more. */
export abstract class Charge {
  abstract end(): void;
}

export class AnonymousMemory extends Vnode {
  charge: Charge | null = null;
  private readonly leaves: StaticArray<usize>;
  private used: u64 = 0;
  private readonly created: u64 = wallTime();

  private constructor(
    private readonly pages: u64,
    private readonly memory: ZoneMemory,
  ) {
    super(fileSystem, S_IFREG);
    this.leaves = new StaticArray<usize>(<i32>((pages + PER_LEAF - 1) / PER_LEAF));
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

  page(offset: u64, shared: bool = false, write: bool = false): usize {
    const index = offset / PAGE;
    const leafIndex = <i32>(index / PER_LEAF);
    if (!this.leaves[leafIndex]) {
      this.leaves[leafIndex] = newFrame();
      if (!this.leaves[leafIndex]) {
        setFailure(ENOMEM);
        return 0;
      }
    }
    const slot = this.leaves[leafIndex] + ((<usize>(index % PER_LEAF)) << 2);
    if (!load<u32>(slot)) {
      const frame = this.memory.mayHaveFrame() == FRAME_GRANTED ? reservedFrame() : 0;
      if (!frame) {
        setFailure(ENOMEM);
        return 0;
      }
      this.memory.own(frame);
      unreserve(1);
      this.used++;
      store<u32>(slot, frame);
    }
    return load<u32>(slot);
  }

  inactive(): void {
    for (let i = 0; i < this.leaves.length; i++) {
      const leaf = this.leaves[i];
      if (!leaf) continue;
      for (let at = leaf; at < leaf + PAGE; at += 4) if (load<u32>(at)) dropFrame(load<u32>(at));
      dropFrame(leaf);
    }
    this.memory.giveBack(this.pages, this.pages - this.used);
    const charge = this.charge;
    if (charge) charge.end();
    this.charge = null;
  }
}
