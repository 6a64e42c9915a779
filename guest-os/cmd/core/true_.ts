// SPDX-License-Identifier: MIT
/** @fileoverview true(1): do nothing, successfully */
/** @manual
 * DESCRIPTION
 * Succeeds, with status 0.
 */

export const USAGE: string = 'true';

export function main(args: string[]): i32 {
  return 0;
}
