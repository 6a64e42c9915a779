// SPDX-License-Identifier: MIT
/** @fileoverview The smallest kernels: 32-bit machine code behind a multiboot header (Multiboot 0.6.96, 3.1.3: the address fields). */

export const KERNEL_BASE = 0x10_0000;
const HEADER_SIZE = 32;
/** Address of the first instruction. */
export const KERNEL_ENTRY = KERNEL_BASE + HEADER_SIZE;

export function multibootKernel(code: readonly number[]): Uint8Array {
  const magic = 0x1bad_b002;
  const withAddresses = 0x1_0000;
  const header = [magic, withAddresses, -(magic + withAddresses), KERNEL_BASE, KERNEL_BASE, 0, 0, KERNEL_ENTRY];
  const words = Int32Array.from(header);
  return new Uint8Array([...new Uint8Array(words.buffer), ...code]);
}
