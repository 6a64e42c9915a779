// SPDX-License-Identifier: MIT
/**
 * @fileoverview How processes come and go: fork, vfork, exit, waiting for children.
 *
 * A vfork's child runs in its parent's address space; the parent's thread waits until the child has another one (exec) or ends.
 *
 * The end: the thread that ends the process first waits until all others have left, then gives everything back, tells the parent, and
 * goes. Children become init's. When init itself ends, the system has no purpose: panic. Parents that ignore SIGCLD, or say SA_NOCLDWAIT,
 * have no zombies.
 */
import { TrapFrame } from 'layout/processor';
import { fxsave, restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { address } from 'machine/mem';
import { enterUser } from 'machine/stubs';
import { panic } from 'runtime/panic';
import { joinContract, leaveContracts } from './contract';
import { EAGAIN, ECHILD, EINTR, ENOMEM, EPERM, failure, setError, setFailure } from '../errno';
import { heapHasRoom } from '../memory/heapRoom';
import { undoSemaphores } from '../ipc/semaphores';
import { CLD_CONTINUED, CLD_DUMPED, CLD_EXITED, CLD_KILLED, CLD_STOPPED, Process, TERMINAL_LEFT, ZOMBIE } from './process';
import { currentProcess, findProcess, frameOf, newPid, processList, removeProcess } from './processes';
import { releaseOrphans } from './groups';
import { tellParent } from './posting';
import { PRIV_PROC_FORK } from './privilege';
import { mayHaveMoreProcesses } from '../limits/resource';
import { SA_NOCLDWAIT, SIG_IGN, SIGCLD } from '../signal/signal';
import { beginThread, endThread, loadSpace, startThread } from '../thread/dispatcher';
import { createThread } from '../thread/threads';
import { current } from '../thread/thread';
import { interrupt } from '../thread/waitQueue';
import { beginTraced, clearSignal, PR_FORK } from './trace';
import { inheritPriority } from '../thread/userPriority';
import { Zone, zoneOf } from '../zone/zone';

/** waitid's options (<sys/wait.h>). */
export const WEXITED: i32 = 1;
export const WTRAPPED: i32 = 2;
export const WSTOPPED: i32 = 4;
export const WCONTINUED: i32 = 8;
export const WNOHANG: i32 = 0x40;
export const WNOWAIT: i32 = 0x80;
export const P_PID: i32 = 0;
export const P_PGID: i32 = 2;
export const P_SID: i32 = 3;
export const P_UID: i32 = 5;
export const P_GID: i32 = 6;
export const P_ALL: i32 = 7;

/** forkx's flags (<sys/fork.h>). */
export const FORK_NOSIGCHLD: i32 = 1;
export const FORK_WAITPID: i32 = 2;

/** What is done when a zone's first process has ended by itself; zoneLife.ts sets it, which itself makes processes. */
let zoneInitEnded: (zone: Zone) => void = (zone) => {};
export function setZoneInitEnded(what: (zone: Zone) => void): void {
  zoneInitEnded = what;
}

let created_: u64 = 0;
export function forksSoFar(): u64 {
  return created_;
}

/** A process with a thread and nothing else. Null with EAGAIN or ENOMEM. */
export function createProcess(): Process | null {
  if (!heapHasRoom()) {
    setFailure(EAGAIN);
    return null;
  }
  const process = new Process(newPid());
  const thread = createThread('', process);
  if (!thread) {
    setFailure(EAGAIN);
    return null;
  }
  process.threads.push(thread);
  process.group = process.pid;
  process.session = process.pid;
  processList().push(process);
  process.project.count(1, 1);
  created_++;
  return process;
}

/** First TypeScript of every thread: its function, if it has one, then user mode, if it has a process. */
export function threadMain(): void {
  beginThread();
  const thread = current();
  beginTraced(thread);
  const start = thread.start;
  if (start) {
    start();
    if (!thread.process) endThread();
  }
  enterUser(address(frameOf(thread).pointer));
}

/**
 * The child, not yet running, begins with the caller's registers but for results: its parent's pid, and 1 in rdx. `shared`: it has
 * the parent's memory itself. Null: see failure.
 */
function makeChild(shared: bool, flags: i32): Process | null {
  const parent = currentProcess();
  if (!parent.credentials.has(PRIV_PROC_FORK)) {
    setFailure(EPERM);
    return null;
  }
  if (!mayHaveMoreProcesses(parent)) {
    setFailure(EAGAIN);
    return null;
  }
  const space = shared ? parent.space! : parent.space!.duplicate();
  if (!space) {
    setFailure(ENOMEM);
    return null;
  }
  const child = createProcess();
  if (!child) {
    if (!shared) space.release();
    return null;
  }
  if (shared) space.hold();
  child.space = space;
  child.borrowsSpace = shared;
  const trace = parent.trace;
  if (trace && trace.modes & PR_FORK) child.trace = trace.copy();
  child.silent = (flags & FORK_NOSIGCHLD) != 0;
  copyParts(parent, child);
  const caller = current();
  const thread = child.thread!;
  thread.blocked = caller.hasOldMask ? caller.oldMask : caller.blocked;
  inheritPriority(thread, caller);
  thread.altStack = caller.altStack;
  thread.altSize = caller.altSize;
  thread.altFlags = caller.altFlags;
  thread.fsBase = caller.fsBase;
  fxsave(address(changetype<usize>(thread.fpu)));
  memory.copy(frameOf(thread).pointer, frameOf(caller).pointer, TrapFrame.SIZE);
  const frame = frameOf(thread);
  frame.rax = parent.pid;
  frame.rdx = 1;
  frame.rflags &= ~(<u64>1);
  child.brand.threadMade(thread, caller);
  return child;
}

function copyParts(parent: Process, child: Process): void {
  child.parent = parent;
  child.group = parent.group;
  child.session = parent.session;
  child.terminal = parent.terminal;
  child.credentials = parent.credentials;
  child.brand = parent.brand;
  child.moveTo(parent.project.zone, parent.project.id);
  child.limits = parent.limits.copy();
  child.umask = parent.umask;
  child.task = parent.task;
  child.name = parent.name;
  child.psargs = parent.psargs;
  child.execname = parent.execname;
  child.tables = parent.tables;
  child.argumentsAt = parent.argumentsAt;
  child.argumentCount = parent.argumentCount;
  child.environmentAt = parent.environmentAt;
  child.directory = parent.directory;
  child.directory!.hold();
  child.root = parent.root;
  child.root!.hold();
  const executable = parent.executable;
  if (executable) executable.hold();
  child.executable = executable;
  child.corePath = parent.corePath;
  child.executedAs = parent.executedAs;
  child.executedSetId = parent.executedSetId;
  if (parent.files.length > child.files.length) child.grow(parent.files.length);
  for (let i = 0; i < parent.files.length; i++) {
    const file = parent.files[i];
    if (!file) continue;
    file.hold();
    child.files[i] = file;
    child.closeOnExec[i] = parent.closeOnExec[i];
  }
  for (let i = 0; i < child.dispositions.length; i++) child.dispositions[i] = parent.dispositions[i];
  joinContract(parent, child);
}

/** fork: the child's pid. */
export function fork(flags: i32): i32 {
  const child = makeChild(false, flags);
  if (!child) return setError(failure);
  startThread(child.thread!, TrapFrame.SIZE);
  // What the parent could write is shared now: its own translations are stale.
  loadSpace(currentProcess());
  return child.pid;
}

/** vfork: the child's pid, when it has done with the parent's memory. */
export function vfork(flags: i32): i32 {
  // Who traces children has to run the child before the parent, which would wait for it here.
  const trace = currentProcess().trace;
  if (trace && trace.modes & PR_FORK) return fork(flags);
  const child = makeChild(true, flags);
  if (!child) return setError(failure);
  const pid = child.pid;
  startThread(child.thread!, TrapFrame.SIZE);
  const interrupts = saveInterrupts();
  while (child.borrowsSpace) child.spaceReturned.wait(false);
  restoreInterrupts(interrupts);
  return pid;
}

/** A process has another space than the one it began in. */
export function returnSpace(process: Process): void {
  if (!process.borrowsSpace) return;
  process.borrowsSpace = false;
  process.spaceReturned.wakeAll();
}

// ---- the end

/** Ends all threads of the running process but the caller. False: another one is already doing so, and the caller must end. */
export function becomeOnlyThread(): bool {
  const process = currentProcess();
  const thread = current();
  if (process.exiter) return false;
  process.exiter = thread;
  const flags = saveInterrupts();
  process.resumed.wakeAll();
  for (let i = 0; i < process.threads.length; i++) if (process.threads[i] != thread) interrupt(process.threads[i]);
  while (process.threads.length > 1) process.lwpsGone.wait(false);
  restoreInterrupts(flags);
  return true;
}

/** Ends the running thread, which is not its process's last. */
export function endLwp(): void {
  const process = currentProcess();
  const thread = current();
  process.brand.threadLeaves(process, thread);
  saveInterrupts();
  process.userCounts += thread.userCounts;
  process.systemCounts += thread.systemCounts;
  thread.pending.discard(~(<u64>0));
  clearSignal(thread);
  process.threads.splice(process.threads.indexOf(thread), 1);
  process.project.count(0, -1);
  if (!thread.detached && !process.exiter) process.endedLwps.push(thread.lwpid);
  process.lwpsGone.wakeAll();
  process.lwpNews.wakeAll();
  process.traceNews.wakeAll();
  endThread();
}

let coreDumper: ((process: Process, signal: i32) => bool) | null = null;
/** Who is asked when a signal ends a process, before anything of it has gone; true: it has left a core file (core.ts). */
export function setCoreDumper(dumper: (process: Process, signal: i32) => bool): void {
  coreDumper = dumper;
}

/** Ends the running process: by itself with a status, or killed by a signal (not 0). */
export function exitProcess(status: i32, signal: i32): void {
  const process = currentProcess();
  const dumper = coreDumper;
  const dumped = signal != 0 && !process.exiter && dumper != null && dumper(process, signal);
  if (process.exiter != current() && !becomeOnlyThread()) {
    endLwp();
    return;
  }
  if (process.pid == 1) panic(signal ? 'init was killed by signal ' + signal.toString() : 'init has ended');
  process.brand.threadLeaves(process, current());
  const timers = process.timers;
  if (timers) timers.cancelAll();
  undoSemaphores(process);
  for (let i = 0; i < process.files.length; i++) if (process.files[i]) process.close(i);
  process.directory!.release();
  process.root!.release();
  process.directory = null;
  process.root = null;
  const executable = process.executable;
  if (executable) executable.release();
  process.executable = null;
  const space = process.space!;
  process.space = null;
  loadSpace(null);
  space.release();
  returnSpace(process);
  if (process.session == process.pid) hangUp(process);
  const zone = zoneOf(process.credentials.zoneid);
  // Its successor is in the same contract.
  if (zone.initPid == process.pid) zoneInitEnded(zone);
  leaveContracts(process, signal, status);
  leaveChildren(process);
  process.pending.discard(~(<u64>0));
  saveInterrupts();
  const thread = current();
  thread.pending.discard(~(<u64>0));
  clearSignal(thread);
  process.userCounts += thread.userCounts;
  process.systemCounts += thread.systemCounts;
  process.project.count(0, -process.threads.length);
  process.threads.length = 0;
  process.state = ZOMBIE;
  process.traceNews.wakeAll();
  const group = process.group;
  tellParent(process, dumped ? CLD_DUMPED : signal ? CLD_KILLED : CLD_EXITED, signal ? signal : status);
  const parent = process.parent!;
  const disposition = parent.dispositions[SIGCLD];
  if (disposition.handler == SIG_IGN || disposition.flags & SA_NOCLDWAIT) {
    removeProcess(process);
    parent.childNews.wakeAll();
  }
  releaseOrphans(group);
  zone.news.wakeAll();
  endThread();
}

function leaveChildren(process: Process): void {
  // The zone's first process takes them in; where there is none, the system's.
  const inZone = findProcess(zoneOf(process.credentials.zoneid).initPid);
  const init = inZone && inZone != process && inZone.state != ZOMBIE ? inZone : findProcess(1)!;
  const list = processList();
  let inherited = false;
  for (let i = 0; i < list.length; i++) {
    const child = list[i];
    if (child.parent != process) continue;
    child.parent = init;
    inherited = true;
    if (child.group != process.group) releaseOrphans(child.group);
  }
  if (inherited) init.childNews.wakeAll();
}

/** The end of a session's leader: its terminal belongs to nobody, and its foreground group learns of it. */
function hangUp(leader: Process): void {
  const terminal = leader.terminal;
  if (!terminal) return;
  const list = processList();
  for (let i = 0; i < list.length; i++) if (list[i].session == leader.pid) list[i].terminal = null;
  terminal.ioctl(TERMINAL_LEFT, 0);
}

// ---- waiting

/** Waits for news of a child. The child, whose news is not yet taken; null: see failure (0: WNOHANG, nothing to tell). */
export function waitForChild(kind: i32, id: i32, options: i32): Process | null {
  const process = currentProcess();
  const list = processList();
  while (true) {
    let candidates = false;
    for (let i = 0; i < list.length; i++) {
      const child = list[i];
      if (child.parent != process || !isWanted(child, kind, id)) continue;
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
      setFailure(EINTR);
      return null;
    }
  }
}

function isWanted(child: Process, kind: i32, id: i32): bool {
  switch (kind) {
    case P_PID:
      return child.pid == id;
    case P_PGID:
      return child.group == id;
    case P_SID:
      return child.session == id;
    case P_UID:
      return child.credentials.euid == id;
    case P_GID:
      return child.credentials.egid == id;
  }
  return true;
}

function wantsNews(child: Process, options: i32): bool {
  if (child.news == CLD_EXITED || child.news == CLD_KILLED || child.news == CLD_DUMPED) return (options & WEXITED) != 0;
  if (child.news == CLD_STOPPED) return (options & WSTOPPED) != 0;
  return child.news == CLD_CONTINUED && (options & WCONTINUED) != 0;
}

/** The news has been told: forget it, and with the last of it the child, whose time is the parent's now. */
export function takeNews(child: Process): void {
  child.news = 0;
  if (child.state != ZOMBIE) return;
  const parent = currentProcess();
  parent.childUser += child.userTime + child.childUser;
  parent.childSystem += child.systemTime + child.childSystem;
  removeProcess(child);
}
