// SPDX-License-Identifier: MIT
/** @fileoverview Writes tar archives: a header and the data of each file, directories with what is in them. */
import * as calls from '../../lib/calls';
import {
  entriesOf,
  failure,
  joinPath,
  lastPart,
  linkTarget,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  Status,
  status,
  statusOf,
} from '../../lib/files';
import { globMatches } from '../../lib/glob';
import { complain, O_RDONLY, openFile, out, say, Writer } from '../../lib/io';
import { groupById, userById } from '../../lib/users';
import * as header from './Header';

const BLOCK: i32 = header.BLOCK;
const block = memory.data(512, 8);
const chunk = memory.data(32768, 8);
/** Archives are a multiple of this: twenty blocks. */
const RECORD: u64 = 10240;

export class Packer {
  verbose: bool = false;
  /** Where names are written to. */
  listing: i32 = 1;
  follow: bool = false;
  absolute: bool = false;
  failed: bool = false;
  private written: u64 = 0;
  private archive: Status | null = null;
  private told: bool = false;
  private readonly links: Map<string, string> = new Map<string, string>();
  private readonly writer: Writer;

  constructor(
    descriptor: i32,
    private readonly excludes: string[],
  ) {
    this.writer = new Writer(descriptor);
  }

  /** The archive is not put into itself. */
  archiveIs(descriptor: i32): void {
    const about = statusOf(descriptor);
    if (about && about.isRegular) this.archive = about;
  }

  private complain(what: string, error: i64): void {
    complain('tar', what, error);
    this.failed = true;
  }
  private put(from: usize, count: i32): void {
    this.writer.bytes(from, count);
    this.written += count;
  }
  private fill(size: u64): void {
    const rest = <i32>(size % BLOCK);
    if (!rest) return;
    memory.fill(block, 0, BLOCK);
    this.put(block, BLOCK - rest);
  }

  private isExcluded(path: string): bool {
    for (let i = 0; i < this.excludes.length; i++) {
      const glob = this.excludes[i];
      if (globMatches(glob, path) || globMatches('*/' + glob, path)) return true;
    }
    return false;
  }

  add(path: string): void {
    if (this.isExcluded(path)) return;
    const about = status(path, this.follow);
    if (!about) {
      this.complain(path, failure);
      return;
    }
    if (this.archive && about.isSameFile(this.archive!)) {
      say('tar: ' + path + ': file is the archive; not dumped\n');
      return;
    }
    let name = path;
    while (name.startsWith('/') && !this.absolute) {
      if (!this.told) say("tar: Removing leading `/' from member names\n");
      this.told = true;
      name = name.substring(1);
    }
    if (about.isDirectory && !name.endsWith('/')) name += '/';
    if (name.length && name != '/') this.member(path, name, about);
    if (!about.isDirectory) return;
    const names = entriesOf(path);
    if (!names) this.complain(path, failure);
    else for (let i = 0; i < names.length; i++) this.add(joinPath(path, names[i]));
  }

  private member(path: string, name: string, about: Status): void {
    const member = new header.Member();
    member.name = name;
    member.mode = about.permissions;
    member.uid = about.uid;
    member.gid = about.gid;
    member.time = about.modified;
    const user = userById(about.uid);
    const group = groupById(about.gid);
    member.user = user ? user.name : '';
    member.group = group ? group.name : '';
    if (about.isDirectory) member.type = '5';
    else if (about.isLink) {
      member.type = '2';
      member.link = linkTarget(path);
    } else if (about.type == S_IFIFO) member.type = '6';
    else if (about.type == S_IFCHR || about.type == S_IFBLK) {
      member.type = about.type == S_IFCHR ? '3' : '4';
      member.major = <u32>(about.rdev >> 32);
      member.minor = <u32>about.rdev;
    } else if (!about.isRegular) {
      say('tar: ' + path + ': socket ignored\n');
      return;
    }
    if (about.links > 1 && !about.isDirectory) {
      const key = about.device.toString() + ':' + about.inode.toString();
      if (this.links.has(key)) {
        member.type = '1';
        member.link = this.links.get(key);
      } else this.links.set(key, name);
    }
    let source = -1;
    if (member.type == '0') {
      source = openFile(path, O_RDONLY);
      if (source < 0) {
        this.complain(path, source);
        return;
      }
      member.size = about.size;
    }
    if (this.verbose) {
      if (this.listing == 1) out(name + '\n');
      else say(name + '\n');
    }
    this.header(member);
    if (source >= 0) {
      this.data(source, path, member.size);
      calls.close(source);
    }
  }

  /** Exactly as many bytes as the header says: what a file has lost meanwhile is zeros. */
  private data(source: i32, path: string, size: u64): void {
    let left = size;
    while (left > 0) {
      let count = calls.read(source, chunk, min<u64>(left, 32768));
      if (count < 0) this.complain(path, count);
      if (count <= 0) {
        if (count == 0) say('tar: ' + path + ': file shrank; padding with zeros\n');
        this.failed = true;
        memory.fill(chunk, 0, 32768);
        count = <i64>min<u64>(left, 32768);
      }
      this.put(chunk, <i32>count);
      left -= count;
    }
    this.fill(size);
  }

  /** What does not fit into the header's fields goes into records of a member in front. */
  private header(member: header.Member): void {
    let records = '';
    let name = member.name;
    let prefix = '';
    if (name.length > 100) {
      let cut = name.lastIndexOf('/', 155);
      if (cut > 0 && name.length - cut - 1 <= 100 && cut + 1 < name.length) {
        prefix = name.substring(0, cut);
        name = name.substring(cut + 1);
      } else records += header.paxRecord('path', name);
    }
    if (member.link.length > 100) records += header.paxRecord('linkpath', member.link);
    if (member.size >= (<u64>1) << 33) records += header.paxRecord('size', member.size.toString());
    if (member.uid >= 1 << 21) records += header.paxRecord('uid', member.uid.toString());
    if (member.gid >= 1 << 21) records += header.paxRecord('gid', member.gid.toString());
    if (member.time >= (<i64>1) << 33 || member.time < 0) records += header.paxRecord('mtime', member.time.toString());
    if (records.length) {
      const extended = new header.Member();
      extended.name = 'PaxHeaders/' + lastPart(member.name);
      extended.type = 'x';
      extended.mode = 0o644;
      extended.size = records.length;
      this.block(extended, extended.name.substring(0, 100), '');
      for (let i = 0; i < records.length; i++) store<u8>(chunk + (i % 32768), <u8>records.charCodeAt(i));
      this.put(chunk, records.length);
      this.fill(records.length);
    }
    this.block(member, name, prefix);
  }

  private block(member: header.Member, name: string, prefix: string): void {
    memory.fill(block, 0, BLOCK);
    header.putText(block, header.NAME, 100, name);
    header.putNumber(block, header.MODE, 8, member.mode);
    header.putNumber(block, header.UID, 8, member.uid & 0x1fffff);
    header.putNumber(block, header.GID, 8, member.gid & 0x1fffff);
    header.putNumber(block, header.SIZE, 12, member.size & 0x1ffffffff);
    header.putNumber(block, header.TIME, 12, <u64>max<i64>(member.time, 0) & 0x1ffffffff);
    store<u8>(block + header.TYPE, <u8>member.type.charCodeAt(0));
    header.putText(block, header.LINK, 100, member.link);
    header.putText(block, header.MAGIC, 8, 'ustar\x0000');
    header.putText(block, header.USER, 31, member.user);
    header.putText(block, header.GROUP, 31, member.group);
    header.putNumber(block, header.MAJOR, 8, member.major);
    header.putNumber(block, header.MINOR, 8, member.minor);
    header.putText(block, header.PREFIX, 155, prefix);
    header.putNumber(block, header.SUM, 7, header.sumOf(block));
    store<u8>(block + header.SUM + 7, 0x20);
    this.put(block, BLOCK);
  }

  finish(): void {
    memory.fill(block, 0, BLOCK);
    this.put(block, BLOCK);
    this.put(block, BLOCK);
    while (this.written % RECORD) this.put(block, BLOCK);
    this.writer.flush();
    if (this.writer.error) this.complain('write', this.writer.error);
  }
}
