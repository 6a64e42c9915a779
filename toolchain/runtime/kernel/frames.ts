// SPDX-License-Identifier: MIT
/**
 * @fileoverview Page frames for small kernels: a free list threaded through the frames, and regions not yet touched.
 *
 * The window maps physical memory at its own addresses, so a frame's number, its DMA address and its pointer are the same
 * usize. Memory beyond the window is left alone. Frames come zeroed. Callers hold interrupts off or are alone.
 */
import { WINDOW_DIRECT } from 'machine/addresses';

export const PAGE: usize = 4096;
const REGIONS: i32 = 16;

const starts = new StaticArray<usize>(REGIONS);
const ends = new StaticArray<usize>(REGIONS);
let regions = 0;
let freeList: usize = 0;
let free_: u32 = 0;

/** Frames that {@link allocateFrame} could give. */
export function freeFrames(): u32 {
  return free_;
}

/** Gives [start, end) of physical memory to the allocator. */
export function addMemory(start: u64, end: u64): void {
  const from = (start + PAGE - 1) & ~(<u64>PAGE - 1);
  const to = min(end & ~(<u64>PAGE - 1), WINDOW_DIRECT);
  if (from >= to || regions == REGIONS) return;
  starts[regions] = <usize>from;
  ends[regions] = <usize>to;
  regions++;
  free_ += <u32>((to - from) >> 12);
}

/** Consecutive memory, a multiple of a page and never given back, from the end of the largest region; not zeroed. 0: there is none so large. */
export function takeContiguous(bytes: usize): usize {
  let largest = 0;
  for (let i = 1; i < regions; i++) if (ends[i] - starts[i] > ends[largest] - starts[largest]) largest = i;
  if (!regions || ends[largest] - starts[largest] < bytes) return 0;
  ends[largest] -= bytes;
  free_ -= <u32>(bytes >> 12);
  return ends[largest];
}

/** A zeroed frame, or 0. */
export function allocateFrame(): usize {
  let frame = freeList;
  if (frame) {
    freeList = load<usize>(frame);
  } else {
    for (let i = 0; i < regions && !frame; i++) {
      if (starts[i] == ends[i]) continue;
      frame = starts[i];
      starts[i] += PAGE;
    }
    if (!frame) return 0;
  }
  free_--;
  memory.fill(frame, 0, PAGE);
  return frame;
}

export function releaseFrame(frame: usize): void {
  store<usize>(frame, freeList);
  freeList = frame;
  free_++;
}
