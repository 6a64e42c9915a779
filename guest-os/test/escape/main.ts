// SPDX-License-Identifier: MIT
/**
 * @fileoverview Ways out of a zone, tried by its root: `escape PID ID SHM SEM MSG`, run inside by test/os/zones.test.ts with a process of the global zone and the id
 * of another zone, in one whose fs-allowed is `dev,mntfs`; the global zone has mounted
 * a tmpfs named `foreign` on its /outside before it was booted. Each attempt has the errno that the manual gives for who may not, or for what is not there.
 */
import * as calls from '../../lib/calls';
import { status } from '../../lib/files';
import { flush, O_RDONLY, O_RDWR, openFile, out } from '../../lib/io';
import { allMounts } from '../../lib/mounts';
import { arguments_ } from '../../lib/process';
import { NvList } from '../../../zfs/port/nvlist';
import { DeviceChannel, openError } from '../../cmd/zfs/_channel';
import { PRIVILEGES } from '../../kernel/process/privilege';
import { BUFFER, buffer, check, checkText, report, text } from '../check';
export { signalArrived } from '../../lib/process';

const EPERM: i64 = -1;
const ENOENT: i64 = -2;
const ESRCH: i64 = -3;
const ECHILD: i64 = -10;
const ENOMEM: i64 = -12;
const EINVAL: i64 = -22;
const EROFS: i64 = -30;

const PROJECT: u64 = 4711;
const S_IFCHR: i32 = 0x2000;
const S_IFBLK: i32 = 0x6000;
const MS_REMOUNT: i32 = 0x20;
const MS_OPTIONSTR: i32 = 0x100;
const MS_FORCE: i32 = 0x400;
const KSTAT_IOC_READ: i32 = 0x4b02;
const ZONEPT: i32 = 0x5004;
const SI_SET_HOSTNAME: i32 = 258;

export function main(): i32 {
  const args = arguments_();
  if (args[1] == 'make') return makeIpc();
  if (args[1] == 'project') stay();
  const pid = <i32>parseInt(args[1]);
  const other = <i32>parseInt(args[2]);
  processes(pid);
  zones(other);
  devices();
  mounts();
  datasets();
  directories();
  machine();
  limits(pid, other);
  ipc(<i32>parseInt(args[3]), <i32>parseInt(args[4]), <i32>parseInt(args[5]));
  statistics();
  files();
  privileges();
  return report();
}

/** In the global zone: a process in a project of its own. */
function stay(): void {
  calls.tasksys(0, <i32>PROJECT, 0);
  while (true) calls.pause();
}

/** By number: what is outside does not exist. */
function processes(pid: i32): void {
  check('kill', calls.kill(pid, 9), ESRCH);
  check('kill, to look', calls.kill(pid, 0), ESRCH);
  check('kill of process 1', calls.kill(1, 9), ESRCH);
  check('kill of its group', calls.kill(-pid, 9), ESRCH);
  check('sigqueue', calls.sigqueue(pid, 9, 0, -2, 0), ESRCH);
  store<i32>(buffer, 1);
  store<i32>(buffer, 0, 4);
  store<i32>(buffer, pid, 8);
  store<i32>(buffer, 7, 12);
  store<i32>(buffer, 0, 16);
  check('sigsendsys', calls.sigsendsys(BUFFER, 9), ESRCH);
  check('getsid', calls.pgrpsys(2, pid, 0), ESRCH);
  check('getpgid', calls.pgrpsys(4, pid, 0), ESRCH);
  check('setpgid', calls.pgrpsys(5, pid, pid), ESRCH);
  check('waitid', calls.waitid(0, pid, BUFFER, 3), ECHILD);
  check('ucred_get', calls.ucredsys(0, pid, BUFFER), ESRCH);
  const place = '/proc/' + pid.toString();
  check('open /proc/PID', openFile(place, O_RDONLY), ENOENT);
  check('open its memory', openFile(place + '/as', O_RDWR), ENOENT);
  check('open its control', openFile(place + '/ctl', 1), ENOENT);
  check('open its root', openFile(place + '/root', O_RDONLY), ENOENT);
  check('open process 1', openFile('/proc/1/psinfo', O_RDONLY), ENOENT);
  check('contract 1', openFile('/system/contract/process/1/status', O_RDONLY), ENOENT);
}

function zones(other: i32): void {
  check('zone_create', calls.zone(0, BUFFER, 0, 0, 0), EPERM);
  check('zone_destroy', calls.zone(1, other, 0, 0, 0), EPERM);
  check('zone_getattr of another', calls.zone(2, other, 2, BUFFER, 64), EINVAL);
  check('zone_getattr of the global one', calls.zone(2, 0, 2, BUFFER, 64), EINVAL);
  check('zone_enter of another', calls.zone(3, other, 0, 0, 0), EPERM);
  check('zone_enter of the global one', calls.zone(3, 0, 0, 0, 0), EPERM);
  check('zone_shutdown', calls.zone(5, other, 0, 0, 0), EPERM);
  check('zone_lookup of the global one', calls.zone(6, text('global'), 0, 0, 0), EINVAL);
  check('zone_boot', calls.zone(7, other, 0, 0, 0), EPERM);
  check('zone_setattr', calls.zone(9, other, 9, text('/x'), 0), EPERM);
  store<u32>(buffer, 64, 512);
  calls.zone(4, BUFFER, BUFFER + 512, 0, 0);
  check('zone_list', load<u32>(buffer, 512), 1);
}

function devices(): void {
  check('mknod of a disk', calls.mknod(text('/d'), S_IFBLK | 0o600, (<u64>112) << 32), EPERM);
  check('mknod of memory', calls.mknod(text('/d'), S_IFCHR | 0o600, (<u64>13) << 32), EPERM);
  const names = ['dsk', 'dump', 'rdsk', 'kmem', 'ksyms', 'mem', 'zvol', 'term/a', 'ttya', 'vt'];
  for (let i = 0; i < names.length; i++) check('open /dev/' + names[i], openFile('/dev/' + names[i], O_RDWR), ENOENT);
  check('no /devices', openFile('/devices', O_RDONLY), ENOENT);
  const master = openFile('/dev/ptmx', O_RDWR);
  store<i32>(buffer, 0);
  check('a terminal for the global zone', calls.ioctl(master, ZONEPT, BUFFER), EPERM);
  calls.close(master);
  // What is changed of a node is changed in this zone alone: the test looks at the other side.
  check('chmod of /dev/null', calls.chmod(text('/dev/null'), 0o600), 0);
}

function mount(type: string, special: string, options: string): i64 {
  return calls.mount(text(special), text('/mnt'), MS_OPTIONSTR, text(type), text(options), options.length + 1);
}
function remount(options: string): i64 {
  const flags = MS_REMOUNT | MS_OPTIONSTR;
  return calls.mount(text('swap'), text('/mnt'), flags, text('tmpfs'), text(options), options.length + 1);
}
function optionsOf(point: string): string {
  const all = allMounts();
  for (let i = all.length - 1; i >= 0; i--) if (all[i].point == point) return all[i].options;
  return '';
}
function mounts(): void {
  check('mount dev, whatever fs-allowed says', mount('dev', '/dev', 'zone=0,console=pts/0'), EPERM);
  check('mount ctfs', mount('ctfs', 'ctfs', ''), EPERM);
  check('mount mntfs, which fs-allowed names', mount('mntfs', 'mnttab', ''), 0);
  check('umount of it', calls.umount2(text('/mnt'), 0), 0);
  check('mount zfs', mount('zfs', 'zones/var', ''), EPERM);
  check('mount lofs of what is outside', mount('lofs', '/../../../zones', ''), ENOENT);
  check('mount tmpfs', mount('tmpfs', 'swap', 'devices'), 0);
  check('mknod there', calls.mknod(text('/mnt/d'), S_IFCHR | 0o600, (<u64>13) << 32), EPERM);
  check('remount with devices', remount('devices'), 0);
  checkText('they stay forbidden', optionsOf('/mnt').includes(',nodevices') ? 'nodevices' : optionsOf('/mnt'), 'nodevices');
  check('umount', calls.umount2(text('/mnt'), 0), 0);
  check('umount of the root', calls.umount2(text('/'), MS_FORCE), EINVAL);
  check('umount by a name outside', calls.umount2(text('/zones'), MS_FORCE), ENOENT);
  check('umount by a special outside', calls.umount2(text('zones/var'), MS_FORCE), ENOENT);
  // What the global zone has mounted here before there was this zone is not this zone's.
  check('what is seen of the global zone', openFile('/outside/file', O_RDONLY) < 0 ? 1 : 0, 0);
  check('umount of it', calls.umount2(text('/outside'), MS_FORCE), EINVAL);
  check('umount by its special', calls.umount2(text('foreign'), 0), ENOENT);
  const flags = MS_REMOUNT | MS_OPTIONSTR;
  check('remount of it', calls.mount(text('foreign'), text('/outside'), flags, text('tmpfs'), text('rw'), 3), EPERM);
  check('write to /usr', openFile('/usr/x', 0x101), -30);
  check('write to /lib', openFile('/lib/x', 0x101), -30);
}

/** Requests of /dev/zfs that are for the global zone alone; and those about datasets, of which nothing is this zone's. */
const POOL_REQUESTS: string[] = [
  'pool_create',
  'pool_export',
  'pool_history',
  'pool_set',
  'pool_sync',
  'pool_search',
  'pool_import',
  'pool_scrub',
  'pool_errors',
  'pool_add',
  'pool_attach',
  'pool_detach',
  'pool_offline',
  'pool_online',
  'pool_clear',
  'pool_config',
  'pool_objsets',
  'device_labels',
];
const DATASET_REQUESTS: string[] = [
  'pool_list',
  'pool_get',
  'pool_log',
  'dataset_list',
  'dataset_create',
  'snapshot',
  'clone',
  'property_set',
  'property_inherit',
  'destroy',
  'rename',
  'promote',
  'rollback',
  'hold',
  'release',
  'holds',
  'send_info',
  'send',
  'find_guid',
  'receive_begin',
  'receive_records',
  'receive_end',
  'receive_abort',
];

/** Everything that ZFS can be asked, about what is the global zone's. */
function datasets(): void {
  const channel = DeviceChannel.open();
  check('open /dev/zfs', channel ? 0 : openError, 0);
  if (!channel) return;
  const input = new NvList().setText('pool', 'zones').setText('name', 'zones/var').setText('names', 'zones/var');
  input
    .setText('origin', 'zones/var@x')
    .setText('to', 'zones/opt/y')
    .setText('property', 'zoned')
    .setText('path', '/dev/dsk/c0t0d0s0');
  input.setText('tag', 't').setText('snapshot', 's').setText('device', 'c0t0d0').setNumber('guid', 1).setNumber('head', 1);
  input.setText('value', 'x').setText('command', 'x').with('properties', new NvList().setNumber('zoned', 1));
  for (let i = 0; i < POOL_REQUESTS.length; i++)
    check('zfs ' + POOL_REQUESTS[i], channel.call(POOL_REQUESTS[i], input, new NvList()), EPERM);
  for (let i = 0; i < DATASET_REQUESTS.length; i++)
    check('zfs ' + DATASET_REQUESTS[i], channel.call(DATASET_REQUESTS[i], input, new NvList()), ENOENT);
  const all = new NvList();
  check('zfs dataset_list of all', channel.call('dataset_list', new NvList(), all), 0);
  check('it is empty', all.lists('datasets').length, 0);
}

/** A root below one's own, and a directory beside it: the classic way out of chroot(2). */
function directories(): void {
  const root = status('/', true)!.inode;
  calls.mkdir(text('/cage'), 0o755);
  const outside = openFile('/', O_RDONLY);
  check('chroot', calls.chroot(text('/cage')), 0);
  check('fchdir', calls.fchdir(outside), 0);
  for (let i = 0; i < 20; i++) calls.chdir(text('..'));
  check('above the root is the root', status('.', true)!.inode, root);
  check('getcwd there', calls.getcwd(BUFFER, 1024), 0);
  check('back', calls.chroot(text('.')), 0);
  calls.close(outside);
  calls.rmdir(text('/cage'));
  check('chroot to what is outside', calls.chroot(text('../../../../usbkey')), ENOENT);
}

function machine(): void {
  check('stime', calls.stime(1), EPERM);
  store<u64>(buffer, 1);
  store<u64>(buffer, 0, 8);
  check('clock_settime', calls.clock_settime(3, BUFFER), EPERM);
  check('p_online', calls.p_online(0, 1), EPERM);
  check('uadmin, dump', calls.uadmin(5, 0, 0), EPERM);
  store<u64>(buffer, text('/dev/zvol/dsk/zones/swap'));
  store<u64>(buffer, 0, 8);
  store<u64>(buffer, 0, 16);
  check('uadmin, add swap', calls.uadmin(16, 1, BUFFER), EPERM);
  check('uadmin, remove swap', calls.uadmin(16, 3, BUFFER), EPERM);
  check('set the name', calls.systeminfo(SI_SET_HOSTNAME, text('inside'), 0), 7);
  calls.uname(BUFFER);
  checkText('the name is set here', String.UTF8.decodeUnsafe(buffer + 257, 6), 'inside');
}

/** rctlsys: what a zone may have is not for it to say. */
function limits(pid: i32, other: i32): void {
  const own = <u64>calls.zone(6, 0, 0, 0, 0);
  const zone: u64 = (<u64>12) << 32;
  const names = [
    'zone.max-lwps',
    'zone.cpu-shares',
    'zone.cpu-cap',
    'zone.max-swap',
    'zone.max-physical-memory',
    'zone.max-locked-memory',
    'zone.max-shm-memory',
    'zone.max-shm-ids',
    'zone.max-sem-ids',
    'zone.max-msg-ids',
    'zone.zfs-io-priority',
  ];
  for (let i = 0; i < names.length; i++) {
    memory.fill(buffer, 0, 48);
    store<u64>(buffer, 10000);
    store<i32>(buffer, 0x04000000, 16);
    check('setrctl of ' + names[i], calls.rctlsys(1, text(names[i]), 0, BUFFER, 0, 2), EPERM);
    check('the same by its id', calls.rctlsys(17, text(names[i]), 0, BUFFER, zone | own, 2), EPERM);
    check('of the global zone', calls.rctlsys(17, text(names[i]), 0, BUFFER, zone, 2), ESRCH);
    check('of another zone', calls.rctlsys(17, text(names[i]), 0, BUFFER, zone | other, 2), ESRCH);
    check('getrctl of the global zone', calls.rctlsys(16, text(names[i]), 0, BUFFER, zone, 0), ESRCH);
  }
  check('of a project outside', calls.rctlsys(16, text('project.max-lwps'), 0, BUFFER, ((<u64>10) << 32) | PROJECT, 0), ESRCH);
  check('of a process outside', calls.rctlsys(16, text('process.max-core-size'), 0, BUFFER, pid, 0), ESRCH);
  store<i32>(buffer, 7);
  store<i32>(buffer, 0, 4);
  store<i32>(buffer, pid, 8);
  store<i32>(buffer, 0, 512);
  store<i32>(buffer, 0, 516);
  check('getpriority', calls.priocntlsys(1, BUFFER, 6, BUFFER + 512), ESRCH);
  store<i32>(buffer, 1, 516);
  check('setpriority', calls.priocntlsys(1, BUFFER, 6, BUFFER + 512), ESRCH);
  store<i32>(buffer, 1, 512);
  check('priocntl: parameters', calls.priocntlsys(1, BUFFER, 3, BUFFER + 512), ESRCH);
  check('priocntl: others', calls.priocntlsys(1, BUFFER, 2, BUFFER + 512), ESRCH);
  check('the default class', calls.priocntlsys(1, 0, 9, text('FSS')), EPERM);
  check('core files of the system', calls.corectl(1, 0, 0, 0), EPERM);
  check('their path', calls.corectl(3, text('/x'), 3, 0), EPERM);
  check('of those that have none', calls.corectl(11, text('/x'), 3, 0), EPERM);
  check('the path of a process outside', calls.corectl(6, BUFFER, 64, pid), ESRCH);
  check('and another one for it', calls.corectl(5, text('/x'), 3, pid), ESRCH);
  check('its parent', calls.getpid() >> 63, 0);
}

const IPC_KEY: i32 = 0x0d10;
const IPC_RMID: i32 = 10;
const IPC_STAT: i32 = 12;
/** In the global zone, for all to read and to write: `escape make` says their ids. */
function makeIpc(): i32 {
  const flags = 0o1666;
  const memory_ = calls.shmsys(3, IPC_KEY, 4096, flags);
  const set = calls.semsys(1, IPC_KEY, 1, flags, 0);
  const queue = calls.msgsys(0, IPC_KEY, flags, 0, 0, 0);
  out(memory_.toString() + ' ' + set.toString() + ' ' + queue.toString() + '\n');
  flush();
  return 0;
}

/** System V IPC: neither a key nor an id leads to what is the global zone's. */
function ipc(memory_: i32, set: i32, queue: i32): void {
  check('shmget by its key', calls.shmsys(3, IPC_KEY, 0, 0), ENOENT);
  check('shmat', calls.shmsys(0, memory_, 0, 0), EINVAL);
  check('shmctl, to look', calls.shmsys(1, memory_, IPC_STAT, BUFFER), EINVAL);
  check('shmctl, to lock', calls.shmsys(1, memory_, 3, 0), EINVAL);
  check('shmctl, to remove', calls.shmsys(1, memory_, IPC_RMID, 0), EINVAL);
  check('semget by its key', calls.semsys(1, IPC_KEY, 0, 0, 0), ENOENT);
  check('semctl, to look', calls.semsys(0, set, 0, 5, 0), EINVAL);
  check('semctl, to set', calls.semsys(0, set, 0, 8, 1), EINVAL);
  store<u64>(buffer, 0x10000);
  check('semop', calls.semsys(2, set, BUFFER, 1, 0), EINVAL);
  check('semctl, to remove', calls.semsys(0, set, 0, IPC_RMID, 0), EINVAL);
  check('msgget by its key', calls.msgsys(0, IPC_KEY, 0, 0, 0, 0), ENOENT);
  store<u64>(buffer, 1);
  check('msgsnd', calls.msgsys(3, queue, BUFFER, 8, 0o4000, 0), EINVAL);
  check('msgrcv', calls.msgsys(2, queue, BUFFER, 8, 0, 0o4000), EINVAL);
  check('msgctl, to remove', calls.msgsys(1, queue, IPC_RMID, 0, 0, 0), EINVAL);
  store<u32>(buffer, 99, 512);
  calls.shmsys(4, BUFFER, 100, BUFFER + 512);
  check('shmids', load<u32>(buffer, 512), 0);
  calls.semsys(3, BUFFER, 100, BUFFER + 512, 0);
  check('semids', load<u32>(buffer, 512), 0);
  calls.msgsys(4, BUFFER, 100, BUFFER + 512, 0, 0);
  check('msgids', load<u32>(buffer, 512), 0);
  // The same key is another thing here.
  const own = <i32>calls.shmsys(3, IPC_KEY, 4096, 0o1600);
  check('a segment of its own with that key', own >= 0 && own != memory_ ? 1 : 0, 1);
  check('which can be removed', calls.shmsys(1, own, IPC_RMID, 0), 0);
}

/** Records of other zones are not in the chain, nor to be had by number. */
function statistics(): void {
  const device = openFile('/dev/kstat', O_RDONLY);
  const own = <i32>calls.zone(6, 0, 0, 0, 0);
  let foreign = 0;
  let mine = 0;
  for (let id = 1; id < 400; id++) {
    memory.fill(buffer, 0, 184);
    store<i32>(buffer, id, 16);
    store<u64>(buffer, BUFFER + 1024, 120);
    store<u64>(buffer, 7000, 136);
    if (calls.ioctl(device, KSTAT_IOC_READ, BUFFER) < 0) continue;
    const module = String.UTF8.decodeUnsafe(buffer + 20, 4);
    if (module != 'caps' && module != 'zone' && module != 'memo') continue;
    if (load<i32>(buffer, 52) == own) mine++;
    else foreign++;
  }
  calls.close(device);
  check('statistics of this zone', mine > 0 ? 1 : 0, 1);
  check('statistics of others', foreign, 0);
}

/** Names lead nowhere else, whatever is done with them; and what is shared is not changed. */
function files(): void {
  check('link to what is outside', calls.link(text('/../../../etc/zones/index'), text('/l')), ENOENT);
  check('rename of it', calls.rename(text('/../../../etc/zones/index'), text('/l')), ENOENT);
  check('a link of /usr', calls.link(text('/usr/bin/ls'), text('/usr/bin/l2')), EROFS);
  check('rename in /usr', calls.rename(text('/usr/bin/ls'), text('/usr/bin/l2')), EROFS);
  check('symlink in /usr', calls.symlink(text('/etc'), text('/usr/bin/l2')), EROFS);
  check('chown in /usr', calls.chown(text('/usr/bin/ls'), 1, 1), EROFS);
  check('chmod in /usr', calls.chmod(text('/usr/bin/ls'), 0o4777), EROFS);
  check('times in /usr', calls.utimesys(1, -3041965, text('/usr/bin/ls'), 0, 0), EROFS);
  check('mknod from below', calls.mknodat(-3041965, text('/d'), S_IFBLK | 0o600, (<u64>112) << 32), EPERM);
  // The daemon that runs the zone listens at a name outside.
  const socket = <i32>calls.so_socket(1, 2, 0, 0, 1);
  memory.fill(buffer, 0, 128);
  store<u16>(buffer, 1);
  const path = '/../../../var/run/zones';
  for (let i = 0; i < path.length; i++) store<u8>(buffer + 2 + i, <u8>path.charCodeAt(i));
  check('connect to what is outside', calls.connect(socket, BUFFER, 110, 1), ENOENT);
  check('fcntl of it', calls.fcntl(socket, 1, 0), 0);
  calls.close(socket);
  const null_ = openFile('/dev/null', O_RDWR);
  check('write to a device that all have', calls.write(null_, BUFFER, 1), 1);
  calls.close(null_);
  store<u64>(buffer, 0xfffffffffffffffd);
  store<u64>(buffer, 0xfffffffffffffffd, 8);
  check('a limit of its own', calls.setrlimit(4, BUFFER), 0);
  check('memory outside', calls.memcntl((<u64>0xffff8000) << 32, 4096, 3, 0, 0, 0), ENOMEM);
}

/** A privilege that the zone has not cannot be raised, nor kept by exec. */
function privileges(): void {
  const missing = ['sys_time', 'proc_zone', 'sys_config', 'sys_devices', 'sys_res_config', 'dtrace_kernel', 'file_upgrade_sl'];
  for (let i = 0; i < missing.length; i++) {
    const number = PRIVILEGES.indexOf(missing[i]);
    for (let which = 0; which < 4; which++) {
      memory.fill(buffer, 0, 12);
      const word = buffer + (<usize>number >> 5) * 4;
      store<u32>(word, 1 << (number & 31));
      check('raise ' + missing[i] + ' in set ' + which.toString(), calls.privsys(0, 0, which, BUFFER, 12), EPERM);
    }
  }
}
