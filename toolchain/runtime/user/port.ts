// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the heap asks of a user program: one thread, one stack, memory that grows, failures that end the process.
 *
 * The window is at address 0, so a pointer is an address; the stack lies far above the window and is read as u64 addresses.
 * A failed assertion writes its message to standard error and traps: the kernel's report names the stack, file by line.
 */
import { load32, load64 } from 'machine/mem';
import { collectWithRegisters, stackTop } from 'machine/stubs';
import { printError } from 'runtime/console';
import { visitWord } from 'runtime/heap';
import * as system from 'runtime/system';

// @ts-ignore: decorator
@inline export function enter(): void {}
// @ts-ignore: decorator
@inline export function leave(): void {}

/** Pauses of programs are not measured. */
// @ts-ignore: decorator
@inline export function pauseClock(): u64 {
  return 0;
}

// @ts-ignore: decorator
@inline export function heapStart(): usize {
  return __heap_base;
}

/** Makes [end, end + bytes) usable; zero filled. */
export function grow(end: usize, bytes: usize): bool {
  const needed = end + bytes;
  if (needed < end) return false;
  const have = (<usize>memory.size()) << 16;
  if (needed <= have) return true;
  return memory.grow(<i32>((needed - have + 0xffff) >> 16)) >= 0;
}

/** Gives the memory of whole pages back; they read as anything. */
export function discard(at: usize, bytes: usize): void {
  system.discard(at, bytes);
}

/** Scans this thread's stack from `stackPointer` up. Spilled pointers are 32-bit words in slots of 8 bytes. */
export function scanRoots(stackPointer: u64): void {
  const top = load64(stackTop());
  for (let at = stackPointer & ~7; at < top; at += 4) visitWord(load32(at));
}

// @ts-ignore: decorator
@inline export function withRegisters(): void {
  collectWithRegisters();
}

export function abortHeapFull(size: usize): void {
  printError('out of memory\n');
  unreachable();
}
