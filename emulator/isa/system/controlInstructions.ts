// SPDX-License-Identifier: MIT
/**
 * @fileoverview Records that reach control, debug and model-specific registers and the translation caches: MOV CRn and DRn, RDMSR, WRMSR,
 * XSETBV, INVLPG, INVPCID, SWAPGS, RDFSBASE and its kind, STAC, CLAC (APM vol. 3, chapter 4).
 */
import type { Builder } from '../../ir/builder.ts';
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import type { Operand, Value } from '../../ir/value.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { CR4_FSGSBASE, CR4_OSXSAVE, CR4_PCIDE, canonical, LINEAR_BITS, RFLAGS_AC, VECTOR } from './bits.ts';
import { readControl, writeControl } from './control.ts';
import { readDebug, writeDebug } from './debug.ts';
import { readMsr, writeMsr } from './msr.ts';
import { beyond } from './segmentInstructions.ts';

const number = (ir: Builder, register: Operand): Value => ir.resize(ir.read(register), 'i32');
/** Outside 64-bit mode control and debug registers are 32 bits wide. */
const visibleBits = (cpu: Cpu, value: bigint): bigint => (cpu.codeSize === 64 ? value : BigInt.asUintN(32, value));
function requireLevel0(cpu: Cpu): void {
  if (cpu.cpl !== 0) cpu.raise(VECTOR.GP, 0);
}

const getControl = helper('mov.fromControl', (cpu) => {
  const n = cpu.args.u32(0);
  if (!CONTROL.has(n)) cpu.raise(VECTOR.UD);
  requireLevel0(cpu);
  cpu.args.returnU64(visibleBits(cpu, readControl(cpu, n)));
});
const setControl = helper('mov.toControl', (cpu) => {
  const n = cpu.args.u32(0);
  if (!CONTROL.has(n)) cpu.raise(VECTOR.UD);
  requireLevel0(cpu);
  writeControl(cpu, n, visibleBits(cpu, cpu.args.u64(1)));
});
const CONTROL: ReadonlySet<number> = new Set([0, 2, 3, 4, 8]);
/** Control registers that are nothing but state. */
const HELD = [
  [0, SLOT.CR0],
  [2, SLOT.CR2],
  [3, SLOT.CR3],
  [4, SLOT.CR4],
] as const;
instruction({
  mnemonic: 'mov',
  encodings: { '0F 20 /r': 'Rq,C' },
  exec(ir, dst, register) {
    const n = number(ir, register);
    if (ir.env.code !== 64) {
      ir.write(dst, ir.call(getControl, 'i64', [n]));
      return;
    }
    // In 64-bit mode those that are state are read as they are.
    let held = ir.const(0, 'i1');
    let value = ir.const(0, 'i64');
    for (const [control, slot] of HELD) {
      const is = ir.eq(n, ir.const(control, 'i32'));
      held = ir.or(held, is);
      value = ir.select(is, ir.slot(slot, 'i64'), value);
    }
    const when = ir.and(ir.isZero(ir.slot(SLOT.CPL, 'i32')), held);
    ir.write(dst, ir.callUnless({ when, value }, getControl, [n]));
  },
});
instruction({
  mnemonic: 'mov',
  encodings: { '0F 22 /r': 'C,Rq' },
  serializing: true,
  exec: (ir, register, source) => ir.control(setControl, [number(ir, register), ir.read(source)]),
});

const getDebug = helper('mov.fromDebug', (cpu) => cpu.args.returnU64(visibleBits(cpu, readDebug(cpu, cpu.args.u32(0)))));
const setDebug = helper('mov.toDebug', (cpu) => writeDebug(cpu, cpu.args.u32(0), visibleBits(cpu, cpu.args.u64(1))));
instruction({
  mnemonic: 'mov',
  encodings: { '0F 21 /r': 'Rq,D' },
  exec: (ir, dst, register) => ir.write(dst, ir.call(getDebug, 'i64', [number(ir, register)])),
});
instruction({
  mnemonic: 'mov',
  encodings: { '0F 23 /r': 'D,Rq' },
  serializing: true,
  exec: (ir, register, source) => ir.control(setDebug, [number(ir, register), ir.read(source)]),
});

/** EDX:EAX as one value, and its halves into the registers with their upper halves cleared. */
const edxEax = (cpu: Cpu): bigint => ((cpu.read64(SLOT.rdx) & 0xffffffffn) << 32n) | (cpu.read64(SLOT.rax) & 0xffffffffn);
export function setEdxEax(cpu: Cpu, value: bigint): void {
  cpu.write64(SLOT.rax, value & 0xffffffffn);
  cpu.write64(SLOT.rdx, BigInt.asUintN(32, value >> 32n));
}
const rdmsr = helper('rdmsr', (cpu) => setEdxEax(cpu, readMsr(cpu, cpu.read32(SLOT.rcx) >>> 0)));
const wrmsr = helper('wrmsr', (cpu) => writeMsr(cpu, cpu.read32(SLOT.rcx) >>> 0, edxEax(cpu)));
instruction({
  mnemonic: 'rdmsr',
  encodings: { '0F 32': '' },
  cpuid: 'MSR',
  privilege: 0,
  serializing: true,
  exec: (ir) => ir.control(rdmsr),
});
instruction({
  mnemonic: 'wrmsr',
  encodings: { '0F 30': '' },
  cpuid: 'MSR',
  privilege: 0,
  serializing: true,
  exec: (ir) => ir.control(wrmsr),
});

/** State components that XCR0 may enable: x87 and SSE. */
export const XCR0_COMPONENTS = 3n;
const xsetbv = helper('xsetbv', (cpu) => {
  if (!(cpu.read32(SLOT.CR4) & CR4_OSXSAVE)) cpu.raise(VECTOR.UD);
  requireLevel0(cpu);
  const value = edxEax(cpu);
  if (cpu.read32(SLOT.rcx) !== 0 || !(value & 1n) || value & ~XCR0_COMPONENTS) cpu.raise(VECTOR.GP, 0);
  cpu.write64(SLOT.XCR0, value);
});
instruction({
  mnemonic: 'xsetbv',
  encodings: { 'NP 0F 01 D1': '' },
  cpuid: 'XSAVE',
  serializing: true,
  exec: (ir) => ir.control(xsetbv),
});

const invlpg = helper('invlpg', (cpu) => {
  const linear = cpu.args.u64(0);
  if (canonical(linear)) cpu.flushPage(linear);
});
instruction({
  mnemonic: 'invlpg',
  encodings: { '0F 01 /7': 'Mb' },
  privilege: 0,
  serializing: true,
  exec: (ir, page) => ir.control(invlpg, [ir.address(page)]),
});

/** Translations are not tagged with a PCID, so only those of the current one exist. */
const invpcid = helper('invpcid', (cpu) => {
  const type = cpu.codeSize === 64 ? cpu.args.u64(0) : cpu.args.u64(0) & 0xffffffffn;
  const pcid = cpu.args.u64(1);
  const linear = cpu.args.u64(2);
  if (type > 3n) cpu.raise(VECTOR.GP, 0);
  const tagged = (cpu.read32(SLOT.CR4) & CR4_PCIDE) !== 0;
  if (pcid >> 12n || (type < 2n && !tagged && pcid !== 0n)) cpu.raise(VECTOR.GP, 0);
  const current = !tagged || (cpu.read64(SLOT.CR3) & 0xfffn) === pcid;
  if (type === 0n) {
    if (!canonical(linear)) cpu.raise(VECTOR.GP, 0);
    if (current) cpu.flushPage(linear);
  } else if (type === 1n) {
    if (current) cpu.flushTlb(true);
  } else cpu.flushTlb(type === 3n);
});
instruction({
  mnemonic: 'invpcid',
  encodings: { '66 0F 38 82 /r': 'Gq,Mx' },
  cpuid: 'INVPCID',
  privilege: 0,
  serializing: true,
  exec(ir, type, descriptor) {
    const address = ir.address(descriptor);
    const pcid = ir.load(address, 'i64');
    const linear = ir.load(beyond(ir, address, 8), 'i64');
    ir.control(invpcid, [ir.read(type), pcid, linear]);
  },
});

const GS_BASE = segmentSlot(SEGMENT.gs) + SEG.base;
instruction({
  mnemonic: 'swapgs',
  encodings: { '0F 01 F8': '' },
  modes: 'long',
  privilege: 0,
  exec(ir) {
    const base = ir.slot(GS_BASE, 'i64');
    const other = ir.slot(SLOT.KERNEL_GS_BASE, 'i64');
    ir.setSlot(GS_BASE, other);
    ir.setSlot(SLOT.KERNEL_GS_BASE, base);
  },
});

for (const [name, segment, digit] of [
  ['fs', SEGMENT.fs, 0],
  ['gs', SEGMENT.gs, 1],
] as const) {
  const slot = segmentSlot(segment) + SEG.base;
  const requireEnabled = (ir: Builder): void => {
    const enabled = ir.and(ir.slot(SLOT.CR4, 'i32'), ir.const(CR4_FSGSBASE, 'i32'));
    ir.fault(VECTOR.UD, ir.isZero(enabled));
  };
  instruction({
    mnemonic: `rd${name}base`,
    encodings: { [`F3 0F AE /${digit}`]: 'Ry' },
    cpuid: 'FSGSBASE',
    modes: 'long',
    exec(ir, dst) {
      requireEnabled(ir);
      ir.write(dst, ir.resize(ir.slot(slot, 'i64'), ir.type));
    },
  });
  instruction({
    mnemonic: `wr${name}base`,
    encodings: { [`F3 0F AE /${digit + 2}`]: 'Ry' },
    cpuid: 'FSGSBASE',
    modes: 'long',
    exec(ir, source) {
      requireEnabled(ir);
      const base = ir.zext(ir.read(source), 'i64');
      const unused = ir.const(64 - LINEAR_BITS, 'i64');
      ir.fault(VECTOR.GP, ir.ne(ir.sar(ir.shl(base, unused), unused), base));
      ir.setSlot(slot, base);
    },
  });
}

/** RFLAGS.AC has changed, below level 3: whether SMAP holds. Compiled code goes on in the other translation block by itself. */
function setAc(ir: Builder, ac: boolean): void {
  ir.fault(VECTOR.UD, ir.ne(ir.slot(SLOT.CPL, 'i32'), ir.const(0, 'i32')));
  const flags = ir.slot(SLOT.RFLAGS, 'i64');
  const bit = ir.const(RFLAGS_AC, 'i64');
  const block = ir.slot(ac ? SLOT.BLOCK_RELAXED : SLOT.BLOCK_SYSTEM, 'i32');
  ir.setSlot(SLOT.RFLAGS, ac ? ir.or(flags, bit) : ir.and(flags, ir.not(bit)));
  ir.setSlot(SLOT.TLB, block);
  ir.switchTo(ir.nextRip(), ir.ne(block, ir.const(0, 'i32')), acChanged);
}
const acChanged = helper('stac', (cpu) => {
  cpu.rip = cpu.args.u64(0);
  cpu.modeChanged();
});
instruction({ mnemonic: 'stac', encodings: { 'NP 0F 01 CB': '' }, cpuid: 'SMAP', exec: (ir) => setAc(ir, true) });
instruction({ mnemonic: 'clac', encodings: { 'NP 0F 01 CA': '' }, cpuid: 'SMAP', exec: (ir) => setAc(ir, false) });
