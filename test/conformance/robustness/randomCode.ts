// SPDX-License-Identifier: MIT
/**
 * @fileoverview Random bytes as kernel code, in every mode: whatever they do to tables, control registers and themselves, the processor
 * goes on or shuts down; an exception of the host is an error of ours. RAM is random, a part of it valid instructions, and interrupt
 * tables point into it. After a shutdown, a halt, or a while, code starts anew with other registers.
 */
import { Shutdown, type Tiering } from '../../../emulator/cpu/processor.ts';
import {
  enterLongMode,
  enterProtectedMode,
  enterRealMode,
  type TestProcessor,
  testProcessor,
} from '../../../emulator/cpu/testProcessor.ts';
import { GPR, SEGMENT, SLOT } from '../../../emulator/ir/state.ts';
import { setSegment } from '../../../emulator/isa/system/segmentation.ts';
import { integer, Random } from '../hardware/random.ts';
import { recipes } from '../hardware/session.ts';

export const MODES = ['real', 'protected16', 'protected32', 'paged32', 'compatibility', 'long'] as const;
export type Mode = (typeof MODES)[number];

const RAM_SIZE = 0x200000;
/** Page tables: from 0x1000 on. */
const GDT = 0x8000;
const IDT = 0x9000;
/** Code: some of it random bytes, some of it instructions from the records. */
const CODE = 0x10000;
const CODE_END = 0x1f0000;
const SLICE = 60;
/** Slices between deliveries, and those at which one fails. */
const DELIVERY = 3;
const FAILURE = 33;
const SLICES = 100;
/** Of so many restarts one has upper halves in the registers of legacy code. */
const WIDE = 8;

const isLong = (mode: Mode): boolean => mode === 'long' || mode === 'compatibility';

/** A number or an address. Legacy code finds something in the upper half of a register only if `wide`, as after a change of mode. */
function writeRegister({ cpu }: TestProcessor, r: Random, n: number, wide: boolean): void {
  const value = r.one(2) ? BigInt(r.below(RAM_SIZE)) : integer(r);
  cpu.write64(GPR(n), wide || cpu.codeSize === 64 ? value : BigInt.asUintN(32, value));
}
function wander(t: TestProcessor, r: Random, wide: boolean): void {
  const { cpu } = t;
  cpu.write64(SLOT.RIP, BigInt(cpu.codeSize === 16 ? r.below(0x10000) : CODE + r.below(CODE_END - CODE)));
  for (let i = 0; i < 4; i++) writeRegister(t, r, r.below(16), wide);
  if (r.one(4)) cpu.write64(SLOT.rsp, BigInt(CODE + r.below(0xf000)));
  cpu.modeChanged();
}
export interface RandomRun {
  instructions: number;
  restarts: number;
}
export interface RandomOptions {
  tiering?: Tiering;
  /** Regions are compiled by a workshop, which delivers after some slices. */
  orders?: boolean;
  /** Most instructions between two changes of course. */
  slice?: number;
  /** Called between two slices, and with `fully` before code starts anew. */
  observe?: (t: TestProcessor, fully: boolean) => void;
}
/** Throws what the host threw, with the seed and the place. */
export function runRandomCode(mode: Mode, seed: number, instructions: number, options: RandomOptions = {}): RandomRun {
  const { tiering = 'interpreted', orders = false, slice = SLICE, observe = () => {} } = options;
  const r = new Random(seed);
  const t = testProcessor(RAM_SIZE, undefined, {}, undefined, tiering, orders);
  const pieces = recipes(1, seed).map((recipe) => recipe.code);
  fillMemory(t, mode, r, pieces);
  let done = 0;
  let restarts = 0;
  while (done < instructions) {
    const wide = restarts % WIDE === 0;
    start(t, mode, r, wide);
    restarts++;
    const before = t.cpu.retired;
    try {
      for (let n = 0; n < SLICES; n++) {
        t.cpu.run(t.cpu.retired + slice);
        observe(t, false);
        if (n % DELIVERY === 0) t.workshop?.deliver(n % FAILURE !== 0);
        if (t.cpu.halted || r.one(16)) t.cpu.raiseNmi();
        // Short loops are common: go on elsewhere, in whatever state the processor is in by now.
        wander(t, r, wide);
      }
    } catch (e) {
      if (!(e instanceof Shutdown)) {
        const at = `seed ${seed}, ${mode}, after ${done + t.cpu.retired - before} instructions, RIP ${t.cpu.read64(SLOT.RIP).toString(16)}`;
        throw new Error(`${at}: ${(e as Error).stack}`);
      }
    }
    observe(t, true);
    done += Math.max(1, t.cpu.retired - before);
    // Code that runs into its own stores ends up all alike.
    if (restarts % 100 === 0) fillMemory(t, mode, r, pieces);
  }
  return { instructions: done, restarts };
}

function fillMemory(t: TestProcessor, mode: Mode, r: Random, pieces: readonly Uint8Array[]): void {
  const { physical } = t.cpu;
  const memory = new Uint8Array(RAM_SIZE);
  const view = new DataView(memory.buffer);
  for (let i = 0; i < RAM_SIZE; i += 4) view.setUint32(i, r.u32(), true);
  for (let at = CODE + 0x40000; at < CODE_END - 16; ) {
    const piece = r.pick(pieces);
    memory.set(piece, at);
    at += piece.length;
  }
  const place = (): number => CODE + r.below(CODE_END - CODE);
  for (let i = 0; i < 256; i++) {
    const at = IDT + i * 8;
    // Descriptors: half of them flat code or data of some privilege, half random.
    if (r.one(2))
      view.setBigUint64(
        GDT + i * 8,
        (BigInt(0x00cf0000 | 0x9000 | (r.below(4) << 13) | (r.below(16) << 8)) << 32n) | 0xffffn,
        true,
      );
    if (mode === 'real') view.setUint32(i * 4, r.one(2) ? r.u32() : (place() >> 4) << 16, true);
    const offset = place();
    const type = mode === 'protected16' ? 0x8600 : 0x8e00;
    if (isLong(mode)) {
      view.setBigUint64(
        IDT + i * 16,
        BigInt(offset & 0xffff) | (8n << 16n) | (0x8e00n << 32n) | (BigInt(offset >>> 16) << 48n),
        true,
      );
      view.setBigUint64(IDT + i * 16 + 8, 0n, true);
    } else
      view.setBigUint64(at, BigInt(offset & 0xffff) | (8n << 16n) | (BigInt(type) << 32n) | (BigInt(offset >>> 16) << 48n), true);
  }
  view.setBigUint64(
    GDT + 8,
    isLong(mode) ? 0x00af9b000000ffffn : mode === 'protected16' ? 0x008f9b000000ffffn : 0x00cf9b000000ffffn,
    true,
  );
  view.setBigUint64(GDT + 16, 0x00cf93000000ffffn, true);
  physical.writeBytes(0, memory);
}
function start(t: TestProcessor, mode: Mode, r: Random, wide: boolean): void {
  const { cpu } = t;
  cpu.reset();
  if (mode === 'real') enterRealMode(t);
  else if (isLong(mode)) enterLongMode(t, r.one(8) ? 3 : 0);
  else enterProtectedMode(t, mode === 'protected16' ? 16 : 32);
  // Interrupts lead to 64-bit code.
  if (mode === 'compatibility') setSegment(cpu, SEGMENT.cs, 0x18 | cpu.cpl, 0, 0xffffffff, 0xc9b | (cpu.cpl << 5));
  if (isLong(mode)) mapPages(t, r, 0x3000, 0x4000, 8);
  if (mode === 'paged32') {
    mapPages(t, r, 0x1000, 0x2000, 4);
    cpu.write64(SLOT.CR3, 0x1000n);
    cpu.write64(SLOT.CR0, 0x80000033n);
  }
  if (mode !== 'real') {
    setSegment(cpu, SEGMENT.gdtr, 0, GDT, 0x7ff, 0);
    setSegment(cpu, SEGMENT.idtr, 0, IDT, 0xfff, 0);
  }
  for (let i = 0; i < 16; i++) writeRegister(t, r, i, wide);
  cpu.write64(SLOT.rsp, BigInt(mode === 'real' ? r.below(0x10000) : CODE + r.below(CODE_END - CODE)));
  const low = mode === 'real';
  cpu.write64(SLOT.RIP, BigInt(low ? r.below(0x10000) : CODE + r.below(CODE_END - CODE)));
  if (low) setSegment(cpu, SEGMENT.cs, 0x1000 * (1 + r.below(14)), 0x10000 * (1 + r.below(14)), 0xffff, 0x9b);
  cpu.rflags = BigInt(2 | (r.one(16) ? 0x100 : 0) | (r.one(2) ? 0x200 : 0) | (r.u32() & 0xcd5));
  cpu.flushTlb(false);
  cpu.modeChanged();
}
/** RAM at its own addresses in small pages, some of them absent or read-only. The entries of both tables have so many bytes. */
function mapPages({ cpu: { physical } }: TestProcessor, r: Random, directory: number, table: number, bytes: 4 | 8): void {
  const put = (at: number, value: number): void => {
    physical.write32(at, value);
    if (bytes === 8) physical.write32(at + 4, 0);
  };
  put(directory, table | 7);
  const holes = r.one(2);
  for (let page = 0; page < RAM_SIZE / 4096; page++) {
    const kind = holes && page > 16 ? r.below(16) : 15;
    put(table + page * bytes, (page << 12) | (kind === 0 ? 6 : kind === 1 ? 5 : 7));
  }
}
