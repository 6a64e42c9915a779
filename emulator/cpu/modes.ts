// SPDX-License-Identifier: MIT
/** @fileoverview The decoding modes that one processor has been in (`RunMode`), each once, numbered. */
import type { RunMode } from '../interp/records.ts';
import { CR0_EM, CR0_MP, CR0_PE, CR0_TS, CR4_OSFXSR } from '../isa/system/bits.ts';

type Width = 16 | 32 | 64;

/** All of a mode in one number. `kind`: ACCESS_KIND. */
export const modeBits = (code: Width, stack: Width, cr0: number, cr4: number, kind: number): number =>
  (cr0 & (CR0_PE | CR0_MP | CR0_EM | CR0_TS)) | (cr4 & CR4_OSFXSR) | (kind << 12) | (code << 16) | (stack << 24);
/** The same of another access kind, for bits of kind 0. */
export const withKind = (bits: number, kind: number): number => bits | (kind << 12);

export class Modes {
  readonly byNumber: RunMode[] = [];
  private readonly byBits = new Map<number, RunMode>();

  of(code: Width, stack: Width, cr0: number, cr4: number, kind: number): RunMode {
    const bits = modeBits(code, stack, cr0, cr4, kind);
    let mode = this.byBits.get(bits);
    if (!mode) {
      const em = (cr0 & CR0_EM) !== 0;
      const ts = (cr0 & CR0_TS) !== 0;
      const ready = ts ? 'unavailable' : 'ready';
      mode = {
        id: this.byNumber.length,
        bits,
        kind,
        code,
        stack,
        protectedMode: (cr0 & CR0_PE) !== 0,
        units: {
          fpu: em ? 'unavailable' : ready,
          fwait: (cr0 & CR0_MP) !== 0 && ts ? 'unavailable' : 'ready',
          mmx: em ? 'undefined' : ready,
          sse: em || !(cr4 & CR4_OSFXSR) ? 'undefined' : ready,
        },
      };
      this.byBits.set(bits, mode);
      this.byNumber.push(mode);
    }
    return mode;
  }
}
