// SPDX-License-Identifier: MIT
/**
 * @fileoverview Guest memory as a debugger sees it: by linear address, without faults, accessed bits, device registers or any other
 * trace in the machine.
 */
import type { Processor } from '../cpu/processor.ts';
import { SEG, SEGMENT, segmentSlot } from '../ir/state.ts';
import { type WalkEnvironment, walk } from '../mmu/walk.ts';

const PAGE = 4096n;
const SUPERVISOR_READ = { write: false, fetch: false, user: false, smap: false };

/** Up to `length` bytes from a linear address: as many as are mapped to RAM without a gap. */
export function peek(cpu: Processor, linear: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const address = BigInt.asUintN(64, linear + BigInt(done));
    const place = placeOf(cpu, address);
    if (place < 0) break;
    const n = Math.min(length - done, Number(PAGE - (address % PAGE)));
    bytes.set(cpu.u8.subarray(place, place + n), done);
    done += n;
  }
  return bytes.subarray(0, done);
}

/** Place in linear memory, or -1. */
function placeOf(cpu: Processor, address: bigint): number {
  const { physical } = cpu;
  const memory = {
    read32: (at: number) => {
      const place = physical.place(at);
      return place < 0 ? 0 : physical.view.getInt32(place, true);
    },
    write32() {},
  };
  const environment = Object.create(cpu.walkEnvironment, { memory: { value: memory } }) as WalkEnvironment;
  const low = Number(BigInt.asIntN(32, address));
  const found = walk(environment, Number(BigInt.asIntN(32, address >> 32n)), low, SUPERVISOR_READ);
  if (typeof found === 'number') return -1;
  const place = physical.place(found.physical);
  return place < 0 ? -1 : place + (low & 0xfff);
}

/** Linear address of an offset in the code segment. */
export function linearRip(cpu: Processor, rip: bigint): bigint {
  return cpu.codeSize === 64 ? rip : BigInt.asUintN(32, rip + cpu.read64(segmentSlot(SEGMENT.cs) + SEG.base));
}
