// SPDX-License-Identifier: MIT
/**
 * @fileoverview Random code in all modes, interpreted and compiled: both must be in the same state wherever one looks.
 *
 * The code is that of the robustness tests: random bytes and valid instructions, interrupt tables that point into them, stores into code, page
 * faults, NMIs. What is compared is all that a guest could see: registers after every slice, and RAM before code starts anew.
 */
import { createHash } from 'node:crypto';
import type { Tiering } from '../../../emulator/cpu/processor.ts';
import type { TestProcessor } from '../../../emulator/cpu/testProcessor.ts';
import { SLOT } from '../../../emulator/ir/state.ts';
import { type Mode, runRandomCode } from '../robustness/randomCode.ts';

/** Regions are entered only if the budget lasts for all of their instructions. */
const SLICE = 700;

interface Trail {
  states: string[];
  instructions: number;
  compiled: number;
}
/** Which engine runs; 'ordered': as compiled, but elsewhere, while the interpreter goes on. */
export type Engine = Tiering | 'ordered';

function trail(mode: Mode, seed: number, instructions: number, engine: Engine): Trail {
  const orders = engine === 'ordered';
  const tiering = orders ? 'compiled' : engine;
  const states: string[] = [];
  let compiled = 0;
  let last: TestProcessor | undefined;
  const observe = (t: TestProcessor, fully: boolean): void => {
    const { cpu } = t;
    last = t;
    const hash = createHash('sha1');
    hash.update(`${cpu.retired} ${cpu.rflags} ${cpu.cpl} ${cpu.halted} ${cpu.inShadow()}`);
    for (const [from, to] of [
      [SLOT.rax, SLOT.RIP + 8],
      [0x100, 0x240],
      [0x300, SLOT.MXCSR + 4],
      [SLOT.CR0, SLOT.SCRATCH],
    ])
      hash.update(cpu.u8.subarray(cpu.base + from, cpu.base + to));
    if (fully) hash.update(t.ram);
    states.push(`${cpu.retired} ${hash.digest('hex').slice(0, 12)}`);
  };
  const run = runRandomCode(mode, seed, instructions, { tiering, orders, slice: SLICE, observe });
  if (last) compiled = Number(last.cpu.read64(SLOT.COMPILED));
  return { states, instructions: run.instructions, compiled };
}

export interface Comparison {
  instructions: number;
  compiled: number;
  /** The first place where they differ. */
  difference: string | undefined;
}
export function compareTiers(mode: Mode, seed: number, instructions: number, engine: Engine = 'compiled'): Comparison {
  const interpreted = trail(mode, seed, instructions, 'interpreted');
  const compiled = trail(mode, seed, instructions, engine);
  const at = interpreted.states.findIndex((state, i) => state !== compiled.states[i]);
  const difference =
    at < 0
      ? undefined
      : `${mode}, seed ${seed}: state ${at} is ${interpreted.states[at]} interpreted, ${compiled.states[at]} ${engine}; the one before ${interpreted.states[at - 1]}`;
  return { instructions: compiled.instructions, compiled: compiled.compiled, difference };
}
