// SPDX-License-Identifier: MIT
/**
 * @fileoverview IR to wasm for compiled regions, in layers: registers, values, flags, exits, memory (`emitter/`), and here what becomes of an
 * instruction's helpers: they are called by nobody within a region. Where a helper has a shortcut and that does not hold, the
 * instruction is left to the interpreter.
 */
import { LEAVE } from '../ir/state.ts';
import type { Effect, Shortcut, Value } from '../ir/value.ts';
import { RegionMemory } from './emitter/memory.ts';

export class RegionEmitter extends RegionMemory {
  /** Leaves the instruction to the interpreter where the helper at its end would be called. */
  requireNoHelper(unless: Value): void {
    this.emit(unless);
    this.code.op('i32.eqz');
    this.openIf();
    this.leave(LEAVE.unusual);
    this.close();
  }
  protected override callUnless(_: Effect & { k: 'call' }, { when, value }: Shortcut, out: Value): void {
    this.pin(value);
    const fast = this.openBlock();
    const slow = this.openBlock();
    this.unlessAll(when, slow);
    this.br(fast);
    this.close();
    this.leave(LEAVE.unusual);
    this.close();
    this.emit(value);
    this.bind(out);
  }
  /** Branches to a label unless a condition holds, test by test: the first that fails decides. */
  private unlessAll(when: Value, label: number): void {
    if (when.type === 'i1' && when.uses <= 1 && !this.cached.has(when)) {
      if (when.op === 'and') {
        for (const x of when.args) this.unlessAll(x, label);
        return;
      }
      if (when.op === 'or') {
        const [a, b] = when.args;
        this.emitNot(a);
        this.openIf();
        this.inside(() => this.unlessAll(b, label));
        this.close();
        return;
      }
    }
    this.emitNot(when);
    this.brIf(label);
  }
  protected override recordSegment(): void {
    this.code.i32(this.place.base + this.sourceSegment);
  }

  // What no region does.

  protected override callHelper(): void {
    throw new Error('regions call no helpers');
  }
  protected override control(): void {
    throw new Error('regions call no helpers');
  }
  protected override goOnIf(): void {
    throw new Error('regions call no helpers');
  }
  protected override recordBytes(): void {
    throw new Error('an access of unknown size');
  }
  protected override afterStore(): void {}
  protected override jump(): void {
    throw new Error('branches belong to the region');
  }
  protected override repeat(): void {
    throw new Error('repetitions are not compiled');
  }
}
