// SPDX-License-Identifier: MIT
/**
 * @fileoverview What ZFS costs, measured from inside: `zfsbench`, run by `./diorama bench zfs`. The clock counts retired instructions (one is a nanosecond), and
 * virtual disks answer at once, so the figures are instructions. Each line: @ name figure.
 *
 * Words name what to measure: `base BYTES`, `write FILE BYTES`, `read FILE BYTES`, `sync FILE COUNT`, `files DIRECTORY COUNT`, `list DIRECTORY`, `snapshot NAME`, `clone SNAPSHOT NAME`.
 */
import * as calls from '../../lib/calls';
import { entriesOf, joinPath, status } from '../../lib/files';
import { flush, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, openFile, out, say } from '../../lib/io';
import { parseNumber } from '../../lib/text';
import { highResolutionTime } from '../../lib/time';
import { arguments_ } from '../../lib/process';
import { fletcher4 } from '../../../zfs/zio/checksum';
import { NvList } from '../../../zfs/port/nvlist';
import { DeviceChannel } from '../../cmd/zfs/_channel';

const PIECE: i32 = 128 << 10;
const from = new StaticArray<u8>(PIECE);
const to = new StaticArray<u8>(PIECE);
const sum = memory.data(32, 8);

let begun: u64 = 0;
function begin(): void {
  out('@begin\n');
  flush();
  begun = highResolutionTime();
}
function end(what: string): void {
  const spent = highResolutionTime() - begun;
  out('@end ' + what + ' ' + spent.toString() + '\n');
  flush();
}

/** What nothing could do without: the bytes copied twice and summed once. They lie in memory, as a file's do, not in a corner of it again and again. */
const SPREAD: i32 = 64 << 20;
function base(bytes: i64): void {
  const one = new StaticArray<u8>(SPREAD);
  const other = new StaticArray<u8>(SPREAD);
  memory.fill(changetype<usize>(one), 3, SPREAD);
  memory.fill(changetype<usize>(other), 4, SPREAD);
  begin();
  for (let at: i64 = 0; at < bytes; at += PIECE) {
    const a = changetype<usize>(one) + <usize>(at % SPREAD);
    const b = changetype<usize>(other) + <usize>(at % SPREAD);
    memory.copy(b, a, PIECE);
    memory.copy(a, b, PIECE);
    fletcher4(b, PIECE, sum);
  }
  end('base');
}

/** The fsync before makes the log, which costs a transaction group once, whatever is written. */
function write(path: string, bytes: i64): i32 {
  const descriptor = openFile(path, O_RDWR | O_CREAT | O_TRUNC, 0o644);
  if (descriptor < 0) return fail('open', descriptor);
  const made = calls.fdsync(descriptor, 0x10);
  if (made < 0) return fail('sync', made);
  begin();
  for (let at: i64 = 0; at < bytes; at += PIECE) {
    const result = calls.write(descriptor, changetype<usize>(from), PIECE);
    if (result != PIECE) return fail('write', result);
  }
  const synced = calls.fdsync(descriptor, 0x10);
  if (synced < 0) return fail('sync', synced);
  end('write');
  calls.close(descriptor);
  return 0;
}

function read(path: string, bytes: i64): i32 {
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) return fail('open', descriptor);
  begin();
  for (let at: i64 = 0; at < bytes; at += PIECE) {
    const result = calls.read(descriptor, changetype<usize>(to), PIECE);
    if (result != PIECE) return fail('read', result);
  }
  end('read');
  calls.close(descriptor);
  return 0;
}

/** So many times a few bytes and fsync(2), in a file whose first fsync, which makes the log, is not counted. */
function sync(path: string, count: i64): i32 {
  const descriptor = openFile(path, O_RDWR | O_CREAT, 0o644);
  if (descriptor < 0) return fail('open', descriptor);
  for (let i: i64 = 0; i <= count; i++) {
    if (i == 1) begin();
    const written = calls.write(descriptor, changetype<usize>(from), 100);
    if (written != 100) return fail('write', written);
    const synced = calls.fdsync(descriptor, 0x10);
    if (synced < 0) return fail('sync', synced);
  }
  end('sync');
  calls.close(descriptor);
  return 0;
}

function files(directory: string, count: i64): i32 {
  begin();
  for (let i: i64 = 0; i < count; i++) {
    const descriptor = openFile(joinPath(directory, 'file' + i.toString()), O_RDWR | O_CREAT, 0o644);
    if (descriptor < 0) return fail('create', descriptor);
    calls.write(descriptor, changetype<usize>(from), 100);
    calls.close(descriptor);
  }
  end('files');
  return 0;
}

/** Names, and the attributes of each. */
function list(directory: string): i32 {
  begin();
  const names = entriesOf(directory);
  if (!names) return 1;
  for (let i = 0; i < names.length; i++) if (!status(joinPath(directory, names[i]), false)) return 1;
  end('list');
  return 0;
}

function request(what: string, input: NvList): i32 {
  const channel = DeviceChannel.open();
  if (!channel) return 1;
  begin();
  const result = channel.call(what, input, new NvList());
  if (result < 0) return fail(what, result);
  end(what);
  return 0;
}

function fail(what: string, result: i64): i32 {
  say('zfsbench: ' + what + ': ' + result.toString() + '\n');
  return 1;
}

function run(args: string[]): i32 {
  for (let i = 0; i < PIECE; i++) from[i] = <u8>(i * 167 + (i >> 8) * 13 + 1);
  const what = args[1];
  if (what == 'base') base(parseNumber(args[2]));
  else if (what == 'write') return write(args[2], parseNumber(args[3]));
  else if (what == 'read') return read(args[2], parseNumber(args[3]));
  else if (what == 'files') return files(args[2], parseNumber(args[3]));
  else if (what == 'sync') return sync(args[2], parseNumber(args[3]));
  else if (what == 'list') return list(args[2]);
  else if (what == 'snapshot') return request('snapshot', new NvList().setText('name', args[2]));
  else if (what == 'clone') return request('clone', new NvList().setText('origin', args[2]).setText('name', args[3]));
  return 0;
}

export function main(): i32 {
  return run(arguments_());
}
