// SPDX-License-Identifier: MIT
/**
 * @fileoverview Generates the interpreter's wasm module from the instruction records.
 *
 * A br_table function with thousands of handlers starts slowly everywhere and is badly allocated for ever, so only the hot
 * handlers sit in the main loop; every handler is also in a function of GROUP handlers behind one call_indirect, which costs some
 * nanoseconds per cold instruction.
 *
 * There are two main loops: 64-bit code and code of the other modes have little in common that is hot, and a loop takes only so
 * many handlers. Handlers are numbered so that those of each loop are contiguous: hot in 64-bit code, hot in both, hot in other modes, cold.
 */
import type { Entry } from '../decode/notation.ts';
import type { Builder } from '../ir/builder.ts';
import { EXIT, RECORD, SEGMENT, SLOT, segmentSlot } from '../ir/state.ts';
import { divideWide } from '../wasm/divide.ts';
import { type Code, I32, Module } from '../wasm/module.ts';
import { bulkFunction } from './bulk.ts';
import { allForms, type Form } from './forms.ts';
import { ADDRESS_KINDS, HandlerEmitter, type Imports, LOCAL, PARAMETERS, REGION_PARAMETERS } from './handlers.ts';

export interface Interpreter {
  wasm: Uint8Array<ArrayBuffer>;
  /** Handler keys by number. */
  keys: string[];
  /** How many of them are in a main loop. */
  hot: number;
}
export interface MemoryShape {
  /** Pages of 64 KiB. */
  minimum: number;
  maximum: number;
  shared: boolean;
}

/** Handlers of a cold function; a power of two. */
const GROUP = 64;

interface Handler {
  key: string;
  emit(e: HandlerEmitter): void;
}

/** Keys of the pseudo handlers, which belong to no instruction. */
export const PSEUDO = {
  /** Goes on at a target in the same page, or through the jump cache: the end of a run. */
  link: 'link',
  linkFar: 'link far',
  /** Leaves with EXIT.stop. */
  stop: 'stop',
  /** Raises #UD, #NM. */
  undefined: 'undefined',
  unavailable: 'unavailable',
  /** Beginning of a run (`HEAD`): counts down to being hot; or is compiled. */
  head: 'head',
  compiled: 'compiled',
  /** Raises #GP(0): the instruction is longer than 15 bytes. */
  tooLong: 'too long',
} as const;
export const addressKey = (kind: string): string => `address ${kind}`;
export const fusedKey = (first: string, cc: number): string => `${first}+jcc${cc}`;

function pseudoHandlers(): Handler[] {
  const env = { code: 64, stack: 64, address: 64 } as const;
  const jump = (linked: boolean) => (e: HandlerEmitter) => {
    e.linked = linked;
    e.pseudo((ir: Builder) => ir.jump(ir.leaf('target', 'i64')), env);
  };
  const fault = (vector: number) => (e: HandlerEmitter) => e.pseudo((ir: Builder) => ir.fault(vector, ir.const(1, 'i1')), env);
  return [
    { key: PSEUDO.link, emit: jump(true) },
    { key: PSEUDO.linkFar, emit: jump(false) },
    { key: PSEUDO.head, emit: (e) => e.head() },
    { key: PSEUDO.compiled, emit: (e) => e.compiled() },
    { key: PSEUDO.stop, emit: (e) => e.stop(EXIT.stop) },
    { key: PSEUDO.undefined, emit: fault(6) },
    { key: PSEUDO.unavailable, emit: fault(7) },
    { key: PSEUDO.tooLong, emit: fault(13) },
    ...ADDRESS_KINDS.map((kind) => ({ key: addressKey(kind), emit: (e: HandlerEmitter) => e.addressHandler(kind) })),
  ];
}

/** Comparisons that are fused with a following conditional branch to their own page. */
const FUSABLE = new Set(['cmp', 'test', 'dec', 'sub', 'and', 'add']);
export const isFusable = (form: Form): boolean =>
  FUSABLE.has(form.record.mnemonic) &&
  form.rep === 'none' &&
  form.size !== 16 &&
  (form.record.mnemonic === 'cmp' || form.record.mnemonic === 'test'
    ? form.operands.every((o) => o.kind !== 'f')
    : form.size >= 32 && form.operands.every((o) => o.kind === 'r' || o.kind === 'i'));
const fusedConditions = (mnemonic: string): readonly number[] =>
  mnemonic === 'cmp' ? [2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15] : mnemonic === 'test' ? [4, 5, 8, 9, 14, 15] : [4, 5];

function instructionHandlers(entries: readonly Entry[]): Handler[] {
  const forms = allForms(entries);
  const out: Handler[] = [];
  const branch = entries.find((e) => e.record.mnemonic === 'jcc');
  for (const [key, form] of forms) {
    const linked = form.operands[0]?.kind === 'j';
    out.push({
      key,
      emit(e) {
        e.linked = linked;
        e.handler(form);
      },
    });
    if (!branch || !isFusable(form)) continue;
    for (const cc of fusedConditions(form.record.mnemonic)) {
      const then: Form = {
        record: branch.record,
        size: 64,
        operands: [{ kind: 'j', type: 'i64', at: 0 }],
        cc,
        rep: 'none',
        env: form.env,
      };
      out.push({
        key: fusedKey(key, cc),
        emit(e) {
          e.linked = true;
          e.fused(form, then);
        },
      });
    }
  }
  return out;
}

/** Whether the handler with this key belongs into the main loop of 64-bit code or of other modes. */
export type IsHot = (key: string, long: boolean) => boolean;

/**
 * `isHot` chooses the main loops' handlers by key. `profile`: address of one u32 a handler in linear memory, which counts its
 * executions; for choosing the hot ones.
 */
export function generateInterpreter(entries: readonly Entry[], isHot: IsHot, memory: MemoryShape, profile?: number): Interpreter {
  const unordered = [...pseudoHandlers(), ...instructionHandlers(entries)];
  const chosen = (long: boolean, legacy: boolean): Handler[] =>
    unordered.filter((h) => isHot(h.key, true) === long && isHot(h.key, false) === legacy);
  const [longOnly, both, legacyOnly, cold] = [chosen(true, false), chosen(true, true), chosen(false, true), chosen(false, false)];
  const hot = [...longOnly, ...both, ...legacyOnly];
  const handlers = [...hot, ...cold];
  const module = new Module(memory);
  const imported = {
    slow: module.importFunction('slow', [I32, I32, I32, I32, I32], [I32]),
    flush: module.importFunction('flush', [], []),
    helper: module.importFunction('helper', [I32, I32, I32], [I32]),
  };
  const regionType = module.type(REGION_PARAMETERS, [I32]);
  const imports: Imports = {
    ...imported,
    divideWide: module.func(divideWide(module)),
    bulkLong: bulkLong(module),
    bulkLegacy: bulkLegacy(module),
    regionType,
  };
  module.tableExport = 'table';
  const coldType = module.type(PARAMETERS, [I32]);
  for (let i = 0; i < handlers.length; i += GROUP) {
    const e = coldGroup(handlers.slice(i, i + GROUP), i, imports);
    module.elements.push(module.func({ type: coldType, locals: e.locals, code: e.code }));
  }
  const loop = (name: string, of: readonly Handler[], first: number): void => {
    const e = mainLoop(of, first, imports, coldType, profile);
    module.export(name, module.func({ type: module.type(PARAMETERS, []), locals: e.locals, code: e.code }));
  };
  loop('run', [...longOnly, ...both], 0);
  loop('runLegacy', [...both, ...legacyOnly], longOnly.length);
  return { wasm: module.build(), keys: handlers.map((h) => h.key), hot: hot.length };
}

/** Of 64-bit mode and of the others. */
export const bulkLong = (module: Module): number => module.func(bulkFunction(module, 0xffffffffffffffffn, 0));
export const bulkLegacy = (module: Module): number => module.func(bulkFunction(module, 0xffffffffn, segmentSlot(SEGMENT.es)));

/** Pushes the current record's handler number less `first`. */
function handlerNumber(code: Code, first: number): void {
  code.get(LOCAL.ip).mem('i32.load16_u', RECORD.handler);
  if (first > 0) code.i32(first).op('i32.sub');
}
function storeExit(code: Code): void {
  code.get(LOCAL.base).get(LOCAL.ip).mem('i32.store', SLOT.IP);
  code.get(LOCAL.base).get(LOCAL.budget).mem('i32.store', SLOT.BUDGET);
}

/** A loop over records with `hot` handlers, numbered from `first`, in it. */
function mainLoop(
  hot: readonly Handler[],
  first: number,
  imports: Imports,
  coldType: number,
  profile: number | undefined,
): HandlerEmitter {
  const e = new HandlerEmitter(imports);
  const c = e.code;
  const cold = e.newLocal(I32);
  e.exitLabel = e.openBlock();
  e.nextLabel = e.openLoop();
  e.chargedLabel = e.nextLabel;
  if (profile !== undefined) countHandler(e, profile);
  for (let i = 0; i <= hot.length; i++) e.openBlock();
  handlerNumber(c, first);
  c.brTable(
    hot.map((_, i) => i),
    hot.length,
  );
  for (const h of hot) {
    e.close();
    h.emit(e);
  }
  e.close();
  for (const local of [LOCAL.ip, LOCAL.budget, LOCAL.tlb, LOCAL.base]) c.get(local);
  handlerNumber(c, 0);
  c.i32(Math.log2(GROUP)).op('i32.shr_u').callIndirect(coldType).tee(cold).op('i32.eqz');
  e.openIf();
  c.op('return');
  e.close();
  // Records are aligned: bit 0 says that the budget changed too.
  c.get(cold).i32(1).op('i32.and');
  e.openIf();
  c.get(LOCAL.base).mem('i32.load', SLOT.BUDGET).set(LOCAL.budget).get(cold).i32(-2).op('i32.and').set(cold);
  e.close();
  c.get(cold).set(LOCAL.ip);
  e.br(e.nextLabel);
  e.close();
  e.close();
  storeExit(c);
  return e;
}

function countHandler(e: HandlerEmitter, at: number): void {
  const c = e.code;
  const counter = e.newLocal(I32);
  handlerNumber(c, 0);
  c.i32(2).op('i32.shl').tee(counter).get(counter).mem('i32.load', at).i32(1).op('i32.add').mem('i32.store', at);
}

/** A function of cold handlers: runs one record and returns the next, bit 0 set if the budget changed, or 0 to leave. */
function coldGroup(handlers: readonly Handler[], first: number, imports: Imports): HandlerEmitter {
  const e = new HandlerEmitter(imports);
  const c = e.code;
  e.exitLabel = e.openBlock();
  e.chargedLabel = e.openBlock();
  e.nextLabel = e.openBlock();
  for (let i = 0; i <= handlers.length; i++) e.openBlock();
  handlerNumber(c, first);
  c.brTable(
    handlers.map((_, i) => i),
    handlers.length,
  );
  for (const h of handlers) {
    e.close();
    h.emit(e);
  }
  e.close();
  c.op('unreachable');
  e.close();
  c.get(LOCAL.ip).op('return');
  e.close();
  storeExit(c);
  c.get(LOCAL.ip).i32(1).op('i32.or').op('return');
  e.close();
  storeExit(c);
  c.i32(0);
  return e;
}
