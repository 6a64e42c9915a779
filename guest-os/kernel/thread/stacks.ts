// SPDX-License-Identifier: MIT
/**
 * @fileoverview Stacks of kernel threads: slots of KERNEL_STACKS, each with a guard page first.
 *
 * Of stacks that nobody uses some stay whole, linked through their tops; of the others there is the place, by number, and no memory.
 */
import { KERNEL_STACK_SLOT, KERNEL_STACKS, WINDOW } from 'machine/addresses';
import { kernelSpace } from 'machine/stubs';
import { dropFrame, newFrame, PAGE } from '../memory/frames';
import { mapFrame, NO_EXECUTE, unmapFrame, WRITABLE } from '../memory/hat';

/** Stacks without a user that stay whole. */
const STACKS_KEPT: i32 = 16;
const STACK_FRAMES: u32 = <u32>(KERNEL_STACK_SLOT / PAGE - 1);
let wholeStacks: usize = 0;
let wholeCount: i32 = 0;
const PLACES: i32 = 16384;
const places = new StaticArray<u16>(PLACES);
let placeCount: i32 = 0;
let stackFrames_: u32 = 0;
let nextStack: usize = KERNEL_STACKS + 2 * KERNEL_STACK_SLOT;

/** Page frames of stacks, in use or kept. */
export function stackFrames(): u32 {
  return stackFrames_;
}

/** Window pointer of a stack's end; 0: no memory. */
export function takeStack(): usize {
  const top = wholeStacks;
  if (top) {
    wholeStacks = load<usize>(top - 16);
    wholeCount--;
    return top;
  }
  const start = placeCount ? KERNEL_STACKS + <usize>places[placeCount - 1] * KERNEL_STACK_SLOT : nextStack;
  if (start == KERNEL_STACKS + <usize>PLACES * KERNEL_STACK_SLOT) return 0;
  const from = start + PAGE;
  const to = start + KERNEL_STACK_SLOT;
  for (let at = from; at < to; at += PAGE) {
    const frame = newFrame();
    if (frame && mapFrame(<usize>kernelSpace(), WINDOW + at, frame, WRITABLE | NO_EXECUTE)) continue;
    if (frame) dropFrame(frame);
    unmapStack(from, at);
    return 0;
  }
  if (placeCount) placeCount--;
  else nextStack = to;
  stackFrames_ += STACK_FRAMES;
  return to;
}

function unmapStack(from: usize, to: usize): void {
  for (let at = from; at < to; at += PAGE) dropFrame(unmapFrame(<usize>kernelSpace(), WINDOW + at));
}

/** Nobody uses a stack any more. */
export function leaveStack(top: usize): void {
  if (wholeCount < STACKS_KEPT) {
    store<usize>(top - 16, wholeStacks);
    wholeStacks = top;
    wholeCount++;
    return;
  }
  const start = top - KERNEL_STACK_SLOT;
  unmapStack(start + PAGE, top);
  stackFrames_ -= STACK_FRAMES;
  places[placeCount++] = <u16>((start - KERNEL_STACKS) / KERNEL_STACK_SLOT);
}
