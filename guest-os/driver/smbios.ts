// SPDX-License-Identifier: MIT
/**
 * @fileoverview /dev/smbios: what the firmware says of the machine (System Management BIOS, DMTF DSP0134 3.4, chapter 5), to be read by programs.
 *
 * The entry point lies at a multiple of 16 in segment F0000h. A reader finds it at 0 of the file, the structures from 32 on, and in the entry point the
 * structures' address replaced by 32, its checksums made right, as illumos's driver has it. The bytes are the firmware's own at each reading. Without
 * an entry point there is no device. Structures above the window's direct part are not looked at.
 */
import { address } from 'machine/mem';
import { WINDOW_DIRECT } from 'machine/addresses';
import { addDevice } from '../fs/dev/devices';
import { Device, makeDevice } from '../fs/dev/device';
import { S_IFCHR } from '../fs/vnode';
import { copy } from '../kernel/memory/user';

const MAJOR: u32 = 151;
/** `_SM_`, and the first four of `_SM3_`. */
const ANCHOR_2: u32 = 0x5f4d535f;
const ANCHOR_3: u32 = 0x334d535f;
const INTERMEDIATE: usize = 16;
const TABLE: u32 = 32;
const entry = memory.data(32, 8);

class SmbiosDevice extends Device {
  constructor(
    private readonly table: usize,
    private readonly length: u32,
  ) {
    super(S_IFCHR | 0o444, 3, makeDevice(MAJOR, 0));
  }
  get size(): u64 {
    return <u64>TABLE + this.length;
  }
  get seekable(): bool {
    return true;
  }
  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    const end = min<u64>(offset + count, this.size);
    if (offset >= end) return 0;
    const inEntry = offset < TABLE;
    const stop = inEntry ? min<u64>(end, TABLE) : end;
    const from = inEntry ? entry + <usize>offset : this.table + <usize>(offset - TABLE);
    const error = copy(to, address(from), stop - offset);
    return error ? error : <i64>(stop - offset);
  }
}

function sum(from: usize, count: u32): u8 {
  let total: u8 = 0;
  for (let i: u32 = 0; i < count; i++) total = <u8>(<u32>total + load<u8>(from + i));
  return total;
}

/** Makes the bytes of a structure add up to 0. */
function correct(from: usize, count: u32, at: usize): void {
  store<u8>(at, 0);
  store<u8>(at, <u8>(0x100 - <u32>sum(from, count)));
}

export function attachSmbios(): void {
  for (let place: usize = 0xf0000; place < 0x100000; place += 16) {
    const anchor = load<u32>(place);
    const size: u32 = anchor == ANCHOR_2 ? load<u8>(place + 5) : anchor == ANCHOR_3 ? load<u8>(place + 6) : 0;
    if (size < 24 || size > TABLE || sum(place, size)) continue;
    const old = anchor == ANCHOR_2;
    const table: u64 = old ? load<u32>(place + 0x18) : load<u64>(place + 0x10);
    const length: u32 = old ? load<u16>(place + 0x16) : load<u32>(place + 0x0c);
    if (table < 4096 || table + length > WINDOW_DIRECT) continue;
    memory.copy(entry, place, size);
    if (old) {
      store<u32>(entry + 0x18, TABLE);
      correct(entry + INTERMEDIATE, size - 16, entry + INTERMEDIATE + 5);
      correct(entry, size, entry + 4);
    } else {
      store<u64>(entry + 0x10, TABLE);
      correct(entry, size, entry + 5);
    }
    addDevice('smbios', 'pseudo/smbios@0:smbios', new SmbiosDevice(<usize>table, length));
    return;
  }
}
