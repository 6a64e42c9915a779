// SPDX-License-Identifier: MIT
/**
 * @fileoverview Assembler routines as sections that the linker takes: X86 code with named places.
 *
 * A stub is written as TypeScript calls, so constants come from the layouts and the address map themselves, and loops and
 * functions do what macros would:
 *
 *     const stub = new Stub('.stubs');
 *     stub.define('switchTo', (asm) => { asm.push(rbp); … asm.ret(); });
 *
 * Names are symbols of the one namespace in which translated exports live too. Data sections are made with `writable`.
 */
import type { Section, SectionSymbol } from '../translate/types.ts';
import { X86 } from '../x86/x86.ts';

export interface StubOptions {
  readonly bits?: 16 | 32 | 64;
  readonly kind?: 'code' | 'data' | 'constants';
  readonly alignment?: number;
}

export class Stub {
  readonly asm: X86;
  private readonly name: string;
  private readonly options: StubOptions;
  private readonly defined: SectionSymbol[] = [];

  constructor(name: string, options: StubOptions = {}) {
    this.name = name;
    this.options = options;
    this.asm = new X86(options.bits ?? 64);
  }

  /** A routine or datum: everything that `body` assembles. */
  define(name: string, body: (asm: X86) => void, alignment = 16): void {
    // Padding is never run: a jump into it must fault.
    this.asm.align(alignment, this.isCode ? 0xcc : 0);
    const offset = this.asm.position;
    body(this.asm);
    const kind = this.isCode ? 'function' : 'object';
    this.defined.push({ name, section: this.name, offset, size: this.asm.position - offset, kind });
  }

  /** A name for the place reached, inside a definition. */
  mark(name: string): void {
    this.defined.push({ name, section: this.name, offset: this.asm.position, size: 0, kind: 'object' });
  }

  get section(): Section {
    return {
      name: this.name,
      bytes: this.asm.finish(),
      alignment: this.options.alignment ?? 16,
      writable: this.options.kind === 'data',
      executable: this.isCode,
      relocations: this.asm.relocations,
    };
  }

  get symbols(): readonly SectionSymbol[] {
    return this.defined;
  }

  private get isCode(): boolean {
    return (this.options.kind ?? 'code') === 'code';
  }
}
