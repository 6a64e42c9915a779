// SPDX-License-Identifier: MIT
/** @fileoverview Sources that exist only for the compiler (and, as copies in .cache, for editors): made from what the tree contains. */
import { commandTable } from './commands.ts';
import { kernelTable, readSystemCalls, userStubs } from './systemCalls.ts';

/** Text by path relative to the project. */
export function generatedSources(root: string): ReadonlyMap<string, string> {
  const calls = readSystemCalls(root);
  if (calls.length === 0) return new Map();
  return new Map([
    ['guest-os/syscall/table.ts', kernelTable(calls)],
    ['guest-os/lib/calls.ts', userStubs(calls)],
    ['guest-os/cmd/core/table.ts', commandTable(root)],
  ]);
}
