// SPDX-License-Identifier: MIT
/**
 * @fileoverview Processes: their parts, fork, exit, waiting for children, process groups and sessions, signals posted.
 *
 * A process has one thread for now. Its thread's trap frame, from user mode, lies at the top of its kernel stack ({@link frameOf}).
 *
 * States: ALIVE, STOPPED (its thread waits for SIGCONT on the way to user mode), ZOMBIE (only what the parent wants to know is left:
 * address space, descriptors and directories are gone). Children of a process that ends become init's. When init itself ends, the
 * system has no purpose: panic.
 *
 * Ids: pid is unique among processes, process groups and sessions: a number is not used again while a group or session has it.
 */
import { TrapFrame } from 'layout/processor';
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { address } from 'machine/mem';
import { enterUser } from 'machine/stubs';
import { panic } from 'runtime/panic';
import { OpenFile } from '../fs/file';
import { releaseLocks } from '../fs/recordLock';
import { Vnode } from '../fs/vnode';
import { AddressSpace } from './addressSpace';
import { wallTime } from './clock';
import { Contract, joinContract, leaveContracts, Template } from './contract';
import { Credentials } from './credentials';
import { EAGAIN, EBADF, ECHILD, EMFILE, EINVAL, ENOMEM, EPERM, ESRCH, setError, setFailure } from './errno';
import { bit, Disposition, isIgnoredByDefault, NSIG, SIG_DFL, SIG_IGN, SIGCLD, SIGCONT, SIGKILL, STOPPING } from './signal';
import { beginThread, createThread, current, endThread, interrupt, loadSpace, startThread, Thread, WaitQueue } from './thread';

export const ALIVE: i32 = 0;
export const STOPPED: i32 = 1;
export const ZOMBIE: i32 = 2;

/** Descriptors of a process. */
export const OPEN_MAX: i32 = 256;
/** Highest process id. */
const MAX_PID: i32 = 30000;
/** Processes there may be: each has a kernel stack. */
const MAX_PROCESSES: i32 = 4000;

/** waitid's options and codes (<sys/wait.h>, <sys/siginfo.h>). */
export const WEXITED: i32 = 1;
export const WSTOPPED: i32 = 4;
export const WCONTINUED: i32 = 8;
export const WNOHANG: i32 = 0x40;
export const WNOWAIT: i32 = 0x80;
export const CLD_EXITED: i32 = 1;
export const CLD_KILLED: i32 = 2;
export const CLD_STOPPED: i32 = 5;
export const CLD_CONTINUED: i32 = 6;
export const P_PID: i32 = 0;
export const P_PGID: i32 = 2;
export const P_ALL: i32 = 7;

export class Process {
  state: i32 = ALIVE;
  parent: Process | null = null;
  group: i32 = 0;
  session: i32 = 0;
  credentials: Credentials = new Credentials();
  space: AddressSpace | null = null;
  thread: Thread | null = null;
  readonly files: StaticArray<OpenFile | null> = new StaticArray<OpenFile | null>(OPEN_MAX);
  readonly closeOnExec: StaticArray<bool> = new StaticArray<bool>(OPEN_MAX);
  directory: Vnode | null = null;
  root: Vnode | null = null;
  umask: i32 = 0o022;
  /** Terminal of its session, if it has one. */
  terminal: Vnode | null = null;

  /** Last component of what was executed, and the arguments as ps shows them. */
  name: string = '';
  psargs: string = '';
  /** Tables of its image, for reports of faults. */
  tables: u64 = 0;
  readonly started: u64 = wallTime();

  pending: u64 = 0;
  blocked: u64 = 0;
  dispositions: StaticArray<Disposition> = new StaticArray<Disposition>(NSIG);

  /** What the parent has not yet been told: a CLD code and its status; 0: nothing. */
  news: i32 = 0;
  status: i32 = 0;
  /** Ticks of children that were waited for. */
  childUserTicks: u64 = 0;
  childSystemTicks: u64 = 0;
  readonly childNews: WaitQueue = new WaitQueue();
  readonly resumed: WaitQueue = new WaitQueue();
  /** Its process contract; the terms of those that its forks make; the last one made. */
  contract: Contract | null = null;
  contractTemplate: Template | null = null;
  latestContract: i32 = 0;
  /** Tick of SIGALRM; 0: none. */
  alarm: u64 = 0;

  constructor(public readonly pid: i32) {
    for (let i = 0; i < NSIG; i++) this.dispositions[i] = new Disposition();
  }

  // ---- descriptors

  file(descriptor: i32): OpenFile | null {
    const file = <u32>descriptor < <u32>OPEN_MAX ? this.files[descriptor] : null;
    if (!file) setFailure(EBADF);
    return file;
  }

  /** The lowest free descriptor from `from` on gets the file; its number or -EMFILE. */
  install(file: OpenFile, from: i32, closeOnExec: bool): i32 {
    for (let i = from; i < OPEN_MAX; i++) {
      if (this.files[i]) continue;
      this.files[i] = file;
      this.closeOnExec[i] = closeOnExec;
      return i;
    }
    return setError(EMFILE);
  }

  close(descriptor: i32): i32 {
    const file = this.file(descriptor);
    if (!file) return setError(EBADF);
    this.files[descriptor] = null;
    releaseLocks(file.vnode.real, this.pid);
    file.release();
    return 0;
  }

  // ---- signals

  /** Is one waiting that would end an interruptible wait? */
  hasSignal(): bool {
    return this.deliverable() != 0;
  }

  private deliverable(): u64 {
    return this.pending & ~this.blocked;
  }

  /** The lowest deliverable signal, no longer pending; 0: none. */
  takeSignal(): i32 {
    const waiting = this.deliverable();
    if (!waiting) return 0;
    const signal = waiting & bit(SIGKILL) ? SIGKILL : <i32>ctz(waiting) + 1;
    this.pending &= ~bit(signal);
    return signal;
  }

  /** A signal for what the program itself did: neither blocked nor ignored, or it would do it again for ever. */
  force(signal: i32): void {
    this.blocked &= ~bit(signal);
    const disposition = this.dispositions[signal];
    if (disposition.handler == SIG_IGN) disposition.handler = SIG_DFL;
    this.post(signal);
  }

  /** From interrupt handlers too: nothing is allocated. */
  post(signal: i32): void {
    if (this.state == ZOMBIE) return;
    const mask = bit(signal);
    if (signal == SIGCONT || signal == SIGKILL) {
      this.pending &= ~STOPPING;
      if (this.state == STOPPED) {
        this.state = ALIVE;
        if (signal == SIGCONT) tellParent(this, CLD_CONTINUED, SIGCONT);
        this.resumed.wakeAll();
      }
    }
    if (mask & STOPPING) this.pending &= ~bit(SIGCONT);
    const handler = this.dispositions[signal].handler;
    if (handler == SIG_IGN || (handler == SIG_DFL && isIgnoredByDefault(signal))) {
      if (!(this.blocked & mask)) return;
    }
    this.pending |= mask;
    const thread = this.thread;
    if (thread && this.deliverable()) interrupt(thread);
  }
}

const processes: Process[] = [];
let lastPid: i32 = 0;
let created_: u64 = 0;

export function processList(): Process[] {
  return processes;
}
export function forksSoFar(): u64 {
  return created_;
}

/** The process whose thread is running; there is one whenever a system call is. */
export function currentProcess(): Process {
  return current().process!;
}

/** By pid, as far as the caller's zone sees it; null: ESRCH. */
export function findProcess(pid: i32): Process | null {
  for (let i = 0; i < processes.length; i++) if (processes[i].pid == pid) return processes[i];
  setFailure(ESRCH);
  return null;
}

/** Posts to all of a group that the sender may signal; how many those were. */
export function postToGroup(group: i32, signal: i32): i32 {
  let count = 0;
  for (let i = 0; i < processes.length; i++) {
    const process = processes[i];
    if (process.group != group || process.state == ZOMBIE) continue;
    if (signal) process.post(signal);
    count++;
  }
  return count;
}

function newPid(): i32 {
  while (true) {
    lastPid = lastPid < MAX_PID ? lastPid + 1 : 2;
    let taken = false;
    for (let i = 0; i < processes.length && !taken; i++) {
      const process = processes[i];
      taken = process.pid == lastPid || process.group == lastPid || process.session == lastPid;
    }
    if (!taken) return lastPid;
  }
}

/** Where a thread's registers lie while it is in the kernel, having come from user mode. */
export function frameOf(thread: Thread): TrapFrame {
  return changetype<TrapFrame>(thread.stackTop - TrapFrame.SIZE);
}

/** A process with a thread and nothing else. Null with EAGAIN or ENOMEM. */
export function createProcess(): Process | null {
  if (processes.length >= MAX_PROCESSES) {
    setFailure(EAGAIN);
    return null;
  }
  const process = new Process(newPid());
  const thread = createThread('', process);
  if (!thread) {
    setFailure(ENOMEM);
    return null;
  }
  process.thread = thread;
  process.group = process.pid;
  process.session = process.pid;
  processes.push(process);
  created_++;
  return process;
}

/** First TypeScript of every thread: its function, if it has one, then user mode, if it has a process. */
export function threadMain(): void {
  beginThread();
  const thread = current();
  const start = thread.start;
  if (start) {
    start();
    if (!thread.process) endThread();
  }
  enterUser(address(frameOf(thread).pointer));
}

/** fork: the child's pid. The child begins with the parent's registers and result 0. */
export function fork(): i32 {
  const parent = currentProcess();
  const space = parent.space!.duplicate();
  if (!space) return setError(ENOMEM);
  const child = createProcess();
  if (!child) {
    space.destroy();
    return setError(EAGAIN);
  }
  child.space = space;
  child.parent = parent;
  child.group = parent.group;
  child.session = parent.session;
  child.terminal = parent.terminal;
  child.credentials = parent.credentials;
  child.umask = parent.umask;
  child.name = parent.name;
  child.psargs = parent.psargs;
  child.tables = parent.tables;
  child.blocked = parent.blocked;
  child.directory = parent.directory;
  child.directory!.hold();
  child.root = parent.root;
  child.root!.hold();
  for (let i = 0; i < OPEN_MAX; i++) {
    const file = parent.files[i];
    if (!file) continue;
    file.hold();
    child.files[i] = file;
    child.closeOnExec[i] = parent.closeOnExec[i];
  }
  for (let i = 0; i < NSIG; i++) {
    child.dispositions[i].handler = parent.dispositions[i].handler;
    child.dispositions[i].mask = parent.dispositions[i].mask;
    child.dispositions[i].flags = parent.dispositions[i].flags;
  }
  joinContract(parent, child);
  const thread = child.thread!;
  memory.copy(frameOf(thread).pointer, frameOf(current()).pointer, TrapFrame.SIZE);
  frameOf(thread).rax = 0;
  memory.copy(changetype<usize>(thread.fpu), changetype<usize>(current().fpu), 512);
  thread.priority = current().priority;
  startThread(thread, TrapFrame.SIZE);
  // All that the parent could write is shared now: its own translations are stale.
  loadSpace(parent);
  return child.pid;
}

/** Ends the running process: by itself with a status, or killed by a signal (not 0). */
export function exitProcess(status: i32, signal: i32): void {
  const process = currentProcess();
  if (process.pid == 1) panic(signal ? 'init was killed' : 'init has ended');
  for (let i = 0; i < OPEN_MAX; i++) if (process.files[i]) process.close(i);
  process.directory!.release();
  process.root!.release();
  process.directory = null;
  process.root = null;
  const space = process.space!;
  process.space = null;
  loadSpace(null);
  space.destroy();
  if (process.session == process.pid) hangUp(process);
  leaveContracts(process, signal, status);
  const init = findProcess(1)!;
  let inherited = false;
  for (let i = 0; i < processes.length; i++) {
    const child = processes[i];
    if (child.parent != process) continue;
    child.parent = init;
    inherited = true;
  }
  if (inherited) init.childNews.wakeAll();
  saveInterrupts();
  process.state = ZOMBIE;
  tellParent(process, signal ? CLD_KILLED : CLD_EXITED, signal ? signal : status);
  process.thread = null;
  const parent = process.parent!;
  if (parent.dispositions[SIGCLD].handler == SIG_IGN) removeProcess(process);
  endThread();
}

/** The end of a session's leader: its terminal belongs to nobody, and its foreground group learns of it. */
function hangUp(leader: Process): void {
  const terminal = leader.terminal;
  if (!terminal) return;
  for (let i = 0; i < processes.length; i++) if (processes[i].session == leader.pid) processes[i].terminal = null;
  terminal.ioctl(TERMINAL_LEFT, 0);
}
/** Not a user's request: tells a terminal that its session has ended. */
export const TERMINAL_LEFT: i32 = -1;

function tellParent(process: Process, code: i32, status: i32): void {
  process.news = code;
  process.status = status;
  const parent = process.parent;
  if (!parent) return;
  parent.post(SIGCLD);
  parent.childNews.wakeAll();
}

/** Stops the running process until SIGCONT or SIGKILL. */
export function stopProcess(signal: i32): void {
  const process = currentProcess();
  const flags = saveInterrupts();
  process.state = STOPPED;
  tellParent(process, CLD_STOPPED, signal);
  while (process.state == STOPPED) process.resumed.wait(false);
  restoreInterrupts(flags);
}

function removeProcess(process: Process): void {
  const at = processes.indexOf(process);
  if (at >= 0) processes.splice(at, 1);
}

/** Waits for news of a child. The child, whose news is not yet taken; null: see failure (0: WNOHANG, nothing to tell). */
export function waitForChild(kind: i32, id: i32, options: i32): Process | null {
  const process = currentProcess();
  while (true) {
    let candidates = false;
    for (let i = 0; i < processes.length; i++) {
      const child = processes[i];
      if (child.parent != process) continue;
      if (kind == P_PID && child.pid != id) continue;
      if (kind == P_PGID && child.group != id) continue;
      candidates = true;
      if (wantsNews(child, options)) return child;
    }
    if (!candidates || options & WNOHANG) {
      setFailure(candidates ? 0 : ECHILD);
      return null;
    }
    const flags = saveInterrupts();
    const error = process.childNews.wait(true);
    restoreInterrupts(flags);
    if (error) {
      setFailure(-error);
      return null;
    }
  }
}

function wantsNews(child: Process, options: i32): bool {
  if (child.news == CLD_EXITED || child.news == CLD_KILLED) return (options & WEXITED) != 0;
  if (child.news == CLD_STOPPED) return (options & WSTOPPED) != 0;
  return child.news == CLD_CONTINUED && (options & WCONTINUED) != 0;
}

/** The news has been told: forget it, and with the last of it the child. */
export function takeNews(child: Process): void {
  child.news = 0;
  if (child.state == ZOMBIE) removeProcess(child);
}

// ---- groups and sessions

export function setGroup(pid: i32, group: i32): i32 {
  const caller = currentProcess();
  const process = pid ? findProcess(pid) : caller;
  if (!process || (process != caller && process.parent != caller)) return setError(ESRCH);
  if (group < 0) return setError(EINVAL);
  const wanted = group ? group : process.pid;
  if (process.session == process.pid || process.session != caller.session) return setError(EPERM);
  if (wanted != process.pid) {
    let found = false;
    for (let i = 0; i < processes.length; i++) {
      if (processes[i].group == wanted && processes[i].session == caller.session) found = true;
    }
    if (!found) return setError(EPERM);
  }
  process.group = wanted;
  return 0;
}

export function newSession(): i32 {
  const process = currentProcess();
  if (process.group == process.pid) return setError(EPERM);
  process.session = process.pid;
  process.group = process.pid;
  process.terminal = null;
  return process.pid;
}
