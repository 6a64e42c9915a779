// SPDX-License-Identifier: MIT
/**
 * @fileoverview The system calls that the requirements are written with, on our system. `linux.ts` has the same names for Linux, and takes this
 * module's place in the program that runs there: numbers and structures differ, what is asked for does not.
 *
 * Results are those of the calls, or a negative errno by this module's numbers.
 */
import { call, call6, forked, second } from 'machine/sys';
import { load32, load64 } from 'machine/mem';
import { signalEntry } from 'machine/stubs';
import { pathOf } from '../../lib/text';

export const NAME: string = 'diorama';

export const EPERM: i64 = 1;
export const ENOENT: i64 = 2;
export const ESRCH: i64 = 3;
export const EINTR: i64 = 4;
export const ENXIO: i64 = 6;
export const E2BIG: i64 = 7;
export const ENOEXEC: i64 = 8;
export const EBADF: i64 = 9;
export const ECHILD: i64 = 10;
export const EAGAIN: i64 = 11;
export const ENOMEM: i64 = 12;
export const EACCES: i64 = 13;
export const EFAULT: i64 = 14;
export const EBUSY: i64 = 16;
export const EEXIST: i64 = 17;
export const ENODEV: i64 = 19;
export const ENOTDIR: i64 = 20;
export const EISDIR: i64 = 21;
export const EINVAL: i64 = 22;
export const EMFILE: i64 = 24;
export const ENOTTY: i64 = 25;
export const ETXTBSY: i64 = 26;
export const EFBIG: i64 = 27;
export const ESPIPE: i64 = 29;
export const EPIPE: i64 = 32;
export const EDEADLK: i64 = 45;
export const ENAMETOOLONG: i64 = 78;
export const EOVERFLOW: i64 = 79;
export const ELOOP: i64 = 90;
export const ENOTEMPTY: i64 = 93;

export const O_RDONLY: i32 = 0;
export const O_WRONLY: i32 = 1;
export const O_RDWR: i32 = 2;
export const O_APPEND: i32 = 8;
export const O_NONBLOCK: i32 = 0x80;
export const O_CREAT: i32 = 0x100;
export const O_TRUNC: i32 = 0x200;
export const O_EXCL: i32 = 0x400;
export const O_NOCTTY: i32 = 0x800;
export const O_NOFOLLOW: i32 = 0x20000;
export const O_CLOEXEC: i32 = 0x800000;
export const O_DIRECTORY: i32 = 0x1000000;

export const SIGHUP: i32 = 1;
export const SIGINT: i32 = 2;
export const SIGQUIT: i32 = 3;
export const SIGILL: i32 = 4;
export const SIGTRAP: i32 = 5;
export const SIGABRT: i32 = 6;
export const SIGFPE: i32 = 8;
export const SIGKILL: i32 = 9;
export const SIGBUS: i32 = 10;
export const SIGSEGV: i32 = 11;
export const SIGPIPE: i32 = 13;
export const SIGALRM: i32 = 14;
export const SIGTERM: i32 = 15;
export const SIGUSR1: i32 = 16;
export const SIGUSR2: i32 = 17;
export const SIGCHLD: i32 = 18;
export const SIGWINCH: i32 = 20;
export const SIGURG: i32 = 21;
export const SIGSTOP: i32 = 23;
export const SIGTSTP: i32 = 24;
export const SIGCONT: i32 = 25;
export const SIGTTIN: i32 = 26;
export const SIGTTOU: i32 = 27;
export const SIGVTALRM: i32 = 28;
export const SIGPROF: i32 = 29;
export const SIGXCPU: i32 = 30;
export const SIGXFSZ: i32 = 31;
export const SIGRTMIN: i32 = 42;
export const SIGRTMAX: i32 = 64;
/** Higher than any. */
export const NO_SIGNAL: i32 = 100;

export const SA_ONSTACK: u32 = 1;
export const SA_RESETHAND: u32 = 2;
export const SA_RESTART: u32 = 4;
export const SA_SIGINFO: u32 = 8;
export const SA_NODEFER: u32 = 16;
export const SA_NOCLDWAIT: u32 = 0x10000;
export const SA_NOCLDSTOP: u32 = 0x20000;
export const SIG_BLOCK: i32 = 1;
export const SIG_UNBLOCK: i32 = 2;
export const SIG_SETMASK: i32 = 3;
export const SI_USER: i32 = 0;
export const SI_QUEUE: i32 = -2;
export const SI_TIMER: i32 = -3;
export const CLD_EXITED: i32 = 1;
export const CLD_KILLED: i32 = 2;
export const CLD_STOPPED: i32 = 5;
export const CLD_CONTINUED: i32 = 6;
export const SEGV_MAPERR: i32 = 1;
export const SEGV_ACCERR: i32 = 2;
export const SS_DISABLE: i32 = 2;
export const SS_ONSTACK: i32 = 1;

export const WNOHANG: i32 = 0x40;
export const WUNTRACED: i32 = 4;
export const WCONTINUED: i32 = 8;
export const WEXITED: i32 = 1;
export const WSTOPPED: i32 = 4;
export const WNOWAIT: i32 = 0x80;
export const P_PID: i32 = 0;
export const P_PGID: i32 = 2;
export const P_ALL: i32 = 7;

export const RLIMIT_CPU: i32 = 0;
export const RLIMIT_FSIZE: i32 = 1;
export const RLIMIT_DATA: i32 = 2;
export const RLIMIT_STACK: i32 = 3;
export const RLIMIT_NOFILE: i32 = 5;
export const RLIMIT_AS: i32 = 6;
export const RLIM_INFINITY: u64 = 0xfffffffffffffffd;

export const F_DUPFD: i32 = 0;
export const F_GETFD: i32 = 1;
export const F_SETFD: i32 = 2;
export const F_GETFL: i32 = 3;
export const F_SETFL: i32 = 4;
export const F_DUPFD_CLOEXEC: i32 = 37;
const F_DUP2FD: i32 = 9;
export const FD_CLOEXEC: i64 = 1;
export const F_SETLK: i32 = 6;
export const F_GETLK: i32 = 14;
export const F_SETLKW: i32 = 7;
export const F_RDLCK: i32 = 1;
export const F_WRLCK: i32 = 2;
export const F_UNLCK: i32 = 3;

export const MAP_SHARED: i32 = 1;
export const MAP_PRIVATE: i32 = 2;
export const MAP_FIXED: i32 = 0x10;
export const MAP_ANON: i32 = 0x100;
export const MS_ASYNC: i32 = 1;
export const MS_INVALIDATE: i32 = 2;
export const MS_SYNC: i32 = 4;
const MC_SYNC: i32 = 1;
const MC_LOCK: i32 = 2;
const MC_UNLOCK: i32 = 3;

export const CLOCK_REALTIME: i32 = 3;
export const CLOCK_MONOTONIC: i32 = 4;
export const CLOCK_PROCESS_CPUTIME_ID: i32 = 5;
export const ITIMER_REAL: i32 = 0;
export const ITIMER_VIRTUAL: i32 = 1;
export const ITIMER_PROF: i32 = 2;
export const TIMER_ABSTIME: i32 = 1;
const SIGEV_SIGNAL: i32 = 2;

export const UTIME_NOW: i64 = -1;
export const UTIME_OMIT: i64 = -2;
export const AT_FDCWD: i32 = <i32>0xffd19553;
export const AT_REMOVEDIR: i32 = 1;
export const AT_SYMLINK_NOFOLLOW: i32 = 0x1000;

export const POLLIN: i32 = 1;
export const POLLOUT: i32 = 4;
export const POLLERR: i32 = 8;
export const POLLHUP: i32 = 16;
export const POLLNVAL: i32 = 32;

const page = memory.data(4096, 16);

function u(value: i32): u64 {
  return <u64>(<i64>value);
}

// ---- processes

export function fork(): i32 {
  return <i32>forked(142, 0, 0);
}
export function exit(status: i32): void {
  call(1, u(status), 0, 0);
}
export function getpid(): i32 {
  return <i32>call(20, 0, 0, 0);
}
export function getppid(): i32 {
  return <i32>second(20);
}
/** Words are addresses of lists of texts, or 0. */
export function execve(path: string, argv: u64, envp: u64): i64 {
  return call(59, pathOf(path), argv, envp);
}

/** waitid: the child's number, 0 if none has news (WNOHANG), or an errno; what is told in {@link newsCode} and {@link newsStatus}. */
export let newsCode: i32 = 0;
export let newsStatus: i32 = 0;
export function waitid(kind: i32, id: i32, options: i32): i64 {
  const result = call6(107, u(kind), u(id), page, u(options), 0, 0);
  if (result < 0) return result;
  newsCode = load<i32>(page, 4);
  newsStatus = load<i32>(page, 32);
  return load<i32>(page, 16);
}
/** As libc's waitpid: pid > 0, 0 the own group, -1 all, less a group. */
export function waitpid(pid: i32, options: i32): i64 {
  const kind = pid > 0 ? P_PID : pid == -1 ? P_ALL : P_PGID;
  const id = pid > 0 ? pid : pid == 0 ? getpgrp() : -pid;
  return waitid(kind, id, options | WEXITED);
}

export function getpgrp(): i32 {
  return <i32>call(39, 0, 0, 0);
}
export function setpgid(pid: i32, group: i32): i64 {
  return call(39, 5, u(pid), u(group));
}
export function getpgid(pid: i32): i64 {
  return call(39, 4, u(pid), 0);
}
export function setsid(): i64 {
  return call(39, 3, 0, 0);
}
export function getsid(pid: i32): i64 {
  return call(39, 2, u(pid), 0);
}

export function getuid(): i32 {
  return <i32>call(24, 0, 0, 0);
}
export function geteuid(): i32 {
  return <i32>second(24);
}
export function getgid(): i32 {
  return <i32>call(47, 0, 0, 0);
}
export function getegid(): i32 {
  return <i32>second(47);
}
export function setuid(uid: i32): i64 {
  return call(23, u(uid), 0, 0);
}
export function setgid(gid: i32): i64 {
  return call(46, u(gid), 0, 0);
}
export function seteuid(uid: i32): i64 {
  return call(141, u(uid), 0, 0);
}
export function setegid(gid: i32): i64 {
  return call(136, u(gid), 0, 0);
}
export function setreuid(uid: i32, euid: i32): i64 {
  return call(202, u(uid), u(euid), 0);
}
export function setregid(gid: i32, egid: i32): i64 {
  return call(203, u(gid), u(egid), 0);
}
export function getgroups(size: i32, to: usize): i64 {
  return call(92, u(size), to, 0);
}
export function setgroups(count: i32, from: usize): i64 {
  return call(91, u(count), from, 0);
}
export function umask(mask: i32): i32 {
  return <i32>call(60, u(mask), 0, 0);
}
/** The nice value, 0 at first; 1000 is added to the result, so that it is never negative. */
export function nice(more: i32): i64 {
  const before = call(34, 0, 0, 0);
  const result = call(34, u(more), 0, 0);
  // -1 is a nice value and EPERM.
  return result == -EPERM && call(34, 0, 0, 0) == before ? result : result + 1000;
}

/** Soft and hard limit at a pair of words. */
export function getrlimit(resource: i32, to: usize): i64 {
  return call(129, u(resource), to, 0);
}
export function setrlimit(resource: i32, from: usize): i64 {
  return call(128, u(resource), from, 0);
}
/** Four words, in clock ticks; the result is ticks of real time. */
export function times(to: usize): i64 {
  return call(43, to, 0, 0);
}

// ---- time

/** Nanoseconds of a clock, or an errno. */
export function clockTime(clock: i32): i64 {
  const result = call(191, u(clock), page, 0);
  return result < 0 ? result : load<i64>(page) * 1000000000 + load<i64>(page, 8);
}
export function clockResolution(clock: i32): i64 {
  const result = call(193, u(clock), page, 0);
  return result < 0 ? result : load<i64>(page) * 1000000000 + load<i64>(page, 8);
}
export function clock_settime(clock: i32, seconds: i64, nanoseconds: i64): i64 {
  store<i64>(page, seconds);
  store<i64>(page, nanoseconds, 8);
  return call(192, u(clock), page, 0);
}
/** What was left when it was interrupted, in nanoseconds. */
export let sleepLeft: i64 = 0;
export function nanosleep(seconds: i64, nanoseconds: i64): i64 {
  store<i64>(page, seconds);
  store<i64>(page, nanoseconds, 8);
  const result = call(199, page, page + 16, 0);
  sleepLeft = load<i64>(page, 16) * 1000000000 + load<i64>(page, 24);
  return result;
}
export function alarm(seconds: i32): i64 {
  return call(27, u(seconds), 0, 0);
}
/** Microseconds; the former value at {@link timerLeft}. */
export let timerLeft: i64 = 0;
export let timerInterval: i64 = 0;
export function setitimer(which: i32, value: i64, interval: i64): i64 {
  store<i64>(page, interval / 1000000);
  store<i64>(page, interval % 1000000, 8);
  store<i64>(page, value / 1000000, 16);
  store<i64>(page, value % 1000000, 24);
  const result = call(158, u(which), page, page + 32);
  takeTimer(page + 32, 1000000);
  return result;
}
/** The same with fields as they are. */
export function setitimerRaw(which: i32, seconds: i64, microseconds: i64): i64 {
  store<i64>(page, 0);
  store<i64>(page, 0, 8);
  store<i64>(page, seconds, 16);
  store<i64>(page, microseconds, 24);
  return call(158, u(which), page, 0);
}
export function getitimer(which: i32): i64 {
  const result = call(157, u(which), page, 0);
  takeTimer(page, 1000000);
  return result;
}
function takeTimer(at: usize, unit: i64): void {
  timerInterval = load<i64>(at) * unit + load<i64>(at, 8);
  timerLeft = load<i64>(at, 16) * unit + load<i64>(at, 24);
}
/** A timer's number, or an errno. Its signal's value is `value`. */
export function timer_create(clock: i32, signal: i32, value: u64): i64 {
  store<i32>(page, SIGEV_SIGNAL);
  store<i32>(page, signal, 4);
  store<u64>(page, value, 8);
  const result = call(194, u(clock), page, page + 64);
  return result < 0 ? result : load<i32>(page, 64);
}
export function timer_delete(id: i32): i64 {
  return call(195, u(id), 0, 0);
}
/** Nanoseconds. */
export function timer_settime(id: i32, flags: i32, value: i64, interval: i64): i64 {
  store<i64>(page, interval / 1000000000);
  store<i64>(page, interval % 1000000000, 8);
  store<i64>(page, value / 1000000000, 16);
  store<i64>(page, value % 1000000000, 24);
  return call6(196, u(id), u(flags), page, 0, 0, 0);
}
export function timer_gettime(id: i32): i64 {
  const result = call(197, u(id), page, 0);
  takeTimer(page, 1000000000);
  return result;
}
export function timer_getoverrun(id: i32): i64 {
  return call(198, u(id), 0, 0);
}

// ---- signals

export function kill(pid: i32, signal: i32): i64 {
  return call(37, u(pid), u(signal), 0);
}
export const DEFAULT: u64 = 0;
export const IGNORE: u64 = 1;
export function HANDLER(): u64 {
  return signalEntry();
}
/** The former action. */
export let oldHandler: u64 = 0;
export let oldFlags: u32 = 0;
export let oldMask: u64 = 0;
export function sigaction(signal: i32, handler: u64, flags: u32, mask: u64): i64 {
  memory.fill(page, 0, 64);
  store<u32>(page, flags);
  store<u64>(page, handler, 8);
  store<u64>(page, mask, 16);
  const result = call(98, u(signal), page, page + 32);
  takeAction();
  return result;
}
/** Only asks. */
export function sigactionQuery(signal: i32): i64 {
  const result = call(98, u(signal), 0, page + 32);
  takeAction();
  return result;
}
function takeAction(): void {
  oldFlags = load<u32>(page, 32);
  oldHandler = load<u64>(page, 40);
  oldMask = load<u64>(page, 48);
}
/** The former mask. */
export function sigprocmask(how: i32, set: u64): u64 {
  store<u64>(page, set);
  store<u64>(page, 0, 8);
  call(95, u(how), page, page + 16);
  return load<u64>(page, 16);
}
export function sigprocmaskResult(how: i32, set: u64): i64 {
  store<u64>(page, set);
  return call(95, u(how), page, 0);
}
export function sigpending(): u64 {
  call(99, 1, page, 0);
  return load<u64>(page);
}
export function sigsuspend(mask: u64): i64 {
  store<u64>(page, mask);
  store<u64>(page, 0, 8);
  return call(96, page, 0, 0);
}
export function pause(): i64 {
  return call(29, 0, 0, 0);
}
/** A signal of the set; nanoseconds less than 0: for ever. What is told: as in a handler. */
export function sigtimedwait(set: u64, nanoseconds: i64): i64 {
  store<u64>(page, set);
  store<u64>(page, 0, 8);
  store<i64>(page, nanoseconds / 1000000000, 16);
  store<i64>(page, nanoseconds % 1000000000, 24);
  const result = call(144, page, page + 512, nanoseconds < 0 ? 0 : page + 16);
  if (result > 0) takeInfo(page + 512);
  return result;
}
export function sigqueue(pid: i32, signal: i32, value: u64): i64 {
  return call6(190, u(pid), u(signal), value, u(SI_QUEUE), 0, 0);
}
/** The former stack in {@link oldStack} and {@link oldStackFlags}. */
export let oldStack: u64 = 0;
export let oldStackFlags: i32 = 0;
export function sigaltstack(at: u64, size: u64, flags: i32): i64 {
  store<u64>(page, at);
  store<u64>(page, size, 8);
  store<u64>(page, u(flags), 16);
  const result = call(97, page, page + 32, 0);
  oldStack = load<u64>(page, 32);
  oldStackFlags = load<i32>(page, 48);
  return result;
}
export function sigaltstackQuery(): i64 {
  const result = call(97, 0, page + 32, 0);
  oldStack = load<u64>(page, 32);
  oldStackFlags = load<i32>(page, 48);
  return result;
}

/** What a siginfo_t says, of the last signal that came with one. */
export let infoSignal: i32 = 0;
export let infoCode: i32 = 0;
export let infoPid: i32 = 0;
export let infoUid: i32 = 0;
export let infoStatus: i32 = 0;
export let infoValue: u64 = 0;
export let infoAddress: u64 = 0;
export function takeInfo(at: u64): void {
  infoSignal = load32(at);
  infoCode = load32(at + 4);
  infoPid = load32(at + 16);
  infoUid = load32(at + 24);
  infoStatus = load32(at + 32);
  infoValue = load64(at + 32);
  infoAddress = load64(at + 16);
}

// ---- files

export function open(path: string, flags: i32, mode: i32 = 0o644): i32 {
  return <i32>call(5, pathOf(path), u(flags), u(mode));
}
export function openat(directory: i32, path: string, flags: i32, mode: i32 = 0o644): i32 {
  return <i32>call6(68, u(directory), pathOf(path), u(flags), u(mode), 0, 0);
}
export function close(descriptor: i32): i64 {
  return call(6, u(descriptor), 0, 0);
}
export function read(descriptor: i32, to: u64, count: u64): i64 {
  return call(3, u(descriptor), to, count);
}
export function write(descriptor: i32, from: u64, count: u64): i64 {
  return call(4, u(descriptor), from, count);
}
export function pread(descriptor: i32, to: u64, count: u64, offset: i64): i64 {
  return call6(173, u(descriptor), to, count, offset, 0, 0);
}
export function pwrite(descriptor: i32, from: u64, count: u64, offset: i64): i64 {
  return call6(174, u(descriptor), from, count, offset, 0, 0);
}
export function readv(descriptor: i32, vector: u64, count: i32): i64 {
  return call(121, u(descriptor), vector, u(count));
}
export function writev(descriptor: i32, vector: u64, count: i32): i64 {
  return call(122, u(descriptor), vector, u(count));
}
export function lseek(descriptor: i32, offset: i64, whence: i32): i64 {
  return call(19, u(descriptor), offset, u(whence));
}
const F_FREESP: i32 = 11;
/** libc's ftruncate is fcntl(F_FREESP) on a struct flock. */
export function ftruncate(descriptor: i32, size: i64): i64 {
  memory.fill(page, 0, 64);
  store<i16>(page, <i16>F_WRLCK);
  store<i64>(page, size, 8);
  return size < 0 ? -EINVAL : call(62, u(descriptor), u(F_FREESP), page);
}
export function fsync(descriptor: i32): i64 {
  return call(58, u(descriptor), 0x10, 0);
}
export function dup(descriptor: i32): i64 {
  return fcntl(descriptor, F_DUPFD, 0);
}
export function dup2(descriptor: i32, to: i32): i64 {
  return fcntl(descriptor, F_DUP2FD, to);
}
export function fcntl(descriptor: i32, command: i32, argument: i64): i64 {
  return call(62, u(descriptor), u(command), argument);
}
/** A record lock; with F_GETLK, what is in the way is in {@link lockType} and {@link lockPid}. */
export let lockType: i32 = 0;
export let lockPid: i32 = 0;
export function lock(descriptor: i32, command: i32, type: i32, start: i64, length: i64): i64 {
  memory.fill(page, 0, 64);
  store<i16>(page, <i16>type);
  store<i64>(page, start, 8);
  store<i64>(page, length, 16);
  const result = call(62, u(descriptor), u(command), page);
  lockType = load<i16>(page);
  lockPid = load<i32>(page, 28);
  return result;
}

/** Fields of the last stat. */
export class Stat {
  device: u64 = 0;
  inode: u64 = 0;
  mode: i32 = 0;
  links: i32 = 0;
  uid: i32 = 0;
  gid: i32 = 0;
  size: i64 = 0;
  blocks: i64 = 0;
  accessed: i64 = 0;
  modified: i64 = 0;
  changed: i64 = 0;
}
export const st: Stat = new Stat();
function takeStat(result: i64): i64 {
  if (result < 0) return result;
  st.device = load<u64>(page);
  st.inode = load<u64>(page, 8);
  st.mode = load<i32>(page, 16);
  st.links = load<i32>(page, 20);
  st.uid = load<i32>(page, 24);
  st.gid = load<i32>(page, 28);
  st.size = load<i64>(page, 40);
  st.accessed = load<i64>(page, 48) * 1000000000 + load<i64>(page, 56);
  st.modified = load<i64>(page, 64) * 1000000000 + load<i64>(page, 72);
  st.changed = load<i64>(page, 80) * 1000000000 + load<i64>(page, 88);
  st.blocks = load<i64>(page, 104);
  return result;
}
export function stat(path: string): i64 {
  return takeStat(call(18, pathOf(path), page, 0));
}
export function lstat(path: string): i64 {
  return takeStat(call(88, pathOf(path), page, 0));
}
export function fstat(descriptor: i32): i64 {
  return takeStat(call(28, u(descriptor), page, 0));
}
export function fstatat(directory: i32, path: string, flags: i32): i64 {
  return takeStat(call6(66, u(directory), pathOf(path), page, u(flags), 0, 0));
}
export function link(from: string, to: string): i64 {
  return call(9, pathOf(from), pathOf(to), 0);
}
export function unlink(path: string): i64 {
  return call(10, pathOf(path), 0, 0);
}
export function unlinkat(directory: i32, path: string, flags: i32): i64 {
  return call(65, u(directory), pathOf(path), u(flags));
}
export function rename(from: string, to: string): i64 {
  return call(134, pathOf(from), pathOf(to), 0);
}
export function renameat(fromDirectory: i32, from: string, toDirectory: i32, to: string): i64 {
  return call6(64, u(fromDirectory), pathOf(from), u(toDirectory), pathOf(to), 0, 0);
}
export function symlink(target: string, path: string): i64 {
  return call(89, pathOf(target), pathOf(path), 0);
}
export function readlink(path: string, to: u64, size: u64): i64 {
  return call(90, pathOf(path), to, size);
}
export function mkdir(path: string, mode: i32 = 0o755): i64 {
  return call(80, pathOf(path), u(mode), 0);
}
export function mkdirat(directory: i32, path: string, mode: i32): i64 {
  return call(102, u(directory), pathOf(path), u(mode));
}
export function rmdir(path: string): i64 {
  return call(79, pathOf(path), 0, 0);
}
export function mkfifo(path: string, mode: i32): i64 {
  return call(14, pathOf(path), u(0x1000 | (mode & 0o7777)), 0);
}
export function chmod(path: string, mode: i32): i64 {
  return call(15, pathOf(path), u(mode), 0);
}
export function fchmod(descriptor: i32, mode: i32): i64 {
  return call(93, u(descriptor), u(mode), 0);
}
export function chown(path: string, uid: i32, gid: i32): i64 {
  return call(16, pathOf(path), u(uid), u(gid));
}
export function lchown(path: string, uid: i32, gid: i32): i64 {
  return call(130, pathOf(path), u(uid), u(gid));
}
export function access(path: string, wanted: i32): i64 {
  return call(33, pathOf(path), u(wanted), 0);
}
/** Seconds, and nanoseconds or UTIME_NOW, UTIME_OMIT, of the access and the modification. */
export function utimens(path: string, a: i64, aNano: i64, m: i64, mNano: i64): i64 {
  store<i64>(page, a);
  store<i64>(page, aNano, 8);
  store<i64>(page, m, 16);
  store<i64>(page, mNano, 24);
  return call6(110, 1, u(AT_FDCWD), pathOf(path), page, 0, 0);
}
export function utimensNow(path: string): i64 {
  return call6(110, 1, u(AT_FDCWD), pathOf(path), 0, 0, 0);
}
export function chdir(path: string): i64 {
  return call(12, pathOf(path), 0, 0);
}
export function fchdir(descriptor: i32): i64 {
  return call(120, u(descriptor), 0, 0);
}
export function getcwd(to: u64, size: u64): i64 {
  return call(229, to, size, 0);
}
/** Names in an open directory, from where it is. */
export function getdents(descriptor: i32, names: string[]): i64 {
  while (true) {
    const count = call(81, u(descriptor), page, 4096);
    if (count <= 0) return count;
    for (let at: usize = 0; at < <usize>count; at += load<u16>(page + at, 16))
      names.push(String.UTF8.decodeUnsafe(page + at + 18, length(page + at + 18)));
  }
}
function length(at: usize): i32 {
  let count = 0;
  while (load<u8>(at + count)) count++;
  return count;
}

/** Two descriptors, in {@link pipeRead} and {@link pipeWrite}. */
export let pipeRead: i32 = 0;
export let pipeWrite: i32 = 0;
export function pipe(): i64 {
  const result = call(42, page, 0, 0);
  pipeRead = load<i32>(page);
  pipeWrite = load<i32>(page, 4);
  return result;
}
/** One descriptor's events, or an errno; milliseconds, -1: for ever. */
export function poll(descriptor: i32, events: i32, milliseconds: i32): i64 {
  store<i32>(page, descriptor);
  store<i16>(page, <i16>events, 4);
  store<i16>(page, 0, 6);
  store<i64>(page, milliseconds / 1000, 16);
  store<i64>(page, (milliseconds % 1000) * 1000000, 24);
  const result = call6(183, page, 1, milliseconds < 0 ? 0 : page + 16, 0, 0, 0);
  return result < 0 ? result : load<i16>(page, 6);
}

// ---- memory

export function mmap(at: u64, length: u64, prot: i32, flags: i32, descriptor: i32, offset: i64): i64 {
  return call6(115, at, length, u(prot), u(flags), u(descriptor), offset);
}
export function munmap(at: u64, length: u64): i64 {
  return call(117, at, length, 0);
}
export function mprotect(at: u64, length: u64, prot: i32): i64 {
  return call(116, at, length, u(prot));
}
export function msync(at: u64, length: u64, flags: i32): i64 {
  return call6(131, at, length, u(MC_SYNC), u(flags), 0, 0);
}
export function mlock(at: u64, length: u64): i64 {
  return call6(131, at, length, u(MC_LOCK), 0, 0, 0);
}
export function munlock(at: u64, length: u64): i64 {
  return call6(131, at, length, u(MC_UNLOCK), 0, 0, 0);
}

// ---- terminals

export const TCSANOW: i32 = 0x540e;
export const TCSADRAIN: i32 = 0x540f;
export const TCSAFLUSH: i32 = 0x5410;
const TCGETS: i32 = 0x540d;
const TIOCGPGRP: i32 = 0x7414;
const TIOCSPGRP: i32 = 0x7415;
const TIOCGSID: i32 = 0x7416;
const TIOCSCTTY: i32 = 0x7484;
const TIOCSWINSZ: i32 = 0x5467;
const TIOCGWINSZ: i32 = 0x5468;
const TCFLSH: i32 = 0x5407;
const I_PUSH: i32 = 0x5302;
const UNLKPT: i32 = 0x5002;
const ISPTM: i32 = 0x5001;
export const ICRNL: u32 = 0x100;
export const INLCR: u32 = 0x40;
export const IGNCR: u32 = 0x80;
export const ISTRIP: u32 = 0x20;
export const IXON: u32 = 0x400;
export const OPOST: u32 = 1;
export const ONLCR: u32 = 4;
export const ISIG: u32 = 1;
export const ICANON: u32 = 2;
export const ECHO: u32 = 8;
export const ECHOE: u32 = 0x10;
export const ECHOK: u32 = 0x20;
export const ECHONL: u32 = 0x40;
export const NOFLSH: u32 = 0x80;
export const TOSTOP: u32 = 0x100;
export const IEXTEN: u32 = 0x8000;
export const VINTR: i32 = 0;
export const VQUIT: i32 = 1;
export const VERASE: i32 = 2;
export const VKILL: i32 = 3;
export const VEOF: i32 = 4;
export const VMIN: i32 = 4;
export const VEOL: i32 = 5;
export const VTIME: i32 = 5;
export const VSUSP: i32 = 10;

/** The last terminal attributes that were asked for; what tcsetattr sets. */
export let inputFlags: u32 = 0;
export let outputFlags: u32 = 0;
export let controlFlags: u32 = 0;
export let localFlags: u32 = 0;
export const controls: StaticArray<u8> = new StaticArray<u8>(32);
export function setFlags(input: u32, output: u32, local: u32): void {
  inputFlags = input;
  outputFlags = output;
  localFlags = local;
}
export function tcgetattr(descriptor: i32): i64 {
  const result = call(54, u(descriptor), u(TCGETS), page);
  if (result < 0) return result;
  inputFlags = load<u32>(page);
  outputFlags = load<u32>(page, 4);
  controlFlags = load<u32>(page, 8);
  localFlags = load<u32>(page, 12);
  memory.copy(changetype<usize>(controls), page + 16, 19);
  return 0;
}
export function tcsetattr(descriptor: i32, action: i32): i64 {
  store<u32>(page, inputFlags);
  store<u32>(page, outputFlags, 4);
  store<u32>(page, controlFlags, 8);
  store<u32>(page, localFlags, 12);
  memory.copy(page + 16, changetype<usize>(controls), 19);
  return call(54, u(descriptor), u(action), page);
}
export function tcgetpgrp(descriptor: i32): i64 {
  const result = call(54, u(descriptor), u(TIOCGPGRP), page);
  return result < 0 ? result : load<i32>(page);
}
export function tcsetpgrp(descriptor: i32, group: i32): i64 {
  store<i32>(page, group);
  return call(54, u(descriptor), u(TIOCSPGRP), page);
}
export function tcgetsid(descriptor: i32): i64 {
  const result = call(54, u(descriptor), u(TIOCGSID), page);
  return result < 0 ? result : load<i32>(page);
}
/** 0: input, 1: output, 2: both. */
export function tcflush(descriptor: i32, queue: i32): i64 {
  return call(54, u(descriptor), u(TCFLSH), u(queue));
}
export function setWindow(descriptor: i32, rows: i32, columns: i32): i64 {
  store<u64>(page, 0);
  store<u16>(page, <u16>rows);
  store<u16>(page, <u16>columns, 2);
  return call(54, u(descriptor), u(TIOCSWINSZ), page);
}
/** rows << 16 | columns */
export function getWindow(descriptor: i32): i64 {
  const result = call(54, u(descriptor), u(TIOCGWINSZ), page);
  return result < 0 ? result : ((<i64>load<u16>(page)) << 16) | load<u16>(page, 2);
}
/** The descriptor's terminal becomes the session's. */
export function takeTerminal(descriptor: i32): i64 {
  return call(54, u(descriptor), u(TIOCSCTTY), 0);
}

export let master: i32 = -1;
export let slave: i32 = -1;
const I_STR: i32 = 0x5308;
function streamRequest(descriptor: i32, request: i32): i64 {
  store<i32>(page, request);
  store<i32>(page, 0, 4);
  store<i32>(page, 0, 8);
  store<u64>(page, 0, 16);
  return call(54, u(descriptor), u(I_STR), page);
}
/** A pseudo-terminal, its sides in {@link master} and {@link slave}. The slave does not become anybody's terminal by this. */
export function openTerminal(): i64 {
  master = open('/dev/ptmx', O_RDWR | O_NOCTTY);
  if (master < 0) return master;
  streamRequest(master, UNLKPT);
  const result = streamRequest(master, ISPTM);
  if (result < 0) return result;
  if (fstat(master) < 0) return -1;
  slave = open('/dev/pts/' + (<u32>rdev(master)).toString(), O_RDWR | O_NOCTTY);
  if (slave < 0) return slave;
  store<u64>(page, 0);
  return 0;
}
function rdev(descriptor: i32): u64 {
  call(28, u(descriptor), page, 0);
  return load<u64>(page, 32) & 0xffffffff;
}
export function push(descriptor: i32, module: string): i64 {
  return call(54, u(descriptor), u(I_PUSH), pathOf(module));
}

// ---- System V IPC

export const ENOMSG: i64 = 35;
export const EIDRM: i64 = 36;
export const ERANGE: i64 = 34;

export const IPC_CREAT: i32 = 0o1000;
export const IPC_EXCL: i32 = 0o2000;
export const IPC_NOWAIT: i32 = 0o4000;
export const IPC_RMID: i32 = 10;
export const IPC_SET: i32 = 11;
export const IPC_STAT: i32 = 12;
export const GETPID: i32 = 4;
export const GETVAL: i32 = 5;
export const GETALL: i32 = 6;
export const GETNCNT: i32 = 3;
export const GETZCNT: i32 = 7;
export const SETVAL: i32 = 8;
export const SETALL: i32 = 9;
export const SEM_UNDO: i32 = 0o10000;
export const SHM_RDONLY: i32 = 0o10000;
export const SHM_RND: i32 = 0o20000;
export const MSG_NOERROR: i32 = 0o10000;

/** Where in a struct ipc_perm, shmid_ds, semid_ds and msqid_ds: mode and ids of 32 bits, ulongs, numbers of semaphores of 16 bits. */
export const PERM_UID: usize = 0;
export const PERM_CUID: usize = 8;
export const PERM_MODE: usize = 16;
export const SHM_SEGSZ: usize = 32;
export const SHM_LPID: usize = 52;
export const SHM_CPID: usize = 56;
export const SHM_NATTCH: usize = 64;
export const SHM_ATIME: usize = 80;
export const SEM_NSEMS: usize = 40;
export const SEM_OTIME: usize = 48;
export const MSG_QNUM: usize = 56;
export const MSG_QBYTES: usize = 64;
export const MSG_LSPID: usize = 72;
export const MSG_LRPID: usize = 76;

export function shmget(key: i32, size: u64, flags: i32): i64 {
  return call6(52, 3, u(key), size, u(flags), 0, 0);
}
export function shmat(id: i32, at: u64, flags: i32): i64 {
  return call6(52, 0, u(id), at, u(flags), 0, 0);
}
export function shmctl(id: i32, command: i32, at: u64): i64 {
  return call6(52, 1, u(id), u(command), at, 0, 0);
}
export function shmdt(at: u64): i64 {
  return call6(52, 2, at, 0, 0, 0, 0);
}
export function semget(key: i32, count: i32, flags: i32): i64 {
  return call6(53, 1, u(key), u(count), u(flags), 0, 0);
}
export function semop(id: i32, list: u64, count: u64): i64 {
  return call6(53, 2, u(id), list, count, 0, 0);
}
export function semctl(id: i32, number: i32, command: i32, argument: u64): i64 {
  return call6(53, 0, u(id), u(number), u(command), argument, 0);
}
export function semtimedop(id: i32, list: u64, count: u64, timeout: u64): i64 {
  return call6(53, 4, u(id), list, count, timeout, 0);
}
export function msgget(key: i32, flags: i32): i64 {
  return call6(49, 0, u(key), u(flags), 0, 0, 0);
}
export function msgsnd(id: i32, at: u64, size: u64, flags: i32): i64 {
  return call6(49, 3, u(id), at, size, u(flags), 0);
}
export function msgrcv(id: i32, at: u64, size: u64, type: i64, flags: i32): i64 {
  return call6(49, 2, u(id), at, size, type, u(flags));
}
export function msgctl(id: i32, command: i32, at: u64): i64 {
  return call6(49, 1, u(id), u(command), at, 0, 0);
}
