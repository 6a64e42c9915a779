// SPDX-License-Identifier: MIT
/** @fileoverview chmod(1): change permissions of files */
/** @manual
 * DESCRIPTION
 * A mode is octal, or clauses with commas between: who (u owner, g group, o others, a all), + - or =, and what (r w x, X execute where somebody
 * may or for directories, s set-id, t sticky, or u g o for what those have). Without who, the umask holds back.
 *
 * OPTIONS
 *   -f   complains of nothing
 *   -R   directories with what is in them
 *   -v   tells what is done
 */
import * as calls from '../../lib/calls';
import { entriesOf, failure, joinPath, status } from '../../lib/files';
import { complain, out, say } from '../../lib/io';
import { changedMode, modeText } from '../../lib/mode';
import { misused } from '../../lib/options';
import { pathOf } from '../../lib/text';

export const USAGE: string = 'chmod [-fRv] mode file ...';

let quiet = false;
let recursive = false;
let verbose = false;
let umask: u32 = 0;

export function main(args: string[]): i32 {
  let at = 1;
  // Modes such as -w look like options: only words of these letters are.
  for (; at < args.length && args[at].length > 1 && args[at].startsWith('-'); at++) {
    const word = args[at] == '--recursive' ? '-R' : args[at] == '--verbose' ? '-v' : args[at] == '--quiet' ? '-f' : args[at];
    let isOption = true;
    for (let i = 1; i < word.length; i++) if (!'fRv-'.includes(word.charAt(i))) isOption = false;
    if (!isOption) break;
    if (word.includes('R')) recursive = true;
    if (word.includes('f')) quiet = true;
    if (word.includes('v')) verbose = true;
    if (word == '--') {
      at++;
      break;
    }
  }
  if (args.length - at < 2) return misused(USAGE);
  umask = <u32>calls.umask(0);
  calls.umask(<i32>umask);
  const mode = args[at];
  if (changedMode(mode, 0, umask, false) < 0) {
    say('chmod: invalid mode: ' + mode + '\n');
    return misused(USAGE);
  }
  let result = 0;
  for (let i = at + 1; i < args.length; i++) if (!change(args[i], mode, true)) result = 1;
  return result;
}

function change(path: string, mode: string, top: bool): bool {
  const about = status(path, top);
  if (!about) {
    if (!quiet) complain('chmod', path, failure);
    return false;
  }
  if (about.isLink) return true;
  const wanted = changedMode(mode, about.permissions, umask, about.isDirectory);
  const error = calls.chmod(pathOf(path), wanted);
  if (error < 0 && !quiet) complain('chmod', path, error);
  if (verbose) out('mode of ' + path + ' is ' + modeText(about.type | (error < 0 ? about.permissions : <u32>wanted)) + '\n');
  let whole: bool = error >= 0;
  if (!recursive || !about.isDirectory) return whole;
  const names = entriesOf(path);
  if (!names) {
    if (!quiet) complain('chmod', path, failure);
    return false;
  }
  for (let i = 0; i < names.length; i++) whole = change(joinPath(path, names[i]), mode, false) && whole;
  return whole;
}
