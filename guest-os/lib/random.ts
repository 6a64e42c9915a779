// SPDX-License-Identifier: MIT
/**
 * @fileoverview Random bytes from /dev/urandom. Where there is none, a mixture (splitmix64) of the time and the process's number, which is
 * enough to keep names apart, not to keep secrets.
 */
import * as calls from './calls';
import { O_RDONLY, openFile } from './io';

const timespec = memory.data(16, 8);

export function randomBytes(count: i32): StaticArray<u8> {
  const bytes = new StaticArray<u8>(count);
  const device = openFile('/dev/urandom', O_RDONLY);
  if (device >= 0) {
    const got = calls.read(device, changetype<usize>(bytes), count);
    calls.close(device);
    if (got == count) return bytes;
  }
  calls.clock_gettime(3, timespec);
  let state = (load<u64>(timespec) * 1000000007) ^ load<u64>(timespec, 8) ^ ((<u64>calls.getpid()) << 40);
  for (let i = 0; i < count; i++) {
    state += 0x9e3779b97f4a7c15;
    let value = state;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    bytes[i] = <u8>((value ^ (value >> 31)) >> 24);
  }
  return bytes;
}
