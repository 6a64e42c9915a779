// SPDX-License-Identifier: MIT
/**
 * @fileoverview Repeated MOVS and STOS in stretches, as a wasm function that interpreter and compiled code call.
 *
 * It does as many iterations as it can without leaving the fast path: forwards, in pages that the TLB has, of segments that cover all of the
 * linear address space, page by page with one memory.copy or memory.fill each. Registers in state say afterwards what is left; that is the
 * caller's, element by element, with whatever faults or devices are in the way.
 */
import { GPR, SEG, SLOT, TLB_ENTRIES, TLB_READ, TLB_WRITE } from '../ir/state.ts';
import { Code, I32, I64, type Module, type WasmFunction, type WasmType } from '../wasm/module.ts';

/** State, translation block, most iterations, bytes of an element, state address of the source segment; source 0: STOS. */
export const BULK_PARAMETERS: readonly WasmType[] = [I32, I32, I32, I32, I32];
const [BASE, TLB, LIMIT, SIZE, SOURCE] = [0, 1, 2, 3, 4];
/** Iterations done; then i32s: of this stretch, host addresses, TLB entry, bytes; i64s: linear addresses, iterations left. */
const [DONE, N, TO, FROM, ENTRY, BYTES] = [5, 6, 7, 8, 9, 10];
const [RDI, RSI, RCX, VALUE] = [11, 12, 13, 14];

/** `mask`: of addresses, 2^32 - 1 or all ones; `destination`: state offset of the segment that STOS and MOVS write to. */
export function bulkFunction(module: Module, mask: bigint, destination: number): WasmFunction {
  const c = new Code();
  const stop = (): void => {
    c.if().get(DONE).op('return').end();
  };
  c.get(BASE).mem('i64.load', SLOT.DIRECTION).i64(1n).op('i64.ne');
  stop();
  if (mask !== ALL_ONES) coversAll(c, () => c.get(BASE).i32(destination).op('i32.add'), SEG.writeLow);
  c.get(SOURCE).if();
  if (mask === ALL_ONES) {
    c.get(SOURCE).mem('i64.load', SEG.base).op('i64.eqz').op('i32.eqz');
    stop();
  } else coversAll(c, () => c.get(SOURCE), SEG.readLow);
  c.end();
  c.loop();
  const register = (n: number, local: number): void => {
    c.get(BASE).mem('i64.load', GPR(n));
    if (mask !== ALL_ONES) c.i64(mask).op('i64.and');
    c.set(local);
  };
  register(1, RCX);
  register(7, RDI);
  // Iterations of this stretch: what is left, up to the limit, up to the page's end.
  c.get(LIMIT).get(DONE).op('i32.sub').tee(N).i32(0).op('i32.le_s');
  stop();
  c.get(RCX).get(N).op('i64.extend_i32_s').op('i64.lt_u').if().get(RCX).op('i32.wrap_i64').set(N).end();
  toPageEnd(c, RDI);
  translate(c, RDI, TLB_WRITE, TO, stop);
  c.get(SOURCE).if();
  register(6, RSI);
  toPageEnd(c, RSI);
  translate(c, RSI, TLB_READ, FROM, stop);
  // Copying forwards over itself repeats what was just written: up to there, one after the other.
  c.get(TO).get(FROM).op('i32.sub').tee(BYTES).i32(0).op('i32.ne');
  c.get(BYTES).get(N).get(SIZE).op('i32.mul').op('i32.lt_u').op('i32.and').if();
  c.get(BYTES).get(SIZE).op('i32.div_u').set(N).end();
  c.end();
  c.get(N).i32(0).op('i32.le_s');
  stop();
  c.get(N).get(SIZE).op('i32.mul').set(BYTES);
  c.get(SOURCE).if();
  c.get(TO).get(FROM).get(BYTES).memoryCopy();
  c.get(BASE).get(RSI).get(BYTES).op('i64.extend_i32_u').op('i64.add');
  if (mask !== ALL_ONES) c.i64(mask).op('i64.and');
  c.mem('i64.store', GPR(6));
  c.else();
  fill(c);
  c.end();
  c.get(BASE).get(RDI).get(BYTES).op('i64.extend_i32_u').op('i64.add');
  if (mask !== ALL_ONES) c.i64(mask).op('i64.and');
  c.mem('i64.store', GPR(7));
  c.get(BASE).get(RCX).get(N).op('i64.extend_i32_u').op('i64.sub').tee(RCX).mem('i64.store', GPR(1));
  c.get(DONE).get(N).op('i32.add').set(DONE);
  c.get(RCX).i64(0n).op('i64.ne').brIf(0);
  c.end();
  c.get(DONE);
  const locals: WasmType[] = [I32, I32, I32, I32, I32, I32, I64, I64, I64, I64];
  return { type: module.type(BULK_PARAMETERS, [I32]), locals, code: c };
}
const ALL_ONES = 0xffffffffffffffffn;

/** Returns unless the segment whose address `push` pushes has base 0 and all offsets. */
function coversAll(c: Code, push: () => void, bounds: number): void {
  push();
  c.mem('i64.load', SEG.base);
  push();
  c.mem('i64.load', bounds).i64(0xffffffff00000000n).op('i64.xor').op('i64.or').op('i64.eqz').op('i32.eqz');
  c.if().i32(0).op('return').end();
}
function toPageEnd(c: Code, linear: number): void {
  c.i32(4096).get(linear).op('i32.wrap_i64').i32(4095).op('i32.and').op('i32.sub').get(SIZE).op('i32.div_u').set(BYTES);
  c.get(BYTES).get(N).op('i32.lt_s').if().get(BYTES).set(N).end();
}
function translate(c: Code, linear: number, table: number, host: number, stop: () => void): void {
  c.get(linear)
    .op('i32.wrap_i64')
    .i32(8)
    .op('i32.shr_u')
    .i32((TLB_ENTRIES - 1) << 4)
    .op('i32.and')
    .get(TLB)
    .op('i32.add')
    .tee(ENTRY);
  c.mem('i64.load', table).get(linear).i64(-4096n).op('i64.and').op('i64.ne');
  stop();
  c.get(linear)
    .op('i32.wrap_i64')
    .get(ENTRY)
    .mem('i32.load', table + 8)
    .op('i32.add')
    .set(host);
}
/** BYTES bytes at TO with rAX: one element stored, and copied to twice as many again and again. */
function fill(c: Code): void {
  c.get(BASE).mem('i64.load', SLOT.rax).set(VALUE);
  c.get(SIZE).i32(1).op('i32.eq').get(VALUE).op('i64.eqz').op('i32.or').if();
  c.get(TO).get(VALUE).op('i32.wrap_i64').get(BYTES).memoryFill();
  c.else();
  c.get(TO).get(BASE).i32(SLOT.rax).op('i32.add').get(SIZE).memoryCopy();
  // ENTRY: bytes filled.
  c.get(SIZE).set(ENTRY);
  c.block().loop();
  c.get(ENTRY).get(BYTES).op('i32.ge_u').brIf(1);
  c.get(TO).get(ENTRY).op('i32.add').get(TO);
  c.get(ENTRY).get(BYTES).get(ENTRY).op('i32.sub').get(ENTRY).get(BYTES).get(ENTRY).op('i32.sub').op('i32.lt_u').op('select');
  c.memoryCopy();
  c.get(ENTRY).i32(1).op('i32.shl').set(ENTRY);
  c.br(0).end().end();
  c.end();
}
