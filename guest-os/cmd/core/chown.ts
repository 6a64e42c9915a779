// SPDX-License-Identifier: MIT
/** @fileoverview chown(1): change the owner of files */
/** @manual
 * DESCRIPTION
 * Owners and groups are names, or numbers.
 *
 * OPTIONS
 *   -f   complains of nothing
 *   -h   links themselves
 *   -R   directories with what is in them; links in them themselves
 */
import * as calls from '../../lib/calls';
import { entriesOf, failure, joinPath, status } from '../../lib/files';
import { complain, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { pathOf } from '../../lib/text';
import { groupNumber, userByName, userNumber } from '../../lib/users';

export const USAGE: string = 'chown [-fhR] owner[:group] file ...';

let program: string = 'chown';
let quiet = false;
let links = false;
let recursive = false;

export function main(args: string[]): i32 {
  return changeOwners(args, 'chown', USAGE);
}

/** For chown and chgrp. */
export function changeOwners(args: string[], name: string, usage: string): i32 {
  program = name;
  const options = new Options(args, usage, 'fhRv', ['recursive=R', 'no-dereference=h', 'quiet=f', 'silent=f', 'verbose=v']);
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'f') quiet = true;
    else if (option == 'h') links = true;
    else if (option == 'R') recursive = true;
  }
  if (options.failed) return 1;
  const operands = options.operands();
  if (operands.length < 2) return misused(usage);
  const whom = operands[0];
  let uid: i64 = -1;
  let gid: i64 = -1;
  let groupText = whom;
  if (name == 'chown') {
    const colon = whom.indexOf(':');
    const owner = colon < 0 ? whom : whom.substring(0, colon);
    groupText = colon < 0 ? '' : whom.substring(colon + 1);
    if (owner.length) {
      uid = userNumber(owner);
      if (uid < 0) {
        say(program + ': ' + owner + ': unknown user\n');
        return 1;
      }
      // owner: alone gives the user's own group.
      const user = userByName(owner);
      if (colon >= 0 && !groupText.length && user) gid = user.gid;
    }
  }
  if (groupText.length) {
    gid = groupNumber(groupText);
    if (gid < 0) {
      say(program + ': ' + groupText + ': unknown group\n');
      return 1;
    }
  }
  let result = 0;
  for (let i = 1; i < operands.length; i++) if (!change(operands[i], <i32>uid, <i32>gid, !links)) result = 1;
  return result;
}

function change(path: string, uid: i32, gid: i32, follow: bool): bool {
  const about = status(path, follow);
  if (!about) {
    if (!quiet) complain(program, path, failure);
    return quiet;
  }
  let whole: bool = true;
  if (recursive && about.isDirectory) {
    const names = entriesOf(path);
    if (names) for (let i = 0; i < names.length; i++) whole = change(joinPath(path, names[i]), uid, gid, false) && whole;
    else {
      if (!quiet) complain(program, path, failure);
      whole = quiet;
    }
  }
  const error = follow ? calls.chown(pathOf(path), uid, gid) : calls.lchown(pathOf(path), uid, gid);
  if (error < 0 && !quiet) complain(program, path, error);
  return (error >= 0 || quiet) && whole;
}
