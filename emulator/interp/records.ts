// SPDX-License-Identifier: MIT
/**
 * @fileoverview From bytes of code to micro-op records: which handler executes an instruction, and the record that names its operands. Records
 * hold no address of their own, so they mean the same wherever they are put; registers are named by absolute address.
 *
 * `RunCache` makes runs of them. The compiler asks here what an instruction is, and for records that stand for single ones.
 */
import { type Decoded, type DecodeMode, decode } from '../decode/decode.ts';
import type { Tables } from '../decode/tables.ts';
import type { Environment } from '../ir/builder.ts';
import { MAXIMUM_RUN, RECORD, RECORD_SIZE, SEG, SEGMENT, SLOT, segmentSlot } from '../ir/state.ts';
import { dryRun, type Form, type FormOperand } from './forms.ts';
import { addressKey, fusedKey, isFusable, PSEUDO } from './generate.ts';
import { type AddressKind, fusedTarget } from './handlers.ts';

/** Everything besides the bytes that decides how code is decoded; interned, `id` numbers them. */
export interface RunMode extends DecodeMode {
  id: number;
  /** All of it in one number. */
  bits: number;
  /** ACCESS_KIND of its memory accesses. */
  kind: number;
  stack: 16 | 32 | 64;
  /** What CR0 and CR4 make of instructions that need a unit. */
  units: Readonly<Record<'fpu' | 'fwait' | 'mmx' | 'sse', 'ready' | 'undefined' | 'unavailable'>>;
}

/** Fused pairs carry this bit in the record's length field; SS as the default segment the next. */
export const FUSED = 0x40;
export const STACK_SEGMENT = 0x80;
export const LENGTH = 0x1f;
const PAGE = 4096;
export const WINDOW = 16;

/** What is known of one (entry, size, operand kinds, environment) after its first use. */
export interface Variant {
  handler: number;
  key: string;
  form: Form;
  /** Writes its memory operand; uses the stack; never goes on behind itself. */
  writes: boolean;
  usesStack: boolean;
  usesAddress: boolean;
  ends: boolean;
  /** What the compiler has found out about it. */
  summary?: unknown;
}
/** Of one instruction: three address micro-ops and itself. */
export const MOST_RECORDS = 4;

/** Where records are written, and code is read. */
export interface RecordPlace {
  readonly u8: Uint8Array;
  readonly view: DataView;
  /** Base of the processor's state: records name registers by absolute address. */
  readonly base: number;
}

export class RecordWriter {
  private readonly place: RecordPlace;
  private readonly tables: Tables;
  protected readonly handlers: ReadonlyMap<string, number>;
  protected readonly keys: readonly string[];
  protected readonly linkable: Uint8Array;
  private readonly variants = new Map<number, Variant>();
  private readonly fused = new Map<number, number>();
  protected readonly window = new Uint8Array(2 * WINDOW);
  /** Where the next record goes. */
  protected next: number;
  /** Records written, for the report. */
  recordsMade = 0;

  constructor(place: RecordPlace, tables: Tables, keys: readonly string[], next: number) {
    this.place = place;
    this.tables = tables;
    this.keys = keys;
    this.next = next;
    ({ handlers: this.handlers, linkable: this.linkable } = handlersOf(keys));
  }

  /** A record of one instruction by itself, which compiled code names to helpers. It lives as long as the pool. */
  recordOf(d: Decoded, offset: number, mode: RunMode): number {
    this.one(d, offset, mode, 1);
    return this.next - RECORD_SIZE;
  }

  decodeAt(offset: number, bytes: number, mode: RunMode): ReturnType<typeof decode> | 'crosses' {
    const left = PAGE - offset;
    if (left >= WINDOW) return decode(this.tables, this.place.u8, bytes + offset, mode);
    const w = this.window;
    w.fill(0);
    w.set(this.place.u8.subarray(bytes + offset, bytes + PAGE));
    const d = decode(this.tables, w, 0, mode);
    return typeof d === 'string' || d.length > left ? 'crosses' : d;
  }
  /** The instruction in the window. */
  protected decodeWindow(mode: RunMode): ReturnType<typeof decode> {
    return decode(this.tables, this.window, 0, mode);
  }
  /** Offset behind the bytes that the run depends on; 0 if its first instruction crosses the page. */
  protected decodeRun(start: number, bytes: number, mode: RunMode): number {
    let offset = start;
    let count = 0;
    while (count < MAXIMUM_RUN && offset < PAGE) {
      const d = this.decodeAt(offset, bytes, mode);
      if (d === 'crosses') {
        if (count === 0) return 0;
        break;
      }
      count++;
      if (typeof d !== 'string' && count < MAXIMUM_RUN) {
        const pair = this.tryFuse(d, offset, bytes, mode, count + 1);
        if (pair > 0) {
          count++;
          offset += pair;
          continue;
        }
      }
      const ends = this.one(d, offset, mode, count);
      offset += typeof d === 'string' ? Math.min(WINDOW, PAGE - offset) : d.length;
      if (ends) return offset;
      if (typeof d !== 'string' && d.record.serializing) break;
    }
    this.link(offset, count, offset < PAGE);
    return offset;
  }
  /** Length of a comparison fused with the branch behind it, or 0. */
  private tryFuse(d: Decoded, offset: number, bytes: number, mode: RunMode, count: number): number {
    const first = this.variant(d, mode, false);
    if (!isFusable(first.form)) return 0;
    const at = offset + d.length;
    if (at >= PAGE) return 0;
    const branch = this.decodeAt(at, bytes, mode);
    if (typeof branch === 'string' || branch.record.mnemonic !== 'jcc' || branch.operands[0].k !== 'j' || mode.code !== 64)
      return 0;
    const length = d.length + branch.length;
    const target = at + branch.length + branch.operands[0].rel;
    if (target < 0 || target >= PAGE || length > LENGTH) return 0;
    const handler = this.fusedHandler(first, branch.cc);
    if (handler < 0) return 0;
    this.addressOperand(d, first, offset, mode, count - 2, d.length);
    const r = this.record(handler, offset + length, length | FUSED, count);
    this.fields(r, d, offset);
    this.place.view.setUint16(r + fusedTarget(first.form), target, true);
    return length;
  }
  private fusedHandler(v: Variant, cc: number): number {
    const id = v.handler * 16 + cc;
    let handler = this.fused.get(id);
    if (handler === undefined) {
      handler = this.handlers.get(fusedKey(v.key, cc)) ?? -1;
      this.fused.set(id, handler);
    }
    return handler;
  }

  /** Writes the records of one instruction; true if nothing behind it is reached from it. */
  protected one(d: Decoded | string, offset: number, mode: RunMode, count: number): boolean {
    if (typeof d === 'string') {
      this.record(this.handlers.get(d === 'tooLong' ? PSEUDO.tooLong : PSEUDO.undefined)!, offset, 0, count);
      return true;
    }
    const unit = d.record.unit;
    const state = unit ? mode.units[unit] : 'ready';
    if (state !== 'ready') {
      this.record(this.handlers.get(state === 'undefined' ? PSEUDO.undefined : PSEUDO.unavailable)!, offset, 0, count);
      return true;
    }
    const j = d.operands.find((o) => o.k === 'j');
    const target = j?.k === 'j' ? offset + d.length + j.rel : 0;
    const v = this.variant(d, mode, j !== undefined && isNear(target, d, mode));
    this.addressOperand(d, v, offset, mode, count - 1, d.length);
    const stack = v.usesStack && !d.memory ? STACK_SEGMENT : 0;
    const r = this.record(v.handler, offset + d.length, d.length | stack, count);
    this.fields(r, d, offset);
    if (d.record.sourceSegment) this.place.view.setUint16(r + RECORD.dst, this.sourceSegment(d, mode), true);
    if (j) this.place.view.setBigInt64(r + RECORD.imm, BigInt(target), true);
    return v.ends;
  }
  private sourceSegment(d: Decoded, mode: RunMode): number {
    const seg =
      mode.code === 64 ? (d.override >= SEGMENT.fs ? d.override : SEGMENT.flat) : d.override >= 0 ? d.override : SEGMENT.ds;
    return this.place.base + segmentSlot(seg);
  }

  protected record(handler: number, next: number, length: number, count: number): number {
    const { view } = this.place;
    const r = this.next;
    this.next += RECORD_SIZE;
    this.recordsMade++;
    view.setUint16(r + RECORD.handler, handler, true);
    view.setUint8(r + RECORD.length, length);
    view.setUint8(r + RECORD.scale, 0);
    view.setBigInt64(r + RECORD.dst, 0n, true);
    view.setInt32(r + RECORD.disp, 0, true);
    view.setBigInt64(r + RECORD.imm, 0n, true);
    view.setInt32(r + RECORD.link, 0, true);
    view.setUint16(r + RECORD.next, next, true);
    view.setUint16(r + RECORD.count, count, true);
    return r;
  }
  protected link(target: number, count: number, near: boolean): void {
    const r = this.record(this.handlers.get(near ? PSEUDO.link : PSEUDO.linkFar)!, target, 0, count);
    this.place.view.setBigInt64(r + RECORD.imm, BigInt(target), true);
  }

  /** Fills in operands; a memory operand that the address micro-op computed is [EA]. */
  private fields(r: number, d: Decoded, offset: number): void {
    const { view, base } = this.place;
    const places = [RECORD.dst, RECORD.src, RECORD.imm];
    d.operands.forEach((o, i) => {
      if (o.k === 'r') view.setUint16(r + places[i], base + o.slot, true);
    });
    const immediates = d.operands.filter((o) => o.k === 'i');
    if (immediates.length === 1)
      view.setBigInt64(r + RECORD.imm, BigInt.asIntN(64, immediates[0].k === 'i' ? immediates[0].value : 0n), true);
    else
      for (const o of immediates) if (o.k === 'i') view.setInt32(r + RECORD.imm + o.at, Number(BigInt.asIntN(32, o.value)), true);
    if (!d.memory) return;
    if (this.addressed) {
      view.setUint16(r + RECORD.base, base + SLOT.EA, true);
      view.setUint16(r + RECORD.index, base + SLOT.ZERO, true);
    } else this.memoryFields(r, d, offset);
    if (d.memory.segment === SEGMENT.ss) view.setUint8(r + RECORD.length, view.getUint8(r + RECORD.length) | STACK_SEGMENT);
  }
  private memoryFields(r: number, d: Decoded, offset: number): void {
    const { view, base } = this.place;
    const m = d.memory!;
    const slot = (n: number): number => base + (n < 0 ? SLOT.ZERO : n === 16 ? SLOT.PAGE : n * 8);
    view.setUint16(r + RECORD.base, slot(m.base), true);
    view.setUint16(r + RECORD.index, slot(m.index), true);
    view.setUint8(r + RECORD.scale, m.scale);
    let disp = m.disp;
    if (m.base === 16) disp += offset + d.length;
    if (d.record.popsFirst && m.base === 4) disp += d.size / 8;
    view.setInt32(r + RECORD.disp, disp, true);
  }
  private addressed = false;
  /** Emits the address micro-op where the handler cannot compute the address itself. */
  private addressOperand(d: Decoded, v: Variant, offset: number, mode: RunMode, before: number, length: number): void {
    this.addressed = v.usesAddress && needsAddress(d, mode);
    if (!this.addressed) return;
    const { view, base } = this.place;
    const m = d.memory!;
    const long = mode.code === 64;
    // An address micro-op belongs to the instruction behind it, so it has that one's length and count.
    const address = (kind: AddressKind, segment: number): number => {
      const r = this.record(this.handlers.get(addressKey(kind))!, offset + length, length, before + 1);
      view.setUint16(r + RECORD.dst, segment, true);
      const type = d.operands.find((o) => o.k === 'm')?.type ?? 'i8';
      // A far pointer is an offset of the operand size and a selector.
      const far = d.entry.operands.some((o) => o.letter === 'M' && o.width === 'p');
      const whole = type === 'v128' ? 16 : Number(type.slice(1)) / 8;
      const bytes = d.record.memory?.bytes?.(d.size) ?? (far ? d.size / 8 + 2 : whole);
      view.setUint16(r + RECORD.src, bytes, true);
      view.setUint16(r + RECORD.base, base + SLOT.ZERO, true);
      view.setUint16(r + RECORD.index, base + SLOT.ZERO, true);
      return r;
    };
    const segment = base + segmentSlot(long && m.segment < SEGMENT.fs ? SEGMENT.flat : m.segment);
    if (m.absolute !== undefined) {
      const kind = long ? 'absolute64' : (`absolute${v.writes ? 'write' : 'read'}${d.address as 16 | 32}` as const);
      view.setBigInt64(address(kind, segment) + RECORD.imm, BigInt.asIntN(64, m.absolute), true);
      return;
    }
    const kind = long
      ? d.address === 32
        ? 'segment64a32'
        : 'segment64'
      : (`segment${v.writes ? 'write' : 'read'}${d.address as 16 | 32}` as const);
    if (d.record.bitString && wrapsApart(d, mode)) {
      // Base, index and displacement join the element's offset, and the sum is what wraps and what the segment checks.
      const element = d.operands[1];
      const first = address(`bits${d.size as 16 | 32 | 64}`, segment);
      if (element.k === 'r') view.setUint16(first + RECORD.src, base + element.slot, true);
      this.memoryFields(address('segment64', base + SLOT.EA - SEG.base), d, offset);
      view.setUint16(address(kind, segment) + RECORD.base, base + SLOT.EA, true);
    } else if (farFromRip(d)) {
      // The displacement and the instruction's place together exceed 32 bits: PAGE takes the place of a segment base.
      const first = address('absolute64', base + SLOT.PAGE - SEG.base);
      view.setBigInt64(first + RECORD.imm, BigInt(m.disp) + BigInt(offset + d.length), true);
      view.setUint16(address(kind, segment) + RECORD.base, base + SLOT.EA, true);
    } else this.memoryFields(address(kind, segment), d, offset);
  }

  variant(d: Decoded, mode: RunMode, near: boolean): Variant {
    const addressed = needsAddress(d, mode);
    const memory = d.memory ? (!addressed && d.memory.index >= 0 ? 1 : 2) : 0;
    const log = (n: number): number => 31 - Math.clz32(n) - 3;
    let id = log(d.size) | (log(d.effective) << 2) | (memory << 4) | (REP[d.rep] << 6) | ((near ? 1 : 0) << 8);
    id |= (log(mode.code) << 9) | (log(mode.stack) << 11) | (log(d.address) << 13);
    const key = d.entry.id * 65536 + id;
    let v = this.variants.get(key);
    if (!v) {
      v = this.makeVariant(d, mode, near, memory);
      this.variants.set(key, v);
    }
    return v;
  }
  private makeVariant(d: Decoded, mode: RunMode, near: boolean, memory: number): Variant {
    const operands = d.operands.map((o): FormOperand => {
      switch (o.k) {
        case 'r':
          return { kind: 'r', type: o.type, at: 0 };
        case 'm':
          return { kind: memory === 1 ? 'm' : 'b', type: o.type, at: 0 };
        case 'i':
          return { kind: 'i', type: o.type, at: o.at };
        case 'j':
          return { kind: near ? 'j' : 'J', type: 'i64', at: 0 };
        case 'f':
          return { kind: 'f', type: o.type, at: o.slot };
        default:
          return { kind: 'c', type: 'i8', at: o.value };
      }
    });
    const env: Environment = { code: mode.code, stack: mode.stack, address: d.address };
    const form: Form = { record: d.record, size: d.size, operands, cc: d.cc, rep: d.rep, env };
    const { key, effects, usesStack, usesAddress } = dryRun(form);
    const handler = this.handlers.get(key);
    if (handler === undefined) throw new Error(`the interpreter was not generated with a handler ${key} (${d.entry.notation})`);
    const jumps = effects.filter((e) => e.k === 'jump');
    return {
      handler,
      key,
      form,
      writes:
        d.record.memory?.writes === true ||
        effects.some((e) => (e.k === 'store' || (e.k === 'load' && e.forWrite)) && e.addr.op === 'ea'),
      usesStack,
      usesAddress,
      ends: jumps.some((e) => e.k === 'jump' && !e.when),
    };
  }
}

/** Whether a branch target, an offset from the page, lies in the page for certain, but for what 16-bit code wraps (`handlers.ts`, jump). */
export const isNear = (target: number, d: Decoded, mode: RunMode): boolean =>
  target >= 0 && target < PAGE && (d.size !== 16 || mode.code !== 32);
/** Whether addresses are narrower than 64 bits. */
interface HandlerTable {
  /** Number by key. */
  handlers: ReadonlyMap<string, number>;
  /** By number: 1 if it jumps, and so can be linked to where it goes. */
  linkable: Uint8Array;
}
const handlerTables = new WeakMap<readonly string[], HandlerTable>();
/** The same for every processor of one interpreter. */
function handlersOf(keys: readonly string[]): HandlerTable {
  let table = handlerTables.get(keys);
  if (!table) {
    const ends = (key: string): boolean => key === PSEUDO.link || /\/j\b/.test(key) || key.includes('+jcc');
    table = { handlers: new Map(keys.map((key, i) => [key, i])), linkable: Uint8Array.from(keys, (key) => Number(ends(key))) };
    handlerTables.set(keys, table);
  }
  return table;
}

const wrapsApart = (d: Decoded, mode: RunMode): boolean => mode.code !== 64 || d.address === 32;
const REP = { none: 0, rep: 1, repne: 2 } as const;
function needsAddress(d: Decoded, mode: RunMode): boolean {
  const m = d.memory;
  if (!m) return false;
  if (mode.code !== 64) return true;
  return m.absolute !== undefined || d.address !== 64 || (m.segment >= SEGMENT.fs && m.segment !== SEGMENT.flat) || farFromRip(d);
}
/** RIP-relative with a displacement to which a page offset cannot be added in 32 bits. */
const farFromRip = (d: Decoded): boolean => d.memory!.base === 16 && d.memory!.disp > 0x7fffffff - 2 * PAGE;
