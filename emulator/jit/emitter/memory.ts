// SPDX-License-Identifier: MIT
/**
 * @fileoverview Memory accesses of a region: each probes the TLB, and a miss, a fault, a device or code that is written leaves the access to the
 * interpreter.
 *
 * Accesses through the registers of an access before them in the block, and all through the stack pointer of legacy code, compare with the entry
 * that that one found, which nothing changes while the region runs, and probe only if it is another's.
 */
import { ACCESS, LEAVE, type MemoryAccess, SLOT, TLB_ENTRIES, TLB_READ, TLB_WRITE } from '../../ir/state.ts';
import type { Value } from '../../ir/value.ts';
import { I32, I64 } from '../../wasm/module.ts';
import { RegionExits } from './exits.ts';
import { BUDGET } from './registers.ts';

/** Locals: the tag of a TLB entry, and what it adds to addresses. */
export interface Translation {
  tag: number;
  addend: number;
}

export abstract class RegionMemory extends RegionExits {
  /** What accesses of this block found, by kind and registers of their addresses. */
  private nearby: ReadonlyMap<string, Translation> = new Map();
  /** That outlives the block. */
  private lasts = false;

  override beginBlock(): void {
    super.beginBlock();
    this.nearby = new Map();
    this.lasts = false;
  }
  /** At the beginning of a block of an unrolled loop: what was found in the block that alone leads to it, if there is one. */
  keepNearby(before: ReadonlyMap<string, Translation> | undefined): void {
    if (before) this.nearby = before;
    this.lasts = true;
  }
  /** What has been found up to the end of the block. */
  get found(): ReadonlyMap<string, Translation> {
    return this.nearby;
  }
  override inside(emit: () => void): void {
    const { nearby } = this;
    super.inside(emit);
    this.nearby = nearby;
  }
  protected override raise(): void {
    this.leave(LEAVE.fault);
  }
  protected override miss(): void {
    this.leave(LEAVE.memory);
  }
  protected override translate(address: Value, size: number, access: MemoryAccess): number {
    const c = this.code;
    const linear = this.newLocal(this.word);
    const host = this.newLocal(I32);
    if (this.place.long) this.emit(address);
    else this.low(address);
    c.set(linear);
    const found = this.lastFound(address, access);
    if (found.again) {
      this.differs(linear, size, () => c.get(found.tag));
      this.openIf();
    }
    c.get(this.probe(linear, size, access, (at, table) => c.get(at).mem('i64.load', table).tee(found.tag)))
      .mem('i32.load', this.tableOf(access) + 8)
      .set(found.addend);
    if (found.again) this.close();
    c.get(linear);
    if (this.place.long) c.op('i32.wrap_i64');
    c.get(found.addend).op('i32.add').set(host);
    return host;
  }
  /** Where the translation found for an address is kept, and whether there may be one already. */
  private lastFound(address: Value, access: MemoryAccess): Translation & { again: boolean } {
    const kind = access === ACCESS.read ? 'Read' : 'Write';
    if (!this.place.long && isStack(address))
      return { tag: this.lasting(`stack${kind}`, I64), addend: this.lasting(`stack${kind}At`, I32), again: true };
    const registers = registersOf(address);
    const key = `${kind} ${registers}`;
    const known = this.nearby.get(key);
    if (known) return { ...known, again: true };
    const fresh = this.lasts
      ? { tag: this.lasting(`near ${key}`, I64), addend: this.lasting(`near at ${key}`, I32) }
      : { tag: this.newLocal(I64), addend: this.newLocal(I32) };
    this.nearby = new Map(this.nearby).set(key, fresh);
    return { ...fresh, again: false };
  }
  private tableOf(access: MemoryAccess): number {
    return this.place.tlb + (access === ACCESS.read ? TLB_READ : TLB_WRITE);
  }
  /** Finds the TLB entry of an address, or leaves; `pushTag` pushes the tag of the entry in a local. Returns that local. */
  private probe(linear: number, size: number, access: MemoryAccess, pushTag: (entry: number, table: number) => unknown): number {
    const c = this.code;
    const entry = this.newLocal(I32);
    c.get(linear);
    if (this.place.long) c.op('i32.wrap_i64');
    c.i32(8)
      .op('i32.shr_u')
      .i32((TLB_ENTRIES - 1) << 4)
      .op('i32.and')
      .set(entry);
    this.differs(linear, size, () => pushTag(entry, this.tableOf(access)));
    this.openIf();
    this.leave(LEAVE.memory);
    this.close();
    return entry;
  }
  /**
   * Pushes whether any of some bytes are in another page than that of a tag. Tags of other pages differ above the offset (see `mmu/tlb.ts`). V8 moves
   * what a comparison for greater guards out of the way.
   */
  private differs(linear: number, size: number, pushTag: () => unknown): void {
    pushTag();
    this.pushWord(linear);
    this.code
      .op('i64.xor')
      .i64(BigInt(4096 - size))
      .op('i64.gt_u');
  }

  /** A repeated MOVS or STOS: what does not go in stretches is left to the interpreter. `reserve`: budget that must remain. */
  bulk(bytes: number, copies: boolean, reserve: number): void {
    const c = this.code;
    const { base, tlb, long } = this.place;
    const done = this.newLocal(I32);
    const changed = copies ? [SLOT.rcx, SLOT.rsi, SLOT.rdi] : [SLOT.rcx, SLOT.rdi];
    if (!this.through)
      for (const slot of copies ? changed : [SLOT.rax, ...changed]) this.storeWord(slot, this.registerLocal(slot));
    c.i32(base).i32(tlb).get(BUDGET).i32(reserve).op('i32.sub').i32(bytes);
    c.i32(copies ? base + this.sourceSegment : 0)
      .call(this.place.bulk())
      .set(done);
    for (const slot of changed) {
      this.loadWord(c, slot).set(this.registerLocal(slot));
      this.changed(slot);
    }
    // Every iteration counts as an instruction, of which the block has charged one.
    c.get(BUDGET).get(done).op('i32.sub').set(BUDGET);
    c.get(this.registerLocal(SLOT.rcx));
    if (long) c.i64(0n).op('i64.ne');
    this.openIf();
    this.leave(LEAVE.memory);
    this.close();
    c.get(BUDGET).get(done).i32(0).op('i32.ne').op('i32.add').set(BUDGET);
  }
}

/** The registers in an address: those that have the same are likely to be close to each other. */
function registersOf({ op, reg, args }: Value): string {
  if (op === 'reg') return 'slot' in reg! ? String(reg.slot) : 'record';
  return `${op === 'shl' ? op : ''}${args.map(registersOf).join(' ')}`;
}
/** Whether an address begins with the stack pointer. */
function isStack(address: Value): boolean {
  let v = address;
  while (v.op === 'and' || v.op === 'add' || v.op === 'sub' || v.op === 'zext') v = v.args[0];
  return v.op === 'reg' && 'slot' in v.reg! && v.reg.slot === SLOT.rsp;
}
