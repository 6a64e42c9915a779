// SPDX-License-Identifier: MIT
/**
 * @fileoverview Records that load, store and inspect descriptor tables: LGDT … STR, SMSW, LMSW, CLTS, VERR, VERW, LAR, LSL, ARPL
 * (APM vol. 3, chapter 4). Under CR4.UMIP the storing ones are #GP above level 0.
 */
import type { Builder } from '../../ir/builder.ts';
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { ATTRIBUTE, CR0_PE, CR0_TS, CR4_UMIP, canonical, isCanonical, linearOf, longMode, selectorOf, VECTOR } from './bits.ts';
import { loadMachineStatus, readControl, writeCr0 } from './control.ts';
import {
  type Descriptor,
  dplOf,
  fits16,
  isConforming,
  isNull,
  isPresent,
  readDescriptor,
  selectorError,
  setBusy,
  setSegment,
  systemType,
  upperHalf,
} from './segmentation.ts';
import { beyond } from './segmentInstructions.ts';

const setTable = helper('lgdt', (cpu) => {
  const slot = segmentSlot(cpu.args.u32(0));
  const base = cpu.args.u64(2);
  if (cpu.codeSize === 64 && !canonical(base)) cpu.raise(VECTOR.GP, 0);
  cpu.write32(slot + SEG.limit, cpu.args.u32(1) & 0xffff);
  cpu.write64(slot + SEG.base, base);
});
/** With a 16-bit operand size only 24 bits of the base count. */
const baseMask = (ir: Builder): bigint => (ir.env.code === 64 ? 0xffffffffffffffffn : ir.size === 16 ? 0xffffffn : 0xffffffffn);
for (const [mnemonic, digit, table] of [
  ['lgdt', 2, SEGMENT.gdtr],
  ['lidt', 3, SEGMENT.idtr],
] as const) {
  instruction({
    mnemonic,
    encodings: { [`0F 01 /${digit}`]: 'Mp,v' },
    privilege: 0,
    serializing: true,
    exec(ir, source) {
      const address = ir.address(source);
      const limit = ir.zext(ir.load(address, 'i16'), 'i32');
      const base = ir.zext(ir.load(beyond(ir, address, 2), ir.env.code === 64 ? 'i64' : 'i32'), 'i64');
      ir.callVoid(setTable, [ir.const(table, 'i32'), limit, ir.and(base, ir.const(baseMask(ir), 'i64'))]);
    },
  });
}

function checkUmip(cpu: Cpu): void {
  if (cpu.cpl !== 0 && cpu.read32(SLOT.CR4) & CR4_UMIP) cpu.raise(VECTOR.GP, 0);
}
const storeTable = helper('sgdt', (cpu) => {
  checkUmip(cpu);
  const slot = segmentSlot(cpu.args.u32(0));
  const address = cpu.args.u64(1);
  const bytes = cpu.codeSize === 64 ? 8 : 4;
  cpu.probe(address, 2 + bytes, true);
  cpu.store(address, 2, BigInt(cpu.read16(slot + SEG.limit)));
  cpu.store(BigInt.asUintN(bytes * 8, address + 2n), bytes, BigInt.asUintN(bytes * 8, cpu.read64(slot + SEG.base)));
});
for (const [mnemonic, digit, table] of [
  ['sgdt', 0, SEGMENT.gdtr],
  ['sidt', 1, SEGMENT.idtr],
] as const) {
  instruction({
    mnemonic,
    encodings: { [`0F 01 /${digit}`]: 'Mp,v' },
    exec(ir, dst) {
      ir.callVoid(storeTable, [ir.const(table, 'i32'), ir.address(dst)]);
    },
  });
}

const storeSelector = helper('sldt', (cpu) => {
  checkUmip(cpu);
  cpu.args.returnU64(BigInt(selectorOf(cpu, cpu.args.u32(0))));
});
const storeMachineStatus = helper('smsw', (cpu) => {
  checkUmip(cpu);
  cpu.args.returnU64(readControl(cpu, 0));
});
/** Registers get the operand size, memory always 16 bits. */
for (const [mnemonic, code, source, modes] of [
  ['sldt', '0F 00 /0', SEGMENT.ldtr, 'protected'],
  ['str', '0F 00 /1', SEGMENT.tr, 'protected'],
  ['smsw', '0F 01 /4', -1, undefined],
] as const) {
  const value = (ir: Builder) =>
    source < 0 ? ir.call(storeMachineStatus, 'i64', []) : ir.call(storeSelector, 'i64', [ir.const(source, 'i32')]);
  instruction({ mnemonic, encodings: { [code]: 'Rv' }, modes, exec: (ir, dst) => ir.write(dst, ir.resize(value(ir), ir.type)) });
  instruction({ mnemonic, encodings: { [code]: 'Mw' }, modes, exec: (ir, dst) => ir.write(dst, ir.trunc(value(ir), 'i16')) });
}

const lmsw = helper('lmsw', (cpu) => loadMachineStatus(cpu, cpu.args.u32(0)));
instruction({
  mnemonic: 'lmsw',
  encodings: { '0F 01 /6': 'Ew' },
  privilege: 0,
  serializing: true,
  exec: (ir, source) => ir.control(lmsw, [ir.zext(ir.read(source), 'i32')]),
});
const clts = helper('clts', (cpu) => writeCr0(cpu, cpu.read64(SLOT.CR0) & ~BigInt(CR0_TS)));
instruction({ mnemonic: 'clts', encodings: { '0F 06': '' }, privilege: 0, serializing: true, exec: (ir) => ir.control(clts) });

/** LDT or TSS descriptor, whose long mode form has 16 bytes. */
function systemDescriptor(cpu: Cpu, selector: number, types: readonly number[]): Descriptor {
  const error = selectorError(selector);
  if (selector & 4) cpu.raise(VECTOR.GP, error);
  const long = longMode(cpu);
  const d = readDescriptor(cpu, selector, long ? 16 : 8) ?? cpu.raise(VECTOR.GP, error);
  if (!types.includes(systemType(d))) cpu.raise(VECTOR.GP, error);
  if (!isPresent(d)) cpu.raise(VECTOR.NP, error);
  if (long) {
    const upper = upperHalf(cpu, d);
    if (upper.type !== 0) cpu.raise(VECTOR.GP, error);
    d.base = linearOf(d.base, upper.high);
    if (!isCanonical(d.base)) cpu.raise(VECTOR.GP, error);
  }
  return d;
}
const lldt = helper('lldt', (cpu) => {
  const selector = cpu.args.u32(0) & 0xffff;
  if (isNull(selector)) {
    setSegment(cpu, SEGMENT.ldtr, selector, 0, 0, 0);
    return;
  }
  const d = systemDescriptor(cpu, selector, [2]);
  setSegment(cpu, SEGMENT.ldtr, selector, d.base, d.limit, d.attributes);
});
const ltr = helper('ltr', (cpu) => {
  const selector = cpu.args.u32(0) & 0xffff;
  if (isNull(selector)) cpu.raise(VECTOR.GP, 0);
  const d = systemDescriptor(cpu, selector, longMode(cpu) ? [9] : [1, 9]);
  setBusy(cpu, d, true);
  setSegment(cpu, SEGMENT.tr, selector, d.base, d.limit, d.attributes);
});
for (const [mnemonic, digit, run] of [
  ['lldt', 2, lldt],
  ['ltr', 3, ltr],
] as const) {
  instruction({
    mnemonic,
    encodings: { [`0F 00 /${digit}`]: 'Ew' },
    modes: 'protected',
    privilege: 0,
    serializing: true,
    exec: (ir, source) => ir.callVoid(run, [ir.zext(ir.read(source), 'i32')]),
  });
}

/** A descriptor that the current level and the selector's RPL may see, for the four instructions that only ask. */
function visible(cpu: Cpu, selector: number): Descriptor | undefined {
  if (isNull(selector)) return undefined;
  const d = readDescriptor(cpu, selector);
  if (!d) return undefined;
  const code = d.attributes & ATTRIBUTE.s && d.attributes & ATTRIBUTE.code;
  if (code && isConforming(d)) return d;
  return dplOf(d) < Math.max(cpu.cpl, selector & 3) ? undefined : d;
}
const verify = helper('verr', (cpu) => {
  const d = visible(cpu, cpu.args.u32(0) & 0xffff);
  const write = cpu.args.u32(1) !== 0;
  let allowed = d !== undefined && (d.attributes & ATTRIBUTE.s) !== 0;
  if (allowed && d) {
    const code = (d.attributes & ATTRIBUTE.code) !== 0;
    const readWrite = (d.attributes & ATTRIBUTE.readWrite) !== 0;
    allowed = write ? !code && readWrite : !code || readWrite;
  }
  cpu.args.returnU32(allowed ? 1 : 0);
});
for (const [mnemonic, digit, write] of [
  ['verr', 4, 0],
  ['verw', 5, 1],
] as const) {
  instruction({
    mnemonic,
    encodings: { [`0F 00 /${digit}`]: 'Ew' },
    modes: 'protected',
    exec(ir, source) {
      const allowed = ir.call(verify, 'i32', [ir.zext(ir.read(source), 'i32'), ir.const(write, 'i32')]);
      ir.setFlags({ ZF: ir.bool(ir.trunc(allowed, 'i1')) });
    },
  });
}

/** Bit 32 of the results says whether there is one. */
const FOUND = 1n << 32n;
const LAR_TYPES: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 9, 11, 12]);
const LAR_TYPES_LONG: ReadonlySet<number> = new Set([2, 9, 11, 12]);
const LSL_TYPES: ReadonlySet<number> = new Set([1, 2, 3, 9, 11]);
const LSL_TYPES_LONG: ReadonlySet<number> = new Set([2, 9, 11]);
function inspect(cpu: Cpu, types: ReadonlySet<number>): Descriptor | undefined {
  const selector = cpu.args.u32(0) & 0xffff;
  const d = visible(cpu, selector);
  if (!d) return undefined;
  const type = systemType(d);
  if (type < 0) return d;
  return types.has(type) && (!longMode(cpu) || fits16(cpu, selector)) ? d : undefined;
}
const lar = helper('lar', (cpu) => {
  const d = inspect(cpu, longMode(cpu) ? LAR_TYPES_LONG : LAR_TYPES);
  cpu.args.returnU64(d ? FOUND | BigInt((d.high & 0xf0ff00) >>> 0) : 0n);
});
const lsl = helper('lsl', (cpu) => {
  const d = inspect(cpu, longMode(cpu) ? LSL_TYPES_LONG : LSL_TYPES);
  cpu.args.returnU64(d ? FOUND | BigInt(d.limit) : 0n);
});
for (const [mnemonic, code, run] of [
  ['lar', '0F 02 /r', lar],
  ['lsl', '0F 03 /r', lsl],
] as const) {
  instruction({
    mnemonic,
    encodings: { [code]: 'Gv,Ew' },
    modes: 'protected',
    exec(ir, dst, source) {
      const result = ir.call(run, 'i64', [ir.zext(ir.read(source), 'i32')]);
      const found = ir.bit(result, 32);
      ir.writeIf(dst, found, ir.resize(ir.and(result, ir.const(0xffffffff, 'i64')), ir.type));
      ir.setFlags({ ZF: ir.bool(found) });
    },
  });
}

/** Memory is written, and write permission needed, only where the selector changes. */
const storeAdjusted = helper('arpl', (cpu) => {
  if (cpu.args.u32(2)) cpu.store(cpu.args.u64(0), 2, BigInt(cpu.args.u32(1)));
});
/** ARPL raises the destination's RPL to the source's. 64-bit mode uses its opcode for MOVSXD. */
instruction({
  mnemonic: 'arpl',
  encodings: { '63 /r': 'Ew,Gw' },
  modes: 'legacy',
  exec(ir, dst, source) {
    ir.fault(VECTOR.UD, ir.isZero(ir.and(ir.slot(SLOT.CR0, 'i32'), ir.const(CR0_PE, 'i32'))));
    const three = ir.const(3, 'i16');
    const selector = ir.read(dst);
    const rpl = ir.and(ir.read(source), three);
    const raise = ir.ult(ir.and(selector, three), rpl);
    const adjusted = ir.or(ir.and(selector, ir.not(three)), rpl);
    if (dst.kind === 'mem') ir.callVoid(storeAdjusted, [dst.addr, ir.zext(adjusted, 'i32'), ir.zext(raise, 'i32')]);
    else ir.write(dst, ir.select(raise, adjusted, selector));
    ir.setFlags({ ZF: ir.bool(raise) });
  },
});
