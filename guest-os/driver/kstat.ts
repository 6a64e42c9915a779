// SPDX-License-Identifier: MIT
/**
 * @fileoverview /dev/kstat: the kernel's statistics (kernel/kstat.ts) for programs, by libkstat's ioctl requests.
 *
 * KSTAT_IOC_CHAIN_ID gives the chain's id. KSTAT_IOC_READ takes a kstat_t that says by id which record, and where there is how much room: its data
 * goes there, and what is known about it into the kstat_t. Too little room is ENOMEM, with the size that it takes. Record 0 is the chain
 * itself: an array of kstat_t.
 */
import { addDevice } from '../fs/dev/devices';
import { Device, makeDevice } from '../fs/dev/device';
import { S_IFCHR } from '../fs/vnode';
import { uptime } from '../kernel/time/clock';
import { ENOMEM, ENOTTY, ENXIO, setError } from '../kernel/errno';
import { chainId, findKstat, Kstat, kstatChain, KSTAT_TYPE_RAW, NamedData } from '../kernel/kstat';
import { currentProcess } from '../kernel/process/processes';
import { copyIn, copyOut, storeText } from '../kernel/memory/user';

const IOC_CHAIN_ID: i32 = 0x4b01;
const IOC_READ: i32 = 0x4b02;
const MAJOR: u32 = 69;

/** kstat_t for 64 bits. */
const SIZE: usize = 184;
const CRTIME: usize = 0;
const KID: usize = 16;
const MODULE: usize = 20;
const INSTANCE: usize = 52;
const NAME: usize = 56;
const TYPE: usize = 87;
const CLASS: usize = 88;
const DATA: usize = 120;
const NDATA: usize = 128;
const DATA_SIZE: usize = 136;
const SNAPTIME: usize = 144;
const header = memory.data(184, 8);

class KstatDevice extends Device {
  constructor() {
    super(S_IFCHR | 0o444, 3, makeDevice(MAJOR, 0));
  }

  ioctl(request: i32, argument: u64): i64 {
    if (request == IOC_CHAIN_ID) return chainId();
    if (request != IOC_READ) return setError(ENOTTY);
    const error = copyIn(header, argument, SIZE);
    if (error) return error;
    const result = this.read_();
    const failed = copyOut(argument, header, SIZE);
    return failed ? failed : result;
  }

  private read_(): i64 {
    const id = load<i32>(header + KID);
    const to = load<u64>(header + DATA);
    const room = load<u64>(header + DATA_SIZE);
    if (!id) return this.readChain(to, room);
    const kstat = findKstat(id);
    if (!kstat || !isVisible(kstat)) return setError(ENXIO);
    const data = new NamedData();
    kstat.fill(data);
    const error = room < data.size ? setError(ENOMEM) : copyOut(to, data.finish(to), data.size);
    // Afterwards: others use the header while a page of the caller's is brought.
    describe(kstat, data);
    store<u64>(header + DATA, to);
    return error ? error : chainId();
  }

  private readChain(to: u64, room: u64): i64 {
    const chain = kstatChain().filter((kstat) => isVisible(kstat));
    const wanted = <u64>chain.length * SIZE;
    let error = 0;
    if (room >= wanted) {
      for (let i = 0; i < chain.length && !error; i++) {
        const data = new NamedData();
        chain[i].fill(data);
        describe(chain[i], data);
        error = copyOut(to + <u64>i * SIZE, header, SIZE);
      }
    } else error = setError(ENOMEM);
    memory.fill(header, 0, SIZE);
    storeText(header + MODULE, 'unix');
    storeText(header + NAME, 'kstat_headers');
    storeText(header + CLASS, 'kstat');
    store<u8>(header + TYPE, <u8>KSTAT_TYPE_RAW);
    store<u64>(header + DATA, to);
    store<u32>(header + NDATA, chain.length);
    store<u64>(header + DATA_SIZE, wanted);
    store<u64>(header + SNAPTIME, uptime());
    return error ? error : chainId();
  }
}

function isVisible(kstat: Kstat): bool {
  return kstat.zoneid < 0 || currentProcess().credentials.sees(kstat.zoneid);
}

function describe(kstat: Kstat, data: NamedData): void {
  memory.fill(header, 0, SIZE);
  store<u64>(header + CRTIME, kstat.created);
  store<i32>(header + KID, kstat.id);
  storeText(header + MODULE, kstat.module.substring(0, 30));
  store<i32>(header + INSTANCE, kstat.instance);
  storeText(header + NAME, kstat.name.substring(0, 30));
  store<u8>(header + TYPE, <u8>kstat.type);
  storeText(header + CLASS, kstat.class_.substring(0, 30));
  store<u32>(header + NDATA, data.raw ? 1 : data.count);
  store<u64>(header + DATA_SIZE, data.size);
  store<u64>(header + SNAPTIME, uptime());
}

export function attachKstat(): void {
  addDevice('kstat', 'pseudo/kstat@0:kstat', new KstatDevice());
}
