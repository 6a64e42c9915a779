// SPDX-License-Identifier: MIT
/** @fileoverview The state that page walks read, as a view: nothing is copied, so it is always current. */
import { SLOT } from '../ir/state.ts';
import type { Platform } from '../isa/helper.ts';
import type { PhysicalMemory } from '../mmu/physical.ts';
import { type PhysicalReader, type WalkEnvironment, withoutA20 } from '../mmu/walk.ts';
import type { RegisterFile } from './registerFile.ts';

interface Walker extends RegisterFile {
  readonly physical: PhysicalMemory;
  readonly platform: Platform;
  readonly a20Closed: boolean;
}

export function walkEnvironment(cpu: Walker): WalkEnvironment {
  const pdpte: { [index: number]: number } = {};
  for (let i = 0; i < 8; i++) Object.defineProperty(pdpte, i, { get: () => cpu.read32(SLOT.PDPTE + 4 * i) });
  const gated: PhysicalReader = {
    read32: (address) => cpu.physical.read32(withoutA20(address)),
    write32: (address, value) => cpu.physical.write32(withoutA20(address), value),
  };
  return {
    get memory() {
      return cpu.a20Closed ? gated : cpu.physical;
    },
    get a20Closed() {
      return cpu.a20Closed;
    },
    get cr0() {
      return cpu.read32(SLOT.CR0);
    },
    get cr4() {
      return cpu.read32(SLOT.CR4);
    },
    get efer() {
      return cpu.read32(SLOT.EFER);
    },
    get cr3() {
      return (cpu.read32(SLOT.CR3 + 4) & 0xfffff) * 2 ** 32 + ((cpu.read32(SLOT.CR3) & ~31) >>> 0);
    },
    pdpte,
    physicalBits: 40,
    gigabytePages: cpu.platform.cpuModel.has('PAGE1GB'),
  };
}
