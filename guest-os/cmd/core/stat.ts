// SPDX-License-Identifier: MIT
/** @fileoverview stat(1): what there is to know about files */
/** @manual
 * DESCRIPTION
 * Prints what lstat(2) says of each file, or with a format what is asked for:
 *
 *   %n name  %N with what a link points to  %F kind  %s size  %b blocks of %B bytes  %o best size of reads
 *   %a %A permissions in digits, in letters  %f mode, hexadecimal  %u %U %g %G owner and group
 *   %i number  %h names  %d device  %t %T device numbers of a device file  %m mount point
 *   %x %y %z times of access, of change of content, of change of status; %X %Y %Z in seconds since 1970
 *
 * OPTIONS
 *   -c format   this, with a newline;  --printf format  without one, with \n and the like
 *   -L          what a symbolic link points to
 */
import { Moment, two } from '../../lib/dates';
import { complain, out } from '../../lib/io';
import { failure, linkTarget, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFSOCK, Status, status } from '../../lib/files';
import { modeText } from '../../lib/mode';
import { allMounts } from '../../lib/mounts';
import { canonical } from '../../lib/paths';
import { misused, Options } from '../../lib/options';
import { padLeft, padRight } from '../../lib/text';
import { groupName, userName } from '../../lib/users';

export const USAGE: string = 'stat [-L] [-c format | --printf format] file ...';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'c:LP:', ['format=c', 'dereference=L', 'printf=P']);
  let format = '';
  let escapes = false;
  let follow = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'L') follow = true;
    else {
      format = options.argument;
      escapes = option == 'P';
    }
  }
  const files = options.operands();
  if (options.failed || !files.length) return misused(USAGE);
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const about = status(files[i], follow);
    if (!about) {
      complain('stat', 'cannot stat ' + files[i], failure);
      result = 1;
    } else if (format.length) formatted(format, escapes, files[i], about);
    else whole(files[i], about);
  }
  return result;
}

function kindOf(about: Status): string {
  if (about.type == S_IFDIR) return 'directory';
  if (about.type == S_IFLNK) return 'symbolic link';
  if (about.type == S_IFCHR) return 'character special file';
  if (about.type == S_IFBLK) return 'block special file';
  if (about.type == S_IFIFO) return 'fifo';
  if (about.type == S_IFSOCK) return 'socket';
  return about.size ? 'regular file' : 'regular empty file';
}

function time(seconds: u64, part: u32): string {
  const moment = new Moment(seconds);
  const day = moment.year.toString() + '-' + two(moment.month) + '-' + two(moment.day);
  return day + ' ' + moment.clock + ':' + moment.seconds + '.' + part.toString().padStart(9, '0') + ' +0000';
}

function withTarget(name: string, about: Status): string {
  const quoted = "'" + name + "'";
  return about.isLink ? quoted + " -> '" + linkTarget(name) + "'" : quoted;
}

function mountPoint(name: string, about: Status): string {
  const path = canonical(name, 0);
  const mounts = allMounts();
  let best = '/';
  for (let i = 0; i < mounts.length; i++) {
    const point = mounts[i].point;
    if (path != null && (path == point || path.startsWith(point == '/' ? '/' : point + '/')) && point.length > best.length)
      best = point;
  }
  return best;
}

function value(letter: string, name: string, about: Status): string {
  if (letter == 'n') return name;
  if (letter == 'N') return withTarget(name, about);
  if (letter == 'F') return kindOf(about);
  if (letter == 's') return about.size.toString();
  if (letter == 'b') return about.blocks.toString();
  if (letter == 'B') return '512';
  if (letter == 'o') return about.blockSize.toString();
  if (letter == 'a') return about.permissions.toString(8);
  if (letter == 'A') return modeText(about.mode);
  if (letter == 'f') return about.mode.toString(16);
  if (letter == 'u') return about.uid.toString();
  if (letter == 'U') return userName(about.uid);
  if (letter == 'g') return about.gid.toString();
  if (letter == 'G') return groupName(about.gid);
  if (letter == 'i') return about.inode.toString();
  if (letter == 'h') return about.links.toString();
  if (letter == 'd') return about.device.toString();
  if (letter == 'D') return about.device.toString(16);
  if (letter == 't') return (about.rdev >> 32).toString(16);
  if (letter == 'T') return (about.rdev & 0xffffffff).toString(16);
  if (letter == 'm') return mountPoint(name, about);
  if (letter == 'x') return time(about.accessed, about.accessedPart);
  if (letter == 'y') return time(about.modified, about.modifiedPart);
  if (letter == 'z') return time(about.changed, about.changedPart);
  if (letter == 'X') return about.accessed.toString();
  if (letter == 'Y') return about.modified.toString();
  if (letter == 'Z') return about.changed.toString();
  return letter == '%' ? '%' : '?';
}

function formatted(format: string, escapes: bool, name: string, about: Status): void {
  for (let i = 0; i < format.length; i++) {
    const c = format.charAt(i);
    if (c == '\\' && escapes && i + 1 < format.length) {
      const place = 'ntr\\"'.indexOf(format.charAt(++i));
      out(place < 0 ? '\\' + format.charAt(i) : '\n\t\r\\"'.charAt(place));
    } else if (c == '%' && i + 1 < format.length) {
      let flags = '';
      let width = 0;
      for (i++; i < format.length - 1 && '-0'.includes(format.charAt(i)); i++) flags += format.charAt(i);
      for (; i < format.length - 1 && <u32>(format.charCodeAt(i) - 0x30) < 10; i++)
        width = width * 10 + format.charCodeAt(i) - 0x30;
      const text = value(format.charAt(i), name, about);
      if (flags.includes('-')) out(padRight(text, width));
      else out(flags.includes('0') ? text.padStart(width, '0') : padLeft(text, width));
    } else out(c);
  }
  if (!escapes) out('\n');
}

function whole(name: string, about: Status): void {
  out('  File: ' + (about.isLink ? name + ' -> ' + linkTarget(name) : name) + '\n');
  out('  Size: ' + padRight(about.size.toString(), 10) + '\tBlocks: ' + padRight(about.blocks.toString(), 10));
  out(' IO Block: ' + padRight(about.blockSize.toString(), 6) + ' ' + kindOf(about) + '\n');
  out('Device: ' + (about.device >> 32).toString() + ',' + (about.device & 0xffffffff).toString());
  out('\tInode: ' + padRight(about.inode.toString(), 11) + ' Links: ' + about.links.toString());
  if (about.type == S_IFCHR || about.type == S_IFBLK)
    out('     Device type: ' + (about.rdev >> 32).toString() + ',' + (about.rdev & 0xffffffff).toString());
  out('\nAccess: (' + about.permissions.toString(8).padStart(4, '0') + '/' + modeText(about.mode) + ')');
  out('  Uid: (' + padLeft(about.uid.toString(), 5) + '/' + padLeft(userName(about.uid), 8) + ')');
  out('   Gid: (' + padLeft(about.gid.toString(), 5) + '/' + padLeft(groupName(about.gid), 8) + ')\n');
  out('Access: ' + time(about.accessed, about.accessedPart) + '\nModify: ' + time(about.modified, about.modifiedPart) + '\n');
  out('Change: ' + time(about.changed, about.changedPart) + '\n');
}
