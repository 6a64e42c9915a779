// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the files of /proc say of a process and its threads, in the structures of illumos's proc(5) for 64 bits.
 *
 * Each is built when it is read. Fields that the kernel has no figure for are zero.
 */
import { MODE_SYSTEM, thisCpu } from '../../kernel/thread/cpu';
import { countsToTime, uptime } from '../../kernel/time/clock';
import { PROT_EXEC, PROT_READ, PROT_WRITE, Segment } from '../../kernel/memory/segment';
import { PAGE, totalFrames } from '../../kernel/memory/frames';
import { PrivilegeSet } from '../../kernel/process/privilege';
import { frameOf } from '../../kernel/process/processes';
import { Process, STOPPED, ZOMBIE } from '../../kernel/process/process';
import { storeRegisters } from '../../kernel/signal/registers';
import { NSIG, storeInfo } from '../../kernel/signal/signal';
import { RUNNABLE, RUNNING, Thread } from '../../kernel/thread/thread';
import { classNameOf } from '../../kernel/thread/userPriority';
import { PR_JOBCONTROL, PR_SUSPENDED, PR_SYSEXIT, representative, SYSSET_WORDS } from '../../kernel/process/trace';
import { USER_STACK_TOP } from 'machine/addresses';

/** Bytes to be filled in. */
export class Bytes {
  readonly data: StaticArray<u8>;
  readonly at: usize;
  constructor(size: i32) {
    this.data = new StaticArray<u8>(size);
    this.at = changetype<usize>(this.data);
  }
  i32(offset: i32, value: i32): void {
    store<i32>(this.at + offset, value);
  }
  u64(offset: i32, value: u64): void {
    store<u64>(this.at + offset, value);
  }
  time(offset: i32, nanoseconds: u64): void {
    store<u64>(this.at + offset, nanoseconds / 1000000000);
    store<u64>(this.at + offset, nanoseconds % 1000000000, 8);
  }
  /** A text with its zero, in a field of so many bytes. */
  text(offset: i32, text: string, size: i32): void {
    for (let i = 0; i < min(text.length, size - 1); i++) store<u8>(this.at + offset + i, <u8>text.charCodeAt(i));
  }
}

const PSINFO: i32 = 416;
const LWPSINFO: i32 = 128;
const PSTATUS: i32 = 384;
const LWPSTATUS: i32 = 1296;
const PRUSAGE: i32 = 504;
const PRMAP: i32 = 104;
const PRXMAP: i32 = 160;
/** No terminal: PRNODEV. */
const NO_DEVICE: u64 = 0xffffffffffffffff;
const MODEL_LP64: u8 = 2;
const PR_STOPPED: i32 = 1;
const PR_ISTOP: i32 = 2;
const PR_DSTOP: i32 = 4;
const PR_STEP: i32 = 8;
const PR_ASLEEP: i32 = 0x10;
const MA_EXEC: i32 = 1;
const MA_WRITE: i32 = 2;
const MA_READ: i32 = 4;
const MA_SHARED: i32 = 8;
const MA_BREAK: i32 = 0x10;
const MA_STACK: i32 = 0x20;
const MA_ANON: i32 = 0x40;

/** pr_state and pr_sname: S sleeping, R runnable, Z zombie, T stopped, O on a processor. */
function storeState(bytes: Bytes, at: i32, process: Process, thread: Thread | null): void {
  let letter: u8 = 0x53;
  let state: u8 = 1;
  if (process.state == ZOMBIE) {
    letter = 0x5a;
    state = 3;
  } else if (process.state == STOPPED || (thread && (thread.suspended || thread.isTraceStopped))) {
    letter = 0x54;
    state = 4;
  } else if (thread && thread.state == RUNNING) {
    letter = 0x4f;
    state = 6;
  } else if (thread && thread.state == RUNNABLE) {
    letter = 0x52;
    state = 2;
  }
  store<u8>(bytes.at + at, state);
  store<u8>(bytes.at + at + 1, letter);
}

export function psinfo(process: Process): Bytes {
  const bytes = new Bytes(PSINFO);
  const parent = process.parent;
  const credentials = process.credentials;
  bytes.i32(4, process.threads.length);
  bytes.i32(8, process.pid);
  bytes.i32(12, parent ? parent.pid : 0);
  bytes.i32(16, process.group);
  bytes.i32(20, process.session);
  bytes.i32(24, credentials.uid);
  bytes.i32(28, credentials.euid);
  bytes.i32(32, credentials.gid);
  bytes.i32(36, credentials.egid);
  const space = process.space;
  if (space) {
    const resident = space.resident;
    bytes.u64(48, space.size / 1024);
    bytes.u64(56, resident * 4);
    store<u16>(bytes.at, <u16>((resident * 0x8000) / totalFrames()), 82);
  }
  const terminal = process.terminal;
  bytes.u64(72, terminal ? terminal.attributes().rdev : NO_DEVICE);
  store<u16>(bytes.at, processorShare(process), 80);
  bytes.time(88, process.started);
  bytes.time(104, process.userTime + process.systemTime);
  bytes.time(120, process.childUser + process.childSystem);
  bytes.text(136, process.name, 16);
  bytes.text(152, process.psargs, 80);
  bytes.i32(232, process.state == ZOMBIE ? process.status : 0);
  bytes.i32(236, process.argumentCount);
  bytes.u64(240, process.argumentsAt ? process.argumentsAt + 8 : 0);
  bytes.u64(248, process.environmentAt);
  store<u8>(bytes.at, MODEL_LP64, 256);
  bytes.i32(260, process.task);
  bytes.i32(264, process.project.id);
  bytes.i32(276, credentials.zoneid);
  const contract = process.contract;
  bytes.i32(280, contract ? contract.id : 0);
  fillLwpsinfo(bytes, 288, process, process.thread);
  // The representative thread's share is shown as the process's: there are no figures for each thread.
  const share = load<u16>(bytes.at, 80);
  store<u16>(bytes.at, share, 288 + 36);
  store<u8>(bytes.at, <u8>min<u32>((<u32>share * 100 + 0x6000) >> 15, 99), 288 + 31);
  return bytes;
}

/** e^(-1/200): what a tenth of a second lets be of an average over 20 seconds, in 65536ths. */
const DECAY: u64 = 65209;
const TENTH: u64 = 100000000;

/** pr_pctcpu: the share of a processor that a process had lately, in 32768ths. */
function processorShare(process: Process): u16 {
  if (thisCpu().running!.process == process) thisCpu().charge(MODE_SYSTEM);
  const now = uptime();
  const steps = (now - process.shareAt) / TENTH;
  if (steps) {
    const used = process.userTime + process.systemTime;
    const share = ((used - process.shareUsed) << 16) / (now - process.shareAt);
    let value = process.share;
    for (let i: u64 = 0; i < min<u64>(steps, 2000); i++) value = (value * DECAY + share * (65536 - DECAY)) >> 16;
    process.share = value;
    process.shareAt = now;
    process.shareUsed = used;
  }
  return <u16>min<u64>(process.share >> 1, 0x8000);
}

export function lwpsinfo(process: Process, thread: Thread): Bytes {
  const bytes = new Bytes(LWPSINFO);
  fillLwpsinfo(bytes, 0, process, thread);
  return bytes;
}

function fillLwpsinfo(bytes: Bytes, at: i32, process: Process, thread: Thread | null): void {
  storeState(bytes, at + 25, process, thread);
  if (!thread) return;
  bytes.i32(at + 4, thread.lwpid);
  store<u8>(bytes.at + at, <u8>thread.nice, 27);
  store<i16>(bytes.at + at, <i16>max(thread.systemCall, 0), 28);
  bytes.i32(at + 32, thread.priority);
  bytes.time(at + 40, process.started);
  bytes.time(at + 56, countsToTime(thread.userCounts + thread.systemCounts));
  bytes.text(at + 72, classNameOf(thread), 8);
  bytes.text(at + 80, process.name, 16);
  // pr_onpro: what runs while this is read is the reader, here.
  bytes.i32(at + 96, thread.state == RUNNING ? thisCpu().id : -1);
}

function lwpFlags(process: Process, thread: Thread): i32 {
  const directed = (thread.directed ? PR_DSTOP : 0) | (thread.steps ? PR_STEP : 0);
  if (thread.isTraceStopped) return PR_STOPPED | PR_ISTOP | directed;
  return directed | stateFlags(process, thread);
}
/** pr_why of a thread that nobody traces: stopped by a signal, or held by lwp_suspend. */
function stopReason(process: Process, thread: Thread): i32 {
  if (thread.isTraceStopped) return thread.stopWhy;
  if (process.state == STOPPED) return PR_JOBCONTROL;
  return thread.suspended ? PR_SUSPENDED : 0;
}
function stateFlags(process: Process, thread: Thread): i32 {
  if (process.state == STOPPED || thread.suspended) return PR_STOPPED;
  return thread.state == RUNNING || thread.state == RUNNABLE ? 0 : PR_ASLEEP;
}

export function pstatus(process: Process): Bytes {
  const bytes = new Bytes(PSTATUS + LWPSTATUS);
  const parent = process.parent;
  const thread = representative(process);
  const trace = process.trace;
  bytes.i32(0, (thread ? lwpFlags(process, thread) : 0) | (trace ? trace.modes : 0));
  if (trace) {
    bytes.u64(144, trace.signals);
    bytes.u64(160, trace.faults);
    for (let i = 0; i < SYSSET_WORDS; i++) {
      bytes.i32(176 + i * 4, trace.entries[i]);
      bytes.i32(240 + i * 4, trace.exits[i]);
    }
  }
  bytes.i32(4, process.threads.length);
  bytes.i32(8, process.pid);
  bytes.i32(12, parent ? parent.pid : 0);
  bytes.i32(16, process.group);
  bytes.i32(20, process.session);
  bytes.u64(32, process.pending.bits);
  const space = process.space;
  if (space) {
    bytes.u64(48, space.breakStart);
    bytes.u64(56, space.breakEnd - space.breakStart);
    const stack = space.stack;
    if (stack) {
      bytes.u64(64, stack.start);
      bytes.u64(72, stack.end - stack.start);
    }
  }
  bytes.time(80, process.userTime);
  bytes.time(96, process.systemTime);
  bytes.time(112, process.childUser);
  bytes.time(128, process.childSystem);
  store<u8>(bytes.at, MODEL_LP64, 304);
  bytes.i32(308, process.task);
  bytes.i32(312, process.project.id);
  bytes.i32(320, process.credentials.zoneid);
  if (thread) fillLwpstatus(bytes, PSTATUS, process, thread);
  return bytes;
}

export function lwpstatus(process: Process, thread: Thread): Bytes {
  const bytes = new Bytes(LWPSTATUS);
  fillLwpstatus(bytes, 0, process, thread);
  return bytes;
}

function fillLwpstatus(bytes: Bytes, at: i32, process: Process, thread: Thread): void {
  bytes.i32(at, lwpFlags(process, thread));
  bytes.i32(at + 4, thread.lwpid);
  bytes.u64(at + 272, thread.pending.bits);
  bytes.u64(at + 288, thread.blocked);
  bytes.u64(at + 336, thread.altStack);
  bytes.u64(at + 344, thread.altSize);
  bytes.i32(at + 352, thread.altFlags);
  const here = bytes.at + at;
  store<i16>(here, <i16>stopReason(process, thread), 8);
  store<i16>(here, <i16>thread.stopWhat, 10);
  store<i16>(here, <i16>thread.currentSignal, 12);
  if (thread.currentSignal) {
    storeInfo(here + 16, thread.currentSignal, thread.currentInfo);
    const disposition = process.dispositions[thread.currentSignal];
    bytes.i32(at + 304, disposition.flags);
    bytes.u64(at + 312, disposition.handler);
    bytes.u64(at + 320, disposition.mask);
  }
  if (thread.systemCall >= 0) {
    const call = frameOf(thread);
    store<i16>(here, <i16>thread.systemCall, 368);
    store<i16>(here, <i16>process.brand.argumentsOf(thread.systemCall), 370);
    const values: StaticArray<u64> = [call.rdi, call.rsi, thread.callThird, call.r10, call.r8, call.r9];
    for (let i = 0; i < 6; i++) bytes.u64(at + 376 + i * 8, values[i]);
  }
  if (thread.isTraceStopped && thread.stopWhy == PR_SYSEXIT) {
    bytes.i32(at + 372, thread.callErrno);
    bytes.u64(at + 440, thread.callResult);
    bytes.u64(at + 448, thread.callSecond);
  }
  bytes.text(at + 456, classNameOf(thread), 8);
  bytes.time(at + 464, uptime());
  bytes.time(at + 480, countsToTime(thread.userCounts));
  bytes.time(at + 496, countsToTime(thread.systemCounts));
  // pr_reg.
  storeRegisters(bytes.at + at + 544, frameOf(thread), thread.fsBase);
  // pr_fpreg.
  thread.storeFpu(bytes.at + at + 768);
}

export function usage(process: Process, thread: Thread | null): Bytes {
  const bytes = new Bytes(PRUSAGE);
  const now = uptime();
  bytes.i32(0, thread ? thread.lwpid : 0);
  bytes.i32(4, process.threads.length);
  bytes.time(8, now);
  bytes.time(24, process.startedUp);
  bytes.time(56, now - process.startedUp);
  let voluntary: u64 = 0;
  let involuntary: u64 = 0;
  if (thread) {
    bytes.time(72, countsToTime(thread.userCounts));
    bytes.time(88, countsToTime(thread.systemCounts));
    voluntary = thread.voluntarySwitches;
    involuntary = thread.involuntarySwitches;
  } else {
    bytes.time(72, process.userTime);
    bytes.time(88, process.systemTime);
    for (let i = 0; i < process.threads.length; i++) {
      voluntary += process.threads[i].voluntarySwitches;
      involuntary += process.threads[i].involuntarySwitches;
    }
  }
  bytes.u64(328, process.minorFaults);
  bytes.u64(336, process.majorFaults);
  bytes.u64(384, process.signals);
  bytes.u64(392, voluntary);
  bytes.u64(400, involuntary);
  bytes.u64(408, process.systemCalls);
  return bytes;
}

export function cred(process: Process): Bytes {
  const credentials = process.credentials;
  const bytes = new Bytes(28 + max(credentials.groups.length, 1) * 4);
  bytes.i32(0, credentials.euid);
  bytes.i32(4, credentials.uid);
  bytes.i32(8, credentials.suid);
  bytes.i32(12, credentials.egid);
  bytes.i32(16, credentials.gid);
  bytes.i32(20, credentials.sgid);
  bytes.i32(24, credentials.groups.length);
  for (let i = 0; i < credentials.groups.length; i++) bytes.i32(28 + i * 4, credentials.groups[i]);
  return bytes;
}

/** prpriv_t: the effective, inheritable, permitted and limit sets, three words each; then the flags. */
export function priv(process: Process): Bytes {
  const credentials = process.credentials;
  const bytes = new Bytes(12 + 4 * 12 + 12);
  bytes.i32(0, 4);
  bytes.i32(4, 3);
  bytes.i32(8, 12);
  storeSet(bytes, 12, credentials.effective);
  storeSet(bytes, 24, credentials.inheritable);
  storeSet(bytes, 36, credentials.permitted);
  storeSet(bytes, 48, credentials.limit);
  // priv_info_uint_t of PRIV_INFO_FLAGS.
  bytes.i32(60, 4);
  bytes.i32(64, 12);
  bytes.i32(68, credentials.flags);
  return bytes;
}
function storeSet(bytes: Bytes, at: i32, set: PrivilegeSet): void {
  bytes.u64(at, set.low);
  bytes.i32(at + 8, <i32>set.high);
}

/** struct sigaction for each signal from 1 on. */
export function sigact(process: Process): Bytes {
  const bytes = new Bytes((NSIG - 1) * 32);
  for (let signal = 1; signal < NSIG; signal++) {
    const at = (signal - 1) * 32;
    const disposition = process.dispositions[signal];
    bytes.i32(at, disposition.flags);
    bytes.u64(at + 8, disposition.handler);
    bytes.u64(at + 16, disposition.mask);
  }
  return bytes;
}

/** prmap_t for each segment; `extended`: prxmap_t, with what is in memory of it. */
export function map(process: Process, extended: bool): Bytes {
  const space = process.space;
  let count = 0;
  let segment: Segment | null = space ? space.first : null;
  while (segment) {
    count++;
    segment = segment.next;
  }
  const size = extended ? PRXMAP : PRMAP;
  const bytes = new Bytes(count * size);
  if (!space) return bytes;
  segment = space.first;
  for (let at = 0; segment; at += size) {
    const prot = segment.prot;
    let flags = prot & PROT_READ ? MA_READ : 0;
    if (prot & PROT_WRITE) flags |= MA_WRITE;
    if (prot & PROT_EXEC) flags |= MA_EXEC;
    if (segment.shared) flags |= MA_SHARED;
    if (segment.end == USER_STACK_TOP) flags |= MA_STACK;
    if (segment.start >= space.breakStart && segment.start < space.breakEnd) flags |= MA_BREAK;
    const vnode = segment.vnode;
    if (!vnode || vnode.fileSystem.type == 'swapfs') flags |= MA_ANON;
    else if (vnode == process.executable) bytes.text(at + 16, 'a.out', 64);
    else {
      const attributes = vnode.attributes();
      bytes.text(
        at + 16,
        vnode.fileSystem.type + '.' + vnode.fileSystem.device.toString() + '.' + attributes.inode.toString(),
        64,
      );
    }
    bytes.u64(at, segment.start);
    bytes.u64(at + 8, segment.end - segment.start);
    bytes.u64(at + 80, segment.offset);
    bytes.i32(at + 88, flags);
    bytes.u64(at + 92, <u64>PAGE);
    bytes.i32(at + 96, -1);
    if (extended) {
      const resident = space.residentIn(segment.start, segment.end);
      const own = space.privateIn(segment.start, segment.end);
      bytes.i32(at + 96, -1);
      bytes.u64(at + 104, <u64>PAGE);
      bytes.u64(at + 112, resident);
      bytes.u64(at + 120, own);
    }
    segment = segment.next;
  }
  return bytes;
}
