// SPDX-License-Identifier: MIT
/**
 * @fileoverview ZFS under Node: disks are files or memory of the host, which answers at once, so nothing ever waits. The functions that the
 * host calls are in main.ts; the host's side is toolchain/zfs/.
 */
import { BlockDevice, Lock, setSystem, System } from '../port/port';
import { setMemory } from '../port/memory';
import { EIO, ENOENT, setError, setFailure } from '../../guest-os/kernel/errno';
import { textOf } from '../port/bytes';

// @ts-ignore: decorator
@external("host", "read") declare function hostRead(device: u32, offset: u64, to: usize, bytes: u32): i32;
// @ts-ignore: decorator
@external("host", "write") declare function hostWrite(device: u32, offset: u64, from: usize, bytes: u32): i32;
// @ts-ignore: decorator
@external("host", "flush") declare function hostFlush(device: u32): i32;
// @ts-ignore: decorator
@external("host", "open") declare function hostOpen(path: usize, bytes: u32): i32;
// @ts-ignore: decorator
@external("host", "size") declare function hostSize(device: u32): u64;
// @ts-ignore: decorator
@external("host", "sectorSize") declare function hostSectorSize(device: u32): u32;
// @ts-ignore: decorator
@external("host", "now") declare function hostNow(): u64;
// @ts-ignore: decorator
@external("host", "random") declare function hostRandom(): u64;
// @ts-ignore: decorator
@external("host", "notice") declare function hostNotice(text: usize, bytes: u32): void;

class HostDevice extends BlockDevice {
  constructor(
    path: string,
    private readonly device: u32,
  ) {
    super(path, true, hostSize(device), hostSectorSize(device));
  }
  read(offset: u64, to: usize, bytes: u32): i32 {
    return hostRead(this.device, offset, to, bytes) < 0 ? setError(EIO) : 0;
  }
  write(offset: u64, from: usize, bytes: u32): i32 {
    return hostWrite(this.device, offset, from, bytes) < 0 ? setError(EIO) : 0;
  }
  finish(): i32 {
    return 0;
  }
  flush(): i32 {
    return hostFlush(this.device) < 0 ? setError(EIO) : 0;
  }
}

/** There is one thread. */
class NoLock extends Lock {
  acquire(): void {}
  release(): void {}
}

class HostSystem extends System {
  now(): u64 {
    return hostNow();
  }
  random(): u64 {
    return hostRandom();
  }
  openDevice(path: string): BlockDevice | null {
    const bytes = bytesOf(path);
    const device = hostOpen(changetype<usize>(bytes), path.length);
    if (device >= 0) return new HostDevice(path, device);
    setFailure(ENOENT);
    return null;
  }
  newLock(): Lock {
    return new NoLock();
  }
  hostid(): u64 {
    return 0;
  }
  hostname(): string {
    return 'diorama';
  }
  notice(text: string): void {
    hostNotice(changetype<usize>(bytesOf(text)), text.length);
  }
}

export function bytesOf(text: string): StaticArray<u8> {
  const bytes = new StaticArray<u8>(text.length + 1);
  for (let i = 0; i < text.length; i++) bytes[i] = <u8>text.charCodeAt(i);
  return bytes;
}
export function argument(from: usize, bytes: u32): string {
  return textOf(from, bytes);
}

let arena: StaticArray<u8> | null = null;

/** Called once: this much memory for ZFS. */
export function start(bytes: u32): void {
  arena = new StaticArray<u8>(bytes);
  const from = (changetype<usize>(arena) + 511) & ~511;
  setMemory(from, bytes - 512);
  setSystem(new HostSystem());
}
