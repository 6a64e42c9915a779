// SPDX-License-Identifier: MIT
/**
 * @fileoverview Page frames with owners: a frame may belong to several address spaces and files at once.
 *
 * A frame is its physical address, and a pointer, since the window maps physical memory directly. Frames come zeroed from
 * `runtime/frames` with one owner. The count of further owners lies in a table of 16-bit cells that is made, 8 MiB of memory
 * at a time, when the first frame there is shared: most never are.
 *
 * Invariant: a frame with further owners is never written to through a mapping; whoever wants to write copies it first.
 */
import { allocateFrame, freeFrames, PAGE, releaseFrame } from 'runtime/frames';

export { freeFrames, PAGE };

/** Frames whose counts one frame of the table holds. */
const CHUNK: usize = PAGE / 2;
const CHUNKS: i32 = <i32>(0xc0000000 / (CHUNK * PAGE));
const chunks = new StaticArray<usize>(CHUNKS);

let total_: u32 = 0;

/** Called once when all memory is known. */
export function countFrames(): void {
  total_ = freeFrames();
}
/** Frames there are, used or not, beyond what the kernel's image takes. */
export function totalFrames(): u32 {
  return total_;
}

/** A zeroed frame with one owner; 0 if there is no memory. */
export function newFrame(): usize {
  return allocateFrame();
}

/** Adds an owner. False: no memory for the count, or too many owners. */
export function shareFrame(frame: usize): bool {
  const index = <i32>(frame / (CHUNK * PAGE));
  if (!chunks[index]) {
    const chunk = allocateFrame();
    if (!chunk) return false;
    chunks[index] = chunk;
  }
  const cell = cellOf(frame);
  const others = <u32>load<u16>(cell);
  if (others == 0xffff) return false;
  store<u16>(cell, <u16>(others + 1));
  return true;
}

export function isShared(frame: usize): bool {
  return chunks[<i32>(frame / (CHUNK * PAGE))] != 0 && load<u16>(cellOf(frame)) != 0;
}

/** Takes an owner away, and with the last one the frame. */
export function dropFrame(frame: usize): void {
  if (isShared(frame)) {
    const cell = cellOf(frame);
    store<u16>(cell, <u16>(<u32>load<u16>(cell) - 1));
  } else {
    releaseFrame(frame);
  }
}

function cellOf(frame: usize): usize {
  return chunks[<i32>(frame / (CHUNK * PAGE))] + ((frame / PAGE) % CHUNK) * 2;
}
