// SPDX-License-Identifier: MIT
/**
 * @fileoverview The console, ttya: the first serial port (16550, PC16550D data sheet) as a terminal, `/dev/console`.
 *
 * Received characters come by interrupt on line 4 and go through the line discipline; readers wait. Output is polled.
 *
 * Sessions: a session leader without a terminal gets this one as its own when it opens it (not O_NOCTTY), unless another session has it.
 * Keyboard signals go to the foreground process group; a read from another group of the session is SIGTTIN.
 */
import { inb, outb, restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { address } from 'machine/mem';
import { putByte } from 'runtime/console';
import { Device, makeDevice } from '../fs/device';
import { O_NOCTTY } from '../fs/file';
import { S_IFCHR, Vnode } from '../fs/vnode';
import { EAGAIN, EINVAL, EIO, ENOTTY, ENXIO, EPERM, setError, setFailure } from '../kernel/errno';
import { currentProcess, postToGroup, TERMINAL_LEFT } from '../kernel/process';
import { bit, SIG_IGN, SIGCONT, SIGHUP, SIGTTIN, SIGTTOU } from '../kernel/signal';
import { WaitQueue } from '../kernel/thread';
import { copy, copyIn, copyOut, fetch32, fetched, put32 } from '../kernel/user';
import { setInterrupt } from '../kernel/trap';
import { LineDiscipline, NCCS } from './lineDiscipline';

const COM1: u32 = 0x3f8;
const LINE: u32 = 4;
const DATA_READY: u32 = 1;

/** ioctl requests (<sys/termios.h>). */
const TCGETS: i32 = 0x540d;
const TCSETS: i32 = 0x540e;
const TCSETSW: i32 = 0x540f;
const TCSETSF: i32 = 0x5410;
const TIOCGWINSZ: i32 = 0x5468;
const TIOCSWINSZ: i32 = 0x5467;
const TIOCGPGRP: i32 = 0x7414;
const TIOCSPGRP: i32 = 0x7415;
const TIOCGSID: i32 = 0x7416;
const TIOCSCTTY: i32 = 0x7484;
/** struct termios: four flag words, then the characters. */
const TERMIOS_SIZE: usize = 36;

const chunk = memory.data(256);

export class Console extends Device {
  private readonly discipline: ConsoleLine = new ConsoleLine();
  private session: i32 = 0;
  /** Rows and columns as somebody has told, 0 if nobody has. */
  private window: u64 = 0;

  constructor() {
    super(S_IFCHR | 0o620, 7, makeDevice(0, 0));
  }

  open(flags: i32): Vnode | null {
    if (!(flags & O_NOCTTY)) this.adopt();
    return this;
  }

  /** Somebody opens it by name: it may become the session's terminal. */
  adopt(): void {
    const process = currentProcess();
    if (process.session != process.pid || process.terminal || this.session) return;
    process.terminal = this;
    this.session = process.session;
    this.discipline.foreground = process.group;
  }

  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    const process = currentProcess();
    const discipline = this.discipline;
    const flags = saveInterrupts();
    let result: i64 = 0;
    for (;;) {
      if (process.terminal == this && process.group != discipline.foreground) {
        if (process.blocked & bit(SIGTTIN) || process.dispositions[SIGTTIN].handler == SIG_IGN) {
          result = setError(EIO);
          break;
        }
        postToGroup(process.group, SIGTTIN);
      }
      if (discipline.readable && process.group == discipline.foreground) {
        const taken = discipline.take(chunk, <i32>min<u64>(count, 256));
        result = taken;
        if (taken && copy(to, address(chunk), taken)) result = setError(14);
        break;
      }
      if (nonblocking) {
        result = setError(EAGAIN);
        break;
      }
      const error = discipline.readers.wait(true);
      if (error) {
        result = error;
        break;
      }
    }
    restoreInterrupts(flags);
    return result;
  }

  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    for (let done: u64 = 0; done < count; ) {
      const part = min<u64>(count - done, 256);
      const error = copy(address(chunk), from + done, part);
      if (error) return done ? <i64>done : error;
      for (let i: usize = 0; i < <usize>part; i++) this.discipline.output(load<u8>(chunk + i));
      done += part;
    }
    return <i64>count;
  }

  ioctl(request: i32, argument: u64): i64 {
    const process = currentProcess();
    const discipline = this.discipline;
    switch (request) {
      case TCGETS:
        discipline.save(chunk);
        return copyOut(argument, chunk, TERMIOS_SIZE);
      case TCSETS:
      case TCSETSW:
      case TCSETSF: {
        const error = copyIn(chunk, argument, TERMIOS_SIZE);
        if (error) return error;
        const flags = saveInterrupts();
        if (request == TCSETSF) discipline.flush();
        discipline.load(chunk);
        restoreInterrupts(flags);
        return 0;
      }
      case TIOCGWINSZ:
        store<u64>(chunk, this.window);
        return copyOut(argument, chunk, 8);
      case TIOCSWINSZ: {
        const error = copyIn(chunk, argument, 8);
        if (!error) this.window = load<u64>(chunk);
        return error;
      }
      case TIOCGPGRP:
        if (process.terminal != this) return setError(ENOTTY);
        return put32(argument, discipline.foreground);
      case TIOCGSID:
        if (process.terminal != this) return setError(ENOTTY);
        return put32(argument, this.session);
      case TIOCSPGRP: {
        if (process.terminal != this || process.session != this.session) return setError(ENOTTY);
        const error = fetch32(argument);
        if (error) return error;
        return this.setForeground(<i32>fetched());
      }
      case TIOCSCTTY:
        if (process.session != process.pid || (this.session && this.session != process.session)) return setError(EPERM);
        this.adopt();
        return 0;
      case TERMINAL_LEFT:
        postToGroup(discipline.foreground, SIGHUP);
        postToGroup(discipline.foreground, SIGCONT);
        this.session = 0;
        discipline.foreground = 0;
        return 0;
    }
    return setError(EINVAL);
  }

  private setForeground(group: i32): i32 {
    const process = currentProcess();
    if (group <= 0) return setError(EINVAL);
    if (process.group != this.discipline.foreground) {
      const quiet = process.blocked & bit(SIGTTOU) || process.dispositions[SIGTTOU].handler == SIG_IGN;
      if (!quiet) {
        postToGroup(process.group, SIGTTOU);
        return setError(4);
      }
    }
    this.discipline.foreground = group;
    return 0;
  }

  /** Takes characters from now on. */
  start(): void {
    received = this.discipline;
    // FIFOs on and empty, interrupts for received data.
    outb(COM1 + 2, 0x07);
    outb(COM1 + 4, 0x0b);
    outb(COM1 + 1, 0x01);
    setInterrupt(LINE, (inUser) => {
      const line = received;
      while (line && inb(COM1 + 5) & DATA_READY) line.input(inb(COM1));
    });
  }
}

/** /dev/tty: opening it opens the process's terminal. */
export class ControllingTerminal extends Device {
  constructor() {
    super(S_IFCHR | 0o666, 0, makeDevice(22, 0));
  }
  open(flags: i32): Vnode | null {
    const terminal = currentProcess().terminal;
    if (!terminal) {
      setFailure(ENXIO);
      return null;
    }
    terminal.hold();
    this.release();
    return terminal;
  }
}

let received: ConsoleLine | null = null;

class ConsoleLine extends LineDiscipline {
  foreground: i32 = 0;
  readonly readers: WaitQueue = new WaitQueue();

  put(byte: u32): void {
    putByte(byte);
  }
  signal(signal: i32): void {
    if (this.foreground) postToGroup(this.foreground, signal);
  }
  ready(): void {
    this.readers.wakeAll();
  }

  save(to: usize): void {
    store<u32>(to, this.iflag);
    store<u32>(to, this.oflag, 4);
    store<u32>(to, this.cflag, 8);
    store<u32>(to, this.lflag, 12);
    memory.fill(to + 16, 0, 20);
    for (let i = 0; i < NCCS; i++) store<u8>(to + 16 + i, this.characters[i]);
  }
  load(from: usize): void {
    this.iflag = load<u32>(from);
    this.oflag = load<u32>(from, 4);
    this.cflag = load<u32>(from, 8);
    this.lflag = load<u32>(from, 12);
    for (let i = 0; i < NCCS; i++) this.characters[i] = load<u8>(from + 16 + i);
  }
}
