// SPDX-License-Identifier: MIT
/** @fileoverview pargs(1): print a process's arguments and environment */
/** @manual
 * DESCRIPTION
 * Prints the arguments of each process as they are in its memory now.
 *
 * OPTIONS
 *   -a   arguments, as without an option;  -e  the environment
 *   -l   arguments on one line, as the shell would take them
 *
 * SEE ALSO
 * ps(1), pfiles(1)
 */
import { out } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { forEach, heading, procFile } from '../../lib/procFiles';

export const USAGE: string = 'pargs [-ael] pid ...';

let flags: string = '';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'aelF');
  for (let option = options.next(); option != ''; option = options.next()) flags += option;
  if (options.failed || !options.operands().length) return misused(USAGE, 2);
  return forEach('pargs', options.operands(), show);
}

function texts(pid: i32, name: string): string[] | null {
  const bytes = procFile('pargs', pid, name);
  if (bytes == null) return null;
  const parts = bytes.split('\0');
  parts.pop();
  return parts;
}

function show(pid: i32): bool {
  if (flags.includes('l')) {
    const words = texts(pid, 'argv');
    if (!words) return false;
    for (let i = 0; i < words.length; i++) out((i ? ' ' : '') + quoted(words[i]));
    out('\n');
    return true;
  }
  const words = !flags.includes('e') || flags.includes('a') ? texts(pid, 'argv') : [];
  const variables = flags.includes('e') ? texts(pid, 'environ') : [];
  if (!words || !variables || !heading('pargs', pid)) return false;
  for (let i = 0; i < words.length; i++) out('argv[' + i.toString() + ']: ' + words[i] + '\n');
  for (let i = 0; i < variables.length; i++) out('envp[' + i.toString() + ']: ' + variables[i] + '\n');
  return true;
}

function quoted(word: string): string {
  for (let i = 0; i < word.length; i++)
    if (' \t\n\'"\\$`*?[]()<>|&;~#'.includes(word.charAt(i))) return "'" + word.replaceAll("'", "'\\''") + "'";
  return word.length ? word : "''";
}
