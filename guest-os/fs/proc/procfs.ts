// SPDX-License-Identifier: MIT
/**
 * @fileoverview /proc (proc(5)): a directory for each process that the caller may see, and in it files, each a structure (procData.ts).
 *
 * /proc/PID: as (its memory), ctl (procControl.ts), psinfo, status, lstatus, lpsinfo, usage, lusage, cred, priv, sigact, map, xmap, argv, environ, execname; cwd and root,
 * which are the directories themselves; fd/N, the open files; path/, links to where they are; lwp/N/ with lwpctl, lwpsinfo, lwpstatus, lwpusage.
 *
 * Vnodes are made at lookup and remember the pid, not the process: one that has gone reads as ENOENT. What says much is for the process's owner alone
 * (mode 400). A process without PRIV_PROC_INFO sees its own user's processes, one in a zone those of the zone.
 *
 * A file is one row of FILES: its name, its mode, how its content is made.
 */
import { address } from 'machine/mem';
import { wallTime } from '../../kernel/time/clock';
import { EACCES, EINVAL, EISDIR, ENOENT, setError, setFailure } from '../../kernel/errno';
import { PAGE } from '../../kernel/memory/frames';
import { PRIV_PROC_INFO, PRIV_PROC_OWNER } from '../../kernel/process/privilege';
import { currentProcess, findProcess, processList } from '../../kernel/process/processes';
import { Process } from '../../kernel/process/process';
import { Thread } from '../../kernel/thread/thread';
import { findLwp } from '../../kernel/process/lwp';
import { globalZone, Zone } from '../../kernel/zone/zone';
import { copy, storeText } from '../../kernel/memory/user';
import { pathOf } from '../lookup';
import { ControlFile, mayTrace } from './procControl';
import { copyMemory } from './procMemory';
import { Bytes, cred, lwpsinfo, lwpstatus, map, priv, psinfo, pstatus, sigact, usage } from './procData';
import { ALWAYS, FileSystemType } from '../mount';
import { Attributes, DirectoryReader, FileSystem, S_IFDIR, S_IFLNK, S_IFREG, Vnode } from '../vnode';

/** prheader_t in front of arrays: how many, and the size of each. */
function listOf(parts: Bytes[]): Bytes {
  const size = parts.length ? parts[0].data.length : 0;
  const all = new Bytes(16 + size * parts.length);
  all.u64(0, parts.length);
  all.u64(8, size);
  for (let i = 0; i < parts.length; i++) memory.copy(all.at + 16 + i * size, parts[i].at, size);
  return all;
}

function eachThread(process: Process, build: (thread: Thread) => Bytes): Bytes {
  const parts: Bytes[] = [];
  for (let i = 0; i < process.threads.length; i++) parts.push(build(process.threads[i]));
  return listOf(parts);
}
function bytesOf(text: string): Bytes {
  const bytes = new Bytes(text.length);
  storeText(bytes.at, text);
  return bytes;
}

// ---- texts in a process's memory

const word = memory.data(8, 8);
function wordAt(process: Process, at: u64): u64 {
  return copyMemory(process, at, address(word), 8, false) ? 0 : load<u64>(word);
}
/** Longest text that is shown of a process's memory. */
const LONGEST: i32 = 8192;
function textAt(process: Process, at: u64, limit: i32): string {
  let text = '';
  for (let i = 0; i < limit; i++) {
    if (copyMemory(process, at + i, address(word), 1, false)) return text;
    if (!load<u8>(word)) return text;
    text += String.fromCharCode(load<u8>(word));
  }
  return text;
}
/** The texts that a list of pointers leads to, zeros between them, as the process has them now. */
function textsAt(process: Process, from: u64, most: i32): Bytes {
  let all = '';
  for (let i = 0; from && i < most && all.length < LONGEST; i++) {
    const pointer = wordAt(process, from + ((<u64>i) << 3));
    if (!pointer) break;
    all += textAt(process, pointer, LONGEST - all.length) + '\0';
  }
  return bytesOf(all);
}
function argumentTexts(process: Process): Bytes {
  return textsAt(process, process.argumentsAt ? process.argumentsAt + 8 : 0, process.argumentCount);
}
function environmentTexts(process: Process): Bytes {
  return textsAt(process, process.environmentAt, 1024);
}

// ---- the files by name

class ProcFile {
  constructor(
    readonly name: string,
    readonly mode: i32,
    readonly build: (process: Process) => Bytes,
  ) {}
}

const FILES: ProcFile[] = [
  new ProcFile('psinfo', 0o444, (process) => psinfo(process)),
  new ProcFile('usage', 0o444, (process) => usage(process, null)),
  new ProcFile('status', 0o400, (process) => pstatus(process)),
  new ProcFile('cred', 0o400, (process) => cred(process)),
  new ProcFile('priv', 0o400, (process) => priv(process)),
  new ProcFile('sigact', 0o400, (process) => sigact(process)),
  new ProcFile('map', 0o400, (process) => map(process, false)),
  new ProcFile('xmap', 0o400, (process) => map(process, true)),
  new ProcFile('argv', 0o444, (process) => argumentTexts(process)),
  new ProcFile('environ', 0o400, (process) => environmentTexts(process)),
  new ProcFile('execname', 0o444, (process) => bytesOf(process.execname + '\0')),
  new ProcFile('lpsinfo', 0o444, (process) => eachThread(process, (thread) => lwpsinfo(thread.process!, thread))),
  new ProcFile('lstatus', 0o400, (process) => eachThread(process, (thread) => lwpstatus(thread.process!, thread))),
  new ProcFile('lusage', 0o444, (process) => eachThread(process, (thread) => usage(thread.process!, thread))),
];
const LWP_FILES: StaticArray<string> = ['lwpctl', 'lwpsinfo', 'lwpstatus', 'lwpusage'];
const DIRECTORIES: StaticArray<string> = ['fd', 'lwp', 'path', 'cwd', 'root'];

// ---- directories

function visible(pid: i32): bool {
  const process = findProcess(pid);
  if (!process) return false;
  const caller = currentProcess().credentials;
  if (!caller.sees(process.credentials.zoneid)) return false;
  return caller.has(PRIV_PROC_INFO) || caller.euid == process.credentials.uid || caller.has(PRIV_PROC_OWNER);
}

function attributesOf(type: i32, mode: i32, inode: u64, process: Process | null): Attributes {
  const result = new Attributes();
  result.mode = type | mode;
  result.uid = process ? process.credentials.euid : 0;
  result.gid = process ? process.credentials.egid : 0;
  result.nlink = type == S_IFDIR ? 2 : 1;
  result.inode = inode;
  result.accessed = wallTime();
  result.modified = process ? process.started : result.accessed;
  result.changed = result.modified;
  return result;
}

/** A number without leading zeros; -1: it is none. */
function numberOf(name: string): i32 {
  if (!name.length || name.length > 6 || (name.length > 1 && name.charCodeAt(0) == 0x30)) return -1;
  let number = 0;
  for (let i = 0; i < name.length; i++) {
    const digit = name.charCodeAt(i) - 0x30;
    if (<u32>digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

export class Proc extends Vnode {
  constructor(device: u64 = 4) {
    super(new FileSystem('proc', device, false), S_IFDIR);
    this.fileSystem.root = this;
    this.fileSystem.special = 'proc';
  }

  attributes(): Attributes {
    return attributesOf(S_IFDIR, 0o555, 1, null);
  }

  lookup(name: string): Vnode | null {
    const pid = name == 'self' ? currentProcess().pid : numberOf(name);
    if (pid < 0 || !visible(pid)) return super.lookup(name);
    const found = new ProcessDirectory(this, pid, ROOT, 0);
    found.hold();
    return found;
  }

  /** Offsets are pids: a listing goes on behind the last one told, whoever has gone meanwhile. */
  readDirectory(offset: u64, reader: DirectoryReader): i32 {
    let at = offset;
    if (at == 0 && !reader.entry('.', 1, ++at)) return 0;
    if (at <= 1 && !reader.entry('..', 1, (at = 2))) return 0;
    while (true) {
      let next: u64 = 0xffffffff;
      const list = processList();
      for (let i = 0; i < list.length; i++) {
        const pid = <u64>list[i].pid;
        if (pid + 2 > at && pid < next && visible(list[i].pid)) next = pid;
      }
      if (next == 0xffffffff) return 0;
      at = next + 2;
      if (!reader.entry(next.toString(), inodeOf(<i32>next, 0), at)) return 0;
    }
  }
}

/** mount -F proc: every one shows what its reader sees. */
export class ProcType extends FileSystemType {
  constructor() {
    super('proc', ALWAYS);
  }
  make(special: string, options: string, covered: Vnode): FileSystem | null {
    return globalZone.brand.makeProc();
  }
  makeIn(zone: Zone, special: string, options: string, covered: Vnode): FileSystem | null {
    return zone.brand.makeProc();
  }
}

/** Different for each file of each process. */
function inodeOf(pid: i32, file: i32): u64 {
  return ((<u64>pid) << 20) | (<u64>file + 16);
}

/** Which directory of a process: its own, fd, path, lwp, or one thread's. */
const ROOT: i32 = 0;
const FD: i32 = 1;
const PATH: i32 = 2;
const LWP: i32 = 3;
const THREAD: i32 = 4;

class ProcessDirectory extends Vnode {
  constructor(
    private readonly above: Vnode,
    private readonly pid: i32,
    private readonly kind: i32,
    private readonly lwpid: i32,
  ) {
    super(above.fileSystem, S_IFDIR);
  }

  attributes(): Attributes {
    const closed = this.kind == FD || this.kind == PATH;
    return attributesOf(
      S_IFDIR,
      closed ? 0o500 : 0o555,
      inodeOf(this.pid, this.kind | (this.lwpid << 15)),
      findProcess(this.pid),
    );
  }
  parent(): Vnode | null {
    this.above.hold();
    return this.above;
  }

  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    return setError(EISDIR);
  }

  lookup(name: string): Vnode | null {
    const process = findProcess(this.pid);
    const found = process ? this.find(process, name) : null;
    if (!found) return super.lookup(name);
    found.hold();
    return found;
  }

  private find(process: Process, name: string): Vnode | null {
    if (this.kind == FD) {
      const number = numberOf(name);
      const file = number >= 0 ? process.file(number) : null;
      return file ? file.vnode : null;
    }
    if (this.kind == PATH) return this.names(process).includes(name) ? new PathLink(this.fileSystem, this.pid, name) : null;
    if (this.kind == LWP) {
      const thread = findLwp(process, numberOf(name));
      return thread ? new ProcessDirectory(this, this.pid, THREAD, thread.lwpid) : null;
    }
    if (this.kind == THREAD && name == 'lwpctl') return this.control(process, this.lwpid);
    if (this.kind == THREAD) {
      return LWP_FILES.includes(name) ? new ThreadData(this.fileSystem, this.pid, this.lwpid, name) : null;
    }
    if (name == 'ctl') return this.control(process, 0);
    if (name == 'as') return new MemoryFile(this.fileSystem, this.pid);
    if (name == 'fd') return new ProcessDirectory(this, this.pid, FD, 0);
    if (name == 'path') return new ProcessDirectory(this, this.pid, PATH, 0);
    if (name == 'lwp') return new ProcessDirectory(this, this.pid, LWP, 0);
    if (name == 'cwd' || name == 'root') return mayLook(process) ? new PlaceLink(this.fileSystem, this.pid, name) : null;
    for (let i = 0; i < FILES.length; i++) if (FILES[i].name == name) return new ProcessData(this.fileSystem, this.pid, i);
    return null;
  }

  private control(process: Process, lwpid: i32): Vnode {
    const shown = attributesOf(S_IFREG, 0o200, inodeOf(this.pid, 0x200 + lwpid * 4), process);
    return new ControlFile(this.fileSystem, this.pid, lwpid, shown);
  }

  private names(process: Process): string[] {
    const names: string[] = [];
    if (this.kind == ROOT) {
      names.push('as');
      names.push('ctl');
      for (let i = 0; i < FILES.length; i++) names.push(FILES[i].name);
      for (let i = 0; i < DIRECTORIES.length; i++) names.push(DIRECTORIES[i]);
    } else if (this.kind == LWP) {
      for (let i = 0; i < process.threads.length; i++) names.push(process.threads[i].lwpid.toString());
    } else if (this.kind == THREAD) {
      for (let i = 0; i < LWP_FILES.length; i++) names.push(LWP_FILES[i]);
    } else {
      if (this.kind == PATH) {
        names.push('a.out');
        names.push('cwd');
        names.push('root');
      }
      for (let i = 0; i < process.files.length; i++) {
        const file = process.files[i];
        // Of a plain file the kernel knows no path: it may have many, or none.
        if (file && (this.kind == FD || file.vnode.isDirectory)) names.push(i.toString());
      }
    }
    return names;
  }

  readDirectory(offset: u64, reader: DirectoryReader): i32 {
    if (offset == 0 && !reader.entry('.', this.attributes().inode, 1)) return 0;
    if (offset <= 1 && !reader.entry('..', this.above.attributes().inode, 2)) return 0;
    const process = findProcess(this.pid);
    if (!process) return setError(ENOENT);
    const names = this.names(process);
    for (let i = <i32>max<u64>(offset, 2) - 2; i < names.length; i++) {
      if (!reader.entry(names[i], inodeOf(this.pid, 256 * this.kind + i), <u64>i + 3)) return 0;
    }
    return 0;
  }
}

/** May the caller see what the process's owner alone sees? */
function mayLook(process: Process): bool {
  const caller = currentProcess().credentials;
  if (caller.euid == process.credentials.uid || caller.has(PRIV_PROC_OWNER)) return true;
  setFailure(EACCES);
  return false;
}

// ---- files

/** One of FILES. The offset counts in a content that is made anew by each read. */
class ProcessData extends Vnode {
  constructor(
    fileSystem: FileSystem,
    private readonly pid: i32,
    private readonly index: i32,
  ) {
    super(fileSystem, S_IFREG);
  }
  attributes(): Attributes {
    const process = findProcess(this.pid);
    const result = attributesOf(S_IFREG, FILES[this.index].mode, inodeOf(this.pid, this.index + 1), process);
    // Some change from one moment to the next; the size is that of this moment.
    if (process) result.size = FILES[this.index].build(process).data.length;
    return result;
  }
  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    const process = findProcess(this.pid);
    return process ? readBytes(FILES[this.index].build(process), offset, to, count) : setError(ENOENT);
  }
}

class ThreadData extends Vnode {
  constructor(
    fileSystem: FileSystem,
    private readonly pid: i32,
    private readonly lwpid: i32,
    private readonly name: string,
  ) {
    super(fileSystem, S_IFREG);
  }
  attributes(): Attributes {
    const mode = this.name == 'lwpstatus' ? 0o400 : 0o444;
    const inode = inodeOf(this.pid, 0x4000 + this.lwpid * 4 + this.name.length);
    return attributesOf(S_IFREG, mode, inode, findProcess(this.pid));
  }
  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    const process = findProcess(this.pid);
    const thread = process ? findLwp(process, this.lwpid) : null;
    if (!process || !thread) return setError(ENOENT);
    if (this.name == 'lwpsinfo') return readBytes(lwpsinfo(process, thread), offset, to, count);
    if (this.name == 'lwpusage') return readBytes(usage(process, thread), offset, to, count);
    return readBytes(lwpstatus(process, thread), offset, to, count);
  }
}

function readBytes(bytes: Bytes, offset: u64, to: u64, count: u64): i64 {
  const size = <u64>bytes.data.length;
  if (offset >= size) return 0;
  const part = min(count, size - offset);
  const error = copy(to, address(bytes.at + <usize>offset), part);
  return error ? error : <i64>part;
}

/** `as`: the process's memory at its own addresses. */
class MemoryFile extends Vnode {
  constructor(
    fileSystem: FileSystem,
    private readonly pid: i32,
  ) {
    super(fileSystem, S_IFREG);
  }
  attributes(): Attributes {
    const process = findProcess(this.pid);
    const result = attributesOf(S_IFREG, 0o600, inodeOf(this.pid, 0x100), process);
    const space = process ? process.space : null;
    if (space) result.size = space.size;
    return result;
  }
  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    return this.transfer(offset, to, count, false);
  }
  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    return this.transfer(offset, from, count, true);
  }
  private transfer(offset: u64, other: u64, count: u64, write: bool): i64 {
    const process = findProcess(this.pid);
    if (!process) return setError(ENOENT);
    // Not only when it was opened: the process may have executed a set-id program since.
    if (!mayTrace(process)) return setError(EACCES);
    let done: u64 = 0;
    while (done < count) {
      const part = min<u64>(<u64>PAGE - ((offset + done) & 4095), count - done);
      const error = copyMemory(process, offset + done, other + done, part, write);
      if (error) return done ? <i64>done : error;
      done += part;
    }
    return <i64>done;
  }
}

/** path/NAME: where what the name means lies, as far as the kernel knows. */
class PathLink extends Vnode {
  constructor(
    fileSystem: FileSystem,
    protected readonly pid: i32,
    protected readonly name: string,
  ) {
    super(fileSystem, S_IFLNK);
  }
  attributes(): Attributes {
    return attributesOf(S_IFLNK, 0o777, inodeOf(this.pid, 0x2000 + max(numberOf(this.name), 0)), findProcess(this.pid));
  }
  readLink(): string | null {
    const process = findProcess(this.pid);
    const root = currentProcess().root!;
    if (!process || !mayLook(process)) setFailure(process ? EACCES : ENOENT);
    else if (this.name == 'a.out') return process.execname;
    else {
      const number = numberOf(this.name);
      const file = number >= 0 ? process.file(number) : null;
      const vnode = this.name == 'cwd' ? process.directory : this.name == 'root' ? process.root : file ? file.vnode : null;
      if (vnode && vnode.isDirectory) return pathOf(vnode, root);
      setFailure(EINVAL);
    }
    return null;
  }
}

/** cwd and root: the directory itself, also where it has no path. */
class PlaceLink extends PathLink {
  linked(): Vnode | null {
    const process = findProcess(this.pid);
    const place = process && mayLook(process) ? (this.name == 'cwd' ? process.directory : process.root) : null;
    if (place) place.hold();
    return place;
  }
}
