// SPDX-License-Identifier: MIT
/**
 * @fileoverview A process: its parts, and signals posted to it. All of them: processes.ts; what they tell each other: posting.ts; groups and
 * sessions: groups.ts; how they come and go: life.ts; their threads: lwp.ts.
 *
 * States: ALIVE, STOPPED (its threads wait for SIGCONT on the way to user mode, or inside an interruptible wait), ZOMBIE (only what the parent
 * wants to know is left: address space, descriptors and directories are gone). `exiting` is set by the thread that ends the process;
 * the others see it on their way and end.
 */
import { OpenFile } from '../../fs/file';
import { releaseLocks } from '../../fs/recordLock';
import { Vnode } from '../../fs/vnode';
import { Brand, nativeBrand } from '../brand/brand';
import { EBADF, EINTR, EMFILE, setError, setFailure } from '../errno';
import { Limits, RLIMIT_NOFILE } from '../limits/limits';
import { Project, projectOf, systemProject } from '../limits/project';
import { AddressSpace } from '../memory/addressSpace';
import {
  Disposition,
  NSIG,
  SIGCONT,
  SIGKILL,
  SIG_DFL,
  SIG_IGN,
  STOPPING,
  bit,
  isIgnoredByDefault,
  isStopping,
} from '../signal/signal';
import { PendingSignals, SignalInfo, giveInfo, takeInfo } from '../signal/signalInfo';
import { FairShare } from '../thread/fairShare';
import { Thread, current } from '../thread/thread';
import { WaitQueue, interrupt } from '../thread/waitQueue';
import { countsToTime, uptime, wallTime } from '../time/clock';
import { ProcessTimers } from '../time/timers';
import { Zone, globalZone } from '../zone/zone';
import { Contract, Template } from './contract';
import { Credentials } from './credentials';
import { stopProcess, tellParent } from './posting';
import { PR_REQUESTED, Trace, showSignal, stopTraced } from './trace';

export const ALIVE: i32 = 0;
export const STOPPED: i32 = 1;
export const ZOMBIE: i32 = 2;

/** Descriptors that a process has room for at first; how many it may have, its limit says. */
export const OPEN_MAX: i32 = 256;

/** Highest process id. */
export const MAX_PID: i32 = 30000;

/** Codes of SIGCLD and waitid (<sys/siginfo.h>). */
export const CLD_EXITED: i32 = 1;
export const CLD_KILLED: i32 = 2;
export const CLD_DUMPED: i32 = 3;
export const CLD_STOPPED: i32 = 5;
export const CLD_CONTINUED: i32 = 6;
const unchanged = new Disposition();

export class Process {
  state: i32 = ALIVE;
  parent: Process | null = null;
  group: i32 = 0;
  session: i32 = 0;
  credentials: Credentials = new Credentials();
  /** Of what it executes. */
  brand: Brand = nativeBrand();
  /** What its zone has of the processor. */
  fairShare: FairShare = globalZone.share;
  space: AddressSpace | null = null;
  readonly threads: Thread[] = [];
  files: StaticArray<OpenFile | null> = new StaticArray<OpenFile | null>(OPEN_MAX);
  closeOnExec: StaticArray<bool> = new StaticArray<bool>(OPEN_MAX);
  directory: Vnode | null = null;
  root: Vnode | null = null;
  umask: i32 = 0o022;
  /** It has used SEM_UNDO. */
  undoesSemaphores: bool = false;
  /** Terminal of its session, if it has one. */
  terminal: Vnode | null = null;
  limits: Limits = new Limits();

  /** Last component of what was executed, and the arguments as ps shows them. */
  name: string = '';
  psargs: string = '';
  /** The path that was executed, from the root. */
  execname: string = '';
  /** What /proc shows as its share of the processor: in 65536ths, with the moment and the time used then. */
  share: u64 = 0;
  shareAt: u64 = uptime();
  shareUsed: u64 = 0;
  /** Tables of its image, for reports of faults. */
  tables: u64 = 0;
  /** Where the kernel put argc: /proc shows the rest from there. */
  argumentsAt: u64 = 0;
  argumentCount: i32 = 0;
  environmentAt: u64 = 0;
  /** What was executed, held. */
  executable: Vnode | null = null;
  readonly started: u64 = wallTime();
  readonly startedUp: u64 = uptime();
  /** It has executed something since it was forked: its parent may not move it to another group any more. */
  executed: bool = false;
  /** It counts there while it is in the list. */
  project: Project = systemProject();
  task: i32 = 0;

  readonly pending: PendingSignals = new PendingSignals();
  readonly dispositions: StaticArray<Disposition> = new StaticArray<Disposition>(NSIG);

  /** The thread that is ending the process, or leaving only itself for exec. */
  exiter: Thread | null = null;
  readonly lwpsGone: WaitQueue = new WaitQueue();
  readonly lwpNews: WaitQueue = new WaitQueue();
  /** Ids of threads that have ended and wait for lwp_wait. */
  readonly endedLwps: i32[] = [];
  lastLwp: i32 = 1;

  /** What the parent has not yet been told: a CLD code and its status; 0: nothing. */
  news: i32 = 0;
  status: i32 = 0;
  /** Its end is no news for waitid unless asked for by id; nor is SIGCLD sent: forkx's flags. */
  silent: bool = false;
  /** Counts used by threads that have ended, and nanoseconds by children that were waited for. */
  userCounts: u64 = 0;
  systemCounts: u64 = 0;
  childUser: u64 = 0;
  childSystem: u64 = 0;
  minorFaults: u64 = 0;
  majorFaults: u64 = 0;
  signals: u64 = 0;
  systemCalls: u64 = 0;
  readonly childNews: WaitQueue = new WaitQueue();
  readonly resumed: WaitQueue = new WaitQueue();
  /** Its process contract; the terms of those that its forks make; the last one made. */
  contract: Contract | null = null;
  contractTemplate: Template | null = null;
  latestContract: i32 = 0;
  /** Who sent the signal that acts on it by default; 0: nobody, the kernel did. */
  killer: i32 = 0;
  /** A vfork's parent waits here until its space is its own again. */
  readonly spaceReturned: WaitQueue = new WaitQueue();
  borrowsSpace: bool = false;
  timers: ProcessTimers | null = null;
  /** Where its core file goes (core.ts); empty: where the system's default says. */
  corePath: string = '';
  /** The effective user id with which it began to execute; whether a set-id bit gave it others than its parent's. */
  executedAs: i32 = 0;
  executedSetId: bool = false;
  /** Null: nobody traces it. */
  trace: Trace | null = null;
  /** Who traces waits here for stops. */
  readonly traceNews: WaitQueue = new WaitQueue();

  constructor(public readonly pid: i32) {
    for (let i = 0; i < NSIG; i++) this.dispositions[i] = unchanged;
  }

  /** Its first thread; null: it has ended. */
  get thread(): Thread | null {
    return this.threads.length ? this.threads[0] : null;
  }
  /** Signals that its thread, the caller if it is one of them, blocks. */
  get blocked(): u64 {
    const caller = current();
    if (caller.process == this) return caller.blocked;
    const thread = this.thread;
    return thread ? thread.blocked : 0;
  }

  get userTime(): u64 {
    let counts = this.userCounts;
    for (let i = 0; i < this.threads.length; i++) counts += this.threads[i].userCounts;
    return countsToTime(counts);
  }
  get systemTime(): u64 {
    let counts = this.systemCounts;
    for (let i = 0; i < this.threads.length; i++) counts += this.threads[i].systemCounts;
    return countsToTime(counts);
  }

  /** Its memory may hold what its user must not read. */
  get changedIds(): bool {
    const ids = this.credentials;
    return this.executedSetId || ids.euid != this.executedAs || ids.uid != ids.euid || ids.gid != ids.egid;
  }

  /** Its credentials are of another zone now, or it goes to another project. */
  moveTo(zone: Zone, project: i32): void {
    const next = projectOf(zone, project);
    if (next == this.project) return;
    next.count(1, this.threads.length);
    this.project.count(-1, -this.threads.length);
    this.project = next;
    this.fairShare = zone.share;
  }

  // ---- descriptors

  file(descriptor: i32): OpenFile | null {
    const file = <u32>descriptor < <u32>this.files.length ? this.files[descriptor] : null;
    if (!file) setFailure(EBADF);
    return file;
  }

  /** One more than the highest descriptor that it may have. */
  get descriptorLimit(): i32 {
    return <i32>min<u64>(this.limits.soft(RLIMIT_NOFILE), 65536);
  }

  /** The lowest free descriptor from `from` on gets the file; its number or -EMFILE. */
  install(file: OpenFile, from: i32, closeOnExec: bool): i32 {
    const limit = this.descriptorLimit;
    let i = from;
    while (i < limit && i < this.files.length && this.files[i]) i++;
    if (i >= limit) return setError(EMFILE);
    this.put(i, file, closeOnExec);
    return i;
  }

  /** A file at a descriptor below the limit; what was there is closed. */
  put(descriptor: i32, file: OpenFile, closeOnExec: bool): void {
    if (descriptor >= this.files.length) this.grow(descriptor + 1);
    if (this.files[descriptor]) this.close(descriptor);
    this.files[descriptor] = file;
    this.closeOnExec[descriptor] = closeOnExec;
  }

  /** Room for at least so many descriptors. */
  grow(count: i32): void {
    const length = max(count, this.files.length * 2);
    const files = new StaticArray<OpenFile | null>(length);
    const flags = new StaticArray<bool>(length);
    for (let i = 0; i < this.files.length; i++) {
      files[i] = this.files[i];
      flags[i] = this.closeOnExec[i];
    }
    this.files = files;
    this.closeOnExec = flags;
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

  /** Is there anything that the running thread, one of this process, should look at before it goes on? */
  hasSignal(): bool {
    const thread = current();
    if (thread.currentSignal || thread.directed) return true;
    return this.deliverable(thread) != 0 || this.exiter != null || this.state == STOPPED || thread.suspended;
  }

  private deliverable(thread: Thread): u64 {
    return (this.pending.bits | thread.pending.bits) & ~thread.blocked;
  }

  /** The signal that the running thread should take now; 0: none. SIGKILL goes before all others. One that is traced is shown first. */
  nextSignal(thread: Thread): i32 {
    while (true) {
      const waiting = this.deliverable(thread);
      if (waiting & bit(SIGKILL)) return SIGKILL;
      if (thread.currentSignal) return thread.currentSignal;
      if (!waiting) return 0;
      const signal = <i32>ctz(waiting) + 1;
      if (!this.isTraced(signal)) return signal;
      showSignal(this, signal);
    }
  }
  private isTraced(signal: i32): bool {
    const trace = this.trace;
    return trace != null && (trace.signals & bit(signal)) != 0;
  }

  /** Takes it, with what is told. */
  takeSignal(thread: Thread, signal: i32): SignalInfo | null {
    if (signal == thread.currentSignal) {
      const info = thread.currentInfo;
      thread.currentSignal = 0;
      thread.currentInfo = null;
      return info;
    }
    this.signals++;
    return thread.pending.bits & bit(signal) ? thread.pending.take(signal) : this.pending.take(signal);
  }

  ignores(signal: i32): bool {
    const handler = this.dispositions[signal].handler;
    return handler == SIG_IGN || (handler == SIG_DFL && isIgnoredByDefault(signal));
  }

  /**
   * For a wait that was interrupted, or is about to begin with a signal there: stops here if it should. -EINTR: the wait must end; 1: time
   * has passed, look again; 0: it may go on.
   */
  settle(): i32 {
    const thread = current();
    let result = 0;
    while (true) {
      if (this.exiter && this.exiter != thread) return setError(EINTR);
      if (thread.directed) {
        stopTraced(thread, PR_REQUESTED, 0);
        result = 1;
        continue;
      }
      if (this.state == STOPPED || thread.suspended) {
        this.resumed.wait(false);
        result = 1;
        continue;
      }
      const stops = thread.stops;
      const signal = this.nextSignal(thread);
      if (thread.stops != stops) result = 1;
      if (!signal) return result;
      if (this.ignores(signal)) {
        const info = this.takeSignal(thread, signal);
        if (info) giveInfo(info);
      } else if (isStopping(signal) && this.dispositions[signal].handler == SIG_DFL) {
        const info = this.takeSignal(thread, signal);
        if (info) giveInfo(info);
        stopProcess(signal);
        result = 1;
      } else return setError(EINTR);
    }
  }

  /** A signal for what a thread itself did: neither blocked nor ignored, or it would do it again for ever. */
  force(thread: Thread, signal: i32, code: i32, at: u64): void {
    if (thread.blocked & bit(signal) || this.dispositions[signal].handler == SIG_IGN) {
      thread.blocked &= ~bit(signal);
      this.dispositions[signal] = unchanged;
    }
    const info = takeInfo(signal, code);
    if (info) info.address = at;
    thread.pending.add(signal, info);
  }

  /** From interrupt handlers too: nothing is allocated. The kernel's own signals come without an info. */
  post(signal: i32, info: SignalInfo | null = null): void {
    if (!this.accepts(signal, info)) return;
    this.pending.add(signal, info);
    if (this.state == STOPPED && signal != SIGKILL) return;
    for (let i = 0; i < this.threads.length; i++) {
      const thread = this.threads[i];
      if (thread.blocked & bit(signal)) continue;
      interrupt(thread);
      return;
    }
    this.wakeWaiters();
  }

  /** For one thread alone. */
  postTo(thread: Thread, signal: i32, info: SignalInfo | null): void {
    if (!this.accepts(signal, info)) return;
    thread.pending.add(signal, info);
    if (!(thread.blocked & bit(signal))) interrupt(thread);
    else this.wakeWaiters();
  }

  /** Threads in sigtimedwait wait for what they block. */
  private wakeWaiters(): void {
    this.signalArrived.wakeAll();
  }
  readonly signalArrived: WaitQueue = new WaitQueue();

  private accepts(signal: i32, info: SignalInfo | null): bool {
    if (this.state == ZOMBIE || !signal) {
      if (info) giveInfo(info);
      return false;
    }
    const mask = bit(signal);
    if (signal == SIGCONT || signal == SIGKILL) {
      this.forget(STOPPING);
      if (this.state == STOPPED) {
        this.state = ALIVE;
        if (signal == SIGCONT) tellParent(this, CLD_CONTINUED, SIGCONT);
        this.resumed.wakeAll();
      }
    }
    if (mask & STOPPING) this.forget(bit(SIGCONT));
    if (signal == SIGKILL) this.resumed.wakeAll();
    // What is ignored is forgotten, unless somebody blocks it: it may be handled, or waited for, later. Who traces sees it.
    if (this.ignores(signal) && !this.isTraced(signal) && !this.isBlocked(mask)) {
      if (info) giveInfo(info);
      return false;
    }
    return true;
  }

  private isBlocked(mask: u64): bool {
    for (let i = 0; i < this.threads.length; i++) if (this.threads[i].blocked & mask) return true;
    return false;
  }

  /** Signals that are no longer pending. */
  forget(mask: u64): void {
    this.pending.discard(mask);
    for (let i = 0; i < this.threads.length; i++) this.threads[i].pending.discard(mask);
  }

  /** What happens to a signal from now on. */
  dispose(signal: i32, handler: u64, mask: u64, flags: i32): void {
    const disposition = new Disposition();
    disposition.handler = handler;
    disposition.mask = mask;
    disposition.flags = flags;
    this.dispositions[signal] = disposition;
    if (this.ignores(signal)) this.forget(bit(signal));
  }

  /** exec: handlers go, what is ignored stays so. */
  resetDispositions(): void {
    for (let i = 0; i < NSIG; i++) if (this.dispositions[i].handler != SIG_IGN) this.dispositions[i] = unchanged;
  }
}

/** Not a user's request: tells a terminal that its session has ended. */
export const TERMINAL_LEFT: i32 = -1;
