// SPDX-License-Identifier: MIT
/** @fileoverview What asc calls for failed assertions, bounds checks, null checks and `throw`; the trap behind it names the place. */
import { printError } from 'runtime/console';

const DIGITS: StaticArray<string> = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/** Without allocating: the heap may be what failed. */
function printDecimal(value: u32): void {
  if (value >= 10) printDecimal(value / 10);
  printError(DIGITS[value % 10]);
}

export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  printError(message ? message : 'assertion failed');
  if (file) {
    printError(' (');
    printError(file);
    printError(':');
    printDecimal(line);
    printError(')');
  }
  printError('\n');
  unreachable();
}
