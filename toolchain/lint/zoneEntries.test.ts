// SPDX-License-Identifier: MIT
/**
 * Every way into the kernel, counted: each system call and each file with requests of devices is either tried from inside a zone by guest-os/test/escape, or it is said
 * why it cannot reach out. A new one fails here until somebody has thought about it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../asc/root.ts';

const root = projectRoot();
const source = readFileSync(join(root, 'guest-os/test/escape/main.ts'), 'utf8');

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Tried there by its name. */
const TRIED = words(`
  kill sigqueue sigsendsys pgrpsys waitid ucredsys priocntlsys corectl rctlsys zone mknod mknodat mount umount2 chroot chdir fchdir getcwd chmod
  mkdir rmdir ioctl stime clock_settime p_online uadmin systeminfo uname privsys open close link rename symlink chown utimesys connect so_socket
  getpid setrlimit write fcntl memcntl shmsys semsys msgsys`);

/** Why no others can reach out. */
const HARMLESS: Record<string, string[]> = {
  'changes or tells only what the process itself has: memory, threads, signals, timers, ids and limits': words(`
    alarm brk context execve exit forksys getgid getgroups getitimer getrlimit getuid lwp_cond_broadcast lwp_cond_signal lwp_cond_wait lwp_continue
    lwp_create lwp_detach lwp_exit lwp_mutex_timedlock lwp_mutex_wakeup lwp_park lwp_private lwp_self lwp_sigqueue lwp_suspend lwp_wait lwp_yield
    mincore mmap mprotect munmap nanosleep nice pause rusagesys setegid seteuid setgid setgroups setitimer setregid setreuid setuid sigaction
    sigaltstack sigpending sigprocmask sigsuspend sigtimedwait timer_create timer_delete timer_getoverrun timer_gettime timer_settime times umask
    tasksys`),
  'names a file, which is looked for below the root of the zone, as open, mkdir and chown are: fs/lookup.ts is the one place for that':
    words(`
    access acl faccessat fchmodat fchownat fstatat lchown linkat lstat mkdirat openat pathconf readlink readlinkat renameat stat statvfs symlinkat
    unlink unlinkat`),
  'takes a descriptor, and with it what open has allowed': words(`
    accept bind facl fchmod fchown fdsync fpathconf fstat fstatvfs getdents getdents64 getpeername getsockname getsockopt listen lseek pipe pollsys portfs
    pread preadv pwrite pwritev read readv recv recvfrom recvmsg send sendmsg sendto setsockopt shutdown so_socketpair writev`),
  'tells what is the same for all, and changes nothing': words(`
    clock_getres clock_gettime getloadavg getpagesizes getrandom gettimeofday processor_info sync sysconfig time`),
};

/** Files with requests of devices and file systems (ioctl). */
const REQUESTS: Record<string, string> = {
  'driver/pty.ts': 'tried: ZONEPT',
  'driver/terminal.ts': 'of a terminal that the zone has; TIOCSTI and the like act on it alone',
  'driver/kstat.ts': 'tried: the records of other zones',
  'fs/ctfs.ts': 'tried: contracts of others are not there to be opened',
  'fs/vnode.ts': 'refuses all',
  'fs/lofs.ts': 'those of the vnode below',
  'fs/dev/device.ts': 'those of the driver',
  'driver/dump.ts': 'the dump device is not in the /dev of a zone: tried; and it refuses all but the global zone',
  'driver/disk.ts': 'disks are not in the /dev of a zone, and no node for one can be made: tried',
};

test('each system call is tried, or there is a reason why not', () => {
  const all = readdirSync(join(root, 'guest-os/syscall'))
    .filter((name) => /^[a-z_0-9]+\.ts$/.test(name) && !name.startsWith('_'))
    .map((name) => name.replace('.ts', ''))
    .filter((name) => /System call/.test(readFileSync(join(root, `guest-os/syscall/${name}.ts`), 'utf8')));
  const known = [...TRIED, ...Object.values(HARMLESS).flat()];
  expect([...known].sort()).toEqual(all.sort());
});

test('what is said to be tried is tried', () => {
  const names = new Set([...source.matchAll(/calls\.(\w+)\(/g)].map(([, name]) => name));
  // openFile is open.
  if (source.includes('openFile(')) names.add('open');
  expect(TRIED.filter((name) => !names.has(name))).toEqual([]);
});

test('so are requests of devices', () => {
  const files = ['driver', 'fs'].flatMap((folder) =>
    readdirSync(join(root, 'guest-os', folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  );
  const having = files.filter(
    (file) => file.endsWith('.ts') && /^ {2}ioctl\(/m.test(readFileSync(join(root, 'guest-os', file), 'utf8')),
  );
  expect(having.sort()).toEqual(Object.keys(REQUESTS).sort());
});
