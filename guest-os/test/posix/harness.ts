// SPDX-License-Identifier: MIT
/**
 * @fileoverview Requirements of POSIX.1-2017, each a small program: a function that runs in a process and a directory of its own and says
 * whether what it is named for holds.
 *
 * {@link requirement} registers one; main.ts runs them. A verdict is `holds`, `fails`, or what ended the process: `signal N`, a time-out among
 * them. The same source runs on Linux, and what it says there is what it should say here.
 */
import * as sys from './system/system';

export class Requirement {
  constructor(
    readonly name: string,
    readonly run: () => bool,
  ) {}
}
export const requirements: Requirement[] = [];

/** `subject: what is required`. */
export function requirement(name: string, run: () => bool): void {
  requirements.push(new Requirement(name, run));
}

// ---- children

/** Forks; the child runs a function and exits with its result. */
export function child(run: () => i32): i32 {
  const pid = sys.fork();
  if (pid) return pid;
  limitLife();
  sys.exit(run());
  return 0;
}

/** Whatever becomes of the requirement, its processes do not outlive it by more than this. */
function limitLife(): void {
  const timer = sys.timer_create(sys.CLOCK_MONOTONIC, sys.SIGKILL, 0);
  sys.timer_settime(<i32>timer, 0, 10000000000, 0);
}

/** Waits for a child that should exit: its status, or -1 for anything else. */
export function exitOf(pid: i32): i32 {
  const result = sys.waitpid(pid, 0);
  return result == pid && sys.newsCode == sys.CLD_EXITED ? sys.newsStatus : -1;
}

/** Waits for a child that should be killed: the signal, or -1 for anything else. */
export function killerOf(pid: i32): i32 {
  const result = sys.waitpid(pid, 0);
  return result == pid && sys.newsCode != sys.CLD_EXITED ? sys.newsStatus : -1;
}

/** Waits for a child that should be stopped: the signal, or -1 for anything else. */
export function stopperOf(pid: i32): i32 {
  const result = sys.waitpid(pid, sys.WUNTRACED);
  return result == pid && sys.newsCode == sys.CLD_STOPPED ? sys.newsStatus : -1;
}

/** A child's verdict: exit status 0 means yes. */
export function inChild(run: () => bool): bool {
  const pid = sys.fork();
  if (!pid) sys.exit(run() ? 0 : 1);
  return exitOf(pid) == 0;
}

/** A child that waits until it is signalled. */
export function waiter(): i32 {
  return child(() => <i32>sys.pause());
}

export function pauseFor(milliseconds: i32): void {
  sys.nanosleep(milliseconds / 1000, <i64>(milliseconds % 1000) * 1000000);
}

/** Does a thing come true within a second? */
export function soon(test: () => bool): bool {
  for (let i = 0; i < 200; i++) {
    if (test()) return true;
    pauseFor(5);
  }
  return false;
}

// ---- signals

/** A set of all of them. */
export const ALL: u64 = ~(<u64>0);
export function bit(signal: i32): u64 {
  return (<u64>1) << (<u64>signal - 1);
}

/** Signals handled so far, by number, and in the order in which they came. */
export const arrivals: StaticArray<i32> = new StaticArray<i32>(128);
export const order: StaticArray<i32> = new StaticArray<i32>(64);
export const values: StaticArray<u64> = new StaticArray<u64>(64);
export let arrived: i32 = 0;
/** What a handler does besides. */
export let onArrival: ((signal: i32) => void) | null = null;
export function whenSignalled(action: ((signal: i32) => void) | null): void {
  onArrival = action;
}
/** Address of a local of the last handler: which stack it ran on. */
export let handlerStack: u64 = 0;

/** Called where a signal is handled. */
export function signalArrived(signal: i32, info: u64, context: u64): void {
  handlerStack = context;
  arrivals[signal]++;
  if (info) sys.takeInfo(info);
  if (arrived < 64) {
    values[arrived] = sys.infoValue;
    order[arrived++] = signal;
  }
  const action = onArrival;
  if (action) action(signal);
}

export function handle(signal: i32, flags: u32 = 0, mask: u64 = 0): void {
  sys.sigaction(signal, sys.HANDLER(), flags, mask);
}
export function ignore(signal: i32): void {
  sys.sigaction(signal, sys.IGNORE, 0, 0);
}
export function byDefault(signal: i32): void {
  sys.sigaction(signal, sys.DEFAULT, 0, 0);
}
export function raise(signal: i32): void {
  sys.kill(sys.getpid(), signal);
}

// ---- files

const bytes = memory.data(8192, 16);
export const buffer: usize = bytes;

export function writeText(descriptor: i32, text: string): i64 {
  for (let i = 0; i < text.length; i++) store<u8>(bytes + i, <u8>text.charCodeAt(i));
  return sys.write(descriptor, bytes, text.length);
}

/** Up to 4096 bytes; `!` and the errno where reading fails. */
export function readText(descriptor: i32, most: i32 = 4096): string {
  const count = sys.read(descriptor, bytes, most);
  if (count < 0) return '!' + (-count).toString();
  return textAt(<i32>count);
}
/** The first bytes of the buffer. */
export function textAt(count: i32): string {
  let text = '';
  for (let i = 0; i < count; i++) text += String.fromCharCode(load<u8>(bytes + i));
  return text;
}

/** A new file with a content; it is closed again. */
export function makeFile(name: string, content: string = '', mode: i32 = 0o644): void {
  const descriptor = sys.open(name, sys.O_WRONLY | sys.O_CREAT | sys.O_TRUNC, mode);
  writeText(descriptor, content);
  sys.close(descriptor);
}
export function contentOf(name: string): string {
  const descriptor = sys.open(name, sys.O_RDONLY);
  if (descriptor < 0) return '!' + (-descriptor).toString();
  const text = readText(descriptor);
  sys.close(descriptor);
  return text;
}
export function exists(name: string): bool {
  return sys.lstat(name) >= 0;
}
export function isDescriptor(descriptor: i32): bool {
  return sys.fcntl(descriptor, sys.F_GETFD, 0) >= 0;
}
/** Names in a directory, without `.` and `..`, sorted. */
export function namesIn(path: string): string {
  const descriptor = sys.open(path, sys.O_RDONLY | sys.O_DIRECTORY);
  const names: string[] = [];
  sys.getdents(descriptor, names);
  sys.close(descriptor);
  const rest: string[] = [];
  for (let i = 0; i < names.length; i++) if (names[i] != '.' && names[i] != '..') rest.push(names[i]);
  rest.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return rest.join(' ');
}
/** A name of so many letters. */
export function longName(count: i32): string {
  return 'n'.repeat(count);
}
/** As an unprivileged user: the verdict of a child that has become one. */
export function unprivileged(run: () => bool): bool {
  const pid = sys.fork();
  if (!pid) {
    sys.setgroups(0, buffer);
    sys.setgid(1000);
    sys.setuid(1000);
    sys.exit(run() ? 0 : 1);
  }
  return exitOf(pid) == 0;
}

// ---- running

const ROOT = '/tmp/posix';

/** Runs those whose name contains the text: a line each. */
export function runAll(filter: string): void {
  sys.mkdir(ROOT, 0o755);
  let count = 0;
  for (let i = 0; i < requirements.length; i++) {
    const each = requirements[i];
    if (filter.length && !each.name.includes(filter)) continue;
    const place = ROOT + '/' + sys.getpid().toString() + '.' + i.toString();
    sys.mkdir(place, 0o777);
    sys.chmod(place, 0o777);
    const pid = sys.fork();
    if (!pid) {
      sys.setpgid(0, 0);
      sys.chdir(place);
      sys.umask(0o022);
      for (let signal = 1; signal < 32; signal++) sys.sigaction(signal, sys.DEFAULT, 0, 0);
      // Real time, against what hangs: the machine of the reference may be busy.
      sys.alarm(60);
      sys.exit(each.run() ? 0 : 1);
    }
    let verdict = 'lost';
    if (sys.waitpid(pid, 0) == pid)
      verdict = sys.newsCode != sys.CLD_EXITED ? 'signal ' + sys.newsStatus.toString() : sys.newsStatus ? 'fails' : 'holds';
    // What it has left behind.
    sys.kill(-pid, sys.SIGKILL);
    writeText(1, each.name + ' = ' + verdict + '\n');
    count++;
  }
  writeText(1, count.toString() + ' requirements\n');
}
