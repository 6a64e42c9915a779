// SPDX-License-Identifier: MIT
/** @fileoverview What asc calls for failed assertions, bounds checks, null checks and `throw`: a panic with asc's own words. */
import { print, printDecimal } from 'runtime/console';
import { beginPanic, endPanicHere } from 'runtime/panic';

export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  beginPanic(message ? message : 'assertion failed');
  if (file) {
    print(' (');
    print(file);
    print(':');
    printDecimal(line);
    print(')');
  }
  endPanicHere();
}
