// SPDX-License-Identifier: MIT
/** @fileoverview cp(1): copy files */
/** @manual
 * DESCRIPTION
 * Copies a file to a name, or files into a directory under their own names.
 *
 * OPTIONS
 *   -a   the same as -RpP, with files of several names kept together
 *   -f   replaces what cannot be written to
 *   -i   asks before something is overwritten;  -n  overwrites nothing
 *   -p   owner, permissions, lists of access and times too
 *   -@   extended attributes too
 *   -R, -r   directories with what is in them
 *   -H, -L, -P   follow links: operands only, all, none
 *   -T   the target is no directory to copy into;  -t dir  it is this one
 *   -u   only what is newer;  -v  tells what is done
 *
 * EXIT STATUS
 *   0   all was copied
 *   1   something was not
 */
import { Copier, isDirectory } from '../../lib/copy';
import { joinPath, lastPart } from '../../lib/files';
import { say } from '../../lib/io';
import { misused, Options } from '../../lib/options';

export const USAGE: string = 'cp [-afinpuv@] [-R [-H | -L | -P]] source ... target';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'afinprRHLPTt:uvd@', [
    'archive=a',
    'force=f',
    'interactive=i',
    'no-clobber=n',
    'preserve=p',
    'recursive=R',
    'dereference=L',
    'no-dereference=P',
    'no-target-directory=T',
    'target-directory=t',
    'update=u',
    'verbose=v',
  ]);
  const copier = new Copier('cp');
  let links = '';
  let plain = false;
  let into = '';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'a') {
      copier.recursive = copier.preserve = copier.preserveLinks = true;
      links = 'P';
    } else if (option == 'f') copier.force = true;
    else if (option == 'i') copier.interactive = true;
    else if (option == 'n') copier.noClobber = true;
    else if (option == 'p') copier.preserve = true;
    else if (option == '@') copier.extended = true;
    else if (option == 'r' || option == 'R') copier.recursive = true;
    else if (option == 'T') plain = true;
    else if (option == 't') into = options.argument;
    else if (option == 'u') copier.updateOnly = true;
    else if (option == 'v') copier.verbose = true;
    else if (option == 'd') {
      links = 'P';
      copier.preserveLinks = true;
    } else links = option;
  }
  if (options.failed) return 1;
  const operands = options.operands();
  if (into.length) operands.push(into);
  if (operands.length < 2 || (plain && operands.length > 2)) return misused(USAGE);
  // With -R and nothing said, links inside of a tree stay links, and operands too.
  if (!links.length) links = copier.recursive ? 'P' : 'L';
  copier.follow = links == 'L';
  copier.followOperands = links != 'P';
  const target = operands.pop();
  const directory = !plain && isDirectory(target);
  if (!directory && (operands.length > 1 || into.length)) {
    say('cp: ' + target + ': not a directory\n');
    return misused(USAGE);
  }
  for (let i = 0; i < operands.length; i++)
    copier.copy(operands[i], directory ? joinPath(target, lastPart(operands[i])) : target);
  return copier.failed ? 1 : 0;
}
