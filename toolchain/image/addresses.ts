// SPDX-License-Identifier: MIT
/**
 * @fileoverview The address spaces: where images, windows, stacks and devices lie.
 *
 * Kernel: the image is linked in the top 2 GiB, so globals and tables are one sign-extended disp32 away; it is loaded at the
 * same offset from KERNEL_BASE in physical memory. The window at WINDOW maps the first 3 GiB of physical memory at their own
 * offsets, so a frame number, a DMA address and a pointer are one number; page 0 is not mapped. Above that, still inside the
 * window, lie ranges that are virtual only: stacks with guard pages, then devices, uncached, at their physical addresses.
 * Everything from WINDOW + 4 GiB to + 8 GiB stays unmapped: an i32 and a constant offset reach that far.
 *
 * User: the window is at 0, so a pointer is an address. Text and globals lie below linear memory's data; nothing may be
 * mapped from 4 GiB to 6 GiB; the stack is high.
 */

export const KERNEL_BASE = 0xffff_ffff_8000_0000n;
export const WINDOW = 0xffff_c000_0000_0000n;
/** Bytes of physical memory that the window maps. */
export const WINDOW_DIRECT = 0xc000_0000;
/** Window offset of kernel stacks: each slot begins with a guard page. */
export const KERNEL_STACKS = 0xc000_0000;
export const KERNEL_STACK_SLOT = 0x8000;
/** Slots that an image brings mapped: the boot stack, the double fault stack, one more. */
export const KERNEL_INITIAL_STACKS = 3;
/** Window offset, and physical address, from which devices are mapped uncached. */
export const DEVICES = 0xe000_0000;

/**
 * Window offset of another view of physical pages 0 and 1: boot loaders leave things in page 0, which must not be readable at
 * its own address.
 */
export const LOW_PAGES = DEVICES - 0x2000;

/** The 32-bit entry code, at the same virtual and physical address. */
export const KERNEL_LOAD = 0x10_0000;
/** Linear memory's static data: a window offset, hence a physical address. Text and tables must end below. */
export const KERNEL_MEMORY_BASE = 0x100_0000;

export const USER_TEXT = 0x40_0000n;
export const USER_MEMORY_BASE = 0x1000_0000;
export const USER_STACK_TOP = 0x7fff_ffff_0000n;
/** The first address that is not a user's. */
export const USER_END = 0x8000_0000_0000n;

/** The constants as guest code imports them: `machine/addresses`. */
export function addressModule(): string {
  const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
  return [
    '// Generated from toolchain/image/addresses.ts.',
    `export const KERNEL_BASE: u64 = ${hex(KERNEL_BASE)};`,
    `export const WINDOW: u64 = ${hex(WINDOW)};`,
    `export const WINDOW_DIRECT: u64 = ${hex(WINDOW_DIRECT)};`,
    `export const KERNEL_STACKS: usize = ${hex(KERNEL_STACKS)};`,
    `export const KERNEL_STACK_SLOT: usize = ${hex(KERNEL_STACK_SLOT)};`,
    `export const LOW_PAGES: usize = ${hex(LOW_PAGES)};`,
    `export const DEVICES: usize = ${hex(DEVICES)};`,
    `export const USER_STACK_TOP: u64 = ${hex(USER_STACK_TOP)};`,
    `export const USER_END: u64 = ${hex(USER_END)};`,
    '',
  ].join('\n');
}
