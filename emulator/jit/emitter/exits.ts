// SPDX-License-Identifier: MIT
/**
 * @fileoverview How a region is entered and left. It is left before an instruction by saying in local `how` what comes next and branching to the common
 * exit, which stores registers, makes the flags that were put off, and goes on there: another run of the page, whatever the jump cache has
 * for an address, a helper, or the interpreter. Nothing of the instruction has been committed then, since the builder puts commits behind
 * all that can leave.
 *
 * The budget is charged block by block: an exit in the middle of a block gives back what was not done.
 */
import { HEAD, JUMP_CACHE, JUMP_ENTRIES, LEAVE, ODD_REGISTERS, ODD_SEGMENTS, RECORD, SLOT } from '../../ir/state.ts';
import type { Effect } from '../../ir/value.ts';
import { Code, I32, I64 } from '../../wasm/module.ts';
import { FARTHEST, PAGE, pageOf } from '../pages.ts';
import { COUNTERS } from '../trace.ts';
import { RegionFlags } from './flags.ts';
import { BUDGET, HEAD_LOCAL } from './registers.ts';

/** How a reason and an offset (from -FARTHEST on) are one number, below all addresses of heads. */
const REASON_SHIFT = 20;
const REASON_END = 8 << REASON_SHIFT;
const OFFSET_MASK = (1 << REASON_SHIFT) - 1;
const exitAt = (why: number, offset: number): number => (why << REASON_SHIFT) | (offset + FARTHEST);

export abstract class RegionExits extends RegionFlags {
  /** Leaves into another translation block somewhere. */
  private far = false;
  /** Calls helpers. */
  private helps = false;

  /** Why and where the region is left: head of a run, or -1 for RIP, -2 for RIP in another translation block, -3 behind a helper, or `exitAt`. */
  private get how(): number {
    return this.lasting('how', I32);
  }
  private get helper(): number {
    return this.lasting('helper', I32);
  }
  private get record(): number {
    return this.lasting('record', I32);
  }
  private get rip(): number {
    return this.lasting('rip', this.word);
  }
  /** The local that numbers the entry to go on at. */
  get entry(): number {
    return this.lasting('entry', I32);
  }

  // Leaving.

  /** Leaves the current instruction to the interpreter. It stands inside a condition: nothing it evaluates is kept for others. */
  leave(why: number): void {
    this.leaveFor(exitAt(why, this.offset), this.undone);
  }
  private leaveFor(how: number, undone: number): void {
    const { cached, lowOf, flags, used } = this;
    const marks = [cached.mark, lowOf.mark];
    this.used = used.slice();
    this.keepFlags();
    if (undone > 0) this.code.get(BUDGET).i32(undone).op('i32.add').set(BUDGET);
    this.code.i32(how).set(this.how);
    this.br(this.exitLabel);
    cached.forget(marks[0]);
    lowOf.forget(marks[1]);
    this.flags = flags;
    this.used = used;
  }
  /** Goes on at the run of a head in the same page, which begins at an offset. */
  exitToRun(head: number, page: number): void {
    this.storePage(page);
    this.leaveFor(head, 0);
  }
  /** Says in state that control is in another page than where the region was entered, for those who do not look RIP up. */
  private storePage(page: number): void {
    if (page === 0) return;
    const c = this.code.i32(this.place.base);
    this.pushOffset(page);
    if (!this.place.long) c.op('i64.extend_i32_u');
    c.mem('i64.store', SLOT.PAGE);
  }
  /** Goes on at an address: a local, or an offset from the page. */
  exitToLocal(local: number): void {
    this.code.get(local).set(this.rip);
    this.leaveFor(-1, 0);
  }
  /** Behind the commits of an instruction: passes what the helper at its end is given. */
  prepareHelp({ helper, args }: Effect & { k: 'control' }, record: number): void {
    this.passArguments(args);
    this.storePage(pageOf(this.offset));
    this.code.i32(helper.index).set(this.helper).i32(record).set(this.record);
  }
  /** Leaves to where that helper takes the processor. */
  help(): void {
    this.helps = true;
    this.leaveFor(-3, 0);
  }
  /** Goes on at an address in an i64 local, in the translation block that state names. */
  exitFar(local: number): void {
    this.code.get(local).set(this.rip);
    this.far = true;
    this.leaveFor(-2, 0);
  }
  exitToOffset(offset: number): void {
    this.pushOffset(offset);
    this.code.set(this.rip);
    this.leaveFor(-1, 0);
  }
  charge(instructions: number): void {
    this.code.get(BUDGET).i32(instructions).op('i32.sub').set(BUDGET);
  }
  /** Leaves to the interpreter at a page offset if the rest of the region may need more than the budget. */
  checkBudget(need: number, offset: number): void {
    this.code.get(BUDGET).i32(need).op('i32.lt_s');
    this.openIf();
    this.leaveFor(exitAt(LEAVE.budget, offset), 0);
    this.close();
  }

  // Entering.

  /**
   * At the beginning of the function: leaves its entry to the interpreter if the budget may not last, or where 16-bit branches could wrap,
   * which they do within a page only where the 64 KiB of the code segment end in it, or where legacy code is not what it was.
   */
  checkEntry(need: number, wraps: boolean): void {
    const c = this.code;
    const { base, long, flat } = this.place;
    const leaveFor = (why: number): void => {
      this.openIf();
      c.get(HEAD_LOCAL).mem('i32.load16_u', RECORD.next).i32(exitAt(why, 0)).op('i32.or').set(this.how);
      this.br(this.exitLabel);
      this.close();
    };
    if (!long) {
      c.i32(base)
        .mem('i32.load', SLOT.ODD)
        .i32(flat ? ODD_REGISTERS | ODD_SEGMENTS : ODD_REGISTERS)
        .op('i32.and');
      leaveFor(LEAVE.mode);
    }
    c.get(BUDGET).i32(need).op('i32.lt_s');
    if (wraps) c.get(this.page).i32(0xf000).op('i32.gt_u').op('i32.or');
    leaveFor(LEAVE.budget);
  }
  /**
   * Leaves for an offset in another page than the present one, unless the jump cache has for it the head `to`, as it did: then what the region
   * has of that page is what is mapped there.
   */
  checkPage(offset: number, to: number): void {
    const rip = this.newLocal(this.word);
    this.pushOffset(offset);
    this.code.set(rip);
    this.notMapped(rip, to);
    this.openIf();
    this.exitToLocal(rip);
    this.close();
  }
  /** Pushes whether the jump cache has something else than a head for an address in a local; an address in the entry beside is one that leaves. */
  private notMapped(rip: number, head: number): void {
    const c = this.code;
    const { tlb, long } = this.place;
    const low = long ? this.newLocal(I32) : rip;
    const entry = this.newLocal(I32);
    if (long) c.get(rip).op('i32.wrap_i64').set(low);
    c.get(low).get(low).i32(10).op('i32.shr_u').op('i32.xor').i32(4).op('i32.shl');
    c.i32((JUMP_ENTRIES - 1) << 4)
      .op('i32.and')
      .tee(entry)
      .mem('i64.load', tlb + JUMP_CACHE);
    this.pushWord(rip);
    c.op('i64.ne')
      .get(entry)
      .mem('i32.load', tlb + JUMP_CACHE + 8)
      .i32(head)
      .op('i32.ne')
      .op('i32.or');
  }
  /**
   * Opens a block, which is left unless the address in a local is that of an offset; where the head `mapped` is if that is not 0. Returns the
   * block's label.
   */
  comparedTo(local: number, offset: number, mapped: number): number {
    const outside = this.openBlock();
    this.code.get(local);
    this.pushOffset(offset);
    this.code.op(this.place.long ? 'i64.ne' : 'i32.ne');
    this.brIf(outside);
    if (mapped) {
      this.notMapped(local, mapped);
      this.brIf(outside);
    }
    return outside;
  }
  /** The same for an entry of this region; its number is set if it is not the only one. */
  returnToEntry(local: number, offset: number, need: number, number: number, mapped: number): void {
    const c = this.code;
    const outside = this.comparedTo(local, offset, mapped);
    c.get(BUDGET).i32(need).op('i32.lt_s');
    this.brIf(outside);
    if (number >= 0) c.i32(number).set(this.entry);
  }
  /**
   * Opens a block, which is left unless the address in a local is an entry of this region in a page, whose number is set. `table` has, for each offset
   * in the page, one more than the number of the entry there. Code of the page that runs is known to be mapped: nobody else has to be asked.
   */
  dispatchInside(local: number, page: number, table: number, need: number): void {
    const c = this.code;
    const offset = this.newLocal(I32);
    const outside = this.openBlock();
    c.get(local);
    if (page === 0) c.get(this.page);
    else this.pushOffset(page);
    if (this.place.long) {
      const wide = this.newLocal(I64);
      c.op('i64.sub').tee(wide).op('i32.wrap_i64').set(offset);
      c.get(wide).i64(BigInt(PAGE)).op('i64.ge_u');
    } else c.op('i32.sub').tee(offset).i32(PAGE).op('i32.ge_u');
    this.brIf(outside);
    c.get(offset).mem('i32.load8_u', table).tee(offset).op('i32.eqz');
    this.brIf(outside);
    c.get(BUDGET).i32(need).op('i32.lt_s');
    this.brIf(outside);
    c.get(offset).i32(1).op('i32.sub').set(this.entry);
  }

  // The whole function.

  /** The common exit: state is stored, and control goes on where `how` says. */
  finish(
    functions: { dispatch: number; dispatchFar: () => number; help: () => number; interpret: number; type: number },
    head: { region: number; compiled: number },
  ): void {
    const c = this.code;
    const { base } = this.place;
    this.resolveShapes();
    if (!this.through) for (const [slot, local] of this.slots) if (this.written.has(slot)) this.storeHome(slot, local);
    const storeRip = (): void => {
      c.i32(base);
      this.pushWord(this.rip);
      c.mem('i64.store', SLOT.RIP);
    };
    c.get(this.how).i32(-1).op('i32.eq');
    this.openIf();
    storeRip();
    c.get(BUDGET).returnCall(functions.dispatch);
    this.close();
    if (this.far) {
      c.get(this.how).i32(-2).op('i32.eq');
      this.openIf();
      storeRip();
      c.get(BUDGET).returnCall(functions.dispatchFar());
      this.close();
    }
    if (this.helps) {
      c.get(this.how).i32(-3).op('i32.eq');
      this.openIf();
      c.get(BUDGET).get(this.helper).get(this.record).returnCall(functions.help());
      this.close();
    }
    c.get(this.how).i32(REASON_END).op('i32.lt_u');
    this.openIf();
    c.i32(base).get(this.page).get(this.how).i32(OFFSET_MASK).op('i32.and').i32(FARTHEST).op('i32.sub');
    if (this.place.long) c.op('i64.extend_i32_s').op('i64.add');
    else c.op('i32.add').op('i64.extend_i32_u');
    c.mem('i64.store', SLOT.RIP);
    if (this.place.counters) {
      const counter = this.newLocal(I32);
      c.get(this.how).i32(REASON_SHIFT).op('i32.shr_u').i32(2).op('i32.shl').set(counter);
      count(c, () => c.get(counter), this.place.counters + COUNTERS.left);
    }
    c.get(BUDGET).get(this.how).i32(REASON_SHIFT).op('i32.shr_u').returnCall(functions.interpret);
    this.close();
    c.get(this.how).mem('i32.load16_u', 0).i32(head.compiled).op('i32.eq');
    this.openIf();
    c.get(BUDGET).get(this.how).get(this.how).mem('i32.load', head.region).returnCallIndirect(functions.type);
    this.close();
    c.i32(base).get(BUDGET).mem('i32.store', SLOT.BUDGET);
    c.get(this.how);
  }
  /** Loads what the body uses; to be put in front of it. */
  prologue(hasEntries: boolean): Code {
    const c = new Code();
    if (this.place.counters) count(c, () => c.i32(0), this.place.counters + COUNTERS.entered);
    if (hasEntries) c.get(HEAD_LOCAL).mem('i32.load', HEAD.entry).set(this.entry);
    for (const kind of ['stackRead', 'stackWrite']) {
      const tag = this.named.get(kind);
      if (tag !== undefined) c.i64(-1n).set(tag);
    }
    if (this.named.has('ordinary')) this.setOrdinary(c);
    if (this.named.has('page')) this.loadWord(c, SLOT.PAGE).set(this.page);
    if (!this.through) for (const [slot, local] of this.slots) this.loadHome(c, slot).set(local);
    return c;
  }
}

/** Adds one to the i32 at `offset` behind the address that `push` pushes. */
function count(c: Code, push: () => void, offset: number): void {
  push();
  push();
  c.mem('i32.load', offset).i32(1).op('i32.add').mem('i32.store', offset);
}
