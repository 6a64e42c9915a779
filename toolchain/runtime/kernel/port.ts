// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the heap asks of a kernel: a bounded range, preemption held off, all thread stacks as roots.
 *
 * The heap is what lies between static data and the end of the image's memory, whose size the build sets: it never grows, and
 * none of it is mapped later. Allocation inside an interrupt handler traps: the heap may be in the middle of a change.
 * Which stacks there are is the kernel's knowledge: it registers a scanner, which calls {@link scanStack} for each; until
 * then there is the boot stack.
 */
import { PerCpuAt } from 'layout/processor';
import { rdtsc } from 'machine/cpu';
import { load32 } from 'machine/mem';
import * as percpu from 'machine/percpu';
import { bootStackTop, collectWithRegisters, imageEnd } from 'machine/stubs';
import { visitWord } from 'runtime/heap';
import { panic } from 'runtime/panic';

// @ts-ignore: decorator
@inline export function enter(): void {
  if (percpu.load32(PerCpuAt.interruptDepthOffset)) panic('allocation in an interrupt handler');
  percpu.add32(PerCpuAt.preemptionHeldOffset, 1);
}
// @ts-ignore: decorator
@inline export function leave(): void {
  percpu.add32(PerCpuAt.preemptionHeldOffset, -1);
}

/** What pauses are measured by: the time stamp counter; nothing under Node. */
export function pauseClock(): u64 {
  return imageEnd() ? rdtsc() : 0;
}

// @ts-ignore: decorator
@inline export function heapStart(): usize {
  return __heap_base;
}

export function grow(end: usize, bytes: usize): bool {
  const image = <usize>imageEnd();
  // Under Node there is no image, and linear memory is static data and heap only.
  const limit = image ? image : (<usize>memory.size()) << 16;
  return end <= limit && limit - end >= bytes;
}

/** The image's memory is the heap's for good. */
export function discard(at: usize, bytes: usize): void {}

// @ts-ignore: decorator
@lazy let scanner: ((stackPointer: u64) => void) | null = null;

/** `scan` is called during a collection with the running thread's stack pointer; it must call scanStack for every stack. */
export function setStackScanner(scan: (stackPointer: u64) => void): void {
  scanner = scan;
}

/** Marks from every word of [low, high). */
export function scanStack(low: u64, high: u64): void {
  for (let at = low & ~7; at < high; at += 4) visitWord(load32(at));
}

export function scanRoots(stackPointer: u64): void {
  const scan = scanner;
  if (scan) scan(stackPointer);
  else scanStack(stackPointer, bootStackTop());
}

// @ts-ignore: decorator
@inline export function withRegisters(): void {
  collectWithRegisters();
}

export function abortHeapFull(size: usize): void {
  panic('kernel heap exhausted');
}
