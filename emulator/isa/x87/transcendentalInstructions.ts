// SPDX-License-Identifier: MIT
/** @fileoverview x87 transcendental instructions over `transcendental.ts` (SDM vol. 1, 8.3.7): operands, stack, C2, exceptions. */
import { plainRecord } from './arithmeticInstructions.ts';
import { BIAS, Environment, type Float80, FSW, isSpecialNaN, setIndefinite } from './float80.ts';
import { angle, type Circular, circular, exponential, logarithm, logarithmPlusOne } from './transcendental.ts';
import {
  begin,
  commit,
  env,
  getRegister,
  isEmpty,
  overflow,
  pop,
  push,
  r,
  report,
  setRegister,
  underflow,
  unit,
  x,
  y,
} from './unit.ts';

for (const [mnemonic, notation, f] of [
  ['fsin', 'D9 FE', 'sine'],
  ['fcos', 'D9 FF', 'cosine'],
] as const satisfies readonly (readonly [string, string, Circular])[]) {
  plainRecord(mnemonic, notation, (cpu) => {
    begin(cpu);
    unit.fsw &= ~FSW.C2;
    let withheld: boolean;
    if (isEmpty(0)) withheld = underflow();
    else {
      getRegister(cpu, 0, x);
      if (circular(r, x, env, f)) withheld = report(env.flags);
      else {
        unit.fsw |= FSW.C2;
        withheld = true;
      }
    }
    if (!withheld) setRegister(cpu, 0, r);
    commit(cpu);
  });
}

/** FSINCOS and FPTAN: the second result is pushed above the first. `first` goes to `r`, `second` to `y`; false when out of range. */
function pair(mnemonic: string, notation: string, compute: () => boolean): void {
  plainRecord(mnemonic, notation, (cpu) => {
    begin(cpu);
    unit.fsw &= ~FSW.C2;
    setIndefinite(y);
    let withheld: boolean;
    if (isEmpty(0)) withheld = underflow();
    else if (!isEmpty(-1)) withheld = overflow();
    else {
      getRegister(cpu, 0, x);
      if (compute()) withheld = report(env.flags);
      else {
        unit.fsw |= FSW.C2;
        withheld = true;
      }
    }
    if (!withheld) {
      setRegister(cpu, 0, r);
      push();
      setRegister(cpu, 0, y);
    }
    commit(cpu);
  });
}
const second = new Environment();
pair('fsincos', 'D9 FB', () => {
  if (!circular(r, x, env, 'sine')) return false;
  second.rounding = env.rounding;
  second.masked = env.masked;
  second.flags = 0;
  circular(y, x, second, 'cosine');
  // C1 tells how the cosine was rounded.
  env.flags = (env.flags & ~FSW.C1) | second.flags;
  return true;
});
pair('fptan', 'D9 F2', () => {
  if (!circular(r, x, env, 'tangent')) return false;
  if (isSpecialNaN(r)) y.copy(r);
  else y.set(BIAS, 0x80000000, 0);
  return true;
});

plainRecord('f2xm1', 'D9 F0', (cpu) => {
  begin(cpu);
  let withheld: boolean;
  if (isEmpty(0)) withheld = underflow();
  else {
    getRegister(cpu, 0, x);
    exponential(r, x, env);
    withheld = report(env.flags);
  }
  if (!withheld) setRegister(cpu, 0, r);
  commit(cpu);
});

/** ST1 becomes a function of both, and the stack is popped. */
for (const [mnemonic, notation, f] of [
  ['fpatan', 'D9 F3', angle],
  ['fyl2x', 'D9 F1', logarithm],
  ['fyl2xp1', 'D9 F9', logarithmPlusOne],
] as const satisfies readonly (readonly [string, string, (r: Float80, b: Float80, a: Float80, e: Environment) => void])[]) {
  plainRecord(mnemonic, notation, (cpu) => {
    begin(cpu);
    let withheld: boolean;
    if (isEmpty(0) || isEmpty(1)) withheld = underflow();
    else {
      getRegister(cpu, 0, x);
      getRegister(cpu, 1, y);
      f(r, y, x, env);
      withheld = report(env.flags);
    }
    if (!withheld) {
      setRegister(cpu, 1, r);
      pop();
    }
    commit(cpu);
  });
}
