// SPDX-License-Identifier: MIT
/**
 * @fileoverview /proc/PID/ctl and lwp/N/lwpctl: messages that stop, run and change a process (proc(5), Control Messages), in illumos's layout for 64
 * bits: a command of eight bytes, then its operand. A write may hold several; the first that fails ends it.
 *
 * Taken: PCNULL, PCSTOP, PCDSTOP, PCWSTOP, PCTWSTOP, PCRUN, PCCSIG, PCCFAULT, PCSSIG, PCKILL, PCUNKILL, PCSHOLD, PCSTRACE, PCSFAULT, PCSENTRY, PCSEXIT, PCSET,
 * PCUNSET, PCSREG, PCNICE, PCREAD, PCWRITE. Others are EINVAL. What they mean is kernel/process/trace.ts.
 *
 * Who has a file open but lost the right to it, since the process has executed a set-id program, gets EAGAIN.
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { uptime } from '../../kernel/time/clock';
import { EAGAIN, EBUSY, EINVAL, ENOENT, EPERM, setError } from '../../kernel/errno';
import { findLwp } from '../../kernel/process/lwp';
import { PRIV_PROC_OWNER, PRIV_PROC_PRIOUP } from '../../kernel/process/privilege';
import { currentProcess, findProcess, frameOf } from '../../kernel/process/processes';
import { Process, ZOMBIE } from '../../kernel/process/process';
import { senderInfo } from '../../kernel/process/posting';
import { loadRegisters } from '../../kernel/signal/registers';
import { bit, NSIG, SIGKILL, SIGSTOP, UNSTOPPABLE } from '../../kernel/signal/signal';
import { SI_USER, takeInfo } from '../../kernel/signal/signalInfo';
import { isTimedOut } from '../../kernel/thread/waitQueue';
import { Thread } from '../../kernel/thread/thread';
import { setNice } from '../../kernel/thread/userPriority';
import {
  clearSignal,
  direct,
  hasStopped,
  lastTracerLeft,
  PR_KLC,
  PR_MODES,
  PR_RLC,
  representative,
  runProcess,
  runThread,
  SYSSET_WORDS,
  traceOf,
} from '../../kernel/process/trace';
import { copyIn } from '../../kernel/memory/user';
import { copyMemory } from './procMemory';
import { Attributes, FileSystem, S_IFREG, Vnode } from '../vnode';

const PCNULL: u64 = 0;
const PCSTOP: u64 = 1;
const PCDSTOP: u64 = 2;
const PCWSTOP: u64 = 3;
const PCTWSTOP: u64 = 4;
const PCRUN: u64 = 5;
const PCCSIG: u64 = 6;
const PCCFAULT: u64 = 7;
const PCSSIG: u64 = 8;
const PCKILL: u64 = 9;
const PCUNKILL: u64 = 10;
const PCSHOLD: u64 = 11;
const PCSTRACE: u64 = 12;
const PCSFAULT: u64 = 13;
const PCSENTRY: u64 = 14;
const PCSEXIT: u64 = 15;
const PCSET: u64 = 16;
const PCUNSET: u64 = 17;
const PCSREG: u64 = 18;
const PCNICE: u64 = 21;
const PCREAD: u64 = 25;
const PCWRITE: u64 = 26;

/** Bytes of each command's operand; -1: there is no such command here. */
function operandSize(command: u64): i32 {
  switch (<i32>min<u64>(command, 64)) {
    case <i32>PCNULL:
    case <i32>PCSTOP:
    case <i32>PCDSTOP:
    case <i32>PCWSTOP:
    case <i32>PCCSIG:
    case <i32>PCCFAULT:
      return 0;
    case <i32>PCTWSTOP:
    case <i32>PCRUN:
    case <i32>PCKILL:
    case <i32>PCUNKILL:
    case <i32>PCSET:
    case <i32>PCUNSET:
    case <i32>PCNICE:
      return 8;
    case <i32>PCSHOLD:
    case <i32>PCSTRACE:
    case <i32>PCSFAULT:
      return 16;
    case <i32>PCREAD:
    case <i32>PCWRITE:
      return 24;
    case <i32>PCSENTRY:
    case <i32>PCSEXIT:
      return SYSSET_WORDS * 4;
    case <i32>PCSREG:
      return 224;
    case <i32>PCSSIG:
      return 256;
  }
  return -1;
}
const LARGEST: i32 = 264;
const MILLISECOND: u64 = 1000000;

export class ControlFile extends Vnode {
  constructor(
    fileSystem: FileSystem,
    private readonly pid: i32,
    /** 0: the whole process. */
    private readonly lwpid: i32,
    private readonly shown: Attributes,
  ) {
    super(fileSystem, S_IFREG);
  }
  attributes(): Attributes {
    return this.shown;
  }
  truncate(size: u64): i32 {
    return 0;
  }

  /** With the last descriptor the tracing ends, if it was to. */
  opened(readers: i32, writers: i32): i32 {
    const process = findProcess(this.pid);
    if (!process || !writers) return 0;
    const trace = traceOf(process);
    trace.writers += writers;
    if (trace.writers <= 0) lastTracerLeft(process);
    return 0;
  }

  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    const message = new StaticArray<u8>(LARGEST);
    const at = changetype<usize>(message);
    let done: u64 = 0;
    while (done < count) {
      if (count - done < 8) return setError(EINVAL);
      let error = copyIn(at, from + done, 8);
      if (error) return error;
      const command = load<u64>(at);
      const size = operandSize(command);
      if (size < 0 || count - done < 8 + <u64>size) return setError(EINVAL);
      if (size) error = copyIn(at + 8, from + done + 8, size);
      if (error) return error;
      const process = findProcess(this.pid);
      if (!process || process.state == ZOMBIE) return setError(ENOENT);
      if (!mayTrace(process)) return setError(EAGAIN);
      const thread = this.lwpid ? findLwp(process, this.lwpid) : null;
      if (this.lwpid && !thread) return setError(ENOENT);
      error = perform(process, thread, command, at + 8);
      if (error) return error;
      done += 8 + <u64>size;
    }
    return <i64>count;
  }
}

/** Whoever has all its user ids and no fewer privileges, or the privilege. */
export function mayTrace(process: Process): bool {
  const caller = currentProcess().credentials;
  const other = process.credentials;
  if (!caller.sees(other.zoneid)) return false;
  if (caller.has(PRIV_PROC_OWNER)) return true;
  if (!caller.effective.includes(other.permitted)) return false;
  return caller.euid == other.euid && caller.euid == other.uid && caller.euid == other.suid;
}

/** One message to a process or to one of its threads. */
function perform(process: Process, thread: Thread | null, command: u64, operand: usize): i32 {
  const value = load<u64>(operand);
  const trace = traceOf(process);
  const target = thread ? thread : representative(process);
  if (!target) return setError(ENOENT);
  switch (<i32>command) {
    case <i32>PCNULL:
      return 0;
    case <i32>PCSTOP:
    case <i32>PCDSTOP:
      if (process == currentProcess()) return setError(EBUSY);
      if (thread) direct(thread);
      else for (let i = 0; i < process.threads.length; i++) direct(process.threads[i]);
      return command == PCSTOP ? waitForStop(process, thread, 0) : 0;
    case <i32>PCWSTOP:
    case <i32>PCTWSTOP:
      if (process == currentProcess()) return setError(EBUSY);
      return waitForStop(process, thread, command == PCWSTOP ? 0 : value * MILLISECOND);
    case <i32>PCRUN:
      if (!target.isTraceStopped && !target.directed) return setError(EBUSY);
      if (thread) runThread(thread, <i32>value);
      else runProcess(process, <i32>value);
      return 0;
    case <i32>PCCSIG:
      clearSignal(target);
      return 0;
    case <i32>PCCFAULT:
      target.forgetsFault = true;
      return 0;
    case <i32>PCSSIG:
      return setSignal(process, target, load<i32>(operand));
    case <i32>PCKILL:
      if (value == 0 || value >= <u64>NSIG) return setError(EINVAL);
      if (thread) process.postTo(thread, <i32>value, senderInfo(<i32>value, SI_USER));
      else process.post(<i32>value, senderInfo(<i32>value, SI_USER));
      return 0;
    case <i32>PCUNKILL:
      if (value == 0 || value >= <u64>NSIG || <i32>value == SIGKILL) return setError(EINVAL);
      if (thread) thread.pending.discard(bit(<i32>value));
      else process.pending.discard(bit(<i32>value));
      return 0;
    case <i32>PCSHOLD:
      target.blocked = value & ~UNSTOPPABLE;
      return 0;
    case <i32>PCSTRACE:
      trace.signals = value & ~bit(SIGKILL);
      return 0;
    case <i32>PCSFAULT:
      trace.faults = value;
      return 0;
    case <i32>PCSENTRY:
    case <i32>PCSEXIT: {
      const set = command == PCSENTRY ? trace.entries : trace.exits;
      for (let i = 0; i < SYSSET_WORDS; i++) set[i] = load<u32>(operand + ((<usize>i) << 2));
      return 0;
    }
    case <i32>PCSET:
    case <i32>PCUNSET:
      if (value & ~(<u64>PR_MODES)) return setError(EINVAL);
      if (command == PCUNSET) trace.modes &= ~(<i32>value);
      else trace.modes |= <i32>value;
      // The two contradict each other: the one that was set last holds.
      if (command == PCSET && <i32>value & PR_KLC) trace.modes &= ~PR_RLC;
      else if (command == PCSET && <i32>value & PR_RLC) trace.modes &= ~PR_KLC;
      return 0;
    case <i32>PCSREG:
      if (!target.isTraceStopped) return setError(EBUSY);
      loadRegisters(frameOf(target), operand);
      return 0;
    case <i32>PCNICE:
      return changeNice(process, <i32>value);
    case <i32>PCREAD:
    case <i32>PCWRITE:
      // priovec_t: the caller's memory, a length, the process's address.
      return copyMemory(process, load<u64>(operand, 16), value, load<u64>(operand, 8), command == PCWRITE);
  }
  return setError(EINVAL);
}

/** 0 when it has stopped, or the time is over; ENOENT: it has ended. */
function waitForStop(process: Process, thread: Thread | null, span: u64): i32 {
  const deadline = span ? uptime() + span : 0;
  const flags = saveInterrupts();
  let error = 0;
  while (!error) {
    if (process.state == ZOMBIE || (thread && !findLwp(process, thread.lwpid))) error = setError(ENOENT);
    else if (hasStopped(process, thread)) break;
    else {
      error = process.traceNews.waitUntil(true, deadline);
      if (!error && deadline && isTimedOut()) break;
      // A program with other rights has been executed meanwhile.
      if (!error && !mayTrace(process)) error = setError(EAGAIN);
    }
  }
  restoreInterrupts(flags);
  return error;
}

/** PCSSIG: this one is the thread's current signal; 0: none. */
function setSignal(process: Process, thread: Thread, signal: i32): i32 {
  if (signal < 0 || signal >= NSIG || signal == SIGSTOP) return setError(EINVAL);
  clearSignal(thread);
  if (signal == SIGKILL) process.post(SIGKILL, senderInfo(SIGKILL, SI_USER));
  else if (signal) {
    thread.currentSignal = signal;
    thread.currentInfo = takeInfo(signal, SI_USER);
  }
  return 0;
}

function changeNice(process: Process, more: i32): i32 {
  if (more < 0 && !currentProcess().credentials.has(PRIV_PROC_PRIOUP)) return setError(EPERM);
  for (let i = 0; i < process.threads.length; i++) {
    const thread = process.threads[i];
    setNice(thread, thread.nice + max(min(more, 40), -40));
  }
  return 0;
}
