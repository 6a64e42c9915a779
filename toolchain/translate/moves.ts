// SPDX-License-Identifier: MIT
/**
 * @fileoverview Parallel moves: several values to several places as if at once (arguments, phis, parameters).
 *
 * A move is done as soon as nothing still to be moved is in its destination; what remains then is cycles, which are opened by
 * setting one value aside in a scratch register (or, between two general registers, by XCHG). Memory to memory goes over the
 * stack, so that the scratch registers stay free for cycles and kernels need no xmm register.
 */
import { gpr, type Mem, ptr, rbp, rsp, type X86, xmm } from '../x86/x86.ts';
import { FIRST_XMM, type RegisterClass, SCRATCH, SCRATCH_XMM } from './machine.ts';

/** A physical register, a spill slot (by displacement from rbp), or a stack argument (by displacement from rsp). */
export type Place =
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'frame'; readonly disp: number }
  | { readonly kind: 'argument'; readonly disp: number };

export type MoveSource =
  | Place
  | { readonly kind: 'constant'; readonly value: bigint; readonly width: 4 | 8; readonly memory?: Mem };

export interface Move {
  readonly to: Place;
  from: MoveSource;
  readonly cls: RegisterClass;
}

const keyOf = (place: Place): string => (place.kind === 'register' ? `r${place.register}` : `${place.kind[0]}${place.disp}`);
const memoryOf = (place: Place): Mem => ptr(place.kind === 'frame' ? rbp : rsp, (place as { disp: number }).disp);
const isSame = (a: MoveSource, b: Place): boolean => a.kind !== 'constant' && keyOf(a) === keyOf(b);

export function parallelMove(asm: X86, moves: readonly Move[]): void {
  const constants = moves.filter((m) => m.from.kind === 'constant');
  let pending = moves.filter((m) => m.from.kind !== 'constant' && !isSame(m.from, m.to)).map((m) => ({ ...m }));
  while (pending.length > 0) {
    const waiting = new Set(pending.map((m) => keyOf(m.from as Place)));
    const ready = pending.filter((m) => !waiting.has(keyOf(m.to)));
    if (ready.length > 0) {
      for (const m of ready) copy(asm, m.to, m.from as Place, m.cls);
      pending = pending.filter((m) => !ready.includes(m));
    } else pending = openCycle(asm, pending);
  }
  for (const m of constants) {
    if (m.from.kind === 'constant') loadConstant(asm, m.to, m.from, m.cls);
  }
}

/** Every destination is still to be read. */
function openCycle(asm: X86, pending: Move[]): Move[] {
  const [first, ...rest] = pending;
  const from = first.from as Place;
  const { to } = first;
  if (first.cls === 'gpr' && from.kind === 'register' && to.kind === 'register') {
    // After the exchange the destination is right, and what it held is where `from` was.
    asm.xchg(gpr(to.register, 8), gpr(from.register, 8));
    const [a, b] = [keyOf(from), keyOf(to)];
    for (const m of rest) {
      const key = keyOf(m.from as Place);
      if (key === b) m.from = from;
      else if (key === a) m.from = to;
    }
    return rest.filter((m) => !isSame(m.from, m.to));
  }
  const aside: Place = { kind: 'register', register: first.cls === 'gpr' ? SCRATCH : SCRATCH_XMM };
  copy(asm, aside, from, first.cls);
  const key = keyOf(from);
  for (const m of pending) if (keyOf(m.from as Place) === key) m.from = aside;
  return pending;
}

function copy(asm: X86, to: Place, from: Place, cls: RegisterClass): void {
  if (to.kind !== 'register' && from.kind !== 'register') {
    asm.push(memoryOf(from));
    // The address of a pop through rsp is computed after rsp has moved back.
    asm.pop(memoryOf(to));
  } else if (cls === 'gpr') {
    if (to.kind !== 'register') asm.mov(memoryOf(to), gpr((from as { register: number }).register, 8));
    else if (from.kind === 'register') asm.mov(gpr(to.register, 8), gpr(from.register, 8));
    else asm.mov(gpr(to.register, 8), memoryOf(from));
  } else {
    const operand = (place: Place) => (place.kind === 'register' ? xmm(place.register - FIRST_XMM) : memoryOf(place));
    asm.movs(8, operand(to), operand(from));
  }
}

/** Flags may be changed. */
function loadConstant(asm: X86, to: Place, from: MoveSource & { kind: 'constant' }, cls: RegisterClass): void {
  const { width } = from;
  const value = width === 4 ? BigInt.asUintN(32, from.value) : from.value;
  if (to.kind !== 'register') {
    if (value === BigInt.asIntN(32, value)) asm.mov({ ...memoryOf(to), width: 8 }, value);
    else {
      asm.mov(gpr(SCRATCH, 8), value);
      asm.mov(memoryOf(to), gpr(SCRATCH, 8));
    }
  } else if (cls === 'gpr') {
    const register = gpr(to.register, 8);
    if (value === 0n) asm.xor(gpr(to.register, 4), gpr(to.register, 4));
    else asm.mov(register, value);
  } else {
    const register = xmm(to.register - FIRST_XMM);
    if (value === 0n) asm.packed('xor', register, register);
    else asm.movs(width, register, from.memory!);
  }
}
