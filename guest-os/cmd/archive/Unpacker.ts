// SPDX-License-Identifier: MIT
/**
 * @fileoverview Reads tar archives: lists or extracts members.
 *
 * An archive may come from anybody. Names are made relative, and those with `..` in them are refused; a symbolic link that was just made is not
 * followed out of the directory, since a file takes the place of a link instead of being written through it. Directories get their times and
 * permissions at the end, when nothing is put into them any more.
 */
import * as calls from '../../lib/calls';
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, parentOf } from '../../lib/copy';
import { formatDate } from '../../lib/dates';
import { S_IFBLK, S_IFCHR, S_IFIFO, status } from '../../lib/files';
import { globMatches } from '../../lib/glob';
import { complain, O_CREAT, O_EXCL, O_WRONLY, openFile, out, outBytes, say, writeAll } from '../../lib/io';
import { effectiveUser } from '../../lib/identity';
import { modeText } from '../../lib/mode';
import { padLeft, parseNumber, pathOf, textOf } from '../../lib/text';
import { groupByName, userByName } from '../../lib/users';
import * as header from './Header';

const BLOCK: i32 = header.BLOCK;
const block = memory.data(512, 8);
const chunk = memory.data(32768, 8);
const times = memory.data(32, 8);
/** Records longer than this are no names. */
const LONGEST: u64 = 1 << 20;

export class Unpacker {
  list: bool = false;
  verbose: bool = false;
  permissions: bool = false;
  ownFiles: bool = false;
  noTimes: bool = false;
  keep: bool = false;
  toOutput: bool = false;
  absolute: bool = false;
  strip: i32 = 0;
  excludes: string[] = [];
  wanted: string[] = [];
  failed: bool = false;
  private readonly found: bool[] = [];
  private looked: bool = false;
  private end: bool = false;
  private told: bool = false;
  private umask: u32 = 0;
  private readonly root: bool;
  /** Directories made, to be finished at the end. */
  private readonly directories: header.Member[] = [];

  constructor(private descriptor: i32) {
    this.root = effectiveUser() == 0;
  }

  /** All of a stretch, however it comes; how much there was. */
  private read(to: usize, count: i32): i32 {
    let done = 0;
    while (done < count) {
      const from = to + done;
      const left = count - done;
      const got = calls.read(this.descriptor, from, left);
      if (got < 0) {
        complain('tar', 'read', got);
        this.failed = true;
      }
      if (got <= 0) break;
      done += <i32>got;
    }
    return done;
  }

  /** Looks at the first block, which stays for {@link run}. */
  isGzip(): bool {
    this.lookedCount = this.read(block, BLOCK);
    this.looked = true;
    return this.lookedCount > 2 && load<u8>(block) == 0x1f && load<u8>(block, 1) == 0x8b;
  }
  private lookedCount: i32 = 0;
  /** What has been looked at, for somebody else. */
  passOn(descriptor: i32): void {
    writeAll(descriptor, block, this.lookedCount);
  }
  from(descriptor: i32): void {
    this.descriptor = descriptor;
    this.looked = false;
  }

  private block(): bool {
    const count = this.looked ? this.lookedCount : this.read(block, BLOCK);
    this.looked = false;
    if (count == BLOCK) return true;
    if (count) this.fail('unexpected end of archive');
    this.end = true;
    return false;
  }
  private fail(text: string): void {
    say('tar: ' + text + '\n');
    this.failed = true;
  }

  /** To where members may be appended. */
  seekEnd(): bool {
    let at: i64 = 0;
    calls.lseek(this.descriptor, 0, 0);
    while (this.block()) {
      if (isEmpty()) break;
      if (!isHeader()) return false;
      const size = header.fieldNumber(block, header.SIZE, 12);
      at += BLOCK + <i64>((size + 511) & ~511);
      calls.lseek(this.descriptor, at, 0);
    }
    return calls.lseek(this.descriptor, at, 0) >= 0;
  }

  /** Whoever writes the archive is not to be ended by a pipe that nobody reads. */
  drainRest(): void {
    while (calls.read(this.descriptor, chunk, 32768) > 0) {}
  }

  run(): void {
    this.umask = <u32>calls.umask(0);
    calls.umask(<i32>this.umask);
    for (let i = 0; i < this.wanted.length; i++) this.found.push(false);
    let records = '';
    let longName = '';
    let longLink = '';
    let any = false;
    while (!this.end && this.block()) {
      if (isEmpty()) break;
      if (!isHeader()) {
        this.fail(any ? 'skipping to next header: damaged archive' : 'this does not look like a tar archive');
        break;
      }
      any = true;
      const member = this.member();
      if (member.type == 'x' || member.type == 'g' || member.type == 'L' || member.type == 'K') {
        const text = this.text(member.size);
        if (member.type == 'x') records = text;
        else if (member.type == 'L') longName = untilZero(text);
        else if (member.type == 'K') longLink = untilZero(text);
        continue;
      }
      if (longName.length) member.name = longName;
      if (longLink.length) member.link = longLink;
      if (records.length) applyRecords(member, records);
      records = longName = longLink = '';
      this.handle(member);
    }
    this.finishDirectories();
    for (let i = 0; i < this.wanted.length; i++) if (!this.found[i]) this.fail(this.wanted[i] + ': not found in archive');
  }

  private member(): header.Member {
    const member = new header.Member();
    const name = header.fieldText(block, header.NAME, 100);
    const isUstar = header.fieldText(block, header.MAGIC, 5) == 'ustar';
    const isGnu = load<u8>(block + header.MAGIC + 5) == 0x20;
    const prefix = isUstar && !isGnu ? header.fieldText(block, header.PREFIX, 155) : '';
    member.name = prefix.length ? prefix + '/' + name : name;
    member.mode = <u32>header.fieldNumber(block, header.MODE, 8) & 0o7777;
    member.uid = <u32>header.fieldNumber(block, header.UID, 8);
    member.gid = <u32>header.fieldNumber(block, header.GID, 8);
    member.size = header.fieldNumber(block, header.SIZE, 12);
    member.time = <i64>header.fieldNumber(block, header.TIME, 12);
    const type = load<u8>(block + header.TYPE);
    member.type = type ? String.fromCharCode(type) : '0';
    if (member.type == '0' && name.endsWith('/')) member.type = '5';
    member.link = header.fieldText(block, header.LINK, 100);
    if (isUstar) {
      member.user = header.fieldText(block, header.USER, 32);
      member.group = header.fieldText(block, header.GROUP, 32);
      member.major = <u32>header.fieldNumber(block, header.MAJOR, 8);
      member.minor = <u32>header.fieldNumber(block, header.MINOR, 8);
    }
    // Links and the like have no data, whatever the field says.
    if ('123456'.includes(member.type)) member.size = 0;
    return member;
  }

  /** The data of a member as text. */
  private text(size: u64): string {
    if (size > LONGEST) {
      this.skip(size);
      return '';
    }
    let text = '';
    for (let left = size; left > 0; ) {
      const some = <i32>min<u64>(left, 32768);
      const got = this.read(chunk, some);
      text += textOf(chunk, got);
      left -= got;
      if (got == some) continue;
      this.fail('unexpected end of archive');
      this.end = true;
      return '';
    }
    this.padding(size);
    return text;
  }
  private padding(size: u64): void {
    const rest = <i32>(size % BLOCK);
    if (rest) this.read(block, BLOCK - rest);
  }
  private skip(size: u64): void {
    this.data(-1, size);
  }

  /** Data to a descriptor; -1: nowhere, -2: standard output. */
  private data(to: i32, size: u64): bool {
    let good = true;
    for (let left = size; left > 0; ) {
      const some = <i32>min<u64>(left, 32768);
      const got = this.read(chunk, some);
      if (to == -2) outBytes(chunk, got);
      else if (to >= 0 && good) {
        const error = writeAll(to, chunk, got);
        if (error < 0) {
          complain('tar', 'write', error);
          this.failed = true;
          good = false;
        }
      }
      left -= got;
      if (got == some) continue;
      this.fail('unexpected end of archive');
      this.end = true;
      return false;
    }
    this.padding(size);
    return good;
  }

  private isWanted(name: string): bool {
    for (let i = 0; i < this.excludes.length; i++)
      if (
        globMatches(this.excludes[i], name) ||
        globMatches('*/' + this.excludes[i], name) ||
        globMatches(this.excludes[i] + '/*', name)
      )
        return false;
    if (!this.wanted.length) return true;
    const plain = name.endsWith('/') ? name.substring(0, name.length - 1) : name;
    let result = false;
    for (let i = 0; i < this.wanted.length; i++) {
      let want = this.wanted[i];
      if (want.endsWith('/')) want = want.substring(0, want.length - 1);
      if (plain != want && !plain.startsWith(want + '/') && !globMatches(want, plain)) continue;
      this.found[i] = true;
      result = true;
    }
    return result;
  }

  private handle(member: header.Member): void {
    if (!this.isWanted(member.name)) {
      this.skip(member.size);
      return;
    }
    if (this.list) {
      out((this.verbose ? details(member) : member.name) + '\n');
      this.skip(member.size);
      return;
    }
    if (this.toOutput) {
      this.data(-2, member.size);
      return;
    }
    const path = this.placeOf(member.name);
    if (!path.length) {
      this.skip(member.size);
      return;
    }
    if (this.verbose) out(member.name + '\n');
    this.extract(member, path);
  }

  /** Where a member goes; empty: nowhere. */
  private placeOf(name: string): string {
    let path = name;
    while (!this.absolute && path.startsWith('/')) {
      if (!this.told) say("tar: Removing leading `/' from member names\n");
      this.told = true;
      path = path.substring(1);
    }
    const parts = path.split('/');
    for (let i = 0; i < parts.length; i++) {
      if (parts[i] != '..' || this.absolute) continue;
      this.fail(name + ": contains `..': skipped");
      return '';
    }
    for (let i = 0; i < this.strip; i++) {
      const slash = path.indexOf('/');
      if (slash < 0) return '';
      path = path.substring(slash + 1);
    }
    while (path.length > 1 && path.endsWith('/')) path = path.substring(0, path.length - 1);
    return path;
  }

  private extract(member: header.Member, path: string): void {
    if (!this.absolute && this.throughLink(path)) {
      this.fail(path + ': lies behind a symbolic link: skipped');
      this.skip(member.size);
      return;
    }
    const there = status(path, false);
    if (there && this.keep && member.type != '5') {
      this.fail(path + ': exists already');
      this.skip(member.size);
      return;
    }
    if (there && !there.isDirectory && member.type != '1') calls.unlink(pathOf(path));
    let error = this.make(member, path);
    if (error == -2) {
      makeParents(path);
      error = this.make(member, path);
    }
    if (error < 0) {
      complain('tar', path, error);
      this.failed = true;
      this.skip(member.size);
      return;
    }
    if (member.type == '1') return;
    if (member.type == '5') {
      member.name = path;
      this.directories.push(member);
      return;
    }
    this.attributes(member, path);
  }

  /** Whether a directory on the way is a symbolic link. */
  private throughLink(path: string): bool {
    for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) {
      const about = status(path.substring(0, at), false);
      if (!about) return false;
      if (about.isLink) return true;
    }
    return false;
  }

  private make(member: header.Member, path: string): i64 {
    const type = member.type;
    if (type == '5') {
      const error = calls.mkdir(pathOf(path), 0o700 | (member.mode & 0o777));
      return error == -17 ? 0 : error;
    }
    if (type == '2') return calls.symlink(pathOf(member.link), pathOf(path));
    if (type == '1') {
      const target = this.placeOf(member.link);
      if (!target.length) return -22;
      const there = status(path, false);
      const other = status(target, false);
      if (there && other && there.isSameFile(other)) return 0;
      if (there && !there.isDirectory) calls.unlink(pathOf(path));
      return calls.link(pathOf(target), pathOf(path));
    }
    if (type == '3' || type == '4' || type == '6') {
      const kind = type == '3' ? S_IFCHR : type == '4' ? S_IFBLK : S_IFIFO;
      return calls.mknod(pathOf(path), <i32>(kind | member.mode), ((<u64>member.major) << 32) | <u64>member.minor);
    }
    const file = openFile(path, O_WRONLY | O_CREAT | O_EXCL, 0o600);
    if (file < 0) return file;
    this.data(file, member.size);
    calls.close(file);
    return 0;
  }

  private attributes(member: header.Member, path: string): void {
    const isLink = member.type == '2';
    if (this.root && !this.ownFiles) {
      const user = userByName(member.user);
      const group = groupByName(member.group);
      calls.lchown(pathOf(path), user ? user.uid : member.uid, group ? group.gid : member.gid);
    }
    const all = this.permissions || this.root;
    if (!isLink) calls.chmod(pathOf(path), all ? member.mode : member.mode & 0o777 & ~this.umask);
    if (this.noTimes) return;
    store<u64>(times, calls.time());
    store<u64>(times, 0, 8);
    store<i64>(times, member.time, 16);
    store<u64>(times, 0, 24);
    calls.utimesys(1, AT_FDCWD, pathOf(path), times, isLink ? AT_SYMLINK_NOFOLLOW : 0);
  }

  private finishDirectories(): void {
    for (let i = this.directories.length - 1; i >= 0; i--) this.attributes(this.directories[i], this.directories[i].name);
  }
}

function makeParents(path: string): void {
  const parent = parentOf(path);
  if (parent == '.' || parent == '/' || calls.mkdir(pathOf(parent), 0o777) != -2) return;
  makeParents(parent);
  calls.mkdir(pathOf(parent), 0o777);
}

function isEmpty(): bool {
  for (let i = 0; i < BLOCK; i += 8) if (load<u64>(block + i)) return false;
  return true;
}
function isHeader(): bool {
  const sum = header.fieldNumber(block, header.SUM, 8);
  return sum == header.sumOf(block) || <i64>sum == <i64>header.signedSumOf(block);
}
function untilZero(text: string): string {
  const zero = text.indexOf('\0');
  return zero < 0 ? text : text.substring(0, zero);
}

/** `LENGTH KEY=VALUE` lines. */
function applyRecords(member: header.Member, records: string): void {
  for (let at = 0; at < records.length; ) {
    const space = records.indexOf(' ', at);
    const length = space < 0 ? -1 : <i32>parseNumber(records.substring(at, space));
    if (length <= space - at || at + length > records.length) return;
    const record = records.substring(space + 1, at + length - 1);
    const equals = record.indexOf('=');
    const key = record.substring(0, max(equals, 0));
    const value = record.substring(equals + 1);
    const dot = value.indexOf('.');
    const number = parseNumber(dot < 0 ? value : value.substring(0, dot));
    if (key == 'path') member.name = value;
    else if (key == 'linkpath') member.link = value;
    else if (key == 'size' && number >= 0 && !'123456'.includes(member.type)) member.size = number;
    else if (key == 'uid' && number >= 0) member.uid = <u32>number;
    else if (key == 'gid' && number >= 0) member.gid = <u32>number;
    else if (key == 'uname') member.user = value;
    else if (key == 'gname') member.group = value;
    else if (key == 'mtime' && number >= 0) member.time = number;
    at += length;
  }
}

function details(member: header.Member): string {
  const types = '0123456';
  const letters = '-hlcbdp';
  const at = types.indexOf(member.type);
  const mode = (at < 0 ? '-' : letters.charAt(at)) + modeText(member.mode).substring(1);
  const owner =
    (member.user.length ? member.user : member.uid.toString()) +
    '/' +
    (member.group.length ? member.group : member.gid.toString());
  const size =
    member.type == '3' || member.type == '4' ? member.major.toString() + ',' + member.minor.toString() : member.size.toString();
  const text =
    mode +
    ' ' +
    owner +
    ' ' +
    padLeft(size, max(18 - owner.length, size.length)) +
    ' ' +
    formatDate('%Y-%m-%d %H:%M', member.time) +
    ' ' +
    member.name;
  if (member.type == '2') return text + ' -> ' + member.link;
  return member.type == '1' ? text + ' link to ' + member.link : text;
}
