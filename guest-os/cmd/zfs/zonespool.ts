// SPDX-License-Identifier: MIT
/**
 * @fileoverview zonespool(8): imports or makes the pool zones, and mounts what the system keeps on it
 */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { namesIn, status } from '../../lib/files';
import { O_CREAT, O_RDONLY, O_RDWR, O_WRONLY, openFile, say, writeAll } from '../../lib/io';
import { findKstat } from '../../lib/kstat';
import { addSwap } from '../../lib/swap';
import { bytesOf, pathOf } from '../../lib/text';
import { volumeReservation } from '../../../zfs/cmd/zfs/check';
import { NvList } from '../../../zfs/port/nvlist';
import { DeviceChannel } from './_channel';

export const USAGE: string = 'zonespool';
/** @manual
 * The start method of svc:/system/filesystem/smartdc. A pool called `zones` on any disk is imported. Where there is none, and the disk
 * c0t0d0 is empty, the pool is made on that, with the datasets of which the system keeps /var, /opt, /usbkey and /etc/zones, and the volume zones/swap, which
 * is as large as memory, but no more than an eighth of the pool, and left out where that is less than 64 MiB. Then they are mounted, and memory is paged
 * out to the volume from then on.
 * Without a disk the system goes on in memory, and says so on the console.
 */

const POOL: string = 'zones';
const DISKS: string = '/dev/dsk/';
const OWN_DISK: string = '/dev/dsk/c0t0d0s0';
const MS_OPTIONSTR: i32 = 0x100;
const EBUSY: i64 = -16;
const EEXIST: i64 = -17;
/** What must be empty of a disk that a pool is made on: as much as the first two labels take. */
const LABELS: i32 = 512 << 10;
const POOL_DESTROYED: u64 = 2;

const SWAP: string = 'zones/swap';
/** Of the pool, the swap volume gets one part in so many at most; smaller ones than this are not made. */
const SWAP_SHARE: u64 = 8;
const LEAST_SWAP: u64 = 64 << 20;
/** Blocks of a page, so that writing one reads nothing. */
const SWAP_BLOCK: u64 = 4096;
const MEBIBYTE: u64 = 1 << 20;

/** Datasets, where the system mounts them (an empty path: nowhere), and their property mountpoint (empty: inherited). Parents come first. */
const DATASETS = ['', 'archive', 'config', 'cores', 'cores/global', 'opt', 'usbkey', 'var'];
const PLACES = ['/zones', '/zones/archive', '/etc/zones', '', '/zones/global/cores', '/opt', '/usbkey', '/var'];
const POINTS = ['', '', 'legacy', 'none', '/zones/global/cores', 'legacy', 'legacy', 'legacy'];
/** The number that stands for gzip (zfs/prop/table.ts). */
const GZIP: u64 = 10;
const CORES: string = 'cores/global';
const CORES_QUOTA: u64 = (<u64>10) << 30;

let channel: DeviceChannel | null = null;

export function main(args: string[]): i32 {
  channel = DeviceChannel.open();
  const paths = channel ? diskPaths() : [];
  if (!paths.length) {
    tell(channel ? 'no disk' : 'no ZFS');
    return 0;
  }
  const listed = new NvList();
  let result = request('pool_list', new NvList().setText('pool', POOL), listed);
  if (result < 0) result = importPool(paths);
  if (result < 0) return 1;
  for (let i = 0; i < DATASETS.length; i++) {
    if (!PLACES[i].length) continue;
    const error = mountAt(nameOf(DATASETS[i]), PLACES[i]);
    if (error < 0 && error != EBUSY) result = complain('cannot mount ' + nameOf(DATASETS[i]) + ' on ' + PLACES[i], error);
  }
  touch('/zones/.system_pool');
  beginSwap();
  return result < 0 ? 1 : 0;
}

function request(name: string, input: NvList, output: NvList): i32 {
  return channel!.call(name, input, output);
}

/** The system runs in memory: said on the console, since the service's log is in memory too. */
function tell(why: string): void {
  const text = 'zones: ' + why + ': /var, /opt and /usbkey are in memory and will be lost\n';
  const console = openFile('/dev/console', O_WRONLY);
  if (console < 0) return say(text);
  const bytes = bytesOf(text);
  writeAll(console, changetype<usize>(bytes), text.length);
  calls.close(console);
}

function complain(what: string, error: i64): i32 {
  say('zonespool: ' + what + ': ' + errorText(-error) + '\n');
  return -1;
}

function nameOf(dataset: string): string {
  return dataset.length ? POOL + '/' + dataset : POOL;
}

function diskPaths(): string[] {
  const names = namesIn(DISKS);
  const paths: string[] = [];
  if (!names) return paths;
  for (let i = 0; i < names.length; i++) if (names[i].endsWith('s0')) paths.push(DISKS + names[i]);
  return paths;
}

/** The pool, from a disk that has it, or new. */
function importPool(paths: string[]): i32 {
  const found = new NvList();
  request('pool_search', new NvList().setText('paths', paths.join('\n')), found);
  const pools = found.lists('pools');
  for (let i = 0; i < pools.length; i++) {
    if (pools[i].text('name') != POOL || pools[i].number('state') == POOL_DESTROYED) continue;
    const answer = new NvList();
    const result = request('pool_import', new NvList().setNumber('guid', pools[i].number('guid')), answer);
    if (result == 0) return 0;
    tell('cannot import the pool: ' + (answer.has('reason') ? answer.text('reason') : errorText(-result)));
    return result;
  }
  if (paths.indexOf(OWN_DISK) < 0) {
    tell('no pool on any disk, and no disk c0t0d0');
    return -1;
  }
  if (!isEmpty(OWN_DISK)) {
    tell('no pool on any disk, and c0t0d0 is in use for something else');
    return -1;
  }
  return createPool();
}

function isEmpty(disk: string): bool {
  const descriptor = openFile(disk, O_RDONLY);
  if (descriptor < 0) return false;
  const bytes = new StaticArray<u8>(LABELS);
  let empty = calls.read(descriptor, changetype<usize>(bytes), LABELS) == LABELS;
  for (let i = 0; i < LABELS && empty; i += 8) empty = load<u64>(changetype<usize>(bytes) + i) == 0;
  calls.close(descriptor);
  return empty;
}

function createPool(): i32 {
  const disk = new NvList().setText('type', 'disk').setText('path', OWN_DISK).setNumber('whole_disk', 1);
  const input = new NvList().setText('pool', POOL).setText('command', 'zonespool');
  input.setLists('vdevs', [disk]);
  let result = request('pool_create', input, new NvList());
  if (result < 0) return complain('cannot create the pool', result);
  const noAtime = new NvList().setNumber('atime', 0);
  result = request('property_set', new NvList().setText('name', POOL).with('properties', noAtime), new NvList());
  if (result < 0) return complain('cannot set atime', result);
  for (let i = 0; i < DATASETS.length; i++) {
    if (!DATASETS[i].length) continue;
    const properties = new NvList();
    if (POINTS[i].length) properties.setText('mountpoint', POINTS[i]);
    if (DATASETS[i] == CORES) properties.setNumber('compression', GZIP).setNumber('quota', CORES_QUOTA);
    const made = new NvList().setText('name', nameOf(DATASETS[i])).with('properties', properties);
    result = request('dataset_create', made, new NvList());
    if (result < 0) return complain('cannot create ' + nameOf(DATASETS[i]), result);
  }
  createDumpVolume();
  return createSwap();
}

/** The volume that memory is paged out to. */
function createSwap(): i32 {
  const pools = new NvList();
  const memory = findKstat('unix', 0, 'system_pages');
  if (!memory || request('pool_list', new NvList().setText('pool', POOL), pools) < 0) return -1;
  const listed = pools.lists('pools');
  const share = listed.length ? listed[0].number('size') / SWAP_SHARE : 0;
  const size = min<u64>(<u64>memory.number('installed') + MEBIBYTE - 1, share) & ~(MEBIBYTE - 1);
  if (size < LEAST_SWAP) {
    say('zonespool: the pool is too small for ' + SWAP + '\n');
    return 0;
  }
  const reserved = new NvList().setNumber('refreservation', volumeReservation(size, SWAP_BLOCK, 1));
  const input = new NvList().setText('name', SWAP).setNumber('volsize', size).setNumber('volblocksize', SWAP_BLOCK);
  const result = request('dataset_create', input.with('properties', reserved), new NvList());
  return result < 0 ? complain('cannot create ' + SWAP, result) : 0;
}

/** What /etc/vfstab says of swap elsewhere. */
function beginSwap(): void {
  const path = '/dev/zvol/dsk/' + SWAP;
  if (!status(path, true)) return;
  const error = addSwap(path, 0, 0);
  if (error < 0 && error != EEXIST) complain('cannot use ' + SWAP, error);
}

// ---- the volume for crash dumps

const DUMP: string = 'dump';
const DIOCGETDUMPSIZE: i32 = 0xdd10;
/** What SmartOS gives a dump volume at least. */
const USUAL_DUMP: u64 = 1 << 30;
const DUMP_UNIT: u64 = 1 << 20;
/** The usual size is for pools so many times larger, what a dump needs for those so many times. */
const USUAL_PARTS: u64 = 16;
const LEAST_PARTS: u64 = 8;
const sizeText: usize = memory.data(8, 8);

/** Twice what the kernel expects of a dump, 1 GiB at least where that is little; none where there is no room. */
function createDumpVolume(): void {
  const device = openFile('/dev/dump', O_RDONLY);
  const error = device < 0 ? <i64>device : calls.ioctl(device, DIOCGETDUMPSIZE, sizeText);
  if (device >= 0) calls.close(device);
  if (error < 0) return say('zonespool: /dev/dump: ' + errorText(-error) + '\n');
  const room = available();
  const needed = (2 * load<u64>(sizeText) + DUMP_UNIT - 1) & ~(DUMP_UNIT - 1);
  const usual = max(needed, USUAL_DUMP);
  const size = usual <= room / USUAL_PARTS ? usual : needed;
  if (size > room / LEAST_PARTS) {
    return say('zonespool: ' + nameOf(DUMP) + ' is left out: the pool is too small for a crash dump\n');
  }
  const made = new NvList().setText('name', nameOf(DUMP)).setNumber('volsize', size).with('properties', new NvList());
  const result = request('dataset_create', made, new NvList());
  if (result < 0) complain('cannot create ' + nameOf(DUMP), result);
}

/** Bytes that the pool has room for. */
function available(): u64 {
  const found = new NvList();
  const asked = new NvList().setText('names', POOL).setNumber('depth', 0).setText('properties', 'available');
  if (request('dataset_list', asked, found) < 0) return 0;
  const datasets = found.lists('datasets');
  if (!datasets.length) return 0;
  const list = datasets[0].list('available');
  return list ? list.number('value') : 0;
}

function mountAt(dataset: string, path: string): i64 {
  makeDirectories(path);
  const options = 'noatime';
  return calls.mount(pathOf(dataset), pathOf(path), MS_OPTIONSTR, pathOf('zfs'), pathOf(options), options.length + 1);
}

function makeDirectories(path: string): void {
  for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
    const part = end < 0 ? path : path.substring(0, end);
    if (!status(part, true)) calls.mkdir(pathOf(part), 0o755);
    if (end < 0) return;
  }
}

function touch(path: string): void {
  const descriptor = openFile(path, O_RDWR | O_CREAT, 0o644);
  if (descriptor >= 0) calls.close(descriptor);
}
