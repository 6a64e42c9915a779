// SPDX-License-Identifier: MIT
/**
 * @fileoverview IN, OUT, INS, OUTS under IOPL and the TSS's I/O permission bitmap (APM vol. 2, 12.2.4).
 *
 * INS tests its destination for writing before it reads the port: a port read cannot be taken back.
 */
import type { Builder } from '../../ir/builder.ts';
import { SEG, SEGMENT, segmentSlot } from '../../ir/state.ts';
import { intType, type Operand, type Value } from '../../ir/value.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { ATTRIBUTE, attributesOf, baseOf, ioPrivilege, protectedMode, VECTOR } from './bits.ts';
import { portHit } from './debug.ts';
import { systemAddress } from './segmentation.ts';
import { settle } from './segmentInstructions.ts';

/** #GP(0) unless the current level may use `bytes` ports from `port`. */
export function checkPort(cpu: Cpu, port: number, bytes: number): void {
  if (!protectedMode(cpu) || cpu.cpl <= ioPrivilege(cpu)) return;
  const attributes = attributesOf(cpu, SEGMENT.tr);
  const limit = cpu.read32(segmentSlot(SEGMENT.tr) + SEG.limit) >>> 0;
  // Only 32- and 64-bit TSSs have a map base, at 66h.
  if (!(attributes & ATTRIBUTE.present) || !(attributes & 8) || limit < 0x67) cpu.raise(VECTOR.GP, 0);
  const base = baseOf(cpu, SEGMENT.tr);
  const at = cpu.loadHalves(systemAddress(cpu, base + 0x66), 2, true) + (port >> 3);
  // Always two bytes: the bits of a wide access may span both.
  if (at + 1 > limit) cpu.raise(VECTOR.GP, 0);
  const map = cpu.loadHalves(systemAddress(cpu, base + at), 2, true) >> (port & 7);
  if (map & ((1 << bytes) - 1)) cpu.raise(VECTOR.GP, 0);
}

/** Permission comes before faults of the memory operand (INS, OUTS). */
const permission = helper('ins.permission', (cpu) => checkPort(cpu, cpu.args.u32(0) & 0xffff, cpu.args.u32(1)));
const input = helper('in', (cpu) => {
  const port = cpu.args.u32(0) & 0xffff;
  const bytes = cpu.args.u32(1) as 1 | 2 | 4;
  checkPort(cpu, port, bytes);
  cpu.debugTrap(portHit(cpu, port, bytes));
  cpu.args.returnU32(cpu.portRead(port, bytes));
});
const output = helper('out', (cpu) => {
  const port = cpu.args.u32(0) & 0xffff;
  const bytes = cpu.args.u32(1) as 1 | 2 | 4;
  checkPort(cpu, port, bytes);
  cpu.debugTrap(portHit(cpu, port, bytes));
  cpu.portWrite(port, bytes, cpu.args.u32(2));
});
/** There are no 8-byte ports: REX.W is ignored. */
const width = (ir: Builder): 8 | 16 | 32 => (ir.size === 64 ? 32 : (ir.size as 8 | 16 | 32));
const number = (ir: Builder, port: Operand): Value => ir.zext(ir.read(port), 'i32');
const bytesOf = (ir: Builder): Value => ir.const(width(ir) / 8, 'i32');

instruction({
  mnemonic: 'in',
  encodings: { 'E4 ib': 'AL,Ib', 'E5 ib': 'rAX,Ib', EC: 'AL,DX', ED: 'rAX,DX' },
  exec(ir, dst, port) {
    const value = ir.call(input, 'i32', [number(ir, port), bytesOf(ir)]);
    ir.write(dst, ir.resize(value, intType(ir.size)));
    ir.control(settle);
  },
});
instruction({
  mnemonic: 'out',
  encodings: { 'E6 ib': 'Ib,AL', 'E7 ib': 'Ib,rAX', EE: 'DX,AL', EF: 'DX,rAX' },
  exec(ir, port, source) {
    const bits = source.type === 'i8' ? 8 : source.type === 'i16' ? 16 : 32;
    ir.callVoid(output, [number(ir, port), ir.const(bits / 8, 'i32'), ir.resize(ir.read(source), 'i32')]);
    ir.control(settle);
  },
});
instruction({
  mnemonic: 'ins',
  encodings: { '6C': 'b', '6D': 'v' },
  repeat: 'count',
  exec(ir) {
    const bits = width(ir);
    ir.callVoid(permission, [ir.zext(ir.gpr(2, 'i16'), 'i32'), bytesOf(ir)]);
    const destination: Operand = { kind: 'mem', type: intType(bits), addr: ir.stringDestination(bits / 8, true) };
    ir.read(destination);
    const value = ir.call(input, 'i32', [ir.zext(ir.gpr(2, 'i16'), 'i32'), bytesOf(ir)]);
    ir.write(destination, ir.resize(value, intType(bits)));
    ir.stringAdvance(7, bits / 8);
  },
});
instruction({
  mnemonic: 'outs',
  encodings: { '6E': 'b', '6F': 'v' },
  repeat: 'count',
  sourceSegment: true,
  exec(ir) {
    const bits = width(ir);
    ir.callVoid(permission, [ir.zext(ir.gpr(2, 'i16'), 'i32'), bytesOf(ir)]);
    const value = ir.load(ir.stringSource(bits / 8), intType(bits));
    ir.callVoid(output, [ir.zext(ir.gpr(2, 'i16'), 'i32'), bytesOf(ir), ir.resize(value, 'i32')]);
    ir.stringAdvance(6, bits / 8);
  },
});
