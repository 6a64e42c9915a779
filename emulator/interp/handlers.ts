// SPDX-License-Identifier: MIT
/**
 * @fileoverview The micro-op interpreter's handlers: one form's IR as wasm.
 *
 * The interpreter runs micro-op records of 32 bytes (`RECORD` in `ir/state.ts`), which the run builder makes from decoded
 * instructions. Records hold no linear address: branch targets are offsets from the code page, and PAGE in state says where
 * the page is mapped. A handler computes, commits, and goes on to the record behind it or, for branches, to another run.
 *
 * Wasm locals: 0 current record, 1 budget, 2 translation block, 3 state base. The budget counts retired instructions down; it is
 * charged where a run is left, by the record's `count`. It is tested at every branch: no run is longer than MAXIMUM_RUN, and the
 * caller keeps that much in reserve, so it can always stop at an exact instruction.
 *
 * A handler leaves by setting EXIT and branching to the exit label; see `EXIT` for what has been committed then.
 */
import { Builder, bitElement, type Environment } from '../ir/builder.ts';
import { Emitter } from '../ir/emit.ts';
import { Scoped } from '../ir/scoped.ts';
import { EXIT, HEAD, JUMP_BESIDE, JUMP_CACHE, JUMP_ENTRIES, type MemoryAccess, RECORD, RECORD_SIZE, SLOT } from '../ir/state.ts';
import { type Effect, type HelperRef, intType, type RegRef, type Type, type Value } from '../ir/value.ts';
import { I32, I64, type WasmType } from '../wasm/module.ts';
import { bindOperands, countIsZero, execute, type Form } from './forms.ts';

export const LOCAL = { ip: 0, budget: 1, tlb: 2, base: 3 } as const;
export const PARAMETERS: readonly WasmType[] = [I32, I32, I32, I32];
/**
 * Compiled regions: (budget, head) -> the record to go on with, BUDGET in state; 0: leave, EXIT and RIP are set. They sit in the
 * interpreter's table behind its own functions.
 */
export const REGION_PARAMETERS: readonly WasmType[] = [I32, I32];

/** Function indices of the imports that handlers call. */
export interface Imports {
  /** (linear low, linear high, size | access << 8, ip, budget) -> host address, or <= 0 after setting EXIT. */
  slow: number;
  /** () -> (): the bounce buffer has been stored to: completes the access that it stands for. */
  flush: number;
  /** (helper, ip, budget) -> 0: go on, 1: leave (EXIT is set). */
  helper: number;
  /** Functions of the module itself; see `wasm/divide.ts`, `bulk.ts`. */
  divideWide: number;
  bulkLong: number;
  bulkLegacy: number;
  /** Type index of compiled regions. */
  regionType: number;
}
/** Fewer iterations are not worth the call. */
const BULK_MINIMUM = 4;
const FIELD = { dst: RECORD.dst, src: RECORD.src, third: RECORD.imm } as const;

export class HandlerEmitter extends Emitter {
  /** Labels: leave the function; next record; the same after the budget has been charged; leave a cold group for the main loop. */
  exitLabel = 0;
  nextLabel = 0;
  chargedLabel = 0;
  private readonly imports: Imports;
  private readonly pool: { type: WasmType; local: number }[] = [];
  private free: { type: WasmType; local: number }[] = [];

  constructor(imports: Imports) {
    super(PARAMETERS.length);
    this.imports = imports;
  }

  /** Handlers share locals: a function of hundreds of handlers would otherwise declare thousands. */
  override newLocal(type: WasmType): number {
    const i = this.free.findIndex((x) => x.type === type);
    if (i >= 0) return this.free.splice(i, 1)[0].local;
    const local = super.newLocal(type);
    this.pool.push({ type, local });
    return local;
  }
  private begin(): void {
    this.cached = new Scoped();
    this.hostOf = new Scoped();
    this.free = [...this.pool];
  }

  // One handler.

  handler(form: Form): void {
    this.begin();
    const ir = new Builder(form.size, form.env);
    if (form.rep !== 'none') {
      this.emit(countIsZero(ir));
      this.openIf();
      this.advance();
      this.close();
      if (form.record.bulk) this.bulk(form);
    }
    execute(form, ir, bindOperands(ir, form));
    const list = ir.finish();
    this.effects(list);
    this.fallThrough(list);
  }
  /** A compare-like instruction and the conditional branch behind it: the branch sees the flags symbolically. */
  fused(form: Form, branch: Form): void {
    this.begin();
    const ir = new Builder(form.size, form.env);
    execute(form, ir, bindOperands(ir, form));
    const flags = ir.flagsOut();
    const list = ir.finish();
    const second = new Builder(branch.size, branch.env, flags);
    this.targetField = fusedTarget(form);
    execute(branch, second, bindOperands(second, branch));
    this.effects([...list, ...second.finish()]);
    this.targetField = undefined;
  }
  /** Fused pairs keep the target's page offset in this 16-bit field. */
  private targetField: number | undefined;
  private fallThrough(list: readonly Effect[]): void {
    const ended = list.some((e) => e.k === 'control' || (e.k === 'jump' && !e.when));
    // A conditional jump has already gone on where it was not taken.
    if (!ended && !list.some((e) => e.k === 'jump')) this.advance();
  }
  /** A handler that belongs to no instruction. */
  pseudo(exec: (ir: Builder) => void, env: Environment): void {
    this.begin();
    const ir = new Builder(64, env);
    exec(ir);
    const list = ir.finish();
    this.effects(list);
    this.fallThrough(list);
  }
  stop(why: number): void {
    this.leave(why);
  }
  head(): void {
    this.begin();
    const c = this.code;
    const left = this.newLocal(I32);
    c.get(LOCAL.ip).get(LOCAL.ip).mem('i32.load', HEAD.counter).i32(1).op('i32.sub').tee(left).mem('i32.store', HEAD.counter);
    c.get(left).op('i32.eqz');
    this.openIf();
    this.leave(EXIT.hot);
    this.close();
    this.advance();
  }
  compiled(): void {
    this.begin();
    const c = this.code;
    const before = this.newLocal(I32);
    c.get(LOCAL.budget)
      .tee(before)
      .get(LOCAL.ip)
      .get(LOCAL.ip)
      .mem('i32.load', HEAD.region)
      .callIndirect(this.imports.regionType);
    c.set(LOCAL.ip).get(LOCAL.base).mem('i32.load', SLOT.BUDGET).set(LOCAL.budget);
    // Compiled code changes privilege by itself. This handler stands in the main loops, whose local that is.
    c.get(LOCAL.base).mem('i32.load', SLOT.TLB).set(LOCAL.tlb);
    c.get(LOCAL.base).get(LOCAL.base).mem('i64.load', SLOT.COMPILED);
    c.get(before).get(LOCAL.budget).op('i32.sub').op('i64.extend_i32_u').op('i64.add').mem('i64.store', SLOT.COMPILED);
    c.get(LOCAL.ip);
    this.brIf(this.chargedLabel);
    this.br(this.exitLabel);
  }
  /** Address of an operand that the record's handler cannot compute itself, put into EA by a micro-op before it. */
  addressHandler(kind: AddressKind): void {
    this.begin();
    const c = this.code;
    const ir = new Builder(64, { code: 64, stack: 64, address: 64 });
    const ea = ir.leaf('ea', 'i64', { indexed: true });
    let value: Value;
    if (kind === 'bits16' || kind === 'bits32' || kind === 'bits64') {
      const width = Number(kind.slice(4)) as 16 | 32 | 64;
      ir.setSlot(SLOT.EA, bitElement(ir, ir.leaf('reg', intType(width), { reg: { field: 'src' } })));
      this.effects(ir.finish());
    } else if (kind === 'absolute64' || kind === 'segment64' || kind === 'segment64a32') {
      const offset = kind === 'absolute64' ? ir.leaf('imm', 'i64') : kind === 'segment64' ? ea : ir.wrap(ea, 32);
      value = ir.add(offset, ir.leaf('reg', 'i64', { reg: { field: 'dst', plus: 8 } }));
      this.emit(value);
      const local = this.newLocal(I64);
      c.set(local);
      this.stateBase();
      c.get(local).mem('i64.store', SLOT.EA);
    } else {
      const offset = ir.wrap(kind.startsWith('absolute') ? ir.leaf('imm', 'i64') : ea, kind.endsWith('16') ? 16 : 32);
      const linear = ir.segmented('record', offset, 'record', kind.includes('write'));
      ir.setSlot(SLOT.EA, linear);
      this.effects(ir.finish());
    }
    this.advance();
  }

  // Engine decisions.

  override stateBase(): void {
    this.code.get(LOCAL.base);
  }
  protected override tlbBase(): void {
    this.code.get(LOCAL.tlb);
  }
  private slotAddress(ref: RegRef): number {
    if ('slot' in ref) {
      this.code.get(LOCAL.base);
      return ref.slot;
    }
    this.code.get(LOCAL.ip).mem('i32.load16_u', FIELD[ref.field]);
    return ref.plus ?? 0;
  }
  protected override register(ref: RegRef, type: Type): void {
    const offset = this.slotAddress(ref);
    this.loadAt(type, offset);
  }
  protected override setRegister(ref: RegRef, value: Value): void {
    const offset = this.slotAddress(ref);
    this.emit(value);
    if (value.type === 'i32' && !isControlWord(ref)) this.code.op('i64.extend_i32_u').mem('i64.store', offset);
    else this.storeAt(value.type, offset);
  }
  protected override leaf(value: Value): void {
    const c = this.code;
    switch (value.op) {
      case 'imm':
        c.get(LOCAL.ip);
        this.loadAt(value.type, RECORD.imm + Number(value.n));
        return;
      case 'ea':
        c.get(LOCAL.ip).mem('i32.load16_u', RECORD.base).mem('i64.load');
        if (value.indexed) {
          c.get(LOCAL.ip).mem('i32.load16_u', RECORD.index).mem('i64.load');
          c.get(LOCAL.ip).mem('i64.load8_u', RECORD.scale).op('i64.shl').op('i64.add');
        }
        c.get(LOCAL.ip).mem('i64.load32_s', RECORD.disp).op('i64.add');
        return;
      case 'nextRip':
        c.get(LOCAL.base).mem('i64.load', SLOT.PAGE).get(LOCAL.ip).mem('i64.load16_u', RECORD.next).op('i64.add');
        return;
      case 'time':
        c.get(LOCAL.base).mem('i64.load', SLOT.TIME_END).get(LOCAL.budget).op('i64.extend_i32_s').op('i64.sub');
        c.get(LOCAL.ip).mem('i64.load16_u', RECORD.count).op('i64.add').i64(1n).op('i64.sub');
        return;
      case 'target':
        c.get(LOCAL.base).mem('i64.load', SLOT.PAGE).get(LOCAL.ip);
        if (this.targetField === undefined) c.mem('i64.load', RECORD.imm);
        else c.mem('i64.load16_u', this.targetField);
        c.op('i64.add');
        return;
      default:
        throw new Error(`the interpreter has no leaf ${value.op}`);
    }
  }
  private leave(why: number): void {
    this.code.get(LOCAL.base).i32(why).mem('i32.store', SLOT.EXIT);
    this.br(this.exitLabel);
  }
  protected override miss(address: number, size: number, access: MemoryAccess, host: number): void {
    const c = this.code;
    c.get(address)
      .op('i32.wrap_i64')
      .get(address)
      .i64(32n)
      .op('i64.shr_u')
      .op('i32.wrap_i64')
      .i32(size | (access << 8));
    c.get(LOCAL.ip).get(LOCAL.budget).call(this.imports.slow).tee(host).i32(0).op('i32.le_s');
    this.brIf(this.exitLabel);
  }
  protected override afterStore(host: number): void {
    this.code.get(host).get(LOCAL.base).i32(SLOT.BOUNCE).op('i32.add').op('i32.eq');
    this.openIf();
    this.code.call(this.imports.flush);
    this.close();
  }
  protected override raise(vector: number, error: number): void {
    this.code.get(LOCAL.base).i32(vector).mem('i32.store', SLOT.FAULT);
    this.code.get(LOCAL.base).i32(error).mem('i32.store', SLOT.ERROR);
    this.leave(EXIT.fault);
  }
  protected override recordSegment(): void {
    this.code.get(LOCAL.ip).mem('i32.load16_u', RECORD.dst);
  }
  protected override recordBytes(): void {
    this.code.get(LOCAL.ip).mem('i64.load16_u', RECORD.src);
  }
  protected override callHelper(helper: HelperRef): void {
    this.code.i32(helper.index).get(LOCAL.ip).get(LOCAL.budget).call(this.imports.helper).op('drop');
  }
  protected override control(helper: HelperRef): void {
    this.code.i32(helper.index).get(LOCAL.ip).get(LOCAL.budget).call(this.imports.helper);
    this.brIf(this.exitLabel);
    this.advance();
  }
  protected override goOnIf(condition: Value): void {
    this.emit(condition);
    this.openIf();
    this.advance();
    this.close();
  }
  protected override divideWide(): void {
    this.code.call(this.imports.divideWide);
  }
  private advance(): void {
    this.code.get(LOCAL.ip).i32(RECORD_SIZE).op('i32.add').set(LOCAL.ip);
    this.br(this.nextLabel);
  }
  private charge(): void {
    this.code.get(LOCAL.budget).get(LOCAL.ip).mem('i32.load16_u', RECORD.count).op('i32.sub').set(LOCAL.budget);
  }
  protected override jump(to: Value, when?: Value): void {
    const c = this.code;
    if (when) {
      this.emit(when);
      c.op('i32.eqz');
      this.openIf();
      this.advance();
      this.close();
    }
    this.charge();
    const target = to.op === 'target' || (to.op === 'and' && to.args[0].op === 'target');
    if (!target || !this.linked) {
      this.jumpThroughCache(to);
      return;
    }
    if (to.op === 'and' && to.args[1].n === 0xffffn) {
      // 16-bit branches leave the page where 64 KiB of the code segment end or begin in it.
      c.get(LOCAL.base).mem('i64.load', SLOT.PAGE).i64(0xf000n).op('i64.gt_u');
      this.openIf();
      this.jumpThroughCache(to);
      this.close();
    }
    this.jumpLinked(to);
  }
  /** Whether the current handler's branch target lies in its own page. */
  linked = false;
  private jumpLinked(to: Value): void {
    const c = this.code;
    const record = this.newLocal(I32);
    c.get(LOCAL.ip).mem('i32.load', RECORD.link).tee(record).op('i32.eqz').get(LOCAL.budget).i32(0).op('i32.le_s').op('i32.or');
    this.openIf();
    this.setRip(to);
    this.leave(EXIT.lookup);
    this.close();
    c.get(record).set(LOCAL.ip);
    this.br(this.chargedLabel);
  }
  private setRip(to: Value): void {
    this.code.get(LOCAL.base);
    this.emit(to);
    this.code.mem('i64.store', SLOT.RIP);
  }
  private jumpThroughCache(to: Value): void {
    const c = this.code;
    const rip = this.newLocal(I64);
    const low = this.newLocal(I32);
    const entry = this.newLocal(I32);
    this.emit(to);
    c.tee(rip).op('i32.wrap_i64').tee(low);
    c.get(low)
      .i32(10)
      .op('i32.shr_u')
      .op('i32.xor')
      .i32(4)
      .op('i32.shl')
      .i32((JUMP_ENTRIES - 1) << 4)
      .op('i32.and');
    c.get(LOCAL.tlb).op('i32.add').tee(entry).mem('i64.load', JUMP_CACHE).get(rip).op('i64.ne');
    this.openIf();
    c.get(entry).i32(JUMP_BESIDE).op('i32.xor').set(entry);
    this.close();
    c.get(entry).mem('i64.load', JUMP_CACHE).get(rip).op('i64.ne');
    c.get(LOCAL.budget).i32(0).op('i32.le_s').op('i32.or');
    this.openIf();
    c.get(LOCAL.base).get(rip).mem('i64.store', SLOT.RIP);
    this.leave(EXIT.lookup);
    this.close();
    c.get(LOCAL.base)
      .get(rip)
      .get(entry)
      .mem('i64.load32_u', JUMP_CACHE + 12)
      .op('i64.sub')
      .mem('i64.store', SLOT.PAGE);
    c.get(entry)
      .mem('i32.load', JUMP_CACHE + 8)
      .set(LOCAL.ip);
    this.br(this.chargedLabel);
  }
  protected override repeat(again: Value): void {
    const c = this.code;
    this.emit(again);
    this.openIf();
    // Every further iteration counts as an instruction, so that a long one can be interrupted.
    c.get(LOCAL.budget).i32(1).op('i32.sub').tee(LOCAL.budget).i32(0).op('i32.le_s');
    this.openIf();
    this.leave(EXIT.repeat);
    this.close();
    this.br(this.chargedLabel);
    this.close();
  }
  /** Whole stretches of a repeated string instruction at once; what is left goes element by element. */
  private bulk(form: Form): void {
    const c = this.code;
    const done = this.newLocal(I32);
    if (form.env.address !== (form.env.code === 64 ? 64 : 32)) return;
    c.get(LOCAL.base)
      .mem(form.env.code === 64 ? 'i64.load' : 'i64.load32_u', SLOT.rcx)
      .i64(BigInt(BULK_MINIMUM))
      .op('i64.ge_u');
    this.openIf();
    c.get(LOCAL.base)
      .get(LOCAL.tlb)
      .get(LOCAL.budget)
      .i32(form.size / 8);
    if (form.record.bulk === 'copy') this.recordSegment();
    else c.i32(0);
    c.call(form.env.code === 64 ? this.imports.bulkLong : this.imports.bulkLegacy).tee(done);
    this.openIf();
    // The last iteration is the instruction itself, which its run counts.
    c.get(LOCAL.budget)
      .get(done)
      .op('i32.sub')
      .get(LOCAL.base)
      .mem('i64.load', SLOT.rcx)
      .op('i64.eqz')
      .op('i32.add')
      .set(LOCAL.budget);
    this.br(this.chargedLabel);
    this.close();
    this.close();
  }
}

/** Where a fused pair keeps its branch target: beside an immediate, the field of the missing source register. */
export const fusedTarget = (form: Form): number => (form.operands[1]?.kind === 'i' ? RECORD.src : RECORD.imm);

/** State fields of 32 bits whose neighbours must survive a write; all others are 64-bit registers. */
const isControlWord = (ref: RegRef): boolean => 'slot' in ref && ref.slot >= SLOT.CPL;

/**
 * Address micro-ops. 64-bit mode: `segment64` (FS, GS), the same with 32-bit addresses, absolute 64-bit addresses. Other modes:
 * 16- or 32-bit offsets checked against the segment, for reading or for writing.
 */
/** `bits` of a width: the byte offset of the element of a bit string that the register in `src` selects. */
export type AddressKind =
  | 'absolute64'
  | 'segment64'
  | 'segment64a32'
  | `bits${16 | 32 | 64}`
  | `${'absolute' | 'segment'}${'read' | 'write'}${16 | 32}`;
export const ADDRESS_KINDS: readonly AddressKind[] = [
  'absolute64',
  'segment64',
  'segment64a32',
  'bits16',
  'bits32',
  'bits64',
  ...(['absolute', 'segment'] as const).flatMap((a) =>
    (['read', 'write'] as const).flatMap((b) => ([16, 32] as const).map((n) => `${a}${b}${n}` as const)),
  ),
];
