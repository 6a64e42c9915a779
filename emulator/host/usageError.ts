// SPDX-License-Identifier: MIT
/** @fileoverview A mistake of the user's: unknown option, unreadable file, impossible machine. One line on stderr, exit 2. */

export class UsageError extends Error {
  override readonly name = 'UsageError';
}
