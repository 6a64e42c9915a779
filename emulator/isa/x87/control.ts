// SPDX-License-Identifier: MIT
/**
 * @fileoverview x87 control instructions: control and status word, initialization, clearing, environments and whole states in the
 * formats of FSTENV and FSAVE (SDM vol. 1, 8.1.10 and 8.3.8; vol. 2).
 *
 * Control instructions leave FIP alone. The `fn` forms do not look at pending exceptions; assemblers make the others from FWAIT. Images
 * are read and tested completely before any state changes, and written completely before.
 */
import { SLOT } from '../../ir/state.ts';
import type { HelperRef } from '../../ir/value.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { FSW } from './float80.ts';
import { begin, following, pending, refreshSummary, unit } from './unit.ts';

/** Bits of the control word that can be written; bit 6 always reads 1. */
const FCW_BITS = 0x1f3f;
export const FCW_INITIAL = 0x37f;
export const cleanControl = (fcw: number): number => (fcw & FCW_BITS) | 0x40;

/** Registers keep their contents; all are empty. */
export function initialize(cpu: Cpu): void {
  const { view, base } = cpu;
  view.setUint16(base + SLOT.FCW, FCW_INITIAL, true);
  view.setUint16(base + SLOT.FSW, 0, true);
  view.setUint32(base + SLOT.FTOP, 0, true);
  view.setUint8(base + SLOT.FTW, 0);
  view.setUint16(base + SLOT.FOP, 0, true);
  view.setUint16(base + SLOT.FCS, 0, true);
  view.setUint16(base + SLOT.FDS, 0, true);
  cpu.write64(SLOT.FIP, 0n);
  cpu.write64(SLOT.FDP, 0n);
}
/** The architectural status word, with TOP. */
export const statusWord = (cpu: Cpu): number => cpu.read16(SLOT.FSW) | (cpu.read32(SLOT.FTOP) << 11);
/** Sets control, status and TOP from images of the two words. */
export function setWords(cpu: Cpu, fcw: number, fsw: number): void {
  const control = cleanControl(fcw);
  const { view, base } = cpu;
  view.setUint16(base + SLOT.FCW, control, true);
  view.setUint16(base + SLOT.FSW, refreshSummary(control, fsw & ~FSW.TOP), true);
  view.setUint32(base + SLOT.FTOP, (fsw >> 11) & 7, true);
}

// Words.

const fldcw = helper('fldcw', (cpu) => {
  setWords(cpu, cpu.args.u32(0), statusWord(cpu));
});
instruction({
  mnemonic: 'fldcw',
  encodings: { 'D9 /5': 'Mw' },
  unit: 'fpu',
  exec(ir, o) {
    pending(ir);
    ir.callVoid(fldcw, [ir.zext(ir.read(o), 'i32')]);
  },
});
instruction({
  mnemonic: 'fnstcw',
  encodings: { 'D9 /7': 'Mw' },
  unit: 'fpu',
  exec(ir, o) {
    ir.write(o, ir.slot(SLOT.FCW, 'i16'));
  },
});
instruction({
  mnemonic: 'fnstsw',
  encodings: { 'DD /7': 'Mw', 'DF E0': '' },
  unit: 'fpu',
  exec(ir, o) {
    const top = ir.trunc(ir.shl(ir.slot(SLOT.FTOP, 'i32'), ir.const(11, 'i32')), 'i16');
    const status = ir.or(ir.slot(SLOT.FSW, 'i16'), top);
    if (o) ir.write(o, status);
    else ir.setGpr(0, status);
  },
});
const fnclex = helper('fnclex', (cpu) => {
  cpu.write16(SLOT.FSW, cpu.read16(SLOT.FSW) & ~(FSW.B | FSW.ES | FSW.SF | 0x3f));
});
const fninit = helper('fninit', initialize);
for (const [mnemonic, notation, run] of [
  ['fnclex', 'DB E2', fnclex],
  ['fninit', 'DB E3', fninit],
] as const) {
  instruction({
    mnemonic,
    encodings: { [notation]: '' },
    unit: 'fpu',
    exec(ir) {
      ir.callVoid(run, []);
    },
  });
}
/** Instructions of the 8087 and 80287 that do nothing since. */
for (const [mnemonic, notation] of [
  ['feni', 'DB E0'],
  ['fdisi', 'DB E1'],
  ['fsetpm', 'DB E4'],
] as const) {
  instruction({ mnemonic, encodings: { [notation]: '' }, unit: 'fpu', exec() {} });
}
instruction({ mnemonic: 'fwait', encodings: { '9B': '' }, unit: 'fwait', exec: pending });

// Environments.

/** Two bits per physical register: valid, zero, special, empty. */
export function fullTags(cpu: Cpu): number {
  const { view, base } = cpu;
  const present = view.getUint8(base + SLOT.FTW);
  let tags = 0;
  for (let n = 0; n < 8; n++) {
    let tag = 3;
    if (present & (1 << n)) {
      const at = base + SLOT.FPR + n * 16;
      const lo = view.getUint32(at, true);
      const hi = view.getUint32(at + 4, true);
      const exponent = view.getUint16(at + 8, true) & 0x7fff;
      if (exponent === 0x7fff || hi >>> 31 === 0 || exponent === 0) tag = exponent === 0 && (hi | lo) === 0 ? 1 : 2;
      else tag = 0;
    }
    tags |= tag << (2 * n);
  }
  return tags;
}
function setFullTags(cpu: Cpu, tags: number): void {
  let present = 0;
  for (let n = 0; n < 8; n++) if (((tags >> (2 * n)) & 3) !== 3) present |= 1 << n;
  cpu.view.setUint8(cpu.base + SLOT.FTW, present);
}
/** Real mode and virtual-8086 mode keep linear pointers. */
function isProtected(cpu: Cpu): boolean {
  return (cpu.read32(SLOT.CR0) & 1) !== 0 && (cpu.read32(SLOT.RFLAGS) & (1 << 17)) === 0;
}

/** The longest image: environment of 28 bytes and 8 registers of 10. */
const image = new DataView(new ArrayBuffer(112));
const environmentSize = (wide: boolean): number => (wide ? 28 : 14);

function composeEnvironment(cpu: Cpu, wide: boolean): void {
  const fip = Number(BigInt.asUintN(32, cpu.read64(SLOT.FIP)));
  const fdp = Number(BigInt.asUintN(32, cpu.read64(SLOT.FDP)));
  const words = [cpu.read16(SLOT.FCW), statusWord(cpu), fullTags(cpu)];
  const fop = cpu.read16(SLOT.FOP);
  const fcs = cpu.read16(SLOT.FCS);
  const fds = cpu.read16(SLOT.FDS);
  const ip = (fcs * 16 + fip) >>> 0;
  const dp = (fds * 16 + fdp) >>> 0;
  const inProtected = isProtected(cpu);
  if (wide) {
    // The upper halves are stored as ones.
    const fields = inProtected
      ? [fip, fcs | (fop << 16), fdp, 0xffff0000 | fds]
      : [0xffff0000 | (ip & 0xffff), ((ip >>> 16) << 12) | fop, 0xffff0000 | (dp & 0xffff), (dp >>> 16) << 12];
    [...words.map((w) => 0xffff0000 | w), ...fields].forEach((v, i) => {
      image.setUint32(i * 4, v >>> 0, true);
    });
  } else {
    const fields = inProtected
      ? [fip, fcs, fdp, fds]
      : [ip & 0xffff, ((ip >>> 4) & 0xf000) | fop, dp & 0xffff, (dp >>> 4) & 0xf000];
    [...words, ...fields].forEach((v, i) => {
      image.setUint16(i * 2, v & 0xffff, true);
    });
  }
}
function takeEnvironment(cpu: Cpu, wide: boolean): void {
  const word = (i: number): number => image.getUint16(i * (wide ? 4 : 2), true);
  const long = (i: number): number => image.getUint32(i * 4, true);
  setWords(cpu, word(0), word(1));
  setFullTags(cpu, word(2));
  let fip = wide ? long(3) : word(3);
  let fdp = wide ? long(5) : word(5);
  let fop = 0;
  if (isProtected(cpu)) {
    if (wide) fop = (long(4) >>> 16) & 0x7ff;
  } else if (wide) {
    fop = long(4) & 0x7ff;
    fip = ((fip & 0xffff) | (((long(4) >>> 12) & 0xffff) << 16)) >>> 0;
    fdp = ((fdp & 0xffff) | (((long(6) >>> 12) & 0xffff) << 16)) >>> 0;
  } else {
    fop = word(4) & 0x7ff;
    fip |= (word(4) & 0xf000) << 4;
    fdp |= (word(6) & 0xf000) << 4;
  }
  cpu.write16(SLOT.FOP, fop);
  cpu.write16(SLOT.FCS, 0);
  cpu.write16(SLOT.FDS, 0);
  cpu.write64(SLOT.FIP, BigInt(fip >>> 0));
  cpu.write64(SLOT.FDP, BigInt(fdp >>> 0));
}

const registerAt = (cpu: Cpu, i: number): number => cpu.base + SLOT.FPR + ((unit.top + i) & 7) * 16;

/** Memory accesses of 8 bytes, then what is left. */
function copyOut(cpu: Cpu, address: bigint, size: number): void {
  cpu.probe(address, size, true);
  let at = 0;
  for (; at + 8 <= size; at += 8) cpu.store(following(cpu, address, at), 8, image.getBigUint64(at, true));
  for (; at < size; at += 2) cpu.store(following(cpu, address, at), 2, BigInt(image.getUint16(at, true)));
}
function copyIn(cpu: Cpu, address: bigint, size: number): void {
  let at = 0;
  for (; at + 8 <= size; at += 8) image.setBigUint64(at, cpu.load(following(cpu, address, at), 8), true);
  for (; at < size; at += 2) image.setUint16(at, Number(cpu.load(following(cpu, address, at), 2)), true);
}

// Arguments: address, operand size in bits.

const fnstenv = helper('fnstenv', (cpu) => {
  const wide = cpu.args.u32(1) !== 16;
  const address = cpu.args.u64(0);
  composeEnvironment(cpu, wide);
  copyOut(cpu, address, environmentSize(wide));
  // All exceptions become masked.
  setWords(cpu, cpu.read16(SLOT.FCW) | 0x3f, statusWord(cpu));
});
const fldenv = helper('fldenv', (cpu) => {
  const wide = cpu.args.u32(1) !== 16;
  copyIn(cpu, cpu.args.u64(0), environmentSize(wide));
  takeEnvironment(cpu, wide);
});
const fnsave = helper('fnsave', (cpu) => {
  const wide = cpu.args.u32(1) !== 16;
  const address = cpu.args.u64(0);
  const size = environmentSize(wide);
  composeEnvironment(cpu, wide);
  begin(cpu);
  for (let i = 0; i < 8; i++) {
    const from = registerAt(cpu, i);
    image.setBigUint64(size + i * 10, cpu.view.getBigUint64(from, true), true);
    image.setUint16(size + i * 10 + 8, cpu.view.getUint16(from + 8, true), true);
  }
  copyOut(cpu, address, size + 80);
  initialize(cpu);
});
const frstor = helper('frstor', (cpu) => {
  const wide = cpu.args.u32(1) !== 16;
  const size = environmentSize(wide);
  copyIn(cpu, cpu.args.u64(0), size + 80);
  takeEnvironment(cpu, wide);
  begin(cpu);
  for (let i = 0; i < 8; i++) {
    const to = registerAt(cpu, i);
    cpu.view.setBigUint64(to, image.getBigUint64(size + i * 10, true), true);
    cpu.view.setUint16(to + 8, image.getUint16(size + i * 10 + 8, true), true);
  }
});
function environmentRecord(mnemonic: string, notation: string, run: HelperRef, kind: 'load' | 'store', registers: boolean): void {
  instruction({
    mnemonic,
    encodings: { [notation]: 'Mv' },
    memory: { bytes: (size) => environmentSize(size !== 16) + (registers ? 80 : 0), writes: kind === 'store' },
    unit: 'fpu',
    exec(ir, o) {
      if (kind === 'load') pending(ir);
      ir.callVoid(run, [ir.address(o), ir.const(ir.size, 'i32')]);
    },
  });
}
environmentRecord('fnstenv', 'D9 /6', fnstenv, 'store', false);
environmentRecord('fldenv', 'D9 /4', fldenv, 'load', false);
environmentRecord('fnsave', 'DD /6', fnsave, 'store', true);
environmentRecord('frstor', 'DD /4', frstor, 'load', true);
