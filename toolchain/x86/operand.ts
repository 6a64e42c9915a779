// SPDX-License-Identifier: MIT
/**
 * @fileoverview Operands of x86-64 instructions: registers, memory, labels, symbols.
 *
 * A register carries its width, as its name does (`eax` is 4 bytes wide), so an instruction's operand size follows from
 * its operands: `asm.mov(eax, ptr(rbx, 8))` is a 32-bit load. Where no register is involved memory is given a width by
 * `byte`, `word`, `dword` or `qword`. Legacy high-byte registers (AH, CH, DH, BH) are not offered: they exclude REX.
 *
 * Intel SDM vol. 2A, chapter 2 (ModR/M, SIB and REX encodings).
 */

export type Width = 1 | 2 | 4 | 8;
export type Scale = 1 | 2 | 4 | 8;

/** A general register of a width; `code` is its number in ModR/M and REX (0 rax … 15 r15). */
export interface Gpr {
  readonly kind: 'gpr';
  readonly code: number;
  readonly width: Width;
  readonly name: string;
}

export interface Xmm {
  readonly kind: 'xmm';
  readonly code: number;
  readonly name: string;
}

/** Segment, control and debug registers, moved by `mov` only. */
export interface SpecialRegister {
  readonly kind: 'segment' | 'control' | 'debug';
  readonly code: number;
  readonly name: string;
}

/**
 * [base + index * scale + disp]. Without base and index the address is `disp`, sign-extended, or, with `rip`, relative to
 * the next instruction. A symbol's address is added when the linker knows it. `address32` wraps the sum to 32 bits.
 */
export interface Mem {
  readonly kind: 'mem';
  readonly base?: Gpr;
  readonly index?: Gpr;
  readonly scale: Scale;
  readonly disp: number;
  readonly width?: Width;
  readonly segment?: 'fs' | 'gs' | 'cs' | 'ds' | 'es' | 'ss';
  readonly symbol?: string;
  readonly rip?: boolean;
  readonly address32?: boolean;
}

export type Rm = Gpr | Mem;
export type XmmRm = Xmm | Mem;
export type Imm = number | bigint;

/** A place in the code being assembled: bound once, referred to from before or after. */
export class Label {
  /** Offset in the text, once bound. */
  offset: number | undefined = undefined;
  /** Where 32-bit displacements wait for the offset. */
  readonly fixups: number[] = [];
  constructor(readonly name = '') {}
}

const names64 = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];
const names8 = ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil'];

function registerName(code: number, width: Width): string {
  if (code >= 8) return `r${code}${{ 1: 'b', 2: 'w', 4: 'd', 8: '' }[width]}`;
  if (width === 1) return names8[code];
  const name = names64[code];
  return width === 8 ? name : width === 4 ? 'e' + name.slice(1) : name.slice(1);
}

const file = (width: Width): readonly Gpr[] =>
  Array.from({ length: 16 }, (_, code) => ({ kind: 'gpr', code, width, name: registerName(code, width) }));
const gprs: Readonly<Record<Width, readonly Gpr[]>> = { 1: file(1), 2: file(2), 4: file(4), 8: file(8) };

/** The general register `code` at `width`: `gpr(0, 4)` is eax. */
export const gpr = (code: number, width: Width): Gpr => gprs[width][code];
export const withWidth = (register: Gpr, width: Width): Gpr => gprs[width][register.code];

export const [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15] = gprs[8];
export const [eax, ecx, edx, ebx, esp, ebp, esi, edi, r8d, r9d, r10d, r11d, r12d, r13d, r14d, r15d] = gprs[4];
export const [ax, cx, dx, bx, sp, bp, si, di, r8w, r9w, r10w, r11w, r12w, r13w, r14w, r15w] = gprs[2];
export const [al, cl, dl, bl, spl, bpl, sil, dil, r8b, r9b, r10b, r11b, r12b, r13b, r14b, r15b] = gprs[1];

const xmms: readonly Xmm[] = Array.from({ length: 16 }, (_, code) => ({ kind: 'xmm', code, name: `xmm${code}` }));
export const xmm = (code: number): Xmm => xmms[code];

const special = (kind: SpecialRegister['kind'], code: number, name: string): SpecialRegister => ({ kind, code, name });
export const [es, cs, ss, ds, fs, gs] = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'].map((name, code) => special('segment', code, name));
export const cr = (code: 0 | 2 | 3 | 4 | 8): SpecialRegister => special('control', code, `cr${code}`);
export const dr = (code: 0 | 1 | 2 | 3 | 6 | 7): SpecialRegister => special('debug', code, `dr${code}`);

/** [base + disp] */
export const ptr = (base: Gpr, disp = 0): Mem => ({ kind: 'mem', base, scale: 1, disp });
/** [base + index * scale + disp]; base may be omitted. */
export const indexed = (base: Gpr | undefined, index: Gpr, scale: Scale = 1, disp = 0): Mem => ({
  kind: 'mem',
  base,
  index,
  scale,
  disp,
});
/** [disp32], sign-extended: the lowest and the highest 2 GiB of the address space. */
export const absolute = (disp: number): Mem => ({ kind: 'mem', scale: 1, disp });
/** [rip + symbol + disp] */
export const symbolAt = (symbol: string, disp = 0): Mem => ({ kind: 'mem', scale: 1, disp, symbol, rip: true });
/** [symbol + index * scale + disp] with the symbol's address in a sign-extended disp32. */
export const symbolIndexed = (symbol: string, index: Gpr | undefined, scale: Scale = 1, disp = 0): Mem => ({
  kind: 'mem',
  index,
  scale,
  disp,
  symbol,
});

export const byte = (m: Mem): Mem => ({ ...m, width: 1 });
export const word = (m: Mem): Mem => ({ ...m, width: 2 });
export const dword = (m: Mem): Mem => ({ ...m, width: 4 });
export const qword = (m: Mem): Mem => ({ ...m, width: 8 });
/** The same memory through a segment: `through('gs', absolute(16))`. */
export const through = (segment: NonNullable<Mem['segment']>, m: Mem): Mem => ({ ...m, segment });
