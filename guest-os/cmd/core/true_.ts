// SPDX-License-Identifier: MIT
/** @fileoverview true(1): do nothing, successfully */
export function main(args: string[]): i32 {
  return 0;
}
