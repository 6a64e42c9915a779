// SPDX-License-Identifier: MIT
/** @fileoverview Puts a processor into the state in which a boot protocol starts a kernel. */
import type { Processor } from '../cpu/processor.ts';
import type { CpuEntry, RegisterName, SegmentName } from '../firmware/cpuEntry.ts';
import { SEG, SEGMENT, SLOT, segmentSlot } from '../ir/state.ts';
import { PHYSICAL_BITS } from '../isa/system/control.ts';
import { setSegment } from '../isa/system/segmentation.ts';
import { programMemoryTypes } from './memoryTypes.ts';

const REGISTERS: readonly RegisterName[] = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp'];
const SEGMENTS: readonly SegmentName[] = ['cs', 'ds', 'es', 'ss', 'fs', 'gs', 'tr', 'ldtr'];

export function enter(cpu: Processor, entry: CpuEntry): void {
  programMemoryTypes(cpu, PHYSICAL_BITS);
  for (const name of REGISTERS) cpu.write64(SLOT[name], BigInt(entry.registers[name]));
  cpu.write64(SLOT.CR0, BigInt(entry.cr0 >>> 0));
  cpu.write64(SLOT.CR3, BigInt(entry.cr3));
  cpu.write64(SLOT.CR4, BigInt(entry.cr4));
  cpu.write64(SLOT.EFER, BigInt(entry.efer));
  for (const name of SEGMENTS) {
    const s = entry.segments[name];
    setSegment(cpu, SEGMENT[name], s.selector, s.base, s.limit, s.attributes);
  }
  for (const name of ['gdtr', 'idtr'] as const) {
    const at = cpu.base + segmentSlot(SEGMENT[name]);
    cpu.view.setUint32(at + SEG.limit, entry[name].limit, true);
    cpu.view.setBigUint64(at + SEG.base, BigInt(entry[name].base), true);
  }
  cpu.rflags = BigInt(entry.rflags);
  cpu.rip = BigInt(entry.rip);
  cpu.flushTlb(false);
  cpu.modeChanged();
}
