// SPDX-License-Identifier: MIT
/** @fileoverview dumpadm(8): configure crash dumps */
/** @manual
 * DESCRIPTION
 * When the kernel panics, it writes memory to the dump device, from which savecore(8) copies it to a file at the next boot. Without options dumpadm shows what is
 * configured; with options it changes that, in the kernel and in /etc/dumpadm.conf, and shows it. The service system/dumpadm configures the kernel by that file at each boot.
 *
 * OPTIONS
 *   -c content   what is dumped: kernel (the kernel's pages), curproc (those and the pages of the process that was running), all
 *   -d device    where to: the block device of a volume, such as /dev/zvol/dsk/zones/dump; none; swap is refused, for lack of swap devices that could be used
 *   -e           only print how large a dump would be, at a guess;  -p  as a number of bytes;  -H  without a heading
 *   -m min       what savecore leaves free of the file system, with k, m or %
 *   -n, -y       savecore does not run at boot, or does
 *   -s dir       where savecore's files go
 *   -u           the kernel is configured by the file
 *   -z on|off    savecore leaves a dump compressed, or expands it
 *
 * A volume that becomes the dump device loses what it had: all of its blocks are given places on the disks beforehand, without checksum and compression. While it is
 * the dump device it can't be destroyed, renamed, resized or have snapshots. When another one takes its place it is empty, as it was before.
 *
 * EXIT STATUS
 *   0 done; 1 it could not be done; 2 usage
 *
 * SEE ALSO
 * savecore(8), mdb(1), uadmin(8)
 */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { status } from '../../lib/files';
import { humanSize } from '../../lib/human';
import { O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY, openFile, out, readAll, say, writeAll } from '../../lib/io';
import { Options } from '../../lib/options';
import { bytesOf, pathOf, zeroTerminated } from '../../lib/text';
import {
  CONFIG,
  DIOCGETCONF,
  DIOCGETDEV,
  DIOCGETDUMPSIZE,
  DIOCRMDEV,
  DIOCSETCONF,
  DIOCSETDEV,
  DIOCTRYDEV,
  freeSpace,
  numberIn,
} from './_dump';

export const USAGE: string =
  'dumpadm [-enpuyH] [-c kernel | curproc | all] [-d dump-device | swap | none] [-m min{k|m|%}] [-s savecore-dir] [-z on | off]';

const E_ERROR: i32 = 1;
const E_USAGE: i32 = 2;
const ENODEV: i64 = -19;
const EBUSY: i64 = -16;
const ENOTSUP: i64 = -48;
const DUMP_EXCL: u32 = 1;
const DUMP_CONTENT: u32 = 0xffff0000;
const NAMES: StaticArray<string> = ['kernel', 'curproc', 'all'];
const FLAGS: StaticArray<u32> = [0x10000, 0x40000, 0x20000];
const SHOWN: StaticArray<string> = ['kernel', 'kernel and current process', 'all'];
const buffer: usize = memory.data(1024, 8);

let descriptor: i32 = -1;
/** The configuration; a device without a name: none. */
let device: string = '';
let directory: string = '/var/crash/volatile';
let content: u32 = FLAGS[0];
let saves: bool = true;
let compresses: bool = true;

function warn(text: string, error: i64 = 0): void {
  say('dumpadm: ' + text + (error < 0 ? ': ' + errorText(-error) : '') + '\n');
}
function ask(request: i32, argument: u64): i64 {
  return calls.ioctl(descriptor, request, argument);
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'Henpuyc:d:m:s:z:');
  const given: string[] = [];
  const values: string[] = [];
  for (let option = options.next(); option != ''; option = options.next()) {
    given.push(option);
    values.push(options.argument);
  }
  if (options.failed) return E_USAGE;
  const operands = options.operands();
  if (operands.length) {
    warn('illegal argument -- ' + operands[0]);
    say('usage: ' + USAGE + '\n');
    return E_USAGE;
  }
  if (calls.getuid() != 0) {
    warn('you must be root to use dumpadm');
    return E_ERROR;
  }
  descriptor = openFile('/dev/dump', O_RDWR);
  if (descriptor < 0) {
    warn('failed to open /dev/dump', descriptor);
    return E_ERROR;
  }
  const overrides = given.includes('u');
  readConfiguration();
  if (!overrides && !fromKernel()) return E_ERROR;
  let modified = status(CONFIG, true) == null;
  let least = '';
  for (let i = 0; i < given.length; i++) {
    const option = given[i];
    if (option == 'm') least = values[i];
    if ('Hepum'.includes(option)) continue;
    if (!apply(option, values[i])) return E_USAGE;
    modified = true;
  }
  if (given.includes('e')) return estimate(given);
  if (given.includes('p') || given.includes('H')) {
    warn((given.includes('p') ? '-p' : '-H') + ' can only be used with -e');
    return E_ERROR;
  }
  if (least.length) {
    const result = setLeast(least);
    if (result) return result;
  }
  if (overrides) {
    if (!update(true)) fromKernel();
    return writeConfiguration() ? 0 : E_ERROR;
  }
  if (modified && !(update(false) && writeConfiguration())) return E_ERROR;
  show();
  return 0;
}

function apply(option: string, value: string): bool {
  if (option == 'c') {
    const which = NAMES.indexOf(value);
    if (which < 0) {
      warn('invalid dump content type -- ' + value);
      return false;
    }
    content = FLAGS[which];
  } else if (option == 'd') {
    if (value != 'swap' && value != 'none' && !isPath(value)) return false;
    device = value;
  } else if (option == 's') {
    const about = status(value, true);
    if (!about || !about.isDirectory) {
      warn(value + ' is missing or not a directory');
      return false;
    }
    if (!isPath(value)) return false;
    directory = value;
  } else if (option == 'z') {
    if (value != 'on' && value != 'off') {
      warn('invalid save compressed value -- ' + value);
      return false;
    }
    compresses = value == 'on';
  } else saves = option == 'y';
  return true;
}
function isPath(text: string): bool {
  if (text.startsWith('/') && text.length < 1024) return true;
  warn('pathname is ' + (text.startsWith('/') ? 'too long' : 'not an absolute path') + ' -- ' + text);
  return false;
}

function estimate(given: string[]): i32 {
  for (let i = 0; i < given.length; i++) {
    if ('Hep'.includes(given[i])) continue;
    warn('-e cannot be used with other options');
    return E_ERROR;
  }
  const error = ask(DIOCGETDUMPSIZE, buffer);
  if (error < 0) {
    warn('failed to get kernel dump size', error);
    return E_ERROR;
  }
  const bytes = load<u64>(buffer);
  out((given.includes('H') ? '' : 'Estimated dump size: ') + (given.includes('p') ? bytes.toString() : humanSize(bytes)) + '\n');
  return 0;
}

/** What the kernel has. */
function fromKernel(): bool {
  const flags = ask(DIOCGETCONF, 0);
  if (flags < 0) {
    warn('failed to get kernel dump settings', flags);
    return false;
  }
  content = <u32>flags;
  memory.fill(buffer, 0, 1024);
  const error = ask(DIOCGETDEV, buffer);
  device = error < 0 ? '' : zeroTerminated(buffer);
  if (error >= 0 || error == ENODEV) return true;
  warn('failed to get dump device', error);
  return false;
}

/** Gives the kernel what is configured; what it had stays if that cannot be. */
function update(isForced: bool): bool {
  const before = ask(DIOCGETCONF, 0);
  if (before < 0) {
    warn('failed to get kernel dump configuration', before);
    return false;
  }
  const error = ask(DIOCSETCONF, content & DUMP_CONTENT);
  if (error < 0) {
    warn('failed to update kernel dump configuration', error);
    return false;
  }
  if (updateDevice(isForced)) return fromKernel();
  ask(DIOCSETCONF, <u64>before & DUMP_CONTENT);
  return false;
}

function updateDevice(isForced: bool): bool {
  if (device == 'swap') {
    warn('no swap devices could be configured as the dump device');
    return false;
  }
  if (device == 'none') {
    const error = ask(DIOCRMDEV, 0);
    if (error < 0) warn('failed to remove dump device', error);
    return error >= 0;
  }
  if (!device.length) return true;
  if (!isForced) {
    if (!use(DIOCTRYDEV)) return false;
    const about = status(device, true);
    if (!about) {
      warn('failed to access ' + device);
      return false;
    }
    const error = ask(DIOCGETDUMPSIZE, buffer);
    if (error < 0) {
      warn('failed to get kernel dump size', error);
      return false;
    }
    const needed = load<u64>(buffer);
    if (about.size < needed) {
      warn('dump device ' + device + ' is too small to hold a system dump');
      say('dump size ' + needed.toString() + ' bytes, device size ' + about.size.toString() + ' bytes\n');
      return false;
    }
  }
  return use(DIOCSETDEV);
}

function use(request: i32): bool {
  const error = ask(request, pathOf(device));
  if (error >= 0) return true;
  if (error == ENOTSUP) warn('dumps not supported on ' + device);
  else if (error == EBUSY) warn('device ' + device + ' is already in use');
  else warn('cannot use ' + device + ' as dump device', error);
  return false;
}

// ---- the file

function readConfiguration(): void {
  const from = openFile(CONFIG, O_RDONLY);
  if (from < 0) return;
  const all = readAll(from).split('\n');
  calls.close(from);
  for (let i = 0; i < all.length; i++) {
    const at = all[i].indexOf('=');
    if (!all[i].length || all[i].startsWith('#')) continue;
    const name = all[i].substring(0, max(at, 0)).trim();
    const value = all[i].substring(at + 1).trim();
    if (at < 0 || !value.length) warn('"' + CONFIG + '", line ' + (i + 1).toString() + ': syntax error');
    else if (name == 'DUMPADM_DEVICE') device = value;
    else if (name == 'DUMPADM_SAVDIR') directory = value;
    else if (name == 'DUMPADM_ENABLE') saves = value != 'no';
    else if (name == 'DUMPADM_CSAVE') compresses = value != 'off';
    else if (name == 'DUMPADM_CONTENT') {
      if (NAMES.includes(value)) content = FLAGS[NAMES.indexOf(value)];
      else warn('"' + CONFIG + '", line ' + (i + 1).toString() + ': warning: invalid ' + name);
    } else warn('"' + CONFIG + '", line ' + (i + 1).toString() + ': warning: invalid token: ' + name);
  }
}

function contentIndex(): i32 {
  for (let i = 0; i < FLAGS.length; i++) if (content & FLAGS[i]) return i;
  return 0;
}

function writeConfiguration(): bool {
  const text =
    '# How crash dumps are written and saved. dumpadm(8) writes this file.\n' +
    ('DUMPADM_DEVICE=' + (device.length ? device : 'none') + '\n') +
    ('DUMPADM_SAVDIR=' + directory + '\n') +
    ('DUMPADM_CONTENT=' + NAMES[contentIndex()] + '\n') +
    ('DUMPADM_ENABLE=' + (saves ? 'yes' : 'no') + '\n') +
    ('DUMPADM_CSAVE=' + (compresses ? 'on' : 'off') + '\n');
  const bytes = bytesOf(text);
  const to = openFile(CONFIG, O_WRONLY | O_CREAT | O_TRUNC, 0o644);
  const written = to < 0 ? <i64>to : writeAll(to, changetype<usize>(bytes), text.length);
  if (to >= 0) calls.close(to);
  if (written < 0) warn('failed to write ' + CONFIG, written);
  return written >= 0;
}

function show(): void {
  out('      Dump content: ' + SHOWN[contentIndex()] + ' pages\n');
  out('       Dump device: ');
  if (!device.length || device == 'none') out('none (dumps disabled)\n');
  else out(device + (content & DUMP_EXCL ? ' (dedicated)\n' : ' (swap)\n'));
  out('Savecore directory: ' + directory);
  const least = numberIn(directory + '/minfree', -1);
  if (least >= 0) {
    const isWhole = least >= 1024 && least % 1024 == 0;
    out(' (minfree = ' + (isWhole ? (least / 1024).toString() + 'MB)' : least.toString() + 'KB)'));
  }
  out('\n');
  out('  Savecore enabled: ' + (saves ? 'yes' : 'no') + '\n');
  out('   Save compressed: ' + (compresses ? 'on' : 'off') + '\n');
}

/** `min`: so many KiB, MiB, or percent of the file system of the directory. */
function setLeast(text: string): i32 {
  const unit = text.charAt(text.length - 1).toLowerCase();
  const digits = text.substring(0, text.length - 1);
  let isNumber = digits.length > 0 && digits.length < 16 && 'km%'.includes(unit);
  for (let i = 0; i < digits.length; i++) if (digits.charCodeAt(i) < 0x30 || digits.charCodeAt(i) > 0x39) isNumber = false;
  const value = isNumber ? I64.parseInt(digits) : 0;
  if (!isNumber || (unit == '%' && value > 100)) {
    warn('invalid minfree value -- ' + text);
    return E_USAGE;
  }
  let kibibytes = unit == 'm' ? value * 1024 : value;
  if (unit == '%') kibibytes = <i64>((freeSpace(directory, true) / 1024) * <u64>value) / 100;
  const line = kibibytes.toString() + '\n';
  const bytes = bytesOf(line);
  const to = openFile(directory + '/minfree', O_WRONLY | O_CREAT | O_TRUNC, 0o600);
  const written = to < 0 ? <i64>to : writeAll(to, changetype<usize>(bytes), line.length);
  if (to >= 0) calls.close(to);
  if (written >= 0) return 0;
  warn('failed to write ' + directory + '/minfree', written);
  return E_ERROR;
}
