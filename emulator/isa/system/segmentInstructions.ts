// SPDX-License-Identifier: MIT
/**
 * @fileoverview Records that load and store segment registers: MOV, PUSH, POP, LDS and its kind (APM vol. 3).
 *
 * Loading SS holds interrupts and debug traps off for one instruction and may change the stack's width.
 */
import type { Builder } from '../../ir/builder.ts';
import { SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import type { Operand, Value } from '../../ir/value.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { CR0_PE, EFER_LMA, protectedMode, VECTOR } from './bits.ts';
import { onFlatStack } from './quickLegacyTransfer.ts';
import { loadQuickly } from './quickTransfer.ts';
import { loadSegment } from './segmentation.ts';
import { currentStack, setStackPointer } from './stack.ts';

const load = helper('mov.loadSegment', (cpu) => loadInto(cpu, cpu.args.u32(0), cpu.args.u32(1) & 0xffff));
function loadInto(cpu: Cpu, seg: number, selector: number): void {
  if (seg === SEGMENT.cs || seg > SEGMENT.gs) cpu.raise(VECTOR.UD);
  if (seg !== SEGMENT.ss && protectedMode(cpu) && loadQuickly(cpu, seg, selector)) return;
  loadSegment(cpu, seg, selector);
  if (seg === SEGMENT.ss) cpu.modeChanged();
}
/** MOV SS and POP SS, not LSS. */
function loadWithShadow(cpu: Cpu, seg: number, selector: number): void {
  loadInto(cpu, seg, selector);
  if (seg === SEGMENT.ss) cpu.write32(SLOT.SHADOW, 1);
}
const move = helper('mov.toSegment', (cpu) => loadWithShadow(cpu, cpu.args.u32(0), cpu.args.u32(1) & 0xffff));
/** All of POP: the stack pointer must not move when the load faults. */
const pop = helper('pop.segment', (cpu) => {
  const seg = cpu.args.u32(0);
  if (seg !== SEGMENT.ss && cpu.args.u32(1) === 32 && onFlatStack(cpu)) {
    const sp = cpu.read32(SLOT.rsp) >>> 0;
    const place = cpu.knownPlace(sp, 4, false, false);
    if (place >= 0) {
      loadInto(cpu, seg, cpu.view.getUint16(place, true));
      setStackPointer(cpu, sp + 4, 0, 32);
      return;
    }
  }
  const stack = currentStack(cpu);
  const selector = stack.pop(cpu.args.u32(1) / 8) & 0xffff;
  loadWithShadow(cpu, seg, selector);
  stack.commit();
});
/** Behind a call that may have changed the mode: leaves the engine if so. */
export const settle = helper('mov.settle', () => {});
/** The selector of ES to GS by number; #UD for others. */
function selectorByNumber(ir: Builder, segment: Operand): Value {
  const n = number(ir, segment);
  ir.fault(VECTOR.UD, ir.ult(ir.const(SEGMENT.gs, 'i32'), n));
  const selector = (seg: number): Value => ir.slot(segmentSlot(seg) + SEG.selector, 'i16');
  let value = selector(SEGMENT.es);
  for (let seg = SEGMENT.cs; seg <= SEGMENT.gs; seg++) value = ir.select(ir.eq(n, ir.const(seg, 'i32')), selector(seg), value);
  return value;
}
const number = (ir: Builder, segment: Operand): Value => ir.resize(ir.read(segment), 'i32');

/**
 * Loads ES, DS, FS or GS as 32-bit kernels do at every entry and exit. ES and DS are flat and stay so, which regions count on; FS and GS, up to 4 GiB
 * long, may be null or have a base. The descriptor is read as the code that runs reads its data, which must be as the processor reads its tables.
 */
function loadFlat(ir: Builder, seg: number, selector: Value): void {
  const k = (n: number): Value => ir.const(n, 'i32');
  const is = (value: Value, mask: number, pattern: number): Value => ir.eq(ir.and(value, k(mask)), k(pattern));
  const never = (): void => ir.control(settle, [], ir.const(0, 'i1'));
  const data = seg === SEGMENT.es || seg === SEGMENT.ds;
  if (!data && seg !== SEGMENT.fs && seg !== SEGMENT.gs) {
    never();
    return;
  }
  const slot = segmentSlot(seg);
  const table = segmentSlot(SEGMENT.gdtr);
  const offset = ir.and(selector, k(0xfff8));
  const place = ir.wrap(ir.add(ir.slot(table + SEG.base, 'i64'), ir.zext(offset, 'i64')), 32);
  const low = ir.load(place, 'i32');
  const high = ir.load(ir.wrap(ir.add(place, ir.const(4, 'i64')), 32), 'i32');
  const level = ir.and(ir.shr(high, k(13)), k(3));
  const levels = ir.and(ir.ule(ir.slot(SLOT.CPL, 'i32'), level), ir.ule(ir.and(selector, k(3)), level));
  const known = [
    ir.eq(ir.slot(SLOT.BLOCK_SYSTEM, 'i32'), ir.slot(SLOT.TLB, 'i32')),
    is(ir.slot(SLOT.CR0, 'i32'), CR0_PE, CR0_PE),
    is(ir.slot(SLOT.EFER, 'i32'), EFER_LMA, 0),
    is(selector, 4, 0),
    ir.ule(ir.add(offset, k(7)), ir.slot(table + SEG.limit, 'i32')),
  ];
  const all = (list: Value[]): Value => list.reduce((a, b) => ir.and(a, b));
  const attributes = ir.or(ir.and(ir.shr(high, k(8)), k(0xff)), ir.and(ir.shr(high, k(12)), k(0xf00)));
  const isNull = is(selector, 0xfffc, 0);
  if (data) {
    const whole = [ir.eq(low, k(0xffff)), is(high, 0xffef9fff, 0xcf9300), is(ir.slot(SLOT.ODD, 'i32'), 1 << seg, 0)];
    ir.setSlot(slot, ir.or(selector, ir.shl(attributes, k(16))));
    ir.control(settle, [], all([...known, ir.not(isNull), ...whole, levels]));
    return;
  }
  const long = [is(low, 0xffff, 0xffff), is(high, 0xaf9f00, 0x8f9300), levels];
  const base = ir.or(ir.or(ir.shr(low, k(16)), ir.shl(ir.and(high, k(0xff)), k(16))), ir.and(high, k(0xff000000)));
  const unlessNull = (value: Value, otherwise: Value): Value => ir.select(isNull, otherwise, value);
  const bounds = unlessNull(ir.const(0xffffffff00000000n, 'i64'), ir.const(1, 'i64'));
  ir.setSlot(slot, ir.or(selector, ir.shl(unlessNull(attributes, k(0)), k(16))));
  ir.setSlot(slot + SEG.limit, unlessNull(k(0xffffffff), k(0)));
  ir.setSlot(slot + SEG.base, ir.zext(unlessNull(base, k(0)), 'i64'));
  ir.setSlot(slot + SEG.readLow, bounds);
  ir.setSlot(slot + SEG.writeLow, bounds);
  ir.control(settle, [], all([...known, ir.or(isNull, all(long))]));
}
instruction({
  mnemonic: 'mov',
  encodings: { '8E /r': 'Sw,Ew' },
  exec(ir, segment, source) {
    ir.control(move, [number(ir, segment), ir.resize(ir.read(source), 'i32')]);
  },
  shortcut(ir, segment, source) {
    loadFlat(ir, constant(ir, segment), ir.and(ir.resize(ir.read(source), 'i32'), ir.const(0xffff, 'i32')));
  },
});
instruction({
  mnemonic: 'mov',
  encodings: { '8C /r': 'Rv,Sw' },
  exec(ir, dst, segment) {
    ir.write(dst, ir.resize(selectorByNumber(ir, segment), ir.type));
  },
});
/** To memory always 16 bits. */
instruction({
  mnemonic: 'mov',
  encodings: { '8C /r': 'Mw,Sw' },
  exec(ir, dst, segment) {
    ir.write(dst, selectorByNumber(ir, segment));
  },
});

const PUSHED: readonly (readonly [string, string, 'legacy' | undefined])[] = [
  ['06', 'ES', 'legacy'],
  ['0E', 'CS', 'legacy'],
  ['16', 'SS', 'legacy'],
  ['1E', 'DS', 'legacy'],
  ['0F A0', 'FS', undefined],
  ['0F A8', 'GS', undefined],
];
for (const [code, name, modes] of PUSHED) {
  instruction({
    mnemonic: 'push',
    encodings: { [code]: `${name},v` },
    modes,
    default64: true,
    exec(ir, segment) {
      ir.push(ir.resize(ir.slot(segmentSlot(constant(ir, segment)), 'i16'), ir.type));
    },
  });
}
const constant = (ir: Builder, o: Operand): number => Number(ir.read(o).n);

const POPPED: readonly (readonly [string, string, 'legacy' | undefined])[] = [
  ['07', 'ES', 'legacy'],
  ['17', 'SS', 'legacy'],
  ['1F', 'DS', 'legacy'],
  ['0F A1', 'FS', undefined],
  ['0F A9', 'GS', undefined],
];
for (const [code, name, modes] of POPPED) {
  instruction({
    mnemonic: 'pop',
    encodings: { [code]: `${name},v` },
    modes,
    default64: true,
    exec(ir, segment) {
      ir.control(pop, [number(ir, segment), ir.const(ir.size, 'i32')]);
    },
    shortcut(ir, segment) {
      loadFlat(ir, constant(ir, segment), ir.and(ir.resize(ir.pop(ir.type), 'i32'), ir.const(0xffff, 'i32')));
    },
  });
}

const FAR_LOADS: readonly (readonly [string, string, number, 'legacy' | undefined])[] = [
  ['les', 'C4 /r', SEGMENT.es, 'legacy'],
  ['lds', 'C5 /r', SEGMENT.ds, 'legacy'],
  ['lss', '0F B2 /r', SEGMENT.ss, undefined],
  ['lfs', '0F B4 /r', SEGMENT.fs, undefined],
  ['lgs', '0F B5 /r', SEGMENT.gs, undefined],
];
for (const [mnemonic, code, segment, modes] of FAR_LOADS) {
  instruction({
    mnemonic,
    encodings: { [code]: 'Gv,Mp' },
    modes,
    exec(ir, dst, source) {
      const { offset, selector } = farPointer(ir, source);
      ir.callVoid(load, [ir.const(segment, 'i32'), selector]);
      ir.write(dst, offset);
      if (segment === SEGMENT.ss) ir.control(settle);
    },
  });
}

/** A far pointer in memory: offset of the operand size, then a selector (as i32). */
export function farPointer(ir: Builder, source: Operand): { offset: Value; selector: Value } {
  const address = ir.address(source);
  const offset = ir.load(address, ir.type);
  return { offset, selector: ir.zext(ir.load(beyond(ir, address, ir.size / 8), 'i16'), 'i32') };
}
/** The linear address `n` bytes further. */
export function beyond(ir: Builder, address: Value, n: number): Value {
  return ir.wrap(ir.add(address, ir.const(n, 'i64')), ir.env.code === 64 ? 64 : 32);
}
