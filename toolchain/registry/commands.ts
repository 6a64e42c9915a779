// SPDX-License-Identifier: MIT
/**
 * @fileoverview The commands of a multi-call program: every file of its folder is one, by its name.
 *
 * `guest-os/cmd/core/NAME.ts` exports `main(args: string[]): i32`; files that begin with `_` or are called `main.ts` are not commands.
 * `guest-os/cmd/core/table.ts`, which exists only for the compiler, chooses by name. The boot archive gives the program one name for each.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'guest-os/cmd/core';

/** A file `test_.ts` is the command `test`: the underscore keeps it apart from words of the language. */
export const commandName = (file: string): string => (file === 'bracket.ts' ? '[' : file.replace(/_?\.ts$/, ''));

export function commandFiles(root: string): string[] {
  const folder = join(root, FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => /^[a-z]\w*\.ts$/.test(file) && file !== 'main.ts')
    .sort();
}

export function commandTable(root: string): string {
  const files = commandFiles(root);
  return [
    '// Generated from the files of this folder.',
    ...files.map((file, index) => `import { main as main${index} } from './${file.slice(0, -3)}';`),
    '/** Runs a command; -1: there is none of that name. */',
    'export function run(name: string, args: string[]): i32 {',
    ...files.map((file, index) => `  if (name == '${commandName(file)}') return main${index}(args);`),
    '  return -1;',
    '}',
    '',
  ].join('\n');
}
