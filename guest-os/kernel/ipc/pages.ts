// SPDX-License-Identifier: MIT
/**
 * @fileoverview Memory of the kernel that a zone pays for: what semaphores and message queues hold lies in frames that count for its swap and its physical
 * memory, not in the heap, which all zones share. Frames are found by their number; a range may reach across them.
 */
import { dropFrame, PAGE, reservedFrame, unreserve } from '../memory/frames';
import { FRAME_REFUSED, ZoneMemory } from '../zone/zoneMemory';

export class Pages {
  private readonly frames: usize[] = [];

  constructor(private readonly memory: ZoneMemory) {}

  /** Has, or gets, room for so many bytes. False: there is no memory. */
  reach(bytes: u64): bool {
    while (<u64>this.frames.length * PAGE < bytes) {
      if (this.memory.mayHaveFrame() == FRAME_REFUSED || !this.memory.promise(1)) return false;
      const frame = reservedFrame();
      // It stays in memory: it is taken, not promised.
      unreserve(1);
      if (!frame) {
        this.memory.swap--;
        return false;
      }
      this.memory.own(frame);
      this.frames.push(frame);
    }
    return true;
  }
  /** Keeps no more than so many bytes need. */
  shrink(bytes: u64): void {
    const wanted = <i32>((bytes + PAGE - 1) / PAGE);
    while (this.frames.length > wanted) {
      dropFrame(this.frames.pop());
      this.memory.swap--;
    }
  }

  /** The address of a byte; how many follow it there says {@link run}. */
  at(offset: u64): usize {
    return this.frames[<i32>(offset / PAGE)] + <usize>(offset % PAGE);
  }
  /** Bytes up to the frame's end. */
  run(offset: u64): u64 {
    return PAGE - (offset % PAGE);
  }

  /** Bytes from `from` on move to `to`, below it. */
  moveDown(to: u64, from: u64, count: u64): void {
    for (let done: u64 = 0; done < count; ) {
      const part = min(count - done, min(this.run(to + done), this.run(from + done)));
      memory.copy(this.at(to + done), this.at(from + done), <usize>part);
      done += part;
    }
  }
}
