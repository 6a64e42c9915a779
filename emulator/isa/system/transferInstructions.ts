// SPDX-License-Identifier: MIT
/**
 * @fileoverview Records that transfer control between segments and levels: far JMP, CALL, RET; INT n, INT3, INTO, INT1, IRET;
 * SYSCALL, SYSRET, SYSENTER, SYSEXIT (APM vol. 3; vol. 2, 6.1).
 *
 * SYSENTER and SYSEXIT are AMD's: #UD in long mode (SYSEXIT #GP for programs). SYSRET to a non-canonical RCX faults at the target, at level 3, as on AMD.
 */

import type { Builder } from '../../ir/builder.ts';
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import type { Value } from '../../ir/value.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import {
  ATTRIBUTE,
  EFER_SCE,
  longMode,
  protectedMode,
  RFLAGS_AC,
  RFLAGS_ALL,
  RFLAGS_IF,
  RFLAGS_OF,
  RFLAGS_RF,
  RFLAGS_TF,
  RFLAGS_VM,
  VECTOR,
} from './bits.ts';
import { farCall, farJump, farReturn, interruptReturn, type Size } from './farTransfer.ts';
import { flagsImage, loadFlags } from './flagInstructions.ts';
import { softwareInterrupt } from './interrupt.ts';
import { type Bounds, bounds, setPrivilege, setSegment } from './segmentation.ts';
import { farPointer } from './segmentInstructions.ts';

const jump = helper('jmp.far', (cpu) => farJump(cpu, cpu.args.u32(0) & 0xffff, cpu.args.u64(1), cpu.args.u32(2) as Size));
const call = helper('call.far', (cpu) => farCall(cpu, cpu.args.u32(0) & 0xffff, cpu.args.u64(1), cpu.args.u32(2) as Size));
const size = (ir: Builder) => ir.const(ir.size, 'i32');

for (const { mnemonic, digit, direct, target } of [
  { mnemonic: 'jmp', digit: 5, direct: 'EA', target: jump },
  { mnemonic: 'call', digit: 3, direct: '9A', target: call },
]) {
  instruction({
    mnemonic,
    encodings: { [`${direct} far`]: 'A,v' },
    modes: 'legacy',
    exec(ir, pointer) {
      const value = ir.read(pointer);
      const selector = ir.trunc(ir.shr(value, ir.const(32, 'i64')), 'i32');
      ir.control(target, [selector, value, size(ir)]);
    },
  });
  instruction({
    mnemonic,
    encodings: { [`FF /${digit}`]: 'Mp,v' },
    exec(ir, source) {
      const { offset, selector } = farPointer(ir, source);
      ir.control(target, [selector, ir.zext(offset, 'i64'), size(ir)]);
    },
  });
}

const ret = helper('ret.far', (cpu) => farReturn(cpu, cpu.args.u32(0) as Size, cpu.args.u32(1) & 0xffff));
instruction({ mnemonic: 'ret', encodings: { CB: 'v' }, exec: (ir) => ir.control(ret, [size(ir), ir.const(0, 'i32')]) });
instruction({
  mnemonic: 'ret',
  encodings: { 'CA iw': 'Iw,v' },
  exec: (ir, release) => ir.control(ret, [size(ir), ir.zext(ir.read(release), 'i32')]),
});

const interrupt = helper('int', (cpu) => softwareInterrupt(cpu, cpu.args.u32(0) & 0xff, 'software'));
instruction({
  mnemonic: 'int',
  encodings: { 'CD ib': 'Ib' },
  exec: (ir, vector) => ir.control(interrupt, [ir.zext(ir.read(vector), 'i32')]),
});
instruction({ mnemonic: 'int3', encodings: { CC: '' }, exec: (ir) => ir.control(interrupt, [ir.const(VECTOR.BP, 'i32')]) });
const overflow = helper('into', (cpu) => {
  if (cpu.rflags & BigInt(RFLAGS_OF)) softwareInterrupt(cpu, VECTOR.OF, 'software');
});
instruction({ mnemonic: 'into', encodings: { CE: '' }, modes: 'legacy', exec: (ir) => ir.control(overflow) });
const debugInterrupt = helper('int1', (cpu) => softwareInterrupt(cpu, VECTOR.DB, 'privileged'));
instruction({ mnemonic: 'int1', encodings: { F1: '' }, exec: (ir) => ir.control(debugInterrupt) });

const iret = helper('iret', (cpu) => interruptReturn(cpu, cpu.args.u32(0) as Size));
instruction({ mnemonic: 'iret', encodings: { CF: 'v' }, exec: (ir) => ir.control(iret, [size(ir)]) });

/** The flat segments that system calls load without looking at descriptors; `mode` is L, D or nothing. */
const FLAT = ATTRIBUTE.present | ATTRIBUTE.s | ATTRIBUTE.readWrite | ATTRIBUTE.accessed | ATTRIBUTE.granularity;
function flatCode(cpu: Cpu, selector: number, level: number, mode: number): void {
  setSegment(cpu, SEGMENT.cs, selector, 0, 0xffffffff, FLAT | ATTRIBUTE.code | (level << 5) | mode);
}
function flatStack(cpu: Cpu, selector: number, level: number): void {
  setSegment(cpu, SEGMENT.ss, selector, 0, 0xffffffff, FLAT | ATTRIBUTE.big | (level << 5));
}
const star = (cpu: Cpu, shift: bigint): number => Number((cpu.read64(SLOT.STAR) >> shift) & 0xffffn);
function requireEnabled(cpu: Cpu): void {
  if (!(cpu.read32(SLOT.EFER) & EFER_SCE)) cpu.raise(VECTOR.UD);
}

/** 64-bit code changes to level `cpl` and other 64-bit code at `to`, with new flags: compiled code does so by itself if it can. */
function switchLevel(ir: Builder, cpl: number, base: Value, flags: Value, to: Value): void {
  const k = (n: number): Value => ir.const(n, 'i64');
  const flat = (segment: number, selector: Value, attributes: number): void => {
    const slot = segmentSlot(segment);
    const limit = 0xffffffff;
    const read = bounds(limit, attributes, false);
    const write = bounds(limit, attributes, true);
    const pair = ({ low, high }: Bounds): Value => ir.const((BigInt(high) << 32n) | BigInt(low), 'i64');
    const rest = ir.const((BigInt(limit) << 32n) | BigInt(attributes << 16), 'i64');
    ir.setSlot(slot + SEG.selector, ir.or(ir.and(selector, k(0xffff)), rest));
    ir.setSlot(slot + SEG.base, k(0));
    ir.setSlot(slot + SEG.readLow, pair(read));
    ir.setSlot(slot + SEG.writeLow, pair(write));
  };
  flat(SEGMENT.cs, cpl === 3 ? ir.or(ir.add(base, k(16)), k(3)) : base, FLAT | ATTRIBUTE.code | (cpl << 5) | ATTRIBUTE.long);
  flat(SEGMENT.ss, cpl === 3 ? ir.or(ir.add(base, k(8)), k(3)) : ir.add(base, k(8)), FLAT | ATTRIBUTE.big | (cpl << 5));
  ir.setSlot(SLOT.CPL, ir.const(cpl, 'i32'));
  loadFlags(ir, flags);
  const clear = (bits: number): Value => ir.isZero(ir.and(flags, k(bits)));
  let block = ir.slot(SLOT.BLOCK_USER, 'i32');
  let possible = clear(RFLAGS_TF);
  if (cpl === 3) possible = ir.and(ir.and(clear(RFLAGS_TF | RFLAGS_AC), ir.isZero(ir.slot(SLOT.EVENTS, 'i32'))), possible);
  else block = ir.select(clear(RFLAGS_AC), ir.slot(SLOT.BLOCK_SYSTEM, 'i32'), ir.slot(SLOT.BLOCK_RELAXED, 'i32'));
  ir.setSlot(SLOT.TLB, block);
  ir.switchTo(to, ir.and(possible, ir.ne(block, ir.const(0, 'i32'))), levelSwitched);
}
const levelSwitched = helper('syscall.level', (cpu) => {
  cpu.rip = cpu.args.u64(0);
  cpu.modeChanged();
  cpu.singleStep((cpu.read32(SLOT.RFLAGS) & RFLAGS_TF) !== 0);
});
const starField = (ir: Builder, shift: number): Value =>
  ir.and(ir.shr(ir.slot(SLOT.STAR, 'i64'), ir.const(shift, 'i64')), ir.const(0xffff, 'i64'));
function requireSce(ir: Builder): void {
  ir.fault(VECTOR.UD, ir.isZero(ir.and(ir.slot(SLOT.EFER, 'i32'), ir.const(EFER_SCE, 'i32'))));
}

/** Outside 64-bit mode. */
const syscall = helper('syscall', (cpu) => {
  requireEnabled(cpu);
  const selector = star(cpu, 32n) & 0xfffc;
  const flags = cpu.rflags;
  if (longMode(cpu)) {
    cpu.write64(SLOT.rcx, cpu.rip);
    cpu.write64(SLOT.r11, flags & ~BigInt(RFLAGS_RF));
    cpu.rflags = flags & ~BigInt.asUintN(32, cpu.read64(SLOT.SFMASK)) & ~BigInt(RFLAGS_RF);
    flatCode(cpu, selector, 0, ATTRIBUTE.long);
    cpu.rip = cpu.read64(SLOT.CSTAR);
  } else {
    cpu.write64(SLOT.rcx, BigInt.asUintN(32, cpu.rip));
    cpu.rflags = flags & ~BigInt(RFLAGS_IF | RFLAGS_RF | RFLAGS_VM);
    flatCode(cpu, selector, 0, ATTRIBUTE.big);
    cpu.rip = cpu.read64(SLOT.STAR) & 0xffffffffn;
  }
  flatStack(cpu, (selector + 8) & 0xffff, 0);
  setPrivilege(cpu, 0);
  cpu.singleStep((cpu.rflags & BigInt(RFLAGS_TF)) !== 0n);
});
instruction({
  mnemonic: 'syscall',
  encodings: { '0F 05': '' },
  cpuid: 'SYSCALL',
  exec(ir) {
    if (ir.env.code !== 64) {
      ir.control(syscall);
      return;
    }
    requireSce(ir);
    const image = flagsImage(ir);
    const kept = ir.not(ir.zext(ir.slot(SLOT.SFMASK, 'i32'), 'i64'));
    ir.setSlot(SLOT.rcx, ir.nextRip());
    ir.setSlot(SLOT.r11, image);
    switchLevel(ir, 0, ir.and(starField(ir, 32), ir.const(0xfffc, 'i64')), ir.and(image, kept), ir.slot(SLOT.LSTAR, 'i64'));
  },
});

/** To other than 64-bit code, or from it. */
const sysret = helper('sysret', (cpu) => {
  requireEnabled(cpu);
  if (!protectedMode(cpu) || cpu.cpl !== 0) cpu.raise(VECTOR.GP, 0);
  const base = star(cpu, 48n);
  const rcx = cpu.read64(SLOT.rcx);
  if (longMode(cpu)) {
    cpu.rflags = cpu.read64(SLOT.r11) & BigInt(RFLAGS_ALL & ~(RFLAGS_RF | RFLAGS_VM));
    flatCode(cpu, base | 3, 3, ATTRIBUTE.big);
    cpu.rip = BigInt.asUintN(32, rcx);
  } else {
    cpu.rflags |= BigInt(RFLAGS_IF);
    flatCode(cpu, base | 3, 3, ATTRIBUTE.big);
    cpu.rip = BigInt.asUintN(32, rcx);
  }
  flatStack(cpu, ((base + 8) & 0xffff) | 3, 3);
  setPrivilege(cpu, 3);
  cpu.singleStep((cpu.rflags & BigInt(RFLAGS_TF)) !== 0n);
});
instruction({
  mnemonic: 'sysret',
  encodings: { '0F 07': 'v' },
  cpuid: 'SYSCALL',
  exec(ir) {
    if (ir.size !== 64) {
      ir.control(sysret);
      return;
    }
    requireSce(ir);
    ir.fault(VECTOR.GP, ir.ne(ir.slot(SLOT.CPL, 'i32'), ir.const(0, 'i32')));
    const exists = ir.const(RFLAGS_ALL & ~(RFLAGS_RF | RFLAGS_VM), 'i64');
    const flags = ir.and(ir.slot(SLOT.r11, 'i64'), exists);
    switchLevel(ir, 3, starField(ir, 48), flags, ir.slot(SLOT.rcx, 'i64'));
  },
});

const sysenter = helper('sysenter', (cpu) => {
  if (longMode(cpu)) cpu.raise(VECTOR.UD);
  const selector = cpu.read32(SLOT.SYSENTER_CS) & 0xfffc;
  if (!protectedMode(cpu) || selector === 0) cpu.raise(VECTOR.GP, 0);
  cpu.rflags &= ~BigInt(RFLAGS_VM | RFLAGS_IF | RFLAGS_RF);
  flatCode(cpu, selector, 0, ATTRIBUTE.big);
  flatStack(cpu, (selector + 8) & 0xffff, 0);
  cpu.write64(SLOT.rsp, cpu.read64(SLOT.SYSENTER_ESP) & 0xffffffffn);
  cpu.rip = cpu.read64(SLOT.SYSENTER_EIP) & 0xffffffffn;
  setPrivilege(cpu, 0);
});
instruction({ mnemonic: 'sysenter', encodings: { '0F 34': '' }, cpuid: 'SEP', exec: (ir) => ir.control(sysenter) });

const sysexit = helper('sysexit', (cpu) => {
  // A program that may not is told so first, as by AMD's processors.
  if (protectedMode(cpu) && cpu.cpl !== 0) cpu.raise(VECTOR.GP, 0);
  if (longMode(cpu)) cpu.raise(VECTOR.UD);
  const selector = cpu.read32(SLOT.SYSENTER_CS) & 0xfffc;
  if (!protectedMode(cpu) || selector === 0) cpu.raise(VECTOR.GP, 0);
  flatCode(cpu, ((selector + 16) & 0xffff) | 3, 3, ATTRIBUTE.big);
  flatStack(cpu, ((selector + 24) & 0xffff) | 3, 3);
  const target = cpu.read64(SLOT.rdx) & 0xffffffffn;
  cpu.write64(SLOT.rsp, cpu.read64(SLOT.rcx) & 0xffffffffn);
  cpu.rip = target;
  setPrivilege(cpu, 3);
});
instruction({ mnemonic: 'sysexit', encodings: { '0F 35': '' }, cpuid: 'SEP', exec: (ir) => ir.control(sysexit) });
