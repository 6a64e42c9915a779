// SPDX-License-Identifier: MIT
/** @fileoverview Moves, exchanges, conversions of size, flag images (APM vol. 3). */
import { SLOT } from '../../ir/state.ts';
import type { Flag, IntType, Operand } from '../../ir/value.ts';
import { type Instruction, instruction, needsContext } from '../record.ts';

instruction({
  mnemonic: 'mov',
  encodings: {
    '88 /r': 'Eb,Gb',
    '89 /r': 'Ev,Gv',
    '8A /r': 'Gb,Eb',
    '8B /r': 'Gv,Ev',
    'B0+r ib': 'Zb,Ib',
    'B8+r iv': 'Zv,Iv',
    'C6 /0 ib': 'Eb,Ib',
    'C7 /0 iz': 'Ev,Iz',
    'A0 moffs': 'AL,Ob',
    'A1 moffs': 'rAX,Ov',
    'A2 moffs': 'Ob,AL',
    'A3 moffs': 'Ov,rAX',
  },
  exec(ir, dst, src) {
    ir.write(dst, ir.read(src));
  },
});
instruction({
  mnemonic: 'lea',
  encodings: { '8D /r': 'Gv,M' },
  exec(ir, dst, src) {
    ir.write(dst, ir.trunc(ir.address(src), ir.type));
  },
});
instruction({
  mnemonic: 'movzx',
  encodings: { '0F B6 /r': 'Gv,Eb', '0F B7 /r': 'Gv,Ew' },
  exec(ir, dst, src) {
    ir.write(dst, ir.zext(ir.read(src), ir.type));
  },
});
instruction({
  mnemonic: 'movsx',
  encodings: { '0F BE /r': 'Gv,Eb', '0F BF /r': 'Gv,Ew' },
  exec(ir, dst, src) {
    ir.write(dst, ir.sext(ir.read(src), ir.type));
  },
});
/** Without REX.W a plain move, truncating for 16-bit operands. */
instruction({
  mnemonic: 'movsxd',
  encodings: { '63 /r': 'Gv,Ed' },
  modes: 'long',
  exec(ir, dst, src) {
    const value = ir.read(src);
    ir.write(dst, ir.size === 64 ? ir.sext(value, 'i64') : ir.trunc(value, ir.type));
  },
});
instruction({
  mnemonic: 'cmovcc',
  encodings: { '0F 40+cc /r': 'Gv,Ev' },
  cpuid: 'CMOV',
  exec: needsContext,
  /** The source is read, and may fault, and the upper half is cleared, whether or not the condition holds. */
  execWith(ir, { cc }, dst, src) {
    const value = ir.read(src);
    ir.write(dst, ir.select(ir.condition(cc), value, ir.read(dst)));
  },
});
instruction({
  mnemonic: 'setcc',
  encodings: { '0F 90+cc /r': 'Eb' },
  exec: needsContext,
  execWith(ir, { cc }, dst) {
    ir.write(dst, ir.zext(ir.condition(cc), 'i8'));
  },
});
instruction({
  mnemonic: 'xchg',
  encodings: {
    '86 /r': 'Eb,Gb',
    '87 /r': 'Ev,Gv',
    'REX.B 90': 'Zv,rAX',
    '91': 'Zv,rAX',
    '92': 'Zv,rAX',
    '93': 'Zv,rAX',
    '94': 'Zv,rAX',
    '95': 'Zv,rAX',
    '96': 'Zv,rAX',
    '97': 'Zv,rAX',
  },
  lock: true,
  exec(ir, a, b) {
    const x = ir.read(a);
    const y = ir.read(b);
    ir.write(a, y);
    ir.write(b, x);
  },
});
/** NOP, PAUSE (a NOP with F3), multi-byte NOP and the hints that are NOPs on processors without them (ENDBR, RDSSP, prefetches). They access no memory. */
instruction({
  mnemonic: 'nop',
  encodings: {
    '90': '',
    '0F 0D /r': 'M',
    '0F 18 /r': 'Ev',
    '0F 1F /r': 'Ev',
    '0F 19 /r': 'Ev',
    '0F 1A /r': 'Ev',
    '0F 1B /r': 'Ev',
    '0F 1C /r': 'Ev',
    '0F 1D /r': 'Ev',
    '0F 1E /r': 'Ev',
  },
  exec() {},
});
instruction({
  mnemonic: 'xadd',
  encodings: { '0F C0 /r': 'Eb,Gb', '0F C1 /r': 'Ev,Gv' },
  lock: true,
  exec(ir, dst, src) {
    const a = ir.read(dst);
    const b = ir.read(src);
    const r = ir.add(a, b);
    ir.write(src, a);
    ir.write(dst, r);
    ir.setFlags(ir.arith('add', a, b, r));
  },
});
/** Memory is always written, with the old value on failure; a 32-bit register that does not change keeps its upper half. */
instruction({
  mnemonic: 'cmpxchg',
  encodings: { '0F B0 /r': 'Eb,Gb', '0F B1 /r': 'Ev,Gv' },
  lock: true,
  exec(ir, dst, src) {
    const a = ir.gpr(0);
    const old = ir.read(dst);
    const rax: Operand = { kind: 'reg', type: ir.type, reg: { slot: SLOT.rax } };
    ir.writeIf(rax, ir.ne(a, old), old);
    ir.writeIf(dst, ir.eq(a, old), ir.read(src));
    ir.setFlags(ir.arith('sub', a, old, ir.sub(a, old)));
  },
});
instruction({
  mnemonic: 'cmpxchg8b',
  encodings: { '0F C7 /1': 'Mq' },
  lock: true,
  exec(ir, dst) {
    const k = ir.const(32, 'i64');
    const pair = (high: number, low: number) => ir.or(ir.shl(ir.gpr(high, 'i64'), k), ir.zext(ir.gpr(low, 'i32'), 'i64'));
    const old = ir.read(dst);
    const same = ir.eq(old, pair(2, 0));
    ir.write(dst, ir.select(same, pair(1, 3), old));
    const half = (v: typeof old, n: number) => ir.select(same, ir.gpr(n, 'i64'), ir.zext(ir.trunc(v, 'i32'), 'i64'));
    ir.setGpr(0, half(old, 0));
    ir.setGpr(2, half(ir.shr(old, k), 2));
    ir.setFlags({ ZF: ir.bool(same) });
  },
});
instruction({
  mnemonic: 'cmpxchg16b',
  encodings: { 'REX.W 0F C7 /1': 'Mx' },
  cpuid: 'CMPXCHG16B',
  modes: 'long',
  lock: true,
  exec(ir, dst) {
    ir.requireAligned(dst, 16);
    const old = ir.read(dst);
    const lane = (v: typeof old, n: number) => ir.simd('i64x2.extract_lane', 'i64', [v], n);
    const low = lane(old, 0);
    const high = lane(old, 1);
    const same = ir.and(ir.eq(low, ir.gpr(0, 'i64')), ir.eq(high, ir.gpr(2, 'i64')));
    const next = (value: typeof low, n: number) => ir.select(same, ir.gpr(n, 'i64'), value);
    ir.write(dst, ir.simd('i64x2.replace_lane', 'v128', [ir.simd('i64x2.splat', 'v128', [next(low, 3)]), next(high, 1)], 1));
    ir.setGpr(0, low);
    ir.setGpr(2, high);
    ir.setFlags({ ZF: ir.bool(same) });
  },
});
const half = (size: number): IntType => `i${size / 2}` as IntType;
instruction({
  mnemonic: 'cbw',
  encodings: { '98': 'v' },
  exec(ir) {
    ir.setGpr(0, ir.sext(ir.gpr(0, half(ir.size)), ir.type));
  },
});
instruction({
  mnemonic: 'cwd',
  encodings: { '99': 'v' },
  exec(ir) {
    ir.setGpr(2, ir.select(ir.isNegative(ir.gpr(0)), ir.const(-1), ir.const(0)));
  },
});
instruction({
  mnemonic: 'xlat',
  encodings: { D7: 'b' },
  sourceSegment: true,
  exec(ir) {
    const type = `i${ir.env.address}` as IntType;
    const offset = ir.zext(ir.add(ir.gpr(3, type), ir.zext(ir.gpr(0, 'i8'), type)), 'i64');
    ir.setGpr(0, ir.load(ir.sourceAddress(offset, 1), 'i8'));
  },
});

// Flags.
const AH = SLOT.rax + 1;
const IMAGE: readonly [Flag, number][] = [
  ['CF', 0],
  ['PF', 2],
  ['AF', 4],
  ['ZF', 6],
  ['SF', 7],
];
/** Early 64-bit processors lacked the two in 64-bit mode. */
const everywhere = (record: Instruction): void => {
  instruction({ ...record, modes: 'legacy' });
  instruction({ ...record, modes: 'long', cpuid: 'LAHF' });
};
everywhere({
  mnemonic: 'lahf',
  encodings: { '9F': '' },
  exec(ir) {
    const bits = IMAGE.map(([flag, at]) => ir.shl(ir.zext(ir.flag(flag), 'i32'), ir.const(at, 'i32')));
    const image = bits.reduce((a, b) => ir.or(a, b), ir.const(2, 'i32'));
    ir.setSlot(AH, ir.trunc(image, 'i8'));
  },
});
everywhere({
  mnemonic: 'sahf',
  encodings: { '9E': '' },
  exec(ir) {
    const image = ir.slot(AH, 'i8');
    ir.setFlags(Object.fromEntries(IMAGE.map(([flag, at]) => [flag, ir.bool(ir.bit(image, at))])));
  },
});
instruction({ mnemonic: 'clc', encodings: { F8: '' }, exec: (ir) => ir.setFlags({ CF: ir.bool(0) }) });
instruction({ mnemonic: 'stc', encodings: { F9: '' }, exec: (ir) => ir.setFlags({ CF: ir.bool(1) }) });
instruction({ mnemonic: 'cmc', encodings: { F5: '' }, exec: (ir) => ir.setFlags({ CF: ir.bool(ir.not(ir.flag('CF'))) }) });
instruction({ mnemonic: 'cld', encodings: { FC: '' }, exec: (ir) => ir.setSlot(SLOT.DIRECTION, ir.const(1, 'i64')) });
instruction({ mnemonic: 'std', encodings: { FD: '' }, exec: (ir) => ir.setSlot(SLOT.DIRECTION, ir.const(-1, 'i64')) });
/** Undocumented, present on every processor outside 64-bit mode. */
instruction({
  mnemonic: 'salc',
  encodings: { D6: 'b' },
  modes: 'legacy',
  exec(ir) {
    ir.setGpr(0, ir.select(ir.flag('CF'), ir.const(-1, 'i8'), ir.const(0, 'i8')));
  },
});
