// SPDX-License-Identifier: MIT
/** @fileoverview dd(1): copy and convert blocks */
/** @manual
 * OPERANDS
 *   if=file, of=file   instead of standard input and output
 *   bs=n, ibs=n, obs=n   bytes of a block (512 otherwise), with a unit; 2x512 is a product
 *   count=n   blocks to read;  skip=n, iseek=n  blocks to leave out;  seek=n, oseek=n  in the output
 *   conv=   lcase, ucase, swab, noerror, notrunc, sync (fill blocks with zeros), fsync, excl, nocreat, with commas between
 *   iflag=fullblock   reads on until a block is full
 *   oflag=   append, dsync, sync
 *   status=none, status=noxfer   says nothing at the end, or not how fast
 */
import * as calls from '../../lib/calls';
import { humanSize, parseSize } from '../../lib/human';
import { complain, O_CREAT, O_EXCL, O_RDONLY, O_TRUNC, O_WRONLY, O_APPEND, openFile, say } from '../../lib/io';
import { misused } from '../../lib/options';
import { statusOf } from '../../lib/files';
import { highResolutionTime } from '../../lib/time';

export const USAGE: string = 'dd [operand=value ...]';
const F_FREESP: i32 = 11;
const O_SYNC: i32 = 0x10;
const O_DSYNC: i32 = 0x40;
const CONVERSIONS: string = ',lcase,ucase,swab,noerror,notrunc,sync,fsync,excl,nocreat,';
const MOST: i64 = 256 << 20;
const flock = memory.data(48, 8);

let inputBlock: i64 = 512;
let outputBlock: i64 = 512;
let joined: bool = false;
let fullIn: u64 = 0;
let partIn: u64 = 0;
let fullOut: u64 = 0;
let partOut: u64 = 0;
let bytesOut: u64 = 0;
let target = 1;

export function main(args: string[]): i32 {
  let from = '';
  let to = '';
  let conversions = '';
  let count: i64 = -1;
  let skip: i64 = 0;
  let seek: i64 = 0;
  let status = '';
  let fills = false;
  let flags = O_WRONLY;
  for (let i = 1; i < args.length; i++) {
    const equals = args[i].indexOf('=');
    if (equals < 0) return bad(args[i]);
    const name = args[i].substring(0, equals);
    const value = args[i].substring(equals + 1);
    if (name == 'if') from = value;
    else if (name == 'of') to = value;
    else if (name == 'conv') {
      if (!allOf(value, CONVERSIONS)) return bad(args[i]);
      conversions = ',' + value + ',';
    } else if (name == 'status') {
      if (value != 'none' && value != 'noxfer') return bad(args[i]);
      status = value;
    } else if (name == 'iflag') {
      if (value != 'fullblock') return bad(args[i]);
      fills = true;
    } else if (name == 'oflag') {
      if (!allOf(value, ',append,dsync,sync,')) return bad(args[i]);
      const list = ',' + value + ',';
      if (list.includes(',append,')) flags |= O_APPEND;
      if (list.includes(',dsync,')) flags |= O_DSYNC;
      if (list.includes(',sync,')) flags |= O_SYNC;
    } else {
      const number = product(value);
      if (number < 0 || (name.endsWith('bs') && (number == 0 || number > MOST))) {
        say('dd: bad numeric argument: "' + value + '"\n');
        return 1;
      }
      if (name == 'bs') {
        inputBlock = outputBlock = number;
        joined = true;
      } else if (name == 'ibs') inputBlock = number;
      else if (name == 'obs') outputBlock = number;
      else if (name == 'count') count = number;
      else if (name == 'skip' || name == 'iseek') skip = number;
      else if (name == 'seek' || name == 'oseek') seek = number;
      else return bad(args[i]);
    }
  }
  const source = from.length ? openFile(from, O_RDONLY) : 0;
  if (source < 0) {
    complain('dd', from, source);
    return 1;
  }
  if (to.length) {
    if (!conversions.includes(',nocreat,')) flags |= O_CREAT;
    if (conversions.includes(',excl,')) flags |= O_EXCL;
    if (!conversions.includes(',notrunc,') && !seek) flags |= O_TRUNC;
    target = openFile(to, flags);
    if (target < 0) {
      complain('dd', to, target);
      return 1;
    }
    if (seek && !conversions.includes(',notrunc,')) truncate(seek * outputBlock);
  }
  const begun = highResolutionTime();
  const result = copy(source, from, conversions, count, skip, seek, fills);
  if (status != 'none') {
    say(fullIn.toString() + '+' + partIn.toString() + ' records in\n');
    say(fullOut.toString() + '+' + partOut.toString() + ' records out\n');
    if (status != 'noxfer') sayHowFast(highResolutionTime() - begun);
  }
  return result;
}

function bad(argument: string): i32 {
  say('dd: bad argument: "' + argument + '"\n');
  return misused(USAGE);
}

/** Is each word between the commas in `known`, which has commas at its ends? */
function allOf(words: string, known: string): bool {
  const list = words.split(',');
  for (let i = 0; i < list.length; i++) if (!list[i].length || !known.includes(',' + list[i] + ',')) return false;
  return true;
}

function sayHowFast(nanoseconds: u64): void {
  const micros = max(nanoseconds / 1000, 1);
  const seconds = (micros / 1000000).toString() + '.' + (micros % 1000000).toString().padStart(6, '0');
  const rate = humanSize((bytesOut * 1000000) / micros);
  say(bytesOut.toString() + ' bytes transferred in ' + seconds + ' secs (' + rate + 'B/sec)\n');
}

/** 2x512 and the like. */
function product(text: string): i64 {
  const parts = text.split('x');
  let value: i64 = 1;
  for (let i = 0; i < parts.length; i++) {
    const size = parseSize(parts[i]);
    if (size < 0) return -1;
    value *= size;
  }
  return value;
}

function truncate(size: i64): void {
  const about = statusOf(target);
  if (!about || !about.isRegular || <i64>about.size <= size) return;
  memory.fill(flock, 0, 48);
  store<i64>(flock, size, 8);
  calls.fcntl(target, F_FREESP, flock);
}

function copy(source: i32, from: string, conversions: string, count: i64, skip: i64, seek: i64, fills: bool): i32 {
  const block = new StaticArray<u8>(<i32>inputBlock);
  const at = changetype<usize>(block);
  const output = new StaticArray<u8>(<i32>(outputBlock + inputBlock));
  const outputAt = changetype<usize>(output);
  let held: i64 = 0;
  let result = 0;
  if (skip && calls.lseek(source, skip * inputBlock, 0) < 0)
    for (let i: i64 = 0; i < skip; i++) calls.read(source, at, inputBlock);
  if (seek) calls.lseek(target, seek * outputBlock, 0);
  while (count < 0 || fullIn + partIn < <u64>count) {
    let size = readBlock(source, at, fills);
    if (size == 0) break;
    if (size < 0) {
      complain('dd', from.length ? from : 'standard input', size);
      result = 1;
      if (!conversions.includes(',noerror,')) break;
      size = 0;
    }
    if (size == inputBlock) fullIn++;
    else partIn++;
    if (size < inputBlock && conversions.includes(',sync,')) {
      memory.fill(at + <usize>size, 0, <usize>(inputBlock - size));
      size = inputBlock;
    }
    convert(at, <i32>size, conversions);
    if (joined) {
      if (!write(at, size)) return 1;
      continue;
    }
    memory.copy(outputAt + <usize>held, at, <usize>size);
    held += size;
    let done: i64 = 0;
    while (held - done >= outputBlock) {
      if (!write(outputAt + <usize>done, outputBlock)) return 1;
      done += outputBlock;
    }
    memory.copy(outputAt, outputAt + <usize>done, <usize>(held - done));
    held -= done;
  }
  if (held && !write(outputAt, held)) return 1;
  if (conversions.includes(',fsync,')) {
    const error = calls.fdsync(target, O_SYNC);
    if (error < 0) {
      complain('dd', 'fsync', error);
      return 1;
    }
  }
  return result;
}

/** At most a block; `fills`: less than one only at the end. Below 0: an error. */
function readBlock(source: i32, at: usize, fills: bool): i64 {
  let have: i64 = 0;
  do {
    const got = calls.read(source, <u64>at + have, inputBlock - have);
    if (got < 0) return have ? have : got;
    if (got == 0) break;
    have += got;
  } while (fills && have < inputBlock);
  return have;
}

/** False: it has said why not all of it could be written; what could is counted. */
function write(at: usize, size: i64): bool {
  let done: i64 = 0;
  while (done < size) {
    const put = calls.write(target, <u64>at + done, <u64>(size - done));
    if (put < 0) {
      complain('dd', 'write', put);
      bytesOut += done;
      if (done) partOut++;
      return false;
    }
    done += put;
  }
  bytesOut += size;
  if (size == outputBlock) fullOut++;
  else partOut++;
  return true;
}

function convert(at: usize, size: i32, conversions: string): void {
  const lower = conversions.includes(',lcase,');
  const upper = conversions.includes(',ucase,');
  if (conversions.includes(',swab,')) {
    for (let i = 0; i + 1 < size; i += 2) {
      const first = load<u8>(at + i);
      store<u8>(at + i, load<u8>(at + i + 1));
      store<u8>(at + i + 1, first);
    }
  }
  if (!lower && !upper) return;
  for (let i = 0; i < size; i++) {
    const c = <u32>load<u8>(at + i);
    if (lower && c - 0x41 < 26) store<u8>(at + i, <u8>(c + 32));
    if (upper && c - 0x61 < 26) store<u8>(at + i, <u8>(c - 32));
  }
}
