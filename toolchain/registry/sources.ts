// SPDX-License-Identifier: MIT
/** @fileoverview Sources that exist only for the compiler (and, as copies in .cache, for editors): made from what the tree contains. */
import { commandsOf, multiCallMain, multiCallPrograms } from './commands.ts';
import { kernelTable, readErrorNames, readSystemCalls, traceTable, userStubs } from './systemCalls.ts';

/** Text by path relative to the project. */
export function generatedSources(root: string): ReadonlyMap<string, string> {
  const calls = readSystemCalls(root);
  if (calls.length === 0) return new Map();
  return new Map([
    ['guest-os/syscall/table.ts', kernelTable(calls)],
    ['guest-os/lib/calls.ts', userStubs(calls)],
    ['guest-os/lib/callTable.ts', traceTable(calls, readErrorNames(root))],
    ...multiCallPrograms(root).map((program) => [multiCallEntry(program), multiCallMain(commandsOf(root, program))] as const),
  ]);
}

export const multiCallEntry = (program: string): string => `guest-os/cmd/${program}/main.ts`;

/** Those of them that a program can be made of: what others are made of does not make it outdated. */
export function sourcesFor(root: string, entry: string, target: 'kernel' | 'user'): ReadonlyMap<string, string> {
  const own = (path: string): boolean =>
    target === 'kernel' ? path.startsWith('guest-os/syscall/') : path.startsWith('guest-os/lib/') || path === entry;
  return new Map([...generatedSources(root)].filter(([path]) => own(path)));
}
