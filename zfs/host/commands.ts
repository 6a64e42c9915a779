// SPDX-License-Identifier: MIT
/** @fileoverview The host's calls that run commands and their requests, with what these read and write. */
import { E2BIG, EINVAL, setError } from '../../guest-os/kernel/errno';
import { runZdb } from '../cmd/zdb';
import { zfsCommand } from '../cmd/zfs/main';
import { runZpool } from '../cmd/zpool/zpool';
import { Caller, setCaller } from '../dsl/caller';
import { perform } from '../ioctl/requests';
import { NvList, packList, unpackList } from '../port/nvlist';
import { argument } from './node';
import { host } from './subject';
import { HostSurroundings } from './surroundings';

/**
 * zpool(8): `words`, separated by zeros, follow its name; `devices`, one a line, are the files there are. What it printed is {@link answer}, what it complained of
 * {@link complaints}; the result is its exit status.
 */
export function zpool(words: usize, wordBytes: u32, devices: usize, deviceBytes: u32): i32 {
  const place = new HostSurroundings(argument(devices, deviceBytes).split('\n'));
  const line = argument(words, wordBytes);
  const status = runZpool(place, line.length ? line.split('\0') : []);
  host.said = place.output;
  host.complained = place.errors;
  return status;
}

/** zdb(8), in the same way. */
export function zdb(words: usize, wordBytes: u32): i32 {
  const place = new HostSurroundings();
  const status = runZdb(place, argument(words, wordBytes).split('\0'));
  host.said = place.output;
  host.complained = place.errors;
  return status;
}

/** A request of commands (ioctl/requests.ts), packed; its answer is packed at `to`, whose size is the result. */
export function request(name: usize, nameBytes: u32, input: usize, inputBytes: u32, to: usize, room: u32): i32 {
  const output = new NvList();
  const given = inputBytes ? unpackList(input, inputBytes) : new NvList();
  if (!given) return setError(EINVAL);
  const result = perform(argument(name, nameBytes), given, output);
  if (result < 0) return result;
  const bytes = packList(output, to, room);
  return bytes ? <i32>bytes : setError(E2BIG);
}

/** Requests come from a zone with these datasets, by lines, from now on; with an empty text from the global zone again. */
export function actAs(datasets: usize, bytes: u32): void {
  setCaller(new Caller(!bytes, true, bytes ? argument(datasets, bytes).split('\n') : []));
}

const around = new HostSurroundings();

/** Runs zfs(8): words by lines, `zfs` first. Its exit status; what it said comes to {@link answer}, errors after a byte 1. */
export function command(words: usize, bytes: u32): i32 {
  around.output = '';
  around.errors = '';
  // Datasets may go.
  host.forgetFiles();
  const status = zfsCommand(around, argument(words, bytes).split('\n'));
  host.said = around.output + '\x01' + around.errors;
  return status;
}

/** What a command is to read, in pieces. */
export function give(from: usize, bytes: u32): void {
  const piece = new StaticArray<u8>(bytes);
  memory.copy(changetype<usize>(piece), from, bytes);
  around.given.push(piece);
}

/** The next piece of what a command wrote; 0: no more. */
export function take(to: usize, room: u32): i32 {
  if (!around.written.length) return 0;
  const piece = around.written.shift();
  assert(<u32>piece.length <= room, 'room for a piece');
  memory.copy(to, changetype<usize>(piece), piece.length);
  return piece.length;
}

/** Streams that are received do not come to their end. */
export function cutReceive(isCut: bool): i32 {
  around.isCut = isCut;
  return 0;
}

export function pretendMounts(does: bool): i32 {
  around.pretendsMounts = does;
  return 0;
}

export function forgetGiven(): void {
  around.forgetGiven();
}
