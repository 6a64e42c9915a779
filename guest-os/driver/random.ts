// SPDX-License-Identifier: MIT
/**
 * @fileoverview Random numbers: /dev/random, /dev/urandom and getrandom(2), from a pool that a virtio entropy device (Virtual I/O Device 1.2, section
 * 5.4) fills, if there is one, and the processor's clock stirs.
 *
 * The generator is ChaCha20 (RFC 8439): its key is replaced by the first half of each block of output before the rest is given out, so
 * that what has been given cannot be found out from a later state (fast key erasure, D. J. Bernstein, 2017). What the device delivers, and the time
 * stamp counter at each interrupt of it and each read, is XORed into the key and mixed by a block.
 *
 * The device is waited for at boot, so both files are seeded before anybody reads; without a device the numbers are only as good as the time of
 * the boot, and whoever needs secrets should know. Writing adds what is written to the pool.
 */
import { rdtsc, restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { address } from 'machine/mem';
import { Device, makeDevice } from '../fs/dev/device';
import { addDevice } from '../fs/dev/devices';
import { S_IFCHR } from '../fs/vnode';
import { wallTime } from '../kernel/time/clock';
import { EFAULT, setError } from '../kernel/errno';
import { newFrame } from '../kernel/memory/frames';
import { copy, copyShared } from '../kernel/memory/user';
import { addInterruptSource, InterruptSource, PciDriver, PciFunction } from './pci';
import { block } from './chacha';
import { DESCRIPTOR_WRITE, isVirtio, TYPE_RNG, VirtioDevice, Virtqueue } from './virtio';

const MAJOR: u32 = 149;
const KEY: usize = 32;
const BLOCK: usize = 64;
/** Bytes that are copied out at a time. */
const PIECE: u64 = 512;
/** Bytes that the device is asked for at a time, and after how many given out it is asked again. */
const SEED: u32 = 64;
const RESEED: u64 = 1 << 20;

const key = memory.data(32, 8);
const output = memory.data(64, 8);
const staging = memory.data(64, 8);
let given: u64 = 0;
let source: EntropySource | null = null;

/** Replaces the key, and leaves 32 bytes of output behind it. */
function advance(): void {
  block(key, rdtsc(), output);
  memory.copy(key, output, KEY);
}

/** Mixes bytes into the pool; from interrupt handlers too. */
export function stir(from: usize, count: usize): void {
  const flags = saveInterrupts();
  for (let i: usize = 0; i < count; i++) {
    const at = key + (i & (KEY - 1));
    store<u8>(at, load<u8>(at) ^ load<u8>(from + i));
    if ((i & (KEY - 1)) == KEY - 1) advance();
  }
  advance();
  restoreInterrupts(flags);
}

/** Random bytes to an address, a user's or the kernel's: 0 or -EFAULT. */
export function randomBytes(to: u64, count: u64): i32 {
  // Memory of this call alone: while a page of the user's is brought, others come here.
  const bytes = new StaticArray<u8>(<i32>min<u64>(count, PIECE));
  const piece = changetype<usize>(bytes);
  for (let done: u64 = 0; done < count; ) {
    const part = min<u64>(count - done, PIECE);
    for (let made: u64 = 0; made < part; made += KEY) {
      const flags = saveInterrupts();
      advance();
      memory.copy(piece + <usize>made, output + KEY, <usize>min<u64>(KEY, part - made));
      memory.fill(output, 0, BLOCK);
      restoreInterrupts(flags);
    }
    if (copy(to + done, address(piece), part)) return setError(EFAULT);
    done += part;
  }
  given += count;
  const entropy = source;
  if (entropy && given >= RESEED) {
    given = 0;
    entropy.ask();
  }
  return 0;
}

class RandomDevice extends Device {
  constructor(minor: u32) {
    super(S_IFCHR | 0o644, 3, makeDevice(MAJOR, minor));
  }
  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    const error = randomBytes(to, count);
    return error ? error : <i64>count;
  }
  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    for (let done: u64 = 0; done < count; done += BLOCK) {
      const part = min<u64>(count - done, BLOCK);
      if (copyShared(address(staging), from + done, part)) return done ? <i64>done : setError(EFAULT);
      stir(staging, <usize>part);
    }
    return <i64>count;
  }
}

/** One request at a time is with the device. */
class EntropySource extends InterruptSource {
  private isAsked: bool = false;

  constructor(
    private readonly device: VirtioDevice,
    private readonly queue: Virtqueue,
    private readonly frame: usize,
  ) {
    super();
  }

  ask(): void {
    const flags = saveInterrupts();
    if (!this.isAsked) {
      this.isAsked = true;
      this.queue.describe(0, this.frame, SEED, DESCRIPTOR_WRITE, 0);
      this.queue.offer(0);
      this.queue.notify();
    }
    restoreInterrupts(flags);
  }

  interrupted(): void {
    if (!this.device.tookInterrupt()) return;
    this.collect();
  }

  private collect(): void {
    while (this.queue.next()) {
      stir(this.frame, min(this.queue.length, SEED));
      this.isAsked = false;
    }
  }

  /** At boot, without interrupts: waits for the first bytes. */
  seed(): void {
    this.ask();
    if (this.queue.awaitNext()) this.collect();
    this.device.tookInterrupt();
  }
}

export class VirtioRandomDriver extends PciDriver {
  constructor() {
    super('viorand');
  }
  takes(fn: PciFunction): bool {
    return isVirtio(fn, TYPE_RNG);
  }
  attach(fn: PciFunction): bool {
    const device = new VirtioDevice(fn);
    if (!device.begin(0)) return false;
    const queue = device.queue(0);
    const frame = newFrame();
    if (!queue || !frame) return false;
    device.ready();
    const made = new EntropySource(device, queue, frame);
    made.seed();
    source = made;
    addInterruptSource(fn.interruptLine, made);
    return true;
  }
}

export function attachRandom(): void {
  store<u64>(key, wallTime());
  store<u64>(key, rdtsc(), 8);
  advance();
  addDevice('random', 'pseudo/random@0:random', new RandomDevice(0));
  addDevice('urandom', 'pseudo/random@0:urandom', new RandomDevice(1));
}
