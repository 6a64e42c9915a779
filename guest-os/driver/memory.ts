// SPDX-License-Identifier: MIT
/**
 * @fileoverview The pseudo device mm: /dev/null, /dev/zero and /dev/full. Majors and minors are illumos's (13; 2, 12).
 *
 * `full` is not illumos's own, but LX zones want it: reads are zeros, writes are ENOSPC.
 */
import { address } from 'machine/mem';
import { addDevice } from '../fs/dev/devices';
import { Device, makeDevice } from '../fs/dev/device';
import { S_IFCHR } from '../fs/vnode';
import { ENOSPC, setError } from '../kernel/errno';
import { copy } from '../kernel/memory/user';

const MAJOR: u32 = 13;
const NULL: u32 = 2;
const ZERO: u32 = 12;
const FULL: u32 = 13;

/** What zeros are copied from. */
const ZEROS: usize = memory.data(4096, 16);

class MemoryDevice extends Device {
  constructor(private readonly minor: u32) {
    super(S_IFCHR | 0o666, 3, makeDevice(MAJOR, minor));
  }
  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    if (this.minor == NULL) return 0;
    for (let done: u64 = 0; done < count; done += 4096) {
      const error = copy(to + done, address(ZEROS), min<u64>(count - done, 4096));
      if (error) return error;
    }
    return <i64>count;
  }
  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    return this.minor == FULL && count ? setError(ENOSPC) : <i64>count;
  }
}

export function attachMemory(): void {
  addDevice('null', 'pseudo/mm@0:null', new MemoryDevice(NULL));
  addDevice('zero', 'pseudo/mm@0:zero', new MemoryDevice(ZERO));
  addDevice('full', 'pseudo/mm@0:full', new MemoryDevice(FULL));
}
