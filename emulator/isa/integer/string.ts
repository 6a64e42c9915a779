// SPDX-License-Identifier: MIT
/**
 * @fileoverview String instructions (APM vol. 3): one element of DS:rSI and ES:rDI. `exec` does one iteration; REP commits each one, so a
 * fault finds the registers of the iteration that failed.
 */
import { instruction } from '../record.ts';

const sizes = (byte: string, wide: string): Record<string, string> => ({ [byte]: 'b', [wide]: 'v' });

instruction({
  mnemonic: 'movs',
  encodings: sizes('A4', 'A5'),
  repeat: 'count',
  bulk: 'copy',
  sourceSegment: true,
  exec(ir) {
    const bytes = ir.size / 8;
    const value = ir.load(ir.stringSource(bytes), ir.type);
    ir.store(ir.stringDestination(bytes, true), value);
    ir.stringAdvance(6, bytes);
    ir.stringAdvance(7, bytes);
  },
});
instruction({
  mnemonic: 'stos',
  encodings: sizes('AA', 'AB'),
  repeat: 'count',
  bulk: 'fill',
  exec(ir) {
    const bytes = ir.size / 8;
    ir.store(ir.stringDestination(bytes, true), ir.gpr(0));
    ir.stringAdvance(7, bytes);
  },
});
instruction({
  mnemonic: 'lods',
  encodings: sizes('AC', 'AD'),
  repeat: 'count',
  sourceSegment: true,
  exec(ir) {
    const bytes = ir.size / 8;
    ir.setGpr(0, ir.load(ir.stringSource(bytes), ir.type));
    ir.stringAdvance(6, bytes);
  },
});
instruction({
  mnemonic: 'cmps',
  encodings: sizes('A6', 'A7'),
  repeat: 'zf',
  sourceSegment: true,
  exec(ir) {
    const bytes = ir.size / 8;
    const a = ir.load(ir.stringSource(bytes), ir.type);
    const b = ir.load(ir.stringDestination(bytes, false), ir.type);
    ir.stringAdvance(6, bytes);
    ir.stringAdvance(7, bytes);
    ir.setFlags(ir.arith('sub', a, b, ir.sub(a, b)));
  },
});
instruction({
  mnemonic: 'scas',
  encodings: sizes('AE', 'AF'),
  repeat: 'zf',
  exec(ir) {
    const bytes = ir.size / 8;
    const a = ir.gpr(0);
    const b = ir.load(ir.stringDestination(bytes, false), ir.type);
    ir.stringAdvance(7, bytes);
    ir.setFlags(ir.arith('sub', a, b, ir.sub(a, b)));
  },
});
