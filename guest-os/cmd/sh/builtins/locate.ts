// SPDX-License-Identifier: MIT
/** @fileoverview Where programs are: looked for on the PATH once, and remembered until PATH changes (POSIX.1-2017, XCU hash). */
import * as calls from '../../../lib/calls';
import { S_IFREG, status } from '../../../lib/files';
import { out } from '../../../lib/io';
import { pathOf } from '../../../lib/text';
import { isBuiltin } from './builtins';
import { complain, functions, places } from '../state';
import { get } from '../variables/variables';

/** Where a command would be found; nothing: nowhere. */
export function locate(name: string): string {
  if (name.includes('/')) return status(name, true) ? name : '';
  const path = get('PATH').split(':');
  for (let i = 0; i < path.length; i++) {
    const candidate = path[i] + '/' + name;
    if (isProgram(candidate)) return candidate;
  }
  return '';
}

function isProgram(path: string): bool {
  const about = calls.access(pathOf(path), 1) >= 0 ? status(path, true) : null;
  return about != null && about.type == S_IFREG;
}

/** Notes where a program is that is about to be run. */
export function remember(name: string): void {
  if (name.includes('/') || places.has(name)) return;
  const place = locate(name);
  // What a relative part of PATH leads to depends on where the shell is.
  if (place.startsWith('/')) places.set(name, place);
}

/** hash [-r] [name ...] */
export function hash(args: string[]): i32 {
  if (args.length > 1 && args[1] == '-r') {
    places.clear();
    return 0;
  }
  let result = 0;
  const known = places.values();
  if (args.length == 1) for (let i = 0; i < known.length; i++) out(known[i] + '\n');
  for (let i = 1; i < args.length; i++) {
    if (functions.has(args[i]) || isBuiltin(args[i])) continue;
    places.delete(args[i]);
    remember(args[i]);
    if (!places.has(args[i])) result = complain('hash: ' + args[i] + ': not found');
  }
  return result;
}
