// SPDX-License-Identifier: MIT
/**
 * @fileoverview Routines that translated code calls for what takes too many instructions to expand in place.
 *
 * They keep no frame and follow conventions of their own, given with each: which registers hold arguments and results, and
 * which change besides r11 and xmm15. Each is emitted once per module, if used.
 */
import {
  al,
  ecx,
  edx,
  esi,
  gpr,
  indexed,
  Label,
  type Mem,
  ptr,
  r11,
  r15,
  rax,
  rcx,
  rdi,
  rdx,
  rsi,
  symbolAt,
  type X86,
  xmm,
} from '../x86/x86.ts';
import { scratchXmm } from './machine.ts';

export interface HelperContext {
  readonly asm: X86;
  readonly windowInR15: boolean;
  readonly memoryPages: string;
  constant(bits: bigint, bytes: 4 | 8 | 16): Mem;
  outOfBounds(): Label;
}

type Helper = (h: HelperContext) => void;

/** Jumps to a trap unless [start, start + rdx) is in linear memory. Changes rax and rcx. */
function checkRange(h: HelperContext, start: typeof rdi): void {
  const { asm } = h;
  asm.mov(gpr(0, 4), symbolAt(h.memoryPages));
  asm.shl(rax, 16);
  asm.lea(rcx, indexed(start, rdx));
  asm.cmp(rcx, rax);
  asm.jcc('a', h.outOfBounds());
}

/**
 * edi destination, esi source, edx length; changes rax, rcx, rdx, rsi, rdi. Up to 16 bytes are loaded before anything is stored,
 * so overlap does not matter; beyond, 8 bytes a step in the direction that overlap demands; large copies by REP MOVSB.
 */
const memoryCopy: Helper = (h) => {
  const { asm } = h;
  checkRange(h, rdi);
  checkRange(h, rsi);
  if (h.windowInR15) {
    asm.add(rdi, r15);
    asm.add(rsi, r15);
  }
  copyBytes(asm);
};

/** rdi to rsi, rdx bytes. */
function copyBytes(asm: X86): void {
  const [small, tiny, bytes, done, backward, forward, forwardLoop, backwardLoop] = Array.from({ length: 8 }, () => new Label());
  asm.mov(ecx, edx);
  asm.cmp(ecx, 16);
  asm.jcc('be', small);
  asm.mov(rax, rdi);
  asm.sub(rax, rsi);
  asm.cmp(rax, rcx);
  asm.jcc('b', backward);
  asm.cmp(ecx, 512);
  asm.jcc('b', forward);
  asm.string('movs', 1, 'rep');
  asm.ret();

  // The last 8 bytes are loaded first and stored last: they may overlap what the loop writes.
  asm.bind(forward);
  asm.mov(r11, indexed(rsi, rcx, 1, -8));
  asm.lea(rdx, indexed(rdi, rcx, 1, -8));
  asm.bind(forwardLoop);
  asm.mov(rax, ptr(rsi));
  asm.add(rsi, 8);
  asm.mov(ptr(rdi), rax);
  asm.add(rdi, 8);
  asm.cmp(rdi, rdx);
  asm.jcc('b', forwardLoop);
  asm.mov(ptr(rdx), r11);
  asm.ret();

  asm.bind(backward);
  asm.mov(r11, ptr(rsi));
  asm.bind(backwardLoop);
  asm.mov(rax, indexed(rsi, rcx, 1, -8));
  asm.mov(indexed(rdi, rcx, 1, -8), rax);
  asm.sub(rcx, 8);
  asm.cmp(rcx, 8);
  asm.jcc('a', backwardLoop);
  asm.mov(ptr(rdi), r11);
  asm.ret();

  asm.bind(small);
  asm.cmp(ecx, 8);
  asm.jcc('b', tiny);
  asm.mov(rax, ptr(rsi));
  asm.mov(rdx, indexed(rsi, rcx, 1, -8));
  asm.mov(ptr(rdi), rax);
  asm.mov(indexed(rdi, rcx, 1, -8), rdx);
  asm.ret();
  asm.bind(tiny);
  asm.cmp(ecx, 4);
  asm.jcc('b', bytes);
  asm.mov(gpr(0, 4), ptr(rsi));
  asm.mov(edx, indexed(rsi, rcx, 1, -4));
  asm.mov(ptr(rdi), gpr(0, 4));
  asm.mov(indexed(rdi, rcx, 1, -4), edx);
  asm.ret();
  asm.bind(bytes);
  asm.test(ecx, ecx);
  asm.jcc('e', done);
  // One to three bytes: first, middle and last.
  asm.mov(edx, ecx);
  asm.shr(edx, 1);
  asm.movzx(gpr(0, 4), { ...ptr(rsi), width: 1 });
  asm.movzx(gpr(11, 4), { ...indexed(rsi, rdx), width: 1 });
  asm.movzx(esi, { ...indexed(rsi, rcx, 1, -1), width: 1 });
  asm.mov(ptr(rdi), al);
  asm.mov(indexed(rdi, rdx), gpr(11, 1));
  asm.mov(indexed(rdi, rcx, 1, -1), gpr(6, 1));
  asm.bind(done);
  asm.ret();
}

/** edi destination, esi byte, edx length; changes rax, rcx, rdx, rsi, rdi. */
const memoryFill: Helper = (h) => {
  const { asm } = h;
  const [small, loop, smallLoop, done] = Array.from({ length: 4 }, () => new Label());
  checkRange(h, rdi);
  if (h.windowInR15) asm.add(rdi, r15);
  asm.mov(ecx, edx);
  asm.movzx(gpr(0, 4), gpr(6, 1));
  asm.cmp(ecx, 8);
  asm.jcc('b', small);
  const medium = new Label();
  asm.cmp(ecx, 512);
  asm.jcc('b', medium);
  asm.string('stos', 1, 'rep');
  asm.ret();
  asm.bind(medium);
  asm.mov(r11, 0x0101_0101_0101_0101n);
  asm.imul(rax, r11);
  asm.lea(rdx, indexed(rdi, rcx, 1, -8));
  asm.bind(loop);
  asm.mov(ptr(rdi), rax);
  asm.add(rdi, 8);
  asm.cmp(rdi, rdx);
  asm.jcc('b', loop);
  asm.mov(ptr(rdx), rax);
  asm.ret();
  asm.bind(small);
  asm.test(ecx, ecx);
  asm.jcc('e', done);
  asm.bind(smallLoop);
  asm.mov(indexed(rdi, rcx, 1, -1), al);
  asm.dec(ecx);
  asm.jcc('ne', smallLoop);
  asm.bind(done);
  asm.ret();
};

/** edi destination, esi offset in the segment, edx length, r8 the segment, r9 where its length is; changes also rax, rcx. */
const memoryInit: Helper = (h) => {
  const { asm } = h;
  checkRange(h, rdi);
  asm.mov(gpr(0, 4), ptr(gpr(9, 8)));
  asm.lea(rcx, indexed(rsi, rdx));
  asm.cmp(rcx, rax);
  asm.jcc('a', h.outOfBounds());
  asm.add(rsi, gpr(8, 8));
  if (h.windowInR15) asm.add(rdi, r15);
  copyBytes(asm);
};

/** Ones in rax, result in rax; changes rdx. Adds up in pairs, nibbles, bytes; a multiplication adds the bytes. */
const popcount: Helper = ({ asm }) => {
  const mask = (pattern: bigint) => asm.mov(r11, pattern);
  asm.mov(rdx, rax);
  asm.shr(rdx, 1);
  mask(0x5555_5555_5555_5555n);
  asm.and(rdx, r11);
  asm.sub(rax, rdx);
  mask(0x3333_3333_3333_3333n);
  asm.mov(rdx, rax);
  asm.shr(rdx, 2);
  asm.and(rax, r11);
  asm.and(rdx, r11);
  asm.add(rax, rdx);
  asm.mov(rdx, rax);
  asm.shr(rdx, 4);
  asm.add(rax, rdx);
  mask(0x0f0f_0f0f_0f0f_0f0fn);
  asm.and(rax, r11);
  mask(0x0101_0101_0101_0101n);
  asm.imul(rax, r11);
  asm.shr(rax, 56);
  asm.ret();
};

/**
 * xmm0 rounded to an integer, in xmm0; changes xmm1, xmm2. Adding and subtracting 2^52 (2^23) rounds the magnitude to nearest, ties to
 * even, in the default mode; floor, ceil and trunc then step back by one where that went the wrong way. The sign is put back
 * last, so zeros keep theirs. Larger magnitudes are integers already; NaNs become quiet.
 */
function rounding(mode: 'floor' | 'ceil' | 'trunc' | 'nearest', width: 4 | 8): Helper {
  return (h) => {
    const { asm } = h;
    const [x, rounded, magnitude] = [xmm(0), xmm(1), xmm(2)];
    const lanes = (v: bigint) => (width === 8 ? (v << 64n) | v : (v << 96n) | (v << 64n) | (v << 32n) | v);
    const sign = width === 8 ? 1n << 63n : 1n << 31n;
    const signMask = h.constant(lanes(sign), 16);
    const valueMask = h.constant(lanes(sign - 1n), 16);
    const big = h.constant(width === 8 ? 0x4330_0000_0000_0000n : 0x4b00_0000n, width);
    const one = h.constant(width === 8 ? 0x3ff0_0000_0000_0000n : 0x3f80_0000n, width);
    const [integral, exact] = [new Label(), new Label()];
    asm.movaps(magnitude, valueMask);
    asm.packed('and', magnitude, x);
    asm.movs(width, scratchXmm, big);
    asm.ucomis(width, scratchXmm, magnitude);
    asm.jcc('be', integral);
    asm.movaps(rounded, magnitude);
    asm.scalar('add', width, rounded, scratchXmm);
    asm.scalar('sub', width, rounded, scratchXmm);
    // floor and ceil are about the signed value, trunc about the magnitude.
    const signed = mode === 'floor' || mode === 'ceil';
    asm.movaps(scratchXmm, signMask);
    asm.packed('and', scratchXmm, x);
    if (signed) asm.packed('or', rounded, scratchXmm);
    if (mode === 'floor') asm.ucomis(width, x, rounded);
    else if (mode === 'ceil') asm.ucomis(width, rounded, x);
    else if (mode === 'trunc') asm.ucomis(width, magnitude, rounded);
    if (mode !== 'nearest') {
      asm.jcc('ae', exact);
      asm.scalar(mode === 'ceil' ? 'add' : 'sub', width, rounded, one);
      asm.bind(exact);
    }
    asm.packed('and', rounded, valueMask);
    asm.packed('or', rounded, scratchXmm);
    asm.movaps(x, rounded);
    asm.ret();
    asm.bind(integral);
    asm.packed('xor', rounded, rounded);
    asm.scalar('add', width, x, rounded);
    asm.ret();
  };
}

export const helpers: Readonly<Record<string, Helper>> = {
  memory_copy: memoryCopy,
  memory_fill: memoryFill,
  memory_init: memoryInit,
  popcount,
  ...Object.fromEntries(
    (['floor', 'ceil', 'trunc', 'nearest'] as const).flatMap((mode) => [
      [`${mode}32`, rounding(mode, 4)],
      [`${mode}64`, rounding(mode, 8)],
    ]),
  ),
};
