// SPDX-License-Identifier: MIT
/**
 * @fileoverview Calls: direct, through the table, of imports, and intrinsics expanded in place; traps.
 *
 * A table entry is 16 bytes: the signature's number (4 bytes, 0 in empty entries), 4 bytes unused, the code's address. Numbers
 * are per module and start at 1, so an empty entry fails the signature check.
 */
import { gpr, symbolIndexed } from '../../x86/x86.ts';
import { bit, RAX, SCRATCH } from '../machine.ts';
import type { Selector } from '../select.ts';
import { classOf } from '../select.ts';
import type { Value } from '../ssa.ts';
import type { FixedIntrinsic } from '../types.ts';
import { accessIntrinsic } from './memory.ts';
import type { Rule } from './rules.ts';

const call: Rule = (s, v) => {
  const callee = s.context.callee(v.immediate);
  switch (callee.kind) {
    case 'function':
      s.call(v.args, v, (code) => code.callFunction(callee.index));
      return;
    case 'symbol':
      s.call(v.args, v, (code) => code.asm.call(callee.symbol));
      return;
    case 'address': {
      const def = s.def(v);
      if (def) s.emit((code) => code.asm.movSymbol(code.gpr(def, 8), callee.symbol));
      return;
    }
    case 'intrinsic':
      if (callee.intrinsic.kind === 'fixed') fixedIntrinsic(s, v, callee.intrinsic);
      else accessIntrinsic(s, v, callee.intrinsic);
  }
};

function fixedIntrinsic(s: Selector, v: Value, intrinsic: FixedIntrinsic): void {
  const number = (register: { kind: string; code: number }) => register.code + (register.kind === 'xmm' ? 16 : 0);
  const inputs = intrinsic.inputs.map(number);
  if (inputs.includes(SCRATCH)) throw new Error('an intrinsic takes an argument in r11, which moving arguments may change');
  v.args.forEach((arg, i) => {
    s.fixed(arg, inputs[i]);
  });
  s.current.clobbers = [...inputs, ...(intrinsic.clobbers ?? []).map(number), RAX].reduce((mask, r) => mask | bit(r), 0);
  if (v.type) {
    s.def(v);
    s.current.resultIn = classOf(v.type) === 'gpr' ? 0 : 16;
    s.current.clobbers |= bit(s.current.resultIn);
  }
  s.emit((code) => intrinsic.emit(code.asm));
}

const callIndirect: Rule = (s, v) => {
  const index = v.args[v.args.length - 1];
  const { tableSymbol, module } = s.context;
  const size = module.table?.minimum ?? 0;
  const signature = s.context.signatureId(v.immediate);
  const emit: Parameters<Selector['call']>[2] = (code) => {
    const slot = gpr(RAX, 8);
    code.asm.cmp(gpr(RAX, 4), size);
    code.asm.jcc('ae', code.trap('out of bounds table access'));
    code.asm.shl(slot, 4);
    code.asm.cmp({ ...symbolIndexed(tableSymbol, slot), width: 4 }, signature);
    code.asm.jcc('ne', code.trap('indirect call type mismatch'));
    code.asm.call(symbolIndexed(tableSymbol, slot, 1, 8));
  };
  s.call(v.args.slice(0, -1), v, emit, [{ value: index, register: RAX }]);
};

const unreachable: Rule = (s) => {
  s.emit((code) => code.trapHere('unreachable'));
};

export const callRules: Record<string, Rule> = { call, call_indirect: callIndirect, unreachable };
