// SPDX-License-Identifier: MIT
/** @fileoverview The disk c1t0d0 of 8 MiB: /dev/rdsk, /dev/dsk, dkio(4I). And what else of /dev gives and takes bytes. */
import * as calls from '../../lib/calls';
import { BUFFER, buffer, check, text } from '../check';

const SIZE: u64 = 8388608;

function pattern(seed: u32): void {
  let value = seed;
  for (let i: usize = 0; i < 8192; i += 4) {
    value = value * 1664525 + 1013904223;
    store<u32>(buffer + i, value);
  }
}
function isPattern(seed: u32, count: usize): bool {
  let value = seed;
  for (let i: usize = 0; i < count; i += 4) {
    value = value * 1664525 + 1013904223;
    if (load<u32>(buffer + i) != value) return false;
  }
  return true;
}

export function testDisks(): void {
  const raw = <i32>calls.open(text('/dev/rdsk/c1t0d0p0'), 2, 0);
  check('DKIOCGMEDIAINFO', calls.ioctl(raw, 0x042a, BUFFER), 0);
  check('sector size', load<u32>(buffer, 4), 512);
  check('capacity', <i64>load<u64>(buffer, 8), <i64>(SIZE / 512));
  for (let i: u32 = 0; i < 16; i++) {
    pattern(i);
    check('write', calls.pwrite(raw, BUFFER, 8192, <u64>i * 500224), 8192);
  }
  check('DKIOCFLUSHWRITECACHE', calls.ioctl(raw, 0x0422, 0), 0);
  for (let i: u32 = 0; i < 16; i++) {
    memory.fill(buffer, 0, 8192);
    check('read', calls.pread(raw, BUFFER, 8192, <u64>i * 500224), 8192);
    check('what was written', isPattern(i, 8192) ? 1 : 0, 1);
  }
  check('half a sector: EINVAL', calls.pread(raw, BUFFER, 256, 0), -22);
  check('the last sector', calls.pread(raw, BUFFER, 512, SIZE - 512), 512);
  check('up to the end', calls.pread(raw, BUFFER, 1024, SIZE - 512), 512);
  check('the end', calls.pread(raw, BUFFER, 512, SIZE), 0);
  check('no room behind it: ENOSPC', calls.pwrite(raw, BUFFER, 512, SIZE), -28);
  check('seek to the end', calls.lseek(raw, 0, 2), <i64>SIZE);
  const block = <i32>calls.open(text('/dev/dsk/c1t0d0'), 2, 0);
  pattern(3);
  check('half a sector of the block device', calls.pread(block, BUFFER, 100, 3 * 500224), 100);
  check('has what the raw one has', isPattern(3, 100) ? 1 : 0, 1);
  store<u32>(buffer, 0x12345678);
  check('four bytes in the middle', calls.pwrite(block, BUFFER, 4, 3 * 500224 + 1022), 4);
  check('read', calls.pread(raw, BUFFER, 8192, 3 * 500224), 8192);
  check('are there', load<u32>(buffer, 1022), 0x12345678);
  check('nothing before', isPattern(3, 1020) ? 1 : 0, 1);
  calls.close(block);
  calls.close(raw);
}

export function testPseudo(): void {
  const random = <i32>calls.open(text('/dev/urandom'), 0, 0);
  memory.fill(buffer, 0, 64);
  check('urandom', calls.read(random, BUFFER, 64), 64);
  let different = 0;
  for (let i: usize = 8; i < 64; i += 8) if (load<u64>(buffer + i) != load<u64>(buffer)) different++;
  check('no pattern', different, 7);
  const first = load<u64>(buffer);
  check('again', calls.read(random, BUFFER, 8), 8);
  check('others', load<u64>(buffer) != first ? 1 : 0, 1);
  calls.close(random);
  check('getrandom', calls.getrandom(BUFFER, 256, 0), 256);
  check('bad flags: EINVAL', calls.getrandom(BUFFER, 1, 0x100), -22);
  const full = <i32>calls.open(text('/dev/full'), 2, 0);
  check('full: ENOSPC', calls.write(full, BUFFER, 1), -28);
  check('reads as zeros', calls.read(full, BUFFER, 8) + <i64>load<u64>(buffer), 8);
  calls.close(full);
  // A device file elsewhere is the same device; its number names it.
  check('mknod', calls.mknod(text('/tmp/null'), 0x2000 | 0o666, ((<u64>13) << 32) | 2), 0);
  const other = <i32>calls.open(text('/tmp/null'), 2, 0);
  check('takes everything', calls.write(other, BUFFER, 100), 100);
  check('gives nothing', calls.read(other, BUFFER, 100), 0);
  calls.close(other);
  check('a number that nobody has', calls.mknod(text('/tmp/none'), 0x2000 | 0o666, (<u64>999) << 32), 0);
  check('ENXIO', calls.open(text('/tmp/none'), 2, 0), -6);
  const master = <i32>calls.open(text('/dev/ptmx'), 0x802, 0);
  check('ptmx', master > 2 ? 1 : master, 1);
  check('the slave is locked: EACCES', calls.open(text('/dev/pts/0'), 0x802, 0), -13);
  check('unlockpt', calls.ioctl(master, 0x5002, 0), 0);
  const slave = <i32>calls.open(text('/dev/pts/0'), 0x802, 0);
  check('the slave', slave > 2 ? 1 : slave, 1);
  store<u32>(buffer, 0x0a796568);
  check('type a line', calls.write(master, BUFFER, 4), 4);
  check('read it', calls.read(slave, BUFFER, 100), 4);
  check('its echo', calls.read(master, BUFFER, 100), 5);
  check('with CR', load<u8>(buffer, 3), 13);
  calls.close(master);
  check('hung up: the end', calls.read(slave, BUFFER, 1), 0);
  check('hung up: EIO', calls.write(slave, BUFFER, 1), -5);
  calls.close(slave);
  check('and gone', calls.access(text('/dev/pts/0'), 0), -2);
}
