// SPDX-License-Identifier: MIT
/** @fileoverview true(1). */
export function main(args: string[]): i32 {
  return 0;
}
