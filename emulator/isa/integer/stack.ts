// SPDX-License-Identifier: MIT
/** @fileoverview Stack and near control transfers (APM vol. 3). Far ones and those that change privilege are in `system/`. */
import type { Builder } from '../../ir/builder.ts';
import { SEGMENT, SLOT } from '../../ir/state.ts';
import type { IntType, Operand, Value } from '../../ir/value.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction, needsContext } from '../record.ts';

instruction({
  mnemonic: 'push',
  encodings: { '50+r': 'Zv', 'FF /6': 'Ev', '6A ib': 'sIb,v', '68 iz': 'Iz' },
  default64: true,
  exec(ir, src) {
    ir.push(ir.read(src));
  },
});
instruction({
  mnemonic: 'pop',
  encodings: { '58+r': 'Zv', '8F /0': 'Ev' },
  default64: true,
  popsFirst: true,
  exec(ir, dst) {
    const value = ir.pop(ir.type);
    ir.write(dst, value);
  },
});
/** All eight registers, rSP as it was before. */
instruction({
  mnemonic: 'pusha',
  encodings: { '60': 'v' },
  modes: 'legacy',
  exec(ir) {
    const bytes = ir.size / 8;
    const top = ir.stackPointer();
    for (let n = 0; n < 8; n++) {
      const at = ir.stackOffset(top, -bytes * (n + 1));
      ir.store(ir.stackAddress(at, bytes, true), ir.gpr(n));
    }
    ir.setStackPointer(ir.stackOffset(top, -bytes * 8));
  },
});
instruction({
  mnemonic: 'popa',
  encodings: { '61': 'v' },
  modes: 'legacy',
  exec(ir) {
    const bytes = ir.size / 8;
    const top = ir.stackPointer();
    for (let n = 7; n >= 0; n--) {
      const at = ir.stackOffset(top, bytes * (7 - n));
      const value = ir.load(ir.stackAddress(at, bytes, false), ir.type);
      if (n !== 4) ir.setGpr(n, value);
    }
    ir.setStackPointer(ir.stackOffset(top, bytes * 8));
  },
});
instruction({
  mnemonic: 'leave',
  encodings: { C9: 'v' },
  default64: true,
  exec(ir) {
    const frame = ir.zext(ir.gpr(5, `i${ir.env.stack}` as IntType), 'i64');
    const value = ir.load(ir.stackAddress(frame, ir.size / 8, false), ir.type);
    ir.setStackPointer(ir.stackOffset(frame, ir.size / 8));
    ir.setGpr(5, value);
  },
});

/**
 * ENTER: arguments are the frame's size in bytes, the nesting level, the operand size and the stack width in bits. Everything is
 * probed before the first write, including the new top, as the instruction demands (SDM vol. 2, ENTER).
 */
const enter = helper('enter', (cpu: Cpu) => {
  const size = cpu.args.u32(0) & 0xffff;
  const level = cpu.args.u32(1) & 31;
  const bytes = cpu.args.u32(2) / 8;
  const mask = (1n << BigInt(cpu.args.u32(3))) - 1n;
  const step = BigInt(bytes);
  const oldTop = cpu.read64(SLOT.rsp);
  const frame = cpu.read64(SLOT.rbp);
  let top = oldTop & mask;
  const from: bigint[] = [];
  const to: bigint[] = [];
  for (let i = 1; i < level; i++) from.push(cpu.linear(SEGMENT.ss, (frame - step * BigInt(i)) & mask, bytes, false));
  const pushes = level === 0 ? 1 : level + 1;
  for (let i = 1; i <= pushes; i++) to.push(cpu.linear(SEGMENT.ss, (top - step * BigInt(i)) & mask, bytes, true));
  for (const a of from) cpu.probe(a, bytes, false);
  for (const a of to) cpu.probe(a, bytes, true);
  const newFrame = (top - step) & mask;
  const end = (top - step * BigInt(pushes) - BigInt(size)) & mask;
  cpu.probe(cpu.linear(SEGMENT.ss, end, 1, true), 1, true);
  // Each frame pointer is read when it is pushed: the two stretches of stack may overlap.
  const push = (i: number, value: bigint): void => cpu.store(to[i], bytes, BigInt.asUintN(bytes * 8, value));
  push(0, frame);
  from.forEach((address, i) => {
    push(i + 1, cpu.load(address, bytes));
  });
  if (level > 0) push(level, (oldTop & ~mask) | newFrame);
  top = end;
  cpu.write64(SLOT.rsp, (oldTop & ~mask) | top);
  const keep = bytes === 2 ? frame & ~0xffffn : 0n;
  cpu.write64(SLOT.rbp, keep | BigInt.asUintN(bytes * 8, newFrame));
});
instruction({
  mnemonic: 'enter',
  encodings: { 'C8 iw ib': 'Iw,Ib,v' },
  default64: true,
  exec(ir, size, level) {
    const k = (n: number): Value => ir.const(n, 'i32');
    ir.control(enter, [ir.zext(ir.read(size), 'i32'), ir.zext(ir.read(level), 'i32'), k(ir.size), k(ir.env.stack)]);
  },
});

/** Branch destination, checked: relative, or an operand of the operand size. */
const destination = (ir: Builder, o: Operand): Value =>
  o.kind === 'imm' ? ir.checkedTarget() : ir.checkDestination(ir.zext(ir.read(o), 'i64'));
instruction({
  mnemonic: 'call',
  encodings: { 'E8 cz': 'Jz', 'FF /2': 'Ev' },
  force64: true,
  exec(ir, to) {
    const target = destination(ir, to);
    ir.push(ir.trunc(ir.nextRip(), ir.type));
    ir.jump(target);
  },
});
instruction({
  mnemonic: 'ret',
  encodings: { C3: 'v' },
  force64: true,
  exec(ir) {
    ir.jump(ir.checkDestination(ir.zext(ir.pop(ir.type), 'i64')));
  },
});
instruction({
  mnemonic: 'ret',
  encodings: { 'C2 iw': 'Iw,v' },
  force64: true,
  exec(ir, release) {
    const bytes = ir.size / 8;
    const top = ir.stackPointer();
    const to = ir.checkDestination(ir.zext(ir.load(ir.stackAddress(top, bytes, false), ir.type), 'i64'));
    const above = ir.stackOffset(top, bytes);
    ir.setStackPointer(ir.stackOffset(above, ir.zext(ir.read(release), 'i64')));
    ir.jump(to);
  },
});
instruction({
  mnemonic: 'jmp',
  encodings: { 'E9 cz': 'Jz', 'EB cb': 'Jb', 'FF /4': 'Ev' },
  force64: true,
  exec(ir, to) {
    ir.jump(destination(ir, to));
  },
});
instruction({
  mnemonic: 'jcc',
  encodings: { '70+cc cb': 'Jb', '0F 80+cc cz': 'Jz' },
  force64: true,
  exec: needsContext,
  execWith(ir, { cc }) {
    const taken = ir.condition(cc);
    ir.jump(ir.checkedTarget(taken), taken);
  },
});
const counter = (ir: Builder): IntType => `i${ir.env.address}` as IntType;
const loop = (mnemonic: string, opcode: string, more: (ir: Builder) => Value | undefined) =>
  instruction({
    mnemonic,
    encodings: { [`${opcode} cb`]: 'Jb' },
    force64: true,
    exec(ir) {
      const type = counter(ir);
      const left = ir.sub(ir.gpr(1, type), ir.const(1, type));
      ir.setGpr(1, left);
      const nonzero = ir.ne(left, ir.const(0, type));
      const flag = more(ir);
      const taken = flag ? ir.and(nonzero, flag) : nonzero;
      ir.jump(ir.checkedTarget(taken), taken);
    },
  });
loop('loopne', 'E0', (ir) => ir.not(ir.flag('ZF')));
loop('loope', 'E1', (ir) => ir.flag('ZF'));
loop('loop', 'E2', () => undefined);
instruction({
  mnemonic: 'jrcxz',
  encodings: { 'E3 cb': 'Jb' },
  force64: true,
  exec(ir) {
    const taken = ir.isZero(ir.gpr(1, counter(ir)));
    ir.jump(ir.checkedTarget(taken), taken);
  },
});
