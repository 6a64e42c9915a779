// SPDX-License-Identifier: MIT
/**
 * @fileoverview Core files (core(5)): what a process was when a signal ended it, as an ELF file that debuggers read.
 *
 * Two notes segments, as illumos has them. The first is for debuggers of Linux: NT_PRPSINFO, and for each thread NT_PRSTATUS and NT_FPREGSET, in the
 * layouts of its x86-64 ABI, the thread that the signal met first. The second is illumos's own: NT_PSTATUS, NT_PSINFO, NT_PRCRED, NT_UTSNAME and for each
 * thread NT_LWPSTATUS and NT_LWPSINFO, which are the structures of /proc. Then a load segment for each mapping that can be read, whole; pages that
 * nobody has touched are holes.
 *
 * Where it goes say patterns ({@link coreSettings}, coreadm(8)): one for the system, whose files are root's, and one of each process, inherited. In a
 * pattern stand %f for the program, %p for the process, %u and %g for its user and group, %n for the host, %z for the zone, %d for the
 * program's directory, %t for the time, %m for the machine, %% for %. A set-id process leaves none for its user unless the options say so: its memory may
 * hold what the user must not read. Files are mode 600, never written through links, and end at RLIMIT_CORE.
 *
 * The settings are the global zone's, and hold for all; paths are those of the process's own root.
 *
 * Omitted: choosing the content.
 */
import { Elf64Header, Elf64ProgramHeader } from 'layout/elf';
import { address } from 'machine/mem';
import { O_CREAT, O_NOFOLLOW, O_WRONLY, OpenFile } from '../../fs/file';
import { openAt } from '../../fs/open';
import { Bytes, cred, lwpsinfo, lwpstatus, psinfo, pstatus } from '../../fs/proc/procData';
import { S_IFREG, Vnode } from '../../fs/vnode';
import { AddressSpace } from '../memory/addressSpace';
import { PROT_EXEC, PROT_READ, PROT_WRITE, Segment } from '../memory/segment';
import { wallTime } from '../time/clock';
import { Credentials } from './credentials';
import { PAGE } from '../memory/frames';
import { frameAt, swappedAt } from '../memory/hat';
import { becomeOnlyThread } from './life';
import { RLIM_INFINITY, RLIMIT_CORE } from '../limits/limits';
import { frameOf } from './processes';
import { Process } from './process';
import { bit, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGSYS, SIGTRAP, SIGXCPU, SIGXFSZ } from '../signal/signal';
import { systemVersion } from '../system';
import { current, Thread } from '../thread/thread';
import { zoneOf } from '../zone/zone';

/** SIGEMT has no name elsewhere in the kernel. */
const SIGEMT: i32 = 7;
const DUMPING: u64 =
  bit(SIGQUIT) |
  bit(SIGILL) |
  bit(SIGTRAP) |
  bit(SIGABRT) |
  bit(SIGEMT) |
  bit(SIGFPE) |
  bit(SIGBUS) |
  bit(SIGSEGV) |
  bit(SIGSYS) |
  bit(SIGXCPU) |
  bit(SIGXFSZ);

/** corectl's options (<sys/corectl.h>). */
export const CC_GLOBAL_PATH: i32 = 1;
export const CC_PROCESS_PATH: i32 = 2;
export const CC_GLOBAL_SETID: i32 = 4;
export const CC_PROCESS_SETID: i32 = 8;
export const CC_GLOBAL_LOG: i32 = 16;
export const CC_ALL: i32 = 31;

class CoreSettings {
  options: i32 = CC_PROCESS_PATH;
  globalPath: string = '';
  /** Of processes that have none of their own. */
  defaultPath: string = 'core';
}
export const coreSettings: CoreSettings = new CoreSettings();

const NT_PRSTATUS: i32 = 1;
const NT_FPREGSET: i32 = 2;
const NT_PRPSINFO: i32 = 3;
const NT_PSTATUS: i32 = 10;
const NT_PSINFO: i32 = 13;
const NT_PRCRED: i32 = 14;
const NT_UTSNAME: i32 = 15;
const NT_LWPSTATUS: i32 = 16;
const NT_LWPSINFO: i32 = 17;

const ET_CORE: u16 = 4;
const EM_X86_64: u16 = 62;
const PT_LOAD: u32 = 1;
const PT_NOTE: u32 = 4;
const PF_X: u32 = 1;
const PF_W: u32 = 2;
const PF_R: u32 = 4;
const FPU_STATE: i32 = 512;

/** The notes, gathered while all threads are still there. */
class Notes {
  readonly parts: Bytes[] = [];
  size: u64 = 0;

  add(type: i32, content: Bytes): void {
    const length = content.data.length;
    const note = new Bytes(12 + 8 + ((length + 3) & ~3));
    note.i32(0, 5);
    note.i32(4, length);
    note.i32(8, type);
    note.text(12, 'CORE', 8);
    memory.copy(note.at + 20, content.at, length);
    this.parts.push(note);
    this.size += note.data.length;
  }
}

/** For life.ts: writes what the settings want of the running process, of which nothing has ended yet. True: a core file is there. */
export function dumpCore(process: Process, signal: i32): bool {
  if (!(bit(signal) & DUMPING)) return false;
  const limit = process.limits.soft(RLIMIT_CORE);
  const settings = coreSettings;
  const own =
    (settings.options & CC_PROCESS_PATH) != 0 && (!process.changedIds || settings.options & CC_PROCESS_SETID) && limit > 0;
  const global = (settings.options & CC_GLOBAL_PATH) != 0 && (!process.changedIds || (settings.options & CC_GLOBAL_SETID) != 0);
  if (!own && !global) return false;
  const thread = current();
  const foreign = new Notes();
  foreign.add(NT_PRPSINFO, linuxInfo(process));
  addLinuxThread(foreign, process, thread, signal);
  for (let i = 0; i < process.threads.length; i++) {
    if (process.threads[i] != thread) addLinuxThread(foreign, process, process.threads[i], 0);
  }
  const notes = new Notes();
  notes.add(NT_PSTATUS, pstatus(process));
  notes.add(NT_PSINFO, psinfo(process));
  notes.add(NT_PRCRED, cred(process));
  notes.add(NT_UTSNAME, utsname(process));
  for (let i = 0; i < process.threads.length; i++) {
    notes.add(NT_LWPSTATUS, lwpstatus(process, process.threads[i]));
    notes.add(NT_LWPSINFO, lwpsinfo(process, process.threads[i]));
  }
  // Their registers are in the notes: the other threads end, and the memory stays as it is.
  if (!becomeOnlyThread()) return false;
  let done: bool = false;
  if (own) {
    done = writeTo(process, expanded(process, corePathOf(process)), process.credentials, foreign, notes, limit);
  }
  if (global)
    done = writeTo(process, expanded(process, settings.globalPath), new Credentials(), foreign, notes, RLIM_INFINITY) || done;
  return done;
}

/** The pattern of a process: its own, or that of all that have none. */
export function corePathOf(process: Process): string {
  return process.corePath.length ? process.corePath : coreSettings.defaultPath;
}

function expanded(process: Process, pattern: string): string {
  const zone = zoneOf(process.credentials.zoneid);
  let path = '';
  for (let i = 0; i < pattern.length; i++) {
    const letter = pattern.charAt(i);
    if (letter != '%' || i + 1 == pattern.length) {
      path += letter;
      continue;
    }
    const what = pattern.charAt(++i);
    const program = process.execname;
    if (what == 'f') path += process.name;
    else if (what == 'p') path += process.pid.toString();
    else if (what == 'u') path += process.credentials.euid.toString();
    else if (what == 'g') path += process.credentials.egid.toString();
    else if (what == 'n') path += zone.hostName;
    else if (what == 'm') path += 'i86pc';
    else if (what == 'd') path += program.substring(0, max(program.lastIndexOf('/'), 0));
    else if (what == 't') path += (wallTime() / 1000000000).toString();
    else if (what == 'z') path += zone.name;
    else path += what;
  }
  return path;
}

// ---- notes

function linuxInfo(process: Process): Bytes {
  const bytes = new Bytes(136);
  const parent = process.parent;
  bytes.i32(16, process.credentials.uid);
  bytes.i32(20, process.credentials.gid);
  bytes.i32(24, process.pid);
  bytes.i32(28, parent ? parent.pid : 0);
  bytes.i32(32, process.group);
  bytes.i32(36, process.session);
  bytes.text(40, process.name, 16);
  bytes.text(56, process.psargs, 80);
  return bytes;
}

function addLinuxThread(notes: Notes, process: Process, thread: Thread, signal: i32): void {
  const bytes = new Bytes(336);
  const parent = process.parent;
  bytes.i32(0, signal);
  store<i16>(bytes.at, <i16>signal, 12);
  // Debuggers tell threads apart by it.
  bytes.i32(32, thread.lwpid == 1 ? process.pid : (process.pid << 8) | thread.lwpid);
  bytes.i32(36, parent ? parent.pid : 0);
  bytes.i32(40, process.group);
  bytes.i32(44, process.session);
  const frame = frameOf(thread);
  const registers: StaticArray<u64> = [
    frame.r15,
    frame.r14,
    frame.r13,
    frame.r12,
    frame.rbp,
    frame.rbx,
    frame.r11,
    frame.r10,
    frame.r9,
    frame.r8,
    frame.rax,
    frame.rcx,
    frame.rdx,
    frame.rsi,
    frame.rdi,
    thread.systemCall >= 0 ? <u64>thread.systemCall : ~(<u64>0),
    frame.rip,
    frame.cs & 0xffff,
    frame.rflags,
    frame.rsp,
    frame.ss,
    thread.fsBase,
    0,
    0,
    0,
    0,
    0,
  ];
  for (let i = 0; i < registers.length; i++) bytes.u64(112 + i * 8, registers[i]);
  bytes.i32(328, 1);
  notes.add(NT_PRSTATUS, bytes);
  const fpu = new Bytes(FPU_STATE);
  thread.storeFpu(fpu.at);
  notes.add(NT_FPREGSET, fpu);
}

function utsname(process: Process): Bytes {
  const bytes = new Bytes(1285);
  bytes.text(0, 'SunOS', 257);
  bytes.text(257, zoneOf(process.credentials.zoneid).hostName, 257);
  bytes.text(514, '5.11', 257);
  bytes.text(771, systemVersion(), 257);
  bytes.text(1028, 'i86pc', 257);
  return bytes;
}

// ---- the file

/** Whose right it is says `credentials`. */
function writeTo(process: Process, path: string, credentials: Credentials, foreign: Notes, notes: Notes, limit: u64): bool {
  if (!path.length) return false;
  const start = path.startsWith('/') ? process.root! : process.directory!;
  const file = openAt(credentials, start, path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0o600);
  if (!file) return false;
  const vnode = file.vnode;
  const attributes = vnode.attributes();
  let done: bool = vnode.type == S_IFREG && attributes.nlink == 1 && attributes.uid == credentials.euid;
  // Only now: a file that is somebody's else stays as it is.
  if (done) done = vnode.truncate(0) == 0 && new Writing(file, limit).all(process.space!, foreign, notes);
  file.release();
  return done;
}

class Writing {
  private at: u64 = 0;
  private full: bool = false;
  private readonly vnode: Vnode;

  constructor(
    file: OpenFile,
    private readonly limit: u64,
  ) {
    this.vnode = file.vnode;
  }

  private put(from: usize, count: u64): bool {
    const part = this.at < this.limit ? min(count, this.limit - this.at) : 0;
    if (part < count) this.full = true;
    if (part && this.vnode.write(this.at, address(from), part, false) != <i64>part) return false;
    this.at += count;
    return true;
  }

  /** False: there is no space. What the limit cuts off counts as written. */
  all(space: AddressSpace, foreign: Notes, notes: Notes): bool {
    let loads = 0;
    let segment: Segment | null = space.first;
    while (segment) {
      if (segment.prot & PROT_READ) loads++;
      segment = segment.next;
    }
    const headers: u64 = Elf64Header.SIZE + (<u64>loads + 2) * Elf64ProgramHeader.SIZE;
    if (!this.header(loads + 2)) return false;
    if (!this.program(PT_NOTE, 0, headers, 0, foreign.size, 0)) return false;
    if (!this.program(PT_NOTE, 0, headers + foreign.size, 0, notes.size, 0)) return false;
    let offset = (headers + foreign.size + notes.size + PAGE - 1) & ~(<u64>PAGE - 1);
    const first = offset;
    segment = space.first;
    while (segment) {
      const prot = segment.prot;
      const size = segment.end - segment.start;
      if (prot & PROT_READ) {
        const flags = PF_R | (prot & PROT_WRITE ? PF_W : 0) | (prot & PROT_EXEC ? PF_X : 0);
        if (!this.program(PT_LOAD, flags, offset, segment.start, size, size)) return false;
        offset += size;
      }
      segment = segment.next;
    }
    for (let i = 0; i < foreign.parts.length; i++) if (!this.put(foreign.parts[i].at, foreign.parts[i].data.length)) return false;
    for (let i = 0; i < notes.parts.length; i++) if (!this.put(notes.parts[i].at, notes.parts[i].data.length)) return false;
    this.at = first;
    segment = space.first;
    while (segment && !this.full) {
      if (segment.prot & PROT_READ && !this.pages(space, segment)) return false;
      segment = segment.next;
    }
    // Holes at the end belong to it, too.
    return this.full || this.at == 0 || this.vnode.attributes().size >= this.at || this.vnode.truncate(this.at) == 0;
  }

  private pages(space: AddressSpace, segment: Segment): bool {
    for (let place = segment.start; place < segment.end && !this.full; place += PAGE) {
      // Only what is in a file or in swap is brought: other pages that are not there are zeros.
      let frame = frameAt(space.tables, place);
      if (!frame && (segment.vnode || swappedAt(space.tables, place))) frame = space.frame(place, false);
      if (!frame) this.at += PAGE;
      else if (!this.put(frame, PAGE)) return false;
    }
    return true;
  }

  private header(count: i32): bool {
    const bytes = new Bytes(<i32>Elf64Header.SIZE);
    const header = changetype<Elf64Header>(bytes.at);
    store<u32>(bytes.at, 0x464c457f);
    // 64 bits, little-endian, version 1.
    store<u32>(bytes.at, 0x00010102, 4);
    header.type = ET_CORE;
    header.machine = EM_X86_64;
    header.version = 1;
    header.phoff = Elf64Header.SIZE;
    header.ehsize = <u16>Elf64Header.SIZE;
    header.phentsize = <u16>Elf64ProgramHeader.SIZE;
    header.phnum = <u16>count;
    return this.put(bytes.at, Elf64Header.SIZE);
  }

  private program(type: u32, flags: u32, offset: u64, at: u64, fileSize: u64, size: u64): bool {
    const bytes = new Bytes(<i32>Elf64ProgramHeader.SIZE);
    const header = changetype<Elf64ProgramHeader>(bytes.at);
    header.type = type;
    header.flags = flags;
    header.offset = offset;
    header.vaddr = at;
    header.filesz = fileSize;
    header.memsz = size;
    header.align = type == PT_LOAD ? PAGE : 4;
    return this.put(bytes.at, Elf64ProgramHeader.SIZE);
  }
}
