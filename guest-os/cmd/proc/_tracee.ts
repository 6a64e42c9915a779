// SPDX-License-Identifier: MIT
/** @fileoverview A process that truss holds by its /proc files: control messages, status, memory (proc(5), for 64 bits). */
import * as calls from '../../lib/calls';
import { O_RDONLY, openFile } from '../../lib/io';
import { textOf } from '../../lib/text';

const O_WRONLY: i32 = 1;
const PCSTOP: i64 = 1;
const PCWSTOP: i64 = 3;
const PCRUN: i64 = 5;
const PCSTRACE: i64 = 12;
const PCSFAULT: i64 = 13;
const PCSENTRY: i64 = 14;
const PCSEXIT: i64 = 15;
const PCSET: i64 = 16;
export const PR_FORK: i64 = 0x100000;
export const PR_RLC: i64 = 0x200000;
export const PR_STOPPED: i32 = 1;
export const PR_REQUESTED: i32 = 1;
export const PR_SIGNALLED: i32 = 2;
export const PR_SYSENTRY: i32 = 3;
export const PR_SYSEXIT: i32 = 4;
export const PR_JOBCONTROL: i32 = 5;
export const PR_FAULTED: i32 = 6;

/** pstatus_t, whose end is the lwpstatus_t of the thread that matters. */
const SIZE: i32 = 384 + 1296;
const LWP: usize = 384;
const status = memory.data(384 + 1296, 16);
const message = memory.data(80, 8);
const bytes = memory.data(1024, 8);
/** Longest text that is read of the process's memory. */
const LONGEST: i32 = 1024;

export class Tracee {
  private control: i32 = -1;
  private status: i32 = -1;
  private memory: i32 = -1;

  constructor(readonly pid: i32) {}

  /** 0, or a negative errno. */
  open(): i32 {
    const folder = '/proc/' + this.pid.toString() + '/';
    this.control = openFile(folder + 'ctl', O_WRONLY);
    if (this.control < 0) return this.control;
    this.status = openFile(folder + 'status', O_RDONLY);
    this.memory = openFile(folder + 'as', O_RDONLY);
    return min(min(this.status, this.memory), 0);
  }
  /** With the last descriptor the process runs on, by PR_RLC. */
  close(): void {
    calls.close(this.control);
    calls.close(this.status);
    calls.close(this.memory);
  }

  private send(command: i64, value: i64, size: i32): i64 {
    store<i64>(message, command);
    if (size == 8) store<i64>(message, value, 8);
    return calls.write(this.control, message, 8 + size);
  }
  private sendSet(command: i64, set: StaticArray<u32>): i64 {
    memory.copy(message + 8, changetype<usize>(set), (<usize>set.length) << 2);
    return this.send(command, 0, set.length * 4);
  }
  mode(flags: i64): i64 {
    return this.send(PCSET, flags, 8);
  }
  /** Sets whose bit n - 1 stands for number n. */
  entries(set: StaticArray<u32>): i64 {
    return this.sendSet(PCSENTRY, set);
  }
  exits(set: StaticArray<u32>): i64 {
    return this.sendSet(PCSEXIT, set);
  }
  signals(set: StaticArray<u32>): i64 {
    return this.sendSet(PCSTRACE, set);
  }
  faults(set: StaticArray<u32>): i64 {
    return this.sendSet(PCSFAULT, set);
  }
  stop(): i64 {
    return this.send(PCSTOP, 0, 0);
  }
  waitForStop(): i64 {
    return this.send(PCWSTOP, 0, 0);
  }
  run(flags: i64): i64 {
    return this.send(PCRUN, flags, 8);
  }

  /** Reads its status, which what follows is of. False: it has ended. */
  look(): bool {
    return calls.pread(this.status, status, SIZE, 0) == SIZE;
  }
  get flags(): i32 {
    return load<i32>(status + LWP);
  }
  get threads(): i32 {
    return load<i32>(status, 4);
  }
  get lwpid(): i32 {
    return load<i32>(status + LWP, 4);
  }
  get why(): i32 {
    return load<i16>(status + LWP, 8);
  }
  get what(): i32 {
    return load<i16>(status + LWP, 10);
  }
  /** siginfo_t of the signal, or of the fault. */
  get info(): usize {
    return status + LWP + 16;
  }
  /** What happens to the current signal: 0 the default, 1 nothing, or a handler. */
  get handler(): u64 {
    return load<u64>(status + LWP, 304 + 8);
  }
  /** The system call that it is in. */
  get call(): i32 {
    return load<i16>(status + LWP, 368);
  }
  argument(index: i32): u64 {
    return load<u64>(status + LWP + 376 + ((<usize>index) << 3));
  }
  get errno(): i32 {
    return load<i32>(status + LWP, 372);
  }
  get result(): i64 {
    return load<i64>(status + LWP, 440);
  }
  get second(): i64 {
    return load<i64>(status + LWP, 448);
  }
  get programCounter(): u64 {
    return load<u64>(status + LWP, 544 + 136);
  }
  /** Nanoseconds in the kernel so far, of the thread and of the process. */
  get systemTime(): u64 {
    return load<u64>(status + LWP, 496) * 1000000000 + load<u64>(status + LWP, 504);
  }
  get userTime(): u64 {
    return load<u64>(status, 80) * 1000000000 + load<u64>(status, 88);
  }

  /** Bytes of its memory, fewer where it ends. */
  bytesAt(at: u64, count: i32): string {
    const got = calls.pread(this.memory, bytes, min(count, LONGEST), at);
    return got > 0 ? textOf(bytes, <i32>got) : '';
  }
  wordAt(at: u64): u64 {
    return calls.pread(this.memory, bytes, 8, at) == 8 ? load<u64>(bytes) : 0;
  }
  /** The text at an address, up to its zero; null: nothing is there. */
  textAt(at: u64): string | null {
    let text = '';
    while (text.length < LONGEST) {
      // To the end of a page at most: what lies behind the text may not be there.
      const part = min(64, 4096 - <i32>((at + text.length) & 4095));
      const got = <i32>calls.pread(this.memory, bytes, part, at + text.length);
      if (got <= 0) return text.length ? text : null;
      for (let i = 0; i < got; i++) if (!load<u8>(bytes + i)) return text + textOf(bytes, i);
      text += textOf(bytes, got);
    }
    return text;
  }
}
