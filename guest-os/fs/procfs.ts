// SPDX-License-Identifier: MIT
/**
 * @fileoverview /proc: a directory for each process that the caller's zone sees, with `psinfo` (proc(5), psinfo_t for 64 bits).
 *
 * Everything is computed when it is read. Vnodes are made at lookup and remember the pid, not the process: one that has gone reads as
 * ENOENT. Fields that the kernel has no figure for (CPU percentages, project and pool ids) are zero.
 */
import { address } from 'machine/mem';
import { wallTime } from '../kernel/clock';
import { ENOENT, setError } from '../kernel/errno';
import { totalFrames } from '../kernel/frames';
import { currentProcess, findProcess, Process, processList, ZOMBIE, STOPPED } from '../kernel/process';
import { RUNNABLE, RUNNING } from '../kernel/thread';
import { copy, storeText } from '../kernel/user';
import { Attributes, DirectoryReader, FileSystem, S_IFDIR, S_IFREG, Vnode } from './vnode';

const PSINFO_SIZE: u64 = 416;
/** Offsets in psinfo_t. */
const PR_NLWP: usize = 4;
const PR_PID: usize = 8;
const PR_PPID: usize = 12;
const PR_PGID: usize = 16;
const PR_SID: usize = 20;
const PR_UID: usize = 24;
const PR_EUID: usize = 28;
const PR_GID: usize = 32;
const PR_EGID: usize = 36;
const PR_SIZE: usize = 48;
const PR_RSSIZE: usize = 56;
const PR_TTYDEV: usize = 72;
const PR_PCTMEM: usize = 82;
const PR_START: usize = 88;
const PR_TIME: usize = 104;
const PR_CTIME: usize = 120;
const PR_FNAME: usize = 136;
const PR_PSARGS: usize = 152;
const PR_WSTAT: usize = 232;
const PR_DMODEL: usize = 256;
const PR_ZONEID: usize = 276;
const PR_CONTRACT: usize = 280;
const PR_LWP: usize = 288;
const PR_LWP_SNAME: usize = PR_LWP + 26;
const PR_LWP_STATE: usize = PR_LWP + 25;
/** No terminal: PRNODEV. */
const NO_DEVICE: u64 = 0xffffffffffffffff;
const MODEL_LP64: u8 = 2;

const info = memory.data(416, 16);

export class Proc extends Vnode {
  constructor() {
    super(new FileSystem('proc', 4, false), S_IFDIR);
    this.fileSystem.root = this;
    this.fileSystem.special = 'proc';
  }

  attributes(): Attributes {
    return directoryAttributes(1, 0, 0);
  }

  lookup(name: string): Vnode | null {
    let pid = name == 'self' ? currentProcess().pid : 0;
    for (let i = 0; i < name.length && name != 'self' && pid < 100000; i++) {
      const digit = name.charCodeAt(i) - 0x30;
      if (<u32>digit > 9) return super.lookup(name);
      pid = pid * 10 + digit;
    }
    if (!visible(pid) || name.charCodeAt(0) == 0x30) return super.lookup(name);
    const found = new ProcessDirectory(this, pid);
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
      if (!reader.entry(next.toString(), next + 16, at)) return 0;
    }
  }
}

function visible(pid: i32): bool {
  const process = findProcess(pid);
  return process != null && currentProcess().credentials.sees(process.credentials.zoneid);
}

function directoryAttributes(inode: u64, uid: i32, gid: i32): Attributes {
  const result = new Attributes();
  result.mode = S_IFDIR | 0o555;
  result.uid = uid;
  result.gid = gid;
  result.nlink = 2;
  result.inode = inode;
  result.accessed = wallTime();
  result.modified = result.accessed;
  result.changed = result.accessed;
  return result;
}

class ProcessDirectory extends Vnode {
  constructor(
    private readonly above: Vnode,
    private readonly pid: i32,
  ) {
    super(above.fileSystem, S_IFDIR);
  }
  attributes(): Attributes {
    const process = findProcess(this.pid);
    return directoryAttributes(<u64>this.pid + 16, process ? process.credentials.uid : 0, process ? process.credentials.gid : 0);
  }
  parent(): Vnode | null {
    this.above.hold();
    return this.above;
  }
  lookup(name: string): Vnode | null {
    if (name != 'psinfo') return super.lookup(name);
    const found = new PsInfo(this.fileSystem, this.pid);
    found.hold();
    return found;
  }
  readDirectory(offset: u64, reader: DirectoryReader): i32 {
    if (offset == 0 && !reader.entry('.', <u64>this.pid + 16, 1)) return 0;
    if (offset <= 1 && !reader.entry('..', 1, 2)) return 0;
    if (offset <= 2) reader.entry('psinfo', <u64>this.pid + 100016, 3);
    return 0;
  }
}

class PsInfo extends Vnode {
  constructor(
    fileSystem: FileSystem,
    private readonly pid: i32,
  ) {
    super(fileSystem, S_IFREG);
  }
  attributes(): Attributes {
    const result = directoryAttributes(<u64>this.pid + 100016, 0, 0);
    result.mode = S_IFREG | 0o444;
    result.nlink = 1;
    result.size = PSINFO_SIZE;
    return result;
  }
  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    const process = findProcess(this.pid);
    if (!process) return setError(ENOENT);
    if (offset >= PSINFO_SIZE) return 0;
    fill(process);
    const part = min(count, PSINFO_SIZE - offset);
    const error = copy(to, address(info + <usize>offset), part);
    return error ? error : <i64>part;
  }
}

function storeTime(at: usize, nanoseconds: u64): void {
  store<u64>(info + at, nanoseconds / 1000000000);
  store<u64>(info + at, nanoseconds % 1000000000, 8);
}

function fill(process: Process): void {
  memory.fill(info, 0, <usize>PSINFO_SIZE);
  const thread = process.thread;
  const parent = process.parent;
  store<u32>(info + PR_NLWP, process.threads.length);
  store<u32>(info + PR_PID, process.pid);
  store<u32>(info + PR_PPID, parent ? parent.pid : 0);
  store<u32>(info + PR_PGID, process.group);
  store<u32>(info + PR_SID, process.session);
  store<u32>(info + PR_UID, process.credentials.uid);
  store<u32>(info + PR_EUID, process.credentials.euid);
  store<u32>(info + PR_GID, process.credentials.gid);
  store<u32>(info + PR_EGID, process.credentials.egid);
  const space = process.space;
  if (space) {
    const resident = space.resident;
    store<u64>(info + PR_SIZE, space.size / 1024);
    store<u64>(info + PR_RSSIZE, resident * 4);
    store<u16>(info + PR_PCTMEM, <u16>((resident * 0x8000) / totalFrames()));
  }
  store<u64>(info + PR_TTYDEV, process.terminal ? 0 : NO_DEVICE);
  storeTime(PR_START, process.started);
  storeTime(PR_TIME, process.userTime + process.systemTime);
  storeTime(PR_CTIME, process.childUser + process.childSystem);
  storeText(info + PR_FNAME, process.name);
  storeText(info + PR_PSARGS, process.psargs);
  store<u32>(info + PR_WSTAT, process.state == ZOMBIE ? process.status : 0);
  store<u8>(info + PR_DMODEL, MODEL_LP64);
  store<u32>(info + PR_ZONEID, process.credentials.zoneid);
  const contract = process.contract;
  store<u32>(info + PR_CONTRACT, contract ? contract.id : 0);
  // pr_state and pr_sname: S sleeping, R runnable, Z zombie, T stopped, O on a processor.
  let letter: u8 = 0x53;
  let state: u8 = 1;
  if (process.state == ZOMBIE) {
    letter = 0x5a;
    state = 3;
  } else if (process.state == STOPPED) {
    letter = 0x54;
    state = 4;
  } else if (thread && thread.state == RUNNING) {
    letter = 0x4f;
    state = 6;
  } else if (thread && thread.state == RUNNABLE) {
    letter = 0x52;
    state = 2;
  }
  store<u8>(info + PR_LWP_STATE, state);
  store<u8>(info + PR_LWP_SNAME, letter);
}
