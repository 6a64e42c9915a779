// SPDX-License-Identifier: MIT
/** @fileoverview Integer addition, subtraction, logic and comparison (APM vol. 3, chapter 3). */
import type { Builder } from '../../ir/builder.ts';
import type { FlagDefs } from '../../ir/flags.ts';
import type { Value } from '../../ir/value.ts';
import { instruction } from '../record.ts';

/** The eight classic operations share one pattern: opcodes base to base + 5, and 80/81/83 with ModRM.reg. */
function encodings(base: number, digit: number): Record<string, string> {
  const opcode = (i: number): string => (base + i).toString(16).toUpperCase().padStart(2, '0');
  return {
    [`${opcode(0)} /r`]: 'Eb,Gb',
    [`${opcode(1)} /r`]: 'Ev,Gv',
    [`${opcode(2)} /r`]: 'Gb,Eb',
    [`${opcode(3)} /r`]: 'Gv,Ev',
    [`${opcode(4)} ib`]: 'AL,Ib',
    [`${opcode(5)} iz`]: 'rAX,Iz',
    [`80 /${digit} ib`]: 'Eb,Ib',
    [`81 /${digit} iz`]: 'Ev,Iz',
    [`83 /${digit} ib`]: 'Ev,sIb',
  };
}
export const logicFlags = (ir: Builder, r: Value): FlagDefs => ({ ...ir.clearedFlags, ...ir.resultFlags(r) });

const logic = (mnemonic: 'and' | 'or' | 'xor', base: number, digit: number) =>
  instruction({
    mnemonic,
    encodings: encodings(base, digit),
    lock: true,
    undefinedFlags: { AF: 'cleared' },
    exec(ir, dst, src) {
      const r = ir[mnemonic](ir.read(dst), ir.read(src));
      ir.write(dst, r);
      ir.setFlags(logicFlags(ir, r));
    },
  });
const arithmetic = (mnemonic: 'add' | 'sub', base: number, digit: number) =>
  instruction({
    mnemonic,
    encodings: encodings(base, digit),
    lock: true,
    exec(ir, dst, src) {
      const a = ir.read(dst);
      const b = ir.read(src);
      const r = ir[mnemonic](a, b);
      ir.write(dst, r);
      ir.setFlags(ir.arith(mnemonic, a, b, r));
    },
  });
const withCarry = (mnemonic: 'adc' | 'sbb', op: 'add' | 'sub', base: number, digit: number) =>
  instruction({
    mnemonic,
    encodings: encodings(base, digit),
    lock: true,
    exec(ir, dst, src) {
      const a = ir.read(dst);
      const b = ir.read(src);
      const r = ir[op](ir[op](a, b), ir.zext(ir.flag('CF'), ir.type));
      ir.write(dst, r);
      ir.setFlags(ir.arith(mnemonic, a, b, r));
    },
  });
arithmetic('add', 0x00, 0);
logic('or', 0x08, 1);
withCarry('adc', 'add', 0x10, 2);
withCarry('sbb', 'sub', 0x18, 3);
logic('and', 0x20, 4);
arithmetic('sub', 0x28, 5);
logic('xor', 0x30, 6);
instruction({
  mnemonic: 'cmp',
  encodings: encodings(0x38, 7),
  exec(ir, left, right) {
    const a = ir.read(left);
    const b = ir.read(right);
    ir.setFlags(ir.arith('sub', a, b, ir.sub(a, b)));
  },
});
instruction({
  mnemonic: 'test',
  encodings: {
    '84 /r': 'Eb,Gb',
    '85 /r': 'Ev,Gv',
    'A8 ib': 'AL,Ib',
    'A9 iz': 'rAX,Iz',
    'F6 /0 ib': 'Eb,Ib',
    'F7 /0 iz': 'Ev,Iz',
    'F6 /1 ib': 'Eb,Ib',
    'F7 /1 iz': 'Ev,Iz',
  },
  undefinedFlags: { AF: 'cleared' },
  exec(ir, a, b) {
    ir.setFlags(logicFlags(ir, ir.and(ir.read(a), ir.read(b))));
  },
});
/** Opcodes 82 /n repeat 80 /n outside 64-bit mode. */
for (const [digit, mnemonic] of ['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp'].entries()) aliasOf82(digit, mnemonic);
function aliasOf82(digit: number, mnemonic: string): void {
  instruction({
    mnemonic,
    encodings: { [`82 /${digit} ib`]: 'Eb,Ib' },
    modes: 'legacy',
    lock: mnemonic !== 'cmp',
    undefinedFlags: mnemonic === 'and' || mnemonic === 'or' || mnemonic === 'xor' ? { AF: 'cleared' } : undefined,
    exec(ir, dst, src) {
      const a = ir.read(dst);
      const b = ir.read(src);
      const carry = ir.zext(mnemonic === 'adc' || mnemonic === 'sbb' ? ir.flag('CF') : ir.const(0, 'i1'), 'i8');
      const op =
        mnemonic === 'adc'
          ? 'add'
          : mnemonic === 'sbb' || mnemonic === 'cmp'
            ? 'sub'
            : (mnemonic as 'add' | 'sub' | 'and' | 'or' | 'xor');
      const r = op === 'add' || op === 'sub' ? ir[op](ir[op](a, b), carry) : ir[op](a, b);
      if (mnemonic !== 'cmp') ir.write(dst, r);
      const kind = mnemonic === 'cmp' ? 'sub' : mnemonic;
      ir.setFlags(op === 'add' || op === 'sub' ? ir.arith(kind as 'add' | 'sub' | 'adc' | 'sbb', a, b, r) : logicFlags(ir, r));
    },
  });
}

const step = (mnemonic: 'inc' | 'dec', op: 'add' | 'sub', digit: number, short: string) => {
  const exec = (ir: Builder, dst: Parameters<Builder['read']>[0]): void => {
    const a = ir.read(dst);
    const one = ir.const(1);
    const r = ir[op](a, one);
    ir.write(dst, r);
    const { CF: _unchanged, ...flags } = ir.arith(op, a, one, r);
    ir.setFlags(flags);
  };
  instruction({ mnemonic, encodings: { [`FE /${digit}`]: 'Eb', [`FF /${digit}`]: 'Ev' }, lock: true, exec });
  instruction({ mnemonic, encodings: { [short]: 'Zv' }, modes: 'legacy', exec });
};
step('inc', 'add', 0, '40+r');
step('dec', 'sub', 1, '48+r');
instruction({
  mnemonic: 'not',
  encodings: { 'F6 /2': 'Eb', 'F7 /2': 'Ev' },
  lock: true,
  exec(ir, dst) {
    ir.write(dst, ir.not(ir.read(dst)));
  },
});
instruction({
  mnemonic: 'neg',
  encodings: { 'F6 /3': 'Eb', 'F7 /3': 'Ev' },
  lock: true,
  exec(ir, dst) {
    const a = ir.read(dst);
    const r = ir.neg(a);
    ir.write(dst, r);
    ir.setFlags(ir.arith('sub', ir.const(0), a, r));
  },
});

/** ADCX and ADOX: addition with CF (OF) as carry in and out; nothing else changes. */
const carryChain = (mnemonic: string, prefix: string, flag: 'CF' | 'OF') =>
  instruction({
    mnemonic,
    encodings: { [`${prefix} 0F 38 F6 /r`]: 'Gy,Ey' },
    cpuid: 'ADX',
    exec(ir, dst, src) {
      const a = ir.read(dst);
      const b = ir.read(src);
      const partial = ir.add(a, b);
      const r = ir.add(partial, ir.zext(ir.flag(flag), ir.type));
      ir.write(dst, r);
      ir.setFlags({ [flag]: ir.bool(ir.or(ir.ult(partial, a), ir.ult(r, partial))) });
    },
  });
carryChain('adcx', '66', 'CF');
carryChain('adox', 'F3', 'OF');
