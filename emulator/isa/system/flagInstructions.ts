// SPDX-License-Identifier: MIT
/**
 * @fileoverview PUSHF, POPF, CLI, STI: flags under IOPL (APM vol. 2, 3.1.6; vol. 3). There is no virtual-8086 mode yet and CPUID does not
 * report its extensions, so CR4.VME and PVI cannot be set and VIF stays an ordinary bit.
 */
import type { Builder } from '../../ir/builder.ts';
import { SLOT } from '../../ir/state.ts';
import { FLAGS, type Flag, type Value } from '../../ir/value.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import {
  ioPrivilege,
  RFLAGS_AC,
  RFLAGS_DF,
  RFLAGS_ID,
  RFLAGS_IF,
  RFLAGS_IOPL,
  RFLAGS_NT,
  RFLAGS_RF,
  RFLAGS_TF,
  RFLAGS_VM,
  VECTOR,
} from './bits.ts';
import { type Size, setFlags } from './farTransfer.ts';

const POSITION: Record<Flag, number> = { CF: 0, PF: 2, AF: 4, ZF: 6, SF: 7, OF: 11 };

/** RFLAGS as PUSHF shows it: RF and VM read as zero. */
export function flagsImage(ir: Builder): Value {
  const k = (n: number | bigint): Value => ir.const(n, 'i64');
  let image = ir.or(ir.and(ir.slot(SLOT.RFLAGS, 'i64'), k(BigInt(0x3f7fd5 & ~(RFLAGS_RF | RFLAGS_VM | 0xcd5)))), k(2));
  for (const flag of FLAGS) image = ir.or(image, ir.shl(ir.zext(ir.flag(flag), 'i64'), k(POSITION[flag])));
  // DIRECTION is +1 or -1.
  return ir.or(image, ir.and(ir.shr(ir.slot(SLOT.DIRECTION, 'i64'), k(32)), k(RFLAGS_DF)));
}
/** Replaces all of RFLAGS by an image (i64) in which only bits that exist are set. */
export function loadFlags(ir: Builder, image: Value): void {
  const k = (n: number | bigint): Value => ir.const(n, 'i64');
  const bit = (flag: Flag) => ir.bool(ir.bit(image, POSITION[flag]));
  ir.setFlags({ CF: bit('CF'), PF: bit('PF'), AF: bit('AF'), ZF: bit('ZF'), SF: bit('SF'), OF: bit('OF') });
  ir.setSlot(SLOT.DIRECTION, ir.select(ir.isZero(ir.and(image, k(RFLAGS_DF))), k(1), k(-1n)));
  ir.setSlot(SLOT.RFLAGS, ir.and(image, k(~BigInt(0xcd5 | 2))));
}
instruction({
  mnemonic: 'pushf',
  encodings: { '9C': 'v' },
  default64: true,
  exec: (ir) => ir.push(ir.resize(flagsImage(ir), ir.type)),
});

const popf = helper('popf', (cpu) => {
  let mask = RFLAGS_TF | RFLAGS_NT | RFLAGS_AC | RFLAGS_ID;
  if (cpu.cpl <= ioPrivilege(cpu)) mask |= RFLAGS_IF;
  if (cpu.cpl === 0) mask |= RFLAGS_IOPL;
  setFlags(cpu, cpu.args.i32(0), mask, cpu.args.u32(1) as Size);
  cpu.modeChanged();
});
instruction({
  mnemonic: 'popf',
  encodings: { '9D': 'v' },
  default64: true,
  exec(ir) {
    ir.control(popf, [ir.zext(ir.pop(ir.type), 'i64'), ir.const(ir.size, 'i32')]);
  },
});

/** #GP(0) above IOPL. */
function requireIoPrivilege(ir: Builder): void {
  const iopl = ir.and(ir.shr(ir.trunc(ir.slot(SLOT.RFLAGS, 'i64'), 'i32'), ir.const(12, 'i32')), ir.const(3, 'i32'));
  ir.fault(VECTOR.GP, ir.ult(iopl, ir.slot(SLOT.CPL, 'i32')));
}
instruction({
  mnemonic: 'cli',
  encodings: { FA: '' },
  exec(ir) {
    requireIoPrivilege(ir);
    ir.setSlot(SLOT.RFLAGS, ir.and(ir.slot(SLOT.RFLAGS, 'i64'), ir.const(~BigInt(RFLAGS_IF), 'i64')));
  },
});
/** An interrupt waits. */
const letIn = helper('sti', (cpu: Cpu) => cpu.leave());
/** Interrupts stay off for one more instruction if they were off. */
instruction({
  mnemonic: 'sti',
  encodings: { FB: '' },
  exec(ir) {
    requireIoPrivilege(ir);
    const flags = ir.slot(SLOT.RFLAGS, 'i64');
    const wasOff = ir.isZero(ir.and(flags, ir.const(RFLAGS_IF, 'i64')));
    const shadow = ir.add(ir.leaf('time', 'i64'), ir.const(2, 'i64'));
    ir.setSlot(SLOT.RFLAGS, ir.or(flags, ir.const(RFLAGS_IF, 'i64')));
    ir.setSlot(SLOT.STI_SHADOW, ir.select(wasOff, shadow, ir.slot(SLOT.STI_SHADOW, 'i64')));
    ir.control(letIn, [], ir.isZero(ir.slot(SLOT.EVENTS, 'i32')));
  },
});
