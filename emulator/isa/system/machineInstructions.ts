// SPDX-License-Identifier: MIT
/**
 * @fileoverview Records about the processor and the machine as such: HLT, CPUID, RDTSC, RDTSCP, RDPMC, RDRAND, RDSEED, RDPID, MONITOR, MWAIT,
 * WBINVD, INVD, UD0, UD1, UD2, RSM (APM vol. 3).
 *
 * MWAIT on the only processor waits like HLT; with others it returns at once, since nothing watches the monitored line. Both are legal.
 */
import type { Builder } from '../../ir/builder.ts';
import { SLOT } from '../../ir/state.ts';
import { helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { CR4_TSD, RFLAGS_IF, VECTOR } from './bits.ts';

const hlt = helper('hlt', (cpu) => cpu.halt());
instruction({ mnemonic: 'hlt', encodings: { F4: '' }, privilege: 0, serializing: true, exec: (ir) => ir.control(hlt) });

const cpuid = helper('cpuid', (cpu) => {
  const result = cpu.platform.cpuModel.cpuid(cpu.read32(SLOT.rax) >>> 0, cpu.read32(SLOT.rcx) >>> 0, cpu);
  [SLOT.rax, SLOT.rbx, SLOT.rcx, SLOT.rdx].forEach((slot, i) => {
    cpu.write64(slot, BigInt(result[i] >>> 0));
  });
});
instruction({ mnemonic: 'cpuid', encodings: { '0F A2': '' }, serializing: true, exec: (ir) => ir.control(cpuid) });

/** The time stamp counter in EDX:EAX; with CR4.TSD it is the kernel's alone. */
function readTimeStamp(ir: Builder): void {
  const forbidden = ir.ne(ir.and(ir.slot(SLOT.CR4, 'i32'), ir.const(CR4_TSD, 'i32')), ir.const(0, 'i32'));
  ir.fault(VECTOR.GP, ir.and(forbidden, ir.ne(ir.slot(SLOT.CPL, 'i32'), ir.const(0, 'i32'))));
  const tsc = ir.add(ir.leaf('time', 'i64'), ir.slot(SLOT.TSC_OFFSET, 'i64'));
  ir.setGpr(0, ir.trunc(tsc, 'i32'));
  ir.setGpr(2, ir.trunc(ir.shr(tsc, ir.const(32, 'i64')), 'i32'));
}
instruction({ mnemonic: 'rdtsc', encodings: { '0F 31': '' }, cpuid: 'TSC', exec: readTimeStamp });
instruction({
  mnemonic: 'rdtscp',
  encodings: { '0F 01 F9': '' },
  cpuid: 'RDTSCP',
  exec(ir) {
    readTimeStamp(ir);
    ir.setGpr(1, ir.slot(SLOT.TSC_AUX, 'i32'));
  },
});
/** There are no counters, so every counter number is wrong. */
instruction({ mnemonic: 'rdpmc', encodings: { '0F 33': '' }, exec: (ir) => ir.fault(VECTOR.GP, ir.const(1, 'i1')) });

const random = helper('rdrand', (cpu) => {
  const bytes = new Uint8Array(8);
  cpu.platform.entropy.fill(bytes);
  cpu.args.returnU64(new DataView(bytes.buffer).getBigUint64(0, true));
});
for (const [mnemonic, digit, feature] of [
  ['rdrand', 6, 'RDRAND'],
  ['rdseed', 7, 'RDSEED'],
] as const) {
  instruction({
    mnemonic,
    encodings: { [`NFx 0F C7 /${digit}`]: 'Rv' },
    cpuid: feature,
    exec(ir, dst) {
      ir.write(dst, ir.resize(ir.call(random, 'i64', []), ir.type));
      ir.setFlags({ ...ir.clearedFlags, CF: ir.bool(1) });
    },
  });
}
instruction({
  mnemonic: 'rdpid',
  encodings: { 'F3 0F C7 /7': 'Rq' },
  cpuid: 'RDPID',
  exec: (ir, dst) => ir.write(dst, ir.slot(SLOT.TSC_AUX, 'i64')),
});

const look = helper('monitor', (cpu) => cpu.probe(cpu.args.u64(0), 1, false));
instruction({
  mnemonic: 'monitor',
  encodings: { 'NP 0F 01 C8': '' },
  cpuid: 'MONITOR',
  sourceSegment: true,
  exec(ir) {
    ir.fault(VECTOR.UD, ir.ne(ir.slot(SLOT.CPL, 'i32'), ir.const(0, 'i32')));
    // There are no extensions.
    ir.fault(VECTOR.GP, ir.ne(ir.gpr(1, 'i32'), ir.const(0, 'i32')));
    const offset = ir.zext(ir.gpr(0, `i${ir.env.address}`), 'i64');
    ir.callVoid(look, [ir.sourceAddress(offset, 1)]);
  },
});
const mwait = helper('mwait', (cpu) => {
  if (cpu.cpl !== 0) cpu.raise(VECTOR.UD);
  const breaks = cpu.read32(SLOT.rcx);
  if (breaks & ~1) cpu.raise(VECTOR.GP, 0);
  // With ECX[0] a masked interrupt ends the wait as well: returning early is always allowed.
  const masked = (cpu.rflags & BigInt(RFLAGS_IF)) === 0n;
  if (cpu.platform.processors === 1 && !(masked && breaks & 1)) cpu.halt();
});
instruction({
  mnemonic: 'mwait',
  encodings: { 'NP 0F 01 C9': '' },
  cpuid: 'MONITOR',
  serializing: true,
  exec: (ir) => ir.control(mwait),
});

/** There are no caches. */
const nothing = (): void => {};
instruction({ mnemonic: 'wbinvd', encodings: { '0F 09': '' }, privilege: 0, serializing: true, exec: nothing });
instruction({ mnemonic: 'invd', encodings: { '0F 08': '' }, privilege: 0, serializing: true, exec: nothing });

const undefinedOpcode = (ir: Builder): void => ir.fault(VECTOR.UD, ir.const(1, 'i1'));
instruction({ mnemonic: 'ud2', encodings: { '0F 0B': '' }, exec: undefinedOpcode });
instruction({ mnemonic: 'ud1', encodings: { '0F B9 /r': 'Gv,Ev' }, exec: undefinedOpcode });
instruction({ mnemonic: 'ud0', encodings: { '0F FF /r': 'Gv,Ev' }, exec: undefinedOpcode });
/** Only system management mode, which this machine never enters, has RSM. */
instruction({ mnemonic: 'rsm', encodings: { '0F AA': '' }, exec: undefinedOpcode });
