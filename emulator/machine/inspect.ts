// SPDX-License-Identifier: MIT
/**
 * @fileoverview The machine as its observers see it: processors, memory, devices, interrupts. The one interface behind the library's `inspect`,
 * the page's windows and `diorama debug`.
 *
 * Looking changes nothing: no field of the machine's state, no accessed bit, no register of a device (many change when they are read). So a
 * machine that is watched gives the same state hash as one that is not. Counters (accesses, interrupts) are kept beside the state and count from
 * when this machine was made, forked or loaded.
 *
 * What is returned is described in `inspection.ts`.
 */
import type { MappedRange } from '../bus/range.ts';
import type { Processor } from '../cpu/processor.ts';
import { FOUR_GIB } from '../firmware/memoryMap.ts';
import { GPR, SEG, SEGMENT, SLOT, segmentSlot } from '../ir/state.ts';
import { type CodeLine, codeAround } from './describe.ts';
import {
  BLOCK_CODE,
  BLOCK_EMPTY,
  BLOCK_USED,
  type DeviceInspection,
  type InterruptInspection,
  type MemoryRegion,
  type ProcessorInspection,
} from './inspection.ts';
import type { Machine } from './machine.ts';

const CR0_PE = 1n;
const RFLAGS_VM = 1n << 17n;
const SEGMENTS = ['cs', 'ss', 'ds', 'es', 'fs', 'gs', 'ldtr', 'tr', 'gdtr', 'idtr'] as const;
export function inspectProcessor(cpu: Processor): ProcessorInspection {
  const rflags = cpu.rflags;
  const control = {
    CR0: cpu.read64(SLOT.CR0),
    CR2: cpu.read64(SLOT.CR2),
    CR3: cpu.read64(SLOT.CR3),
    CR4: cpu.read64(SLOT.CR4),
    EFER: cpu.read64(SLOT.EFER),
  };
  return {
    index: cpu.index,
    rip: BigInt.asUintN(64, cpu.rip),
    rflags,
    cpl: cpu.cpl,
    mode: modeOf(cpu, control.CR0, rflags),
    halted: cpu.halted,
    parked: cpu.parked,
    instructions: cpu.retired,
    compiled: Number(cpu.read64(SLOT.COMPILED)),
    regions: cpu.compiled?.statistics.regions ?? 0,
    elsewhere: cpu.compiled?.statistics.elsewhere ?? 0,
    registers: Array.from({ length: 16 }, (_, n) => cpu.read64(GPR(n))),
    control,
    segments: SEGMENTS.map((name) => {
      const at = segmentSlot(SEGMENT[name]);
      return {
        name,
        selector: cpu.read16(at + SEG.selector),
        base: cpu.read64(at + SEG.base),
        limit: cpu.read32(at + SEG.limit) >>> 0,
        attributes: cpu.read16(at + SEG.attributes),
      };
    }),
  };
}

function modeOf(cpu: Processor, cr0: bigint, rflags: bigint): ProcessorInspection['mode'] {
  if (cpu.longMode) return cpu.codeSize === 64 ? '64-bit' : 'compatibility';
  if (!(cr0 & CR0_PE)) return 'real';
  return rflags & RFLAGS_VM ? 'virtual-8086' : 'protected';
}

/** The code around an instruction, by default the next one. */
export function inspectCode(cpu: Processor, before: number, after: number, rip = BigInt.asUintN(64, cpu.rip)): CodeLine[] {
  return codeAround(cpu, rip, before, after);
}

/** What answers where, in order of addresses; nothing answers in between. */
export function inspectMemory(machine: Machine): MemoryRegion[] {
  const { lowTop, ramSize } = machine.physical;
  const registers = machine.board.mmio.mapped.map(({ name, base, length }) => ({ name, base, length }));
  // Device registers show through RAM: the window of the VGA lies below low RAM's top.
  const ram = [{ name: 'ram', base: 0, length: lowTop }];
  if (ramSize > lowTop) ram.push({ name: 'ram', base: FOUR_GIB, length: ramSize - lowTop });
  return [...ram, ...registers].sort((a, b) => a.base - b.base);
}

/** Every device with registers, by name, in order of their first port or address. */
export function inspectDevices(machine: Machine): DeviceInspection[] {
  const found = new Map<string, DeviceInspection>();
  const add = (kind: 'ports' | 'addresses', ranges: readonly MappedRange[]): void => {
    for (const { name, base, length, reads, writes } of ranges) {
      const device = found.get(name) ?? { name, ports: [], addresses: [], reads: 0, writes: 0 };
      found.set(name, device);
      device[kind].push({ base, length });
      device.reads += reads;
      device.writes += writes;
    }
  };
  add('ports', machine.board.ports.mapped);
  add('addresses', machine.board.mmio.mapped);
  return [...found.values()];
}

export function inspectInterrupts(machine: Machine): InterruptInspection {
  return { lines: [...machine.board.raised], vectors: machine.interrupted.map((counts) => [...counts]) };
}

/**
 * Which blocks of RAM hold anything but zeros. RAM is large, so a scan goes on from call to call: `advance` looks at as many blocks as the time
 * allows, and `blocks` is what has been seen so far.
 */
export class RamScan {
  readonly blockSize: number;
  readonly blocks: Uint8Array;
  readonly #machine: Machine;
  #next = 0;

  /** `blockSize`: bytes, a multiple of 4096. */
  constructor(machine: Machine, blockSize: number) {
    this.#machine = machine;
    this.blockSize = blockSize;
    this.blocks = new Uint8Array(Math.ceil(machine.physical.ramSize / blockSize));
  }

  /** Goes on for `count` blocks, from the end to the beginning again. */
  advance(count: number): void {
    const { physical } = this.#machine;
    const pages = this.blockSize / PAGE;
    for (let n = Math.min(count, this.blocks.length); n > 0; n--) {
      const first = this.#next * pages;
      const last = Math.min(first + pages, physical.ramSize / PAGE);
      let state = BLOCK_EMPTY;
      for (let page = first; page < last && state < BLOCK_CODE; page++) {
        if (physical.holdsCode[page]) state = BLOCK_CODE;
        else if (state === BLOCK_EMPTY && physical.pageHoldsData(page)) state = BLOCK_USED;
      }
      this.blocks[this.#next] = state;
      this.#next = (this.#next + 1) % this.blocks.length;
    }
  }
}
const PAGE = 4096;
