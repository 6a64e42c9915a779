// SPDX-License-Identifier: MIT
/** @fileoverview chmod(1): change permissions of files */
/** @manual
 * DESCRIPTION
 * A mode is octal, or clauses with commas between: who (u owner, g group, o others, a all), + - or =, and what (r w x, X execute where somebody
 * may or for directories, s set-id, t sticky, or u g o for what those have). Without who, the umask holds back.
 *
 * Files of ZFS have lists of access, which ls -v and -V show. A mode that begins with A changes them:
 *
 *   A+ACL      puts entries in front of the others; A3+ACL: in front of number 3
 *   A-ACL      takes entries away that are like these; A3-: number 3; A-: all, so that the list says what the mode does
 *   A=ACL      gives the file this list; A3=ACL: puts entries in the place of number 3 and those that follow
 *
 * Entries have commas between, each is WHO:PERMISSIONS[:INHERITANCE]:TYPE. WHO is owner@, group@, everyone@, user:NAME or group:NAME; TYPE is allow or deny.
 * PERMISSIONS are words with slashes between, or letters:
 *
 *   read_data r, write_data w, append_data p, execute x; of directories also list_directory, add_file, add_subdirectory
 *   delete d, delete_child D, read_attributes a, write_attributes A, read_xattr R, write_xattr W, read_acl c, write_acl C, write_owner o, synchronize s
 *   full_set, modify_set, read_set, write_set
 *
 * INHERITANCE says what is made in a directory gets the entry: file_inherit f, dir_inherit d, inherit_only i, no_propagate n. The properties aclinherit and
 * aclmode of the file system say what becomes of it there, and when the mode is changed.
 *
 * OPTIONS
 *   -f   complains of nothing
 *   -R   directories with what is in them
 *   -v   tells what is done
 *
 * EXAMPLES
 *   chmod A+user:lp:read_data/execute:allow file
 *   chmod A+group:staff:rwx:fd:allow directory
 *   chmod A- file
 */
import * as calls from '../../lib/calls';
import { entriesOf, failure, joinPath, Status, status } from '../../lib/files';
import { complain, out, say } from '../../lib/io';
import { changedMode, modeText } from '../../lib/mode';
import { misused } from '../../lib/options';
import { pathOf } from '../../lib/text';
import { AclChange, wrongAcl } from './_chmodAcl';

export const USAGE: string = 'chmod [-fRv] mode file ...';

let quiet = false;
let recursive = false;
let verbose = false;
let umask: u32 = 0;
/** Of lists of access; null: the mode is to change. */
let aclChange: AclChange | null = null;

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
  aclChange = AclChange.parse(mode);
  if (wrongAcl.length) {
    say('chmod: ERROR: ' + wrongAcl + '\n');
    return 1;
  }
  if (!aclChange && changedMode(mode, 0, umask, false) < 0) {
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
  let whole = changeOne(path, about, mode);
  if (!recursive || !about.isDirectory) return whole;
  const names = entriesOf(path);
  if (!names) {
    if (!quiet) complain('chmod', path, failure);
    return false;
  }
  for (let i = 0; i < names.length; i++) whole = change(joinPath(path, names[i]), mode, false) && whole;
  return whole;
}

function changeOne(path: string, about: Status, mode: string): bool {
  const change = aclChange;
  if (change) return change.apply(path, about, quiet);
  const wanted = changedMode(mode, about.permissions, umask, about.isDirectory);
  const error = calls.chmod(pathOf(path), wanted);
  if (error < 0 && !quiet) complain('chmod', path, error);
  if (verbose) out('mode of ' + path + ' is ' + modeText(about.type | (error < 0 ? about.permissions : <u32>wanted)) + '\n');
  return error >= 0;
}
