// SPDX-License-Identifier: MIT
/** @fileoverview What asc calls for failed assertions, bounds checks, null checks and `throw`; the trap behind it names the place. */
import { printError } from 'runtime/console';

export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  if (message) printError(message);
  printError('\n');
  unreachable();
}
