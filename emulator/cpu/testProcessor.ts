// SPDX-License-Identifier: MIT
/**
 * @fileoverview A processor with RAM and nothing else, for tests of instructions: no devices (ports and registers read as ones), no
 * interrupt controller, the time stamp counter counts retired instructions.
 */
import { buildTables, type Tables } from '../decode/tables.ts';
import { interpreter } from '../interp/interpreter.ts';
import { LAYOUT_END, SEG, SEGMENT, SLOT, segmentSlot } from '../ir/state.ts';
import type { CpuModel } from '../isa/helper.ts';
import { allInstructions, type Instruction } from '../isa/record.ts';
import { cpuModel, DEFAULT_MODEL } from '../isa/system/models.ts';
import { setSegment } from '../isa/system/segmentation.ts';
import { DelayedWorkshop } from '../jit/delayedWorkshop.ts';
import { PhysicalMemory } from '../mmu/physical.ts';
import { Processor, type ProcessorPlatform, type Tiering } from './processor.ts';

const POOL_START = Math.ceil(LAYOUT_END / 65536) * 65536;
const POOL_END = POOL_START + 0x1000000;
/** Place of physical address 0 in linear memory. */
export const TEST_RAM = POOL_END;

export interface TestProcessor {
  cpu: Processor;
  ram: Uint8Array;
  workshop?: DelayedWorkshop | undefined;
}
let module: WebAssembly.Module | undefined;
/** Decoding tables take long to build, and some tests make hundreds of processors. */
const knownTables = new WeakMap<readonly Instruction[], WeakMap<CpuModel, Tables>>();
function tablesFor(records: readonly Instruction[], model: CpuModel): Tables {
  const byModel = knownTables.get(records) ?? new WeakMap<CpuModel, Tables>();
  knownTables.set(records, byModel);
  const tables = byModel.get(model) ?? buildTables(records, (feature) => model.has(feature));
  byModel.set(model, tables);
  return tables;
}

/** `ramSize` in bytes. `emptyMemory`: what bytes read as where no RAM is. */
export function testProcessor(
  ramSize = 0x400000,
  model: string | CpuModel = DEFAULT_MODEL,
  { emptyMemory = 0xff, ...platform }: Partial<ProcessorPlatform> & { emptyMemory?: number } = {},
  records: readonly Instruction[] = allInstructions,
  tiering: Tiering = 'interpreted',
  /** Regions are compiled by a `DelayedWorkshop`. */
  orders = false,
): TestProcessor {
  const { wasm, keys } = interpreter();
  module ??= new WebAssembly.Module(wasm);
  const pages = Math.ceil((TEST_RAM + ramSize) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536 });
  const physical = new PhysicalMemory(memory, TEST_RAM, ramSize, ramSize, {
    read: (_a, size) => ((2 ** (8 * size) - 1) / 0xff) * emptyMemory,
    write() {},
  });
  const definition = typeof model === 'string' ? cpuModel(model) : model;
  if (!definition) throw new Error(`no CPU model ${model}`);
  const tables = tablesFor(records, definition);
  const workshop = orders ? new DelayedWorkshop(tables, keys) : undefined;
  const cpu: Processor = new Processor({
    index: 0,
    physical,
    tables,
    module,
    keys,
    pool: { start: POOL_START, end: POOL_END },
    tiering,
    workshop,
    platform: {
      apic: {
        taskPriority: 0,
        readRegister: () => undefined,
        writeRegister: () => false,
        tscDeadline: 0n,
        baseChanged() {},
        tscChanged() {},
      },
      tsc: () => BigInt(cpu.instructionsNow),
      entropy: { fill: (into) => into.fill(0x5a) },
      cpuModel: definition,
      index: 0,
      processors: 1,
      portRead: (_port, bytes) => 2 ** (8 * bytes) - 1,
      portWrite() {},
      acknowledgeInterrupt: () => -1,
      timeBase: () => 0,
      synchronize() {},
      ...platform,
    },
  });
  return { cpu, workshop, ram: physical.u8.subarray(TEST_RAM, TEST_RAM + ramSize) };
}

/**
 * 64-bit mode at CPL 0 (or 3): the first gigabyte mapped to itself with 2 MiB pages, user accessible and writable; page tables at 0x1000
 * to 0x3fff. Segments are flat; there is no GDT and no IDT.
 */
export function enterLongMode({ cpu }: TestProcessor, cpl: 0 | 3 = 0): void {
  const { physical } = cpu;
  physical.write64(0x1000, 0x2007n);
  physical.write64(0x2000, 0x3007n);
  for (let i = 0; i < 512; i++) physical.write64(0x3000 + i * 8, (BigInt(i) << 21n) | 0x87n);
  cpu.write64(SLOT.CR3, 0x1000n);
  cpu.write64(SLOT.CR4, 0x6a0n);
  cpu.write64(SLOT.EFER, 0xd00n);
  cpu.write64(SLOT.CR0, 0x80000033n);
  const level = cpl << 5;
  for (const seg of [SEGMENT.es, SEGMENT.ss, SEGMENT.ds, SEGMENT.fs, SEGMENT.gs])
    setSegment(cpu, seg, 0x10 | cpl, 0, 0xffffffff, 0xc93 | level);
  setSegment(cpu, SEGMENT.cs, 8 | cpl, 0, 0xffffffff, 0xa9b | level);
  cpu.write32(SLOT.CPL, cpl);
  cpu.flushTlb(false);
  cpu.modeChanged();
}
/** 32- or 16-bit flat protected mode without paging, CPL 0. */
export function enterProtectedMode({ cpu }: TestProcessor, size: 16 | 32): void {
  cpu.write64(SLOT.CR0, 0x33n);
  cpu.write64(SLOT.CR4, 0x600n);
  const big = size === 32 ? 0x400 : 0;
  for (const seg of [SEGMENT.es, SEGMENT.ss, SEGMENT.ds, SEGMENT.fs, SEGMENT.gs])
    setSegment(cpu, seg, 0x10, 0, 0xffffffff, 0x893 | big);
  setSegment(cpu, SEGMENT.cs, 8, 0, 0xffffffff, 0x89b | big);
  cpu.modeChanged();
}
/** Real mode with all segments at 0 and SSE enabled. */
export function enterRealMode({ cpu }: TestProcessor): void {
  cpu.write64(SLOT.CR4, 0x600n);
  cpu.view.setBigUint64(cpu.base + segmentSlot(SEGMENT.cs) + SEG.base, 0n, true);
  cpu.write16(segmentSlot(SEGMENT.cs) + SEG.selector, 0);
  cpu.modeChanged();
}

const HANDLERS = 0x20000;
const HANDLER_SIZE = 16;
const TABLES = 0x30000;
const STACK = 0x50000;
/** Protected or long mode: exceptions are handled by HLT at level 0. Tells the vector of the one that did halt the processor, or -1. */
export function haltOnExceptions({ cpu, ram }: TestProcessor): () => number {
  const long = (cpu.read32(SLOT.EFER) & 0x400) !== 0;
  const [idt, gdt, tss] = [TABLES, TABLES + 0x1000, TABLES + 0x2000];
  for (let vector = 0; vector < 32; vector++) {
    const handler = HANDLERS + vector * HANDLER_SIZE;
    ram[handler] = 0xf4;
    ram.set([handler & 0xff, (handler >> 8) & 0xff, 8, 0, 0, 0x8e, handler >> 16, 0], idt + vector * (long ? 16 : 8));
  }
  // Code for the handlers; their stack.
  ram.set([0xff, 0xff, 0, 0, 0, 0x9b, long ? 0xaf : 0xcf, 0], gdt + 8);
  cpu.physical.write32(tss + 4, STACK);
  if (!long) cpu.physical.write32(tss + 8, 0x10);
  setSegment(cpu, SEGMENT.gdtr, 0, gdt, 0xf, 0);
  setSegment(cpu, SEGMENT.idtr, 0, idt, 0x1ff, 0);
  setSegment(cpu, SEGMENT.tr, 0x18, tss, 0x67, 0x8b);
  return () => {
    const at = Number(cpu.rip) - HANDLERS - 1;
    return cpu.halted && at >= 0 && at < 32 * HANDLER_SIZE ? at / HANDLER_SIZE : -1;
  };
}
