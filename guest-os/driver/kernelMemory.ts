// SPDX-License-Identifier: MIT
/**
 * @fileoverview For debuggers of the running kernel: /dev/mem, memory by physical addresses, and /dev/ksyms, the kernel's symbols as a dump has them
 * (kernel/dump/symbols.ts). Both can only be read, by root of the global zone; zones do not have them. Reading what is no memory is EFAULT.
 */
import { address } from 'machine/mem';
import { Device, makeDevice } from '../fs/dev/device';
import { addDevice } from '../fs/dev/devices';
import { S_IFCHR } from '../fs/vnode';
import { GLOBAL_ZONE } from '../kernel/process/credentials';
import { dumpIsUnderWay } from '../kernel/dump/crash';
import { isMemory, markKernel } from '../kernel/dump/pages';
import { storeRoots } from '../kernel/dump/roots';
import { symbolFile } from '../kernel/dump/symbols';
import { EBUSY, EFAULT, EPERM, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { copyShared } from '../kernel/memory/user';

const MAJOR_MEMORY: u32 = 13;
const MAJOR_SYMBOLS: u32 = 72;
const PAGE: u64 = 4096;

function refusal(readers: i32): i32 {
  if (readers <= 0) return 0;
  const credentials = currentProcess().credentials;
  return credentials.zoneid == GLOBAL_ZONE && credentials.isPrivileged ? 0 : setError(EPERM);
}

class PhysicalMemory extends Device {
  constructor() {
    super(S_IFCHR | 0o640, 3, makeDevice(MAJOR_MEMORY, 0));
  }
  get seekable(): bool {
    return true;
  }
  opened(readers: i32, writers: i32): i32 {
    return writers > 0 ? setError(EPERM) : refusal(readers);
  }
  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    let done: u64 = 0;
    while (done < count) {
      const at = offset + done;
      const part = min<u64>(count - done, PAGE - (at % PAGE));
      if (!isMemory(at & ~(PAGE - 1)) || copyShared(to + done, address(<usize>at), part)) break;
      done += part;
    }
    return done || !count ? <i64>done : setError(EFAULT);
  }
}

class KernelSymbols extends Device {
  private file: StaticArray<u8> | null = null;
  private readers: i32 = 0;

  constructor() {
    super(S_IFCHR | 0o440, 3, makeDevice(MAJOR_SYMBOLS, 0));
  }
  get seekable(): bool {
    return true;
  }
  get size(): u64 {
    const file = this.file;
    return file ? file.length : 0;
  }
  /** The file is made, and what its names stand for is brought up to date, when it is opened. */
  opened(readers: i32, writers: i32): i32 {
    if (readers > 0) {
      const refused = writers > 0 ? setError(EPERM) : dumpIsUnderWay() ? setError(EBUSY) : refusal(readers);
      if (refused) return refused;
      markKernel();
      storeRoots();
      if (!this.file) this.file = symbolFile();
    }
    this.readers += readers;
    if (!this.readers) this.file = null;
    return 0;
  }
  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    const file = this.file;
    if (!file || offset >= <u64>file.length) return 0;
    const part = min<u64>(count, <u64>file.length - offset);
    return copyShared(to, address(changetype<usize>(file) + <usize>offset), part) ? setError(EFAULT) : <i64>part;
  }
}

export function attachKernelMemory(): void {
  addDevice('mem', 'pseudo/mm@0:mem', new PhysicalMemory());
  addDevice('ksyms', 'pseudo/ksyms@0:ksyms', new KernelSymbols());
}
