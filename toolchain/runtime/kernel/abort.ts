// SPDX-License-Identifier: MIT
/** @fileoverview What asc calls for failed assertions, bounds checks, null checks and `throw`: a panic with asc's own words. */
import { panic } from 'runtime/panic';

export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  panic(message ? message : 'assertion failed');
}
