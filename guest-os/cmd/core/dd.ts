// SPDX-License-Identifier: MIT
/** @fileoverview dd(1): copy and convert blocks */
/** @manual
 * OPERANDS
 *   if=file, of=file   instead of standard input and output
 *   bs=n, ibs=n, obs=n   bytes of a block (512 otherwise), with a unit; 2x512 is a product
 *   count=n   blocks to read;  skip=n, iseek=n  blocks to leave out;  seek=n, oseek=n  in the output
 *   conv=   lcase, ucase, swab, noerror, notrunc, sync (fill blocks with zeros), fsync, excl, nocreat, with commas between
 *   status=none   says nothing at the end
 */
import * as calls from '../../lib/calls';
import { parseSize } from '../../lib/human';
import { complain, O_CREAT, O_EXCL, O_RDONLY, O_TRUNC, O_WRONLY, openFile, say, writeAll } from '../../lib/io';
import { misused } from '../../lib/options';
import { statusOf } from '../../lib/files';

export const USAGE: string = 'dd [operand=value ...]';
const F_FREESP: i32 = 11;
const MOST: i64 = 256 << 20;
const flock = memory.data(48, 8);

let inputBlock: i64 = 512;
let outputBlock: i64 = 512;
let joined: bool = false;
let fullOut: u64 = 0;
let partOut: u64 = 0;
let target = 1;

export function main(args: string[]): i32 {
  let from = '';
  let to = '';
  let conversions = '';
  let count: i64 = -1;
  let skip: i64 = 0;
  let seek: i64 = 0;
  let quiet = false;
  for (let i = 1; i < args.length; i++) {
    const equals = args[i].indexOf('=');
    if (equals < 0) {
      say('dd: bad argument: "' + args[i] + '"\n');
      return misused(USAGE);
    }
    const name = args[i].substring(0, equals);
    const value = args[i].substring(equals + 1);
    if (name == 'if') from = value;
    else if (name == 'of') to = value;
    else if (name == 'conv') conversions = ',' + value + ',';
    else if (name == 'status') quiet = value == 'none';
    else if (name == 'iflag' || name == 'oflag') continue;
    else {
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
      else {
        say('dd: bad argument: "' + args[i] + '"\n');
        return misused(USAGE);
      }
    }
  }
  const source = from.length ? openFile(from, O_RDONLY) : 0;
  if (source < 0) {
    complain('dd', from, source);
    return 1;
  }
  if (to.length) {
    let flags = O_WRONLY;
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
  return copy(source, from, to, conversions, count, skip, seek, quiet);
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

function copy(source: i32, from: string, to: string, conversions: string, count: i64, skip: i64, seek: i64, quiet: bool): i32 {
  const block = new StaticArray<u8>(<i32>inputBlock);
  const at = changetype<usize>(block);
  const output = new StaticArray<u8>(<i32>(outputBlock + inputBlock));
  const outputAt = changetype<usize>(output);
  let held: i64 = 0;
  let full: u64 = 0;
  let part: u64 = 0;
  let bytes: u64 = 0;
  let result = 0;
  if (skip && calls.lseek(source, skip * inputBlock, 0) < 0)
    for (let i: i64 = 0; i < skip; i++) calls.read(source, at, inputBlock);
  if (seek) calls.lseek(target, seek * outputBlock, 0);
  while (count < 0 || full + part < <u64>count) {
    const got = calls.read(source, at, inputBlock);
    if (got == 0) break;
    let size = got;
    if (got < 0) {
      complain('dd', from.length ? from : 'standard input', got);
      result = 1;
      if (!conversions.includes(',noerror,')) break;
      size = 0;
    }
    if (size == inputBlock) full++;
    else part++;
    if (size < inputBlock && conversions.includes(',sync,')) {
      memory.fill(at + <usize>size, 0, <usize>(inputBlock - size));
      size = inputBlock;
    }
    convert(at, <i32>size, conversions);
    bytes += size;
    if (joined) {
      if (!write(at, size)) {
        result = 1;
        break;
      }
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
  if (held && !write(outputAt, held)) result = 1;
  if (!quiet) {
    say(full.toString() + '+' + part.toString() + ' records in\n');
    say(fullOut.toString() + '+' + partOut.toString() + ' records out\n');
    say(bytes.toString() + ' bytes transferred\n');
  }
  return result;
}

function write(at: usize, size: i64): bool {
  const error = writeAll(target, at, <i32>size);
  if (error < 0) {
    complain('dd', 'write', error);
    return false;
  }
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
