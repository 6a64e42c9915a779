// SPDX-License-Identifier: MIT
/**
 * @fileoverview The one error that loading may throw: the image, or the machine it is meant for, is unfit. Its message is one
 * line for the user. Anything else thrown while loading is a fault of ours.
 */

export class BootImageError extends Error {
  override readonly name = 'BootImageError';
}

/** A size for people: exact in the largest unit that keeps it readable. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [unit, name] = bytes < 1024 ** 2 ? [1024, 'KiB'] : bytes < 1024 ** 3 ? [1024 ** 2, 'MiB'] : [1024 ** 3, 'GiB'];
  return `${Number((bytes / unit).toFixed(1))} ${name}`;
}

export function formatAddress(address: number): string {
  return `0x${address.toString(16)}`;
}
