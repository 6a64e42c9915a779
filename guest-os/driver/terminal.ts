// SPDX-License-Identifier: MIT
/**
 * @fileoverview Terminals: what a serial line, a screen with its keyboard and the slave side of a pty have in common (termio(4I), POSIX.1-2017, 11.1).
 *
 * A terminal joins a line discipline with a ring of output: programs and echo put bytes in, {@link Terminal.transmit}, the driver's part, takes them
 * out when the line is free, from interrupt handlers too. Writers wait for room; nothing is taken while output is stopped.
 *
 * Sessions: a session leader without a terminal gets one as its own when it opens it (not O_NOCTTY), unless another session has it. Keyboard
 * signals go to the foreground process group. A process of another group of the session that reads gets SIGTTIN; that writes (TOSTOP) or changes
 * settings, SIGTTOU; where the signal would stop nobody who could be continued, EIO. When the session's leader ends, the foreground group is told by
 * SIGHUP and SIGCONT. When the line is hung up, the leader is, reads are at the end, writes are EIO.
 *
 * Simulated input (TIOCSTI) is refused: it lets a process of one user type for another.
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { address } from 'machine/mem';
import { Device } from '../fs/dev/device';
import { O_NOCTTY } from '../fs/file';
import { POLL_READ, POLL_WRITE, POLLERR, POLLHUP, Poller, PollHead } from '../fs/poll';
import { S_IFCHR, Vnode } from '../fs/vnode';
import { uptime } from '../kernel/time/clock';
import { EAGAIN, EBUSY, EFAULT, EINVAL, EIO, ENOTTY, ENXIO, EPERM, setError, setFailure } from '../kernel/errno';
import { isOrphaned } from '../kernel/process/groups';
import { currentProcess, processList } from '../kernel/process/processes';
import { TERMINAL_LEFT } from '../kernel/process/process';
import { postToGroup } from '../kernel/process/posting';
import { bit, SIG_IGN, SIGCONT, SIGHUP, SIGTTIN, SIGTTOU, SIGWINCH } from '../kernel/signal/signal';
import { isTimedOut } from '../kernel/thread/waitQueue';
import { copyShared, copyIn, copyOut, fetch32, fetched, put32 } from '../kernel/memory/user';
import { ICANON, IXOFF, LineDiscipline, NCCS, TOSTOP, VMIN, VSTART, VSTOP, VTIME } from './lineDiscipline';

/** ioctl requests (<sys/termios.h>, <sys/filio.h>, <sys/stropts.h>). */
const TCGETA: i32 = 0x5401;
const TCSETA: i32 = 0x5402;
const TCSETAW: i32 = 0x5403;
const TCSETAF: i32 = 0x5404;
const TCSBRK: i32 = 0x5405;
const TCXONC: i32 = 0x5406;
const TCFLSH: i32 = 0x5407;
const TCGETS: i32 = 0x540d;
const TCSETS: i32 = 0x540e;
const TCSETSW: i32 = 0x540f;
const TCSETSF: i32 = 0x5410;
const TIOCGWINSZ: i32 = 0x5468;
const TIOCSWINSZ: i32 = 0x5467;
const TIOCEXCL: i32 = 0x740d;
const TIOCNXCL: i32 = 0x740e;
const TIOCFLUSH: i32 = <i32>0x80047410;
const TIOCGPGRP: i32 = 0x7414;
const TIOCSPGRP: i32 = 0x7415;
const TIOCGSID: i32 = 0x7416;
const TIOCSTI: i32 = 0x7417;
const TIOCSSID: i32 = 0x7418;
const TIOCNOTTY: i32 = 0x7471;
const TIOCOUTQ: i32 = 0x7473;
const TIOCSCTTY: i32 = 0x7484;
const FIONREAD: i32 = 0x4004667f;
/** Streams: modules that this terminal already has, and a look whether one is there. */
const I_PUSH: i32 = 0x5302;
const I_FIND: i32 = 0x530b;

/** struct termios: four flag words, then the characters. struct termio: four 16-bit words, a byte, eight characters. */
const TERMIOS_SIZE: usize = 36;
const TERMIO_SIZE: usize = 18;
const NCC: i32 = 8;
/** A tenth of a second, VTIME's unit. */
const TENTH: u64 = 100000000;
/** Bytes of output that wait at most. */
const OUTPUT: u32 = 2048;
/** Room that one byte of output may need: a tab becomes spaces. */
const LONGEST: u32 = 10;

const chunk = memory.data(1024);

export abstract class Terminal extends Device {
  readonly line: TerminalLine = new TerminalLine();
  session: i32 = 0;
  private exclusive: bool = false;
  private opens: i32 = 0;
  /** struct winsize: rows and columns as somebody has told, 0 if nobody has; pixels. */
  private window: u64 = 0;
  protected hungUp: bool = false;
  protected readonly input: PollHead = new PollHead();
  protected readonly drained: PollHead = new PollHead();

  constructor(rdev: u64) {
    super(S_IFCHR | 0o620, 7, rdev);
    this.line.terminal = this;
  }

  /** Sends what waits in `line`, as far as the hardware takes it. Interrupts are off. */
  abstract transmit(): void;
  /** Modes of the line have changed: speed, character size. */
  protected lineSettingsChanged(): void {}
  /** Sends a break, if there is a line. */
  protected sendBreak(): void {}

  // ---- life

  open(flags: i32): Vnode | null {
    if (this.exclusive && !currentProcess().credentials.isPrivileged) {
      setFailure(EBUSY);
      return null;
    }
    if (!(flags & O_NOCTTY)) this.adopt();
    return this;
  }
  opened(readers: i32, writers: i32): i32 {
    if (readers > 0 || writers > 0) this.opens++;
    else if (!--this.opens) this.closed();
    return 0;
  }
  protected closed(): void {
    this.exclusive = false;
  }
  get isOpen(): bool {
    return this.opens > 0;
  }

  /** It may become the terminal of the caller's session. */
  adopt(): bool {
    const process = currentProcess();
    if (process.session != process.pid || process.terminal || this.session) return false;
    process.terminal = this;
    this.session = process.session;
    this.line.foreground = process.group;
    return true;
  }

  /** The session that it had has ended, or has given it up. */
  private left(): void {
    const foreground = this.line.foreground;
    this.session = 0;
    this.line.foreground = 0;
    if (!foreground) return;
    postToGroup(foreground, SIGHUP);
    postToGroup(foreground, SIGCONT);
  }

  /** The other end has gone. */
  hangUp(): void {
    if (this.hungUp) return;
    this.hungUp = true;
    const list = processList();
    for (let i = 0; i < list.length; i++) {
      if (list[i].pid != this.session || !this.session) continue;
      list[i].post(SIGHUP);
      list[i].post(SIGCONT);
    }
    this.line.flush();
    this.line.discardOutput();
    this.input.wake();
    this.drained.wake();
  }

  /** The window as its hardware is, before anybody says otherwise. */
  protected setSize(rows: u32, columns: u32): void {
    this.window = <u64>rows | ((<u64>columns) << 16);
  }

  /** Something can be read. */
  arrived(): void {
    this.input.wake();
  }
  /** There is room for output again. */
  roomMade(): void {
    this.drained.wake();
  }

  // ---- job control

  /** Waits until the caller is in the foreground, or may act from the background. 0 or a negative errno. */
  private foreground(signal: i32): i32 {
    const process = currentProcess();
    while (process.terminal == this && process.group != this.line.foreground) {
      if (process.blocked & bit(signal) || process.dispositions[signal].handler == SIG_IGN)
        return signal == SIGTTIN ? setError(EIO) : 0;
      if (isOrphaned(process.group)) return setError(EIO);
      postToGroup(process.group, signal);
      // The signal ends the wait: by stopping the caller, which then looks again, or by a handler.
      const error = never.wait();
      if (error) return error;
    }
    return 0;
  }

  // ---- data

  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    if (!count) return 0;
    const flags = saveInterrupts();
    const result = this.take(to, count, nonblocking);
    restoreInterrupts(flags);
    return result;
  }

  private take(to: u64, count: u64, nonblocking: bool): i64 {
    const line = this.line;
    // The interval between characters begins with the first.
    let timed: u64 = 0;
    let seen: u32 = 0;
    while (true) {
      if (this.hungUp) return 0;
      let error = this.foreground(SIGTTIN);
      if (error) return error;
      const canonical = (line.lflag & ICANON) != 0;
      const minimum = canonical ? 1 : <u32>line.characters[VMIN];
      const time = canonical ? 0 : <u64>line.characters[VTIME] * TENTH;
      const available = line.available;
      if (canonical ? line.readable : available >= max<u32>(min<u32>(minimum, <u32>min<u64>(count, 512)), 1))
        return this.deliver(to, count);
      if (!canonical && !minimum && !time) return available ? this.deliver(to, count) : 0;
      if (nonblocking) return available ? this.deliver(to, count) : setError(EAGAIN);
      if (time && (!minimum || available)) {
        if (available != seen || !timed) timed = uptime() + time;
        seen = available;
        if (uptime() >= timed) return available ? this.deliver(to, count) : 0;
        error = this.input.wait(timed);
        if (!error && isTimedOut()) return line.available ? this.deliver(to, count) : 0;
      } else {
        error = this.input.wait();
      }
      if (error) return error;
    }
  }

  /** What is there goes to the reader: in canonical mode one line or a part of it. */
  private deliver(to: u64, count: u64): i64 {
    const taken = this.line.take(chunk, <i32>min<u64>(count, 1024));
    this.inputTaken();
    return copyShared(to, address(chunk), taken) ? setError(EFAULT) : taken;
  }
  /** For ptys: there is room for more input. */
  protected inputTaken(): void {}
  /** The ring of input is nearly full, or no longer. */
  inputFull(full: bool): void {}

  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    const line = this.line;
    let done: u64 = 0;
    while (done < count) {
      if (this.hungUp) return setError(EIO);
      if (line.lflag & TOSTOP) {
        const refused = this.foreground(SIGTTOU);
        if (refused) return done ? <i64>done : refused;
      }
      const part = min<u64>(count - done, 256);
      if (copyShared(address(bytes), from + done, part)) return done ? <i64>done : setError(EFAULT);
      const flags = saveInterrupts();
      let taken: u64 = 0;
      for (; taken < part && line.outputRoom >= LONGEST; taken++) line.output(load<u8>(bytes + <usize>taken));
      done += taken;
      let error = 0;
      this.transmit();
      if (!taken) {
        if (nonblocking) error = setError(EAGAIN);
        else error = this.drained.wait();
      }
      restoreInterrupts(flags);
      if (error) return done ? <i64>done : error;
    }
    return <i64>count;
  }

  /** Waits until all output has gone. */
  drain(): i32 {
    const flags = saveInterrupts();
    let error = 0;
    while (this.line.outputWaiting && !this.hungUp && !error) {
      this.transmit();
      if (this.line.outputWaiting) error = this.drained.wait();
    }
    restoreInterrupts(flags);
    return error;
  }

  poll(events: i32, poller: Poller | null): i32 {
    if (poller) {
      poller.watch(this.input);
      poller.watch(this.drained);
    }
    if (this.hungUp) return POLLHUP | (events & POLL_READ);
    let now = 0;
    if (this.line.lflag & ICANON ? this.line.readable : this.line.available >= max<u32>(<u32>this.line.characters[VMIN], 1))
      now |= POLL_READ;
    if (this.line.outputRoom >= LONGEST && !this.line.stopped) now |= POLL_WRITE;
    return now & (events | POLLERR | POLLHUP);
  }

  // ---- requests

  ioctl(request: i32, argument: u64): i64 {
    const process = currentProcess();
    const line = this.line;
    if (request == TERMINAL_LEFT) {
      this.left();
      return 0;
    }
    if (this.hungUp) return setError(EIO);
    if (changes(request)) {
      const error = this.foreground(SIGTTOU);
      if (error) return error;
    }
    switch (request) {
      case TCGETS:
        line.save(chunk);
        return copyOut(argument, chunk, TERMIOS_SIZE);
      case TCGETA:
        line.saveShort(chunk);
        return copyOut(argument, chunk, TERMIO_SIZE);
      case TCSETS:
      case TCSETSW:
      case TCSETSF:
        return this.setModes(argument, false, request - TCSETS);
      case TCSETA:
      case TCSETAW:
      case TCSETAF:
        return this.setModes(argument, true, request - TCSETA);
      case TCSBRK: {
        const error = this.drain();
        if (!error && !(<i32>argument)) this.sendBreak();
        return error;
      }
      case TCXONC:
        return this.flowControl(<i32>argument);
      case TCFLSH:
        return this.flush(<i32>argument);
      case TIOCFLUSH: {
        const error = argument ? fetch32(argument) : 0;
        return error ? error : this.flush(2);
      }
      case TIOCGWINSZ:
        store<u64>(chunk, this.window);
        return copyOut(argument, chunk, 8);
      case TIOCSWINSZ: {
        const error = copyIn(chunk, argument, 8);
        if (error) return error;
        if (this.window == load<u64>(chunk)) return 0;
        this.window = load<u64>(chunk);
        if (line.foreground) postToGroup(line.foreground, SIGWINCH);
        return 0;
      }
      case FIONREAD:
        return put32(argument, line.available);
      case TIOCOUTQ:
        return put32(argument, line.outputWaiting);
      case TIOCEXCL:
        this.exclusive = true;
        return 0;
      case TIOCNXCL:
        this.exclusive = false;
        return 0;
      case TIOCGPGRP:
        if (process.terminal != this) return setError(ENOTTY);
        return put32(argument, line.foreground);
      case TIOCGSID:
        if (process.terminal != this) return setError(ENOTTY);
        return put32(argument, this.session);
      case TIOCSPGRP: {
        if (process.terminal != this || process.session != this.session) return setError(ENOTTY);
        const error = fetch32(argument);
        return error ? error : this.setForeground(<i32>fetched());
      }
      case TIOCSCTTY:
        if (process.terminal == this) return 0;
        return this.adopt() ? 0 : setError(EPERM);
      case TIOCNOTTY:
        if (process.terminal != this) return setError(ENOTTY);
        if (process.session == process.pid) this.left();
        process.terminal = null;
        return 0;
      case TIOCSTI:
        return setError(EPERM);
      case I_PUSH:
        return 0;
      case I_FIND:
        return 1;
    }
    return setError(EINVAL);
  }

  /** `when`: 0 now, 1 after all output, 2 and with input forgotten. */
  private setModes(from: u64, short: bool, when: i32): i32 {
    const size = short ? TERMIO_SIZE : TERMIOS_SIZE;
    let error = copyIn(chunk, from, size);
    if (error) return error;
    if (when) {
      // Waiting, others may use the buffer.
      error = this.drain();
      if (!error) error = copyIn(chunk, from, size);
      if (error) return error;
    }
    const flags = saveInterrupts();
    if (when == 2) this.line.flush();
    if (short) this.line.loadShort(chunk);
    else this.line.load(chunk);
    this.line.settingsChanged();
    restoreInterrupts(flags);
    this.lineSettingsChanged();
    this.input.wake();
    return 0;
  }

  private flowControl(action: i32): i32 {
    const flags = saveInterrupts();
    if (action == 0) this.line.stop();
    else if (action == 1) this.line.resume();
    restoreInterrupts(flags);
    return action == 0 || action == 1 ? 0 : setError(EINVAL);
  }

  private flush(which: i32): i32 {
    if (<u32>which > 2) return setError(EINVAL);
    const flags = saveInterrupts();
    if (which != 1) this.line.flush();
    if (which != 0) this.line.discardOutput();
    restoreInterrupts(flags);
    return 0;
  }

  private setForeground(group: i32): i32 {
    if (group <= 0) return setError(EINVAL);
    const list = processList();
    for (let i = 0; i < list.length; i++) {
      if (list[i].group != group) continue;
      if (list[i].session != this.session) return setError(EPERM);
      this.line.foreground = group;
      return 0;
    }
    return setError(EPERM);
  }
}

/** What a write is copied to first; nothing sleeps while it is in use. */
const bytes = memory.data(256);
const never: PollHead = new PollHead();

/** Those that a background process must not do unasked. */
function changes(request: i32): bool {
  return (
    (request >= TCSETS && request <= TCSETSF) ||
    (request >= TCSETA && request <= TCFLSH) ||
    request == TIOCSWINSZ ||
    request == TIOCSPGRP ||
    request == TIOCFLUSH ||
    request == TIOCSSID
  );
}

/** The line discipline of a terminal, its output ring, and its settings as users see them. */
export class TerminalLine extends LineDiscipline {
  foreground: i32 = 0;
  /** Bytes of flow control that go though output is stopped. */
  private urgent: u32 = 0;
  private readonly waiting: StaticArray<u8> = new StaticArray<u8>(<i32>OUTPUT);
  private put_: u32 = 0;
  private sent: u32 = 0;
  /** Set by the terminal, at once. */
  terminal: Terminal | null = null;

  // ---- output

  get outputRoom(): u32 {
    return OUTPUT - this.outputWaiting;
  }
  get outputWaiting(): u32 {
    return this.put_ - this.sent;
  }
  /** Is there a byte that may go now? */
  get canSend(): bool {
    return this.outputWaiting != 0 && (!this.stopped || this.urgent != 0);
  }
  /** The next byte for the line, which {@link sentOne} then takes away. */
  get nextOutput(): u32 {
    return <u32>this.waiting[<i32>(this.sent % OUTPUT)];
  }
  sentOne(): void {
    this.sent++;
    if (this.urgent) this.urgent--;
    // Not for every byte: whoever waits wants room for a good part.
    if (this.outputWaiting == OUTPUT >> 2 || !this.outputWaiting) this.terminal!.roomMade();
  }
  discardOutput(): void {
    this.sent = this.put_;
    this.terminal!.roomMade();
  }

  put(byte: u32): void {
    if (!this.outputRoom) return;
    this.waiting[<i32>(this.put_++ % OUTPUT)] = <u8>byte;
    this.terminal!.transmit();
  }
  /** Past what waits: it takes the place of what was sent last. */
  putNow(byte: u32): void {
    if (!byte || !this.outputRoom) return;
    this.waiting[<i32>(--this.sent % OUTPUT)] = <u8>byte;
    this.urgent++;
    this.terminal!.transmit();
  }
  inputFull(full: bool): void {
    if (this.iflag & IXOFF) this.putNow(<u32>this.characters[full ? VSTOP : VSTART]);
    this.terminal!.inputFull(full);
  }
  flowChanged(): void {
    this.terminal!.transmit();
    this.terminal!.roomMade();
  }

  // ---- input

  signal(signal: i32): void {
    if (this.foreground) postToGroup(this.foreground, signal);
  }
  ready(): void {
    this.terminal!.arrived();
  }

  // ---- settings

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
  saveShort(to: usize): void {
    store<u16>(to, <u16>this.iflag);
    store<u16>(to, <u16>this.oflag, 2);
    store<u16>(to, <u16>this.cflag, 4);
    store<u16>(to, <u16>this.lflag, 6);
    memory.fill(to + 8, 0, 10);
    for (let i = 0; i < NCC; i++) store<u8>(to + 9 + i, this.characters[i]);
  }
  loadShort(from: usize): void {
    this.iflag = (this.iflag & 0xffff0000) | <u32>load<u16>(from);
    this.oflag = (this.oflag & 0xffff0000) | <u32>load<u16>(from, 2);
    this.cflag = (this.cflag & 0xffff0000) | <u32>load<u16>(from, 4);
    this.lflag = (this.lflag & 0xffff0000) | <u32>load<u16>(from, 6);
    for (let i = 0; i < NCC; i++) this.characters[i] = load<u8>(from + 9 + i);
  }
}

/** /dev/tty: opening it opens the process's terminal. */
export class ControllingTerminal extends Device {
  constructor(rdev: u64) {
    super(S_IFCHR | 0o666, 0, rdev);
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
