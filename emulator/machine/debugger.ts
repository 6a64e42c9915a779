// SPDX-License-Identifier: MIT
/**
 * @fileoverview Stepping and breakpoints from outside: no debug register, no patched byte, nothing that a guest could notice.
 *
 * With breakpoints set the machine runs one instruction at a time and RIP is compared before each, which is exact on every processor and
 * some hundred times slower than running freely; without any it runs freely.
 */
import { linearRip } from './debugMemory.ts';
import type { Machine, MachineEnd } from './machine.ts';

export interface BreakpointHit {
  /** Whose next instruction it is. */
  processor: number;
  /** Linear address. */
  address: bigint;
}

export class Debugger {
  /** Linear addresses of instructions to stop before. */
  readonly breakpoints = new Set<bigint>();
  readonly #machine: Machine;
  /** The instruction count at which the machine stands at a breakpoint and is to go on nevertheless. */
  #passing = -1;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Whoever looks at the machine here wants to get on: the instruction that it stands at is executed, breakpoint or not. */
  passHere(): void {
    this.#passing = this.#machine.instructions;
  }

  /** Like `Machine.run`, and stops before any instruction at a breakpoint, once: `hit` says so. The next call passes it. */
  run(until: number): { end?: MachineEnd; hit?: BreakpointHit } {
    const machine = this.#machine;
    if (this.breakpoints.size === 0) return { end: machine.run(until) };
    while (machine.instructions < until) {
      const hit = this.#hit();
      if (hit && this.#passing !== machine.instructions) {
        this.passHere();
        return { hit };
      }
      const before = machine.instructions;
      const end = machine.run(before + 1);
      if (end) return { end };
      // Idle: the host decides how time passes.
      if (machine.instructions === before) return {};
    }
    return {};
  }

  #hit(): BreakpointHit | undefined {
    for (const cpu of this.#machine.processors) {
      if (cpu.halted || cpu.parked) continue;
      const address = linearRip(cpu, BigInt.asUintN(64, cpu.rip));
      if (this.breakpoints.has(address)) return { processor: cpu.index, address };
    }
    return undefined;
  }
}
