// SPDX-License-Identifier: MIT
/** @fileoverview Decimal adjustment and BOUND, which 64-bit mode does not have (APM vol. 3). */
import type { Value } from '../../ir/value.ts';
import { instruction } from '../record.ts';

const AX = 0;

const packedAdjust = (mnemonic: string, opcode: string, op: 'add' | 'sub') =>
  instruction({
    mnemonic,
    encodings: { [opcode]: 'b' },
    modes: 'legacy',
    undefinedFlags: { OF: 'cleared' },
    exec(ir) {
      const k = (n: number): Value => ir.const(n, 'i8');
      const al = ir.gpr(AX, 'i8');
      const carry = ir.flag('CF');
      const low = ir.or(ir.ult(k(9), ir.and(al, k(15))), ir.flag('AF'));
      const high = ir.or(ir.ult(k(0x99), al), carry);
      const six = ir.select(low, k(6), k(0));
      const sixty = ir.select(high, k(0x60), k(0));
      const r = ir[op](ir[op](al, six), sixty);
      // DAS: borrowing in the low digit counts too (SDM vol. 2, DAS).
      const borrow = op === 'sub' ? ir.and(low, ir.ult(al, k(6))) : ir.const(0, 'i1');
      ir.setGpr(AX, r);
      ir.setFlags({ ...ir.clearedFlags, ...ir.resultFlags(r), CF: ir.bool(ir.or(high, borrow)), AF: ir.bool(low) });
    },
  });
packedAdjust('daa', '27', 'add');
packedAdjust('das', '2F', 'sub');

const unpackedAdjust = (mnemonic: string, opcode: string, op: 'add' | 'sub') =>
  instruction({
    mnemonic,
    encodings: { [opcode]: 'b' },
    modes: 'legacy',
    undefinedFlags: { OF: 'cleared', SF: 'cleared', ZF: 'cleared', PF: 'cleared' },
    exec(ir) {
      const k = (n: number): Value => ir.const(n, 'i16');
      const ax = ir.gpr(AX, 'i16');
      const adjust = ir.or(ir.ult(k(9), ir.and(ax, k(15))), ir.flag('AF'));
      const moved = ir.select(adjust, ir[op](ax, k(0x106)), ax);
      ir.setGpr(AX, ir.and(moved, k(0xff0f)));
      ir.setFlags({ ...ir.clearedFlags, CF: ir.bool(adjust), AF: ir.bool(adjust) });
    },
  });
unpackedAdjust('aaa', '37', 'add');
unpackedAdjust('aas', '3F', 'sub');

instruction({
  mnemonic: 'aam',
  encodings: { 'D4 ib': 'Ib' },
  modes: 'legacy',
  undefinedFlags: { OF: 'cleared', AF: 'cleared', CF: 'cleared' },
  exec(ir, base) {
    const b = ir.zext(ir.read(base), 'i32');
    ir.fault(0, ir.isZero(b));
    const al = ir.zext(ir.gpr(AX, 'i8'), 'i32');
    const rest = ir.trunc(ir.divide('urem', al, b), 'i8');
    const quotient = ir.divide('udiv', al, b);
    ir.setGpr(AX, ir.or(ir.zext(rest, 'i16'), ir.trunc(ir.shl(quotient, ir.const(8, 'i32')), 'i16')));
    ir.setFlags({ ...ir.clearedFlags, ...ir.resultFlags(rest) });
  },
});
instruction({
  mnemonic: 'aad',
  encodings: { 'D5 ib': 'Ib' },
  modes: 'legacy',
  undefinedFlags: { OF: 'cleared', AF: 'cleared', CF: 'cleared' },
  exec(ir, base) {
    const ax = ir.gpr(AX, 'i16');
    const r = ir.trunc(ir.add(ax, ir.mul(ir.shr(ax, ir.const(8, 'i16')), ir.zext(ir.read(base), 'i16'))), 'i8');
    ir.setGpr(AX, ir.zext(r, 'i16'));
    ir.setFlags({ ...ir.clearedFlags, ...ir.resultFlags(r) });
  },
});
instruction({
  mnemonic: 'bound',
  encodings: { '62 /r': 'Gv,Mv' },
  modes: 'legacy',
  exec(ir, index, bounds) {
    const i = ir.read(index);
    const low = ir.read(bounds);
    const high = ir.load(ir.add(ir.address(bounds), ir.const(ir.size / 8, 'i64')), ir.type);
    ir.fault(5, ir.or(ir.slt(i, low), ir.slt(high, i)));
  },
});
