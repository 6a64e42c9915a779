// SPDX-License-Identifier: MIT
/**
 * @fileoverview Forms: the distinct pieces of code that records make. One form is one handler of the interpreter.
 *
 * A form is a record with an operand size, operand kinds and types, a condition code, a REP prefix and those properties of the
 * decoding environment that its `exec` asks for. Forms exist because encodings allow them, never because anybody lists them; two
 * encodings with the same key share a handler. The key is found by a dry run of `exec`, at build time and at run time alike.
 */
import { execSize, operandType } from '../decode/decode.ts';
import type { Entry, OperandSpec } from '../decode/notation.ts';
import { Builder, type Environment } from '../ir/builder.ts';
import { type FlagDefs, flagValue } from '../ir/flags.ts';
import { SLOT } from '../ir/state.ts';
import type { Operand, Type } from '../ir/value.ts';
import { allInstructions, type Context, type Instruction } from '../isa/record.ts';

/**
 * How the handler gets an operand: r register named by the micro-op, m memory base+index*scale+disp, b memory base+disp,
 * i immediate, j branch target in the same page (linked), J branch target elsewhere, f fixed register, c fixed constant.
 */
export type Kind = 'r' | 'm' | 'b' | 'i' | 'j' | 'J' | 'f' | 'c';
export interface FormOperand {
  kind: Kind;
  type: Type;
  /** f: state offset; c: the constant; i: byte offset in the immediate field. */
  at: number;
}
export interface Form {
  record: Instruction;
  size: 8 | 16 | 32 | 64;
  operands: readonly FormOperand[];
  cc: number;
  rep: Context['rep'];
  env: Environment;
}

/** Runs a record's semantics with everything that all engines do alike around it: privilege, REP. */
export function execute(form: Form, ir: Builder, operands: Operand[]): void {
  const { record } = form;
  if (record.privilege === 0) ir.fault(13, ir.ne(ir.slot(SLOT.CPL, 'i32'), ir.const(0, 'i32')));
  if (record.execWith) record.execWith(ir, form, ...operands);
  else record.exec(ir, ...operands);
  if (form.rep !== 'none') {
    const type = ir.env.address === 16 ? 'i16' : ir.env.address === 32 ? 'i32' : 'i64';
    const left = ir.sub(ir.gpr(1, type), ir.const(1, type));
    ir.setGpr(1, left);
    const more = ir.ne(left, ir.const(0, type));
    if (record.repeat === 'zf') {
      const zf = flagValue(ir, (ir.flagsOut() as FlagDefs).ZF, 'ZF');
      ir.repeatWhile(ir.and(more, form.rep === 'rep' ? zf : ir.not(zf)));
    } else ir.repeatWhile(more);
  }
}
/** Whether REP finds its count at zero and does nothing. */
export function countIsZero(ir: Builder): ReturnType<Builder['eq']> {
  return ir.isZero(ir.gpr(1, ir.env.address === 16 ? 'i16' : ir.env.address === 32 ? 'i32' : 'i64'));
}

class Consulted implements Environment {
  readonly asked = new Set<keyof Environment>();
  private readonly env: Environment;
  constructor(env: Environment) {
    this.env = env;
  }
  get code(): Environment['code'] {
    this.asked.add('code');
    return this.env.code;
  }
  get stack(): Environment['stack'] {
    this.asked.add('stack');
    return this.env.stack;
  }
  get address(): Environment['address'] {
    this.asked.add('address');
    return this.env.address;
  }
}

/** A run of the semantics with placeholder operands: what it reads, writes and asks for. */
export interface DryRun {
  key: string;
  ir: Builder;
  effects: ReturnType<Builder['finish']>;
  usesStack: boolean;
  /** Does something with its memory operand, if it has one (NOP and UD0 have one and do not). */
  usesAddress: boolean;
}
export function dryRun(form: Form): DryRun {
  const env = new Consulted(form.env);
  const ir = new Builder(form.size, env);
  if (form.rep !== 'none') countIsZero(ir);
  const bound = bindOperands(ir, form);
  execute(form, ir, bound);
  const effects = ir.finish();
  const asked = (['code', 'stack', 'address'] as const).filter((p) => env.asked.has(p)).map((p) => p[0] + form.env[p]);
  const operands = form.operands.map(
    (o) => o.kind + (o.kind === 'j' || o.kind === 'J' ? '' : o.type.slice(o.type === 'v128' ? 0 : 1)) + (o.at ? `@${o.at}` : ''),
  );
  const parts = [nameOf(form.record), form.size, operands.join(',')];
  if (form.record.execWith) parts.push(`cc${form.cc}`);
  if (form.rep !== 'none') parts.push(form.rep);
  if (asked.length > 0) parts.push(asked.join(''));
  const usesAddress = bound.some((o) => o.kind === 'mem' && o.addr.uses > 0);
  return { key: parts.join('/'), ir, effects, usesStack: env.asked.has('stack'), usesAddress };
}

const names = new Map<Instruction, string>();
/** The mnemonic, with a number where several records share it. */
export function nameOf(record: Instruction): string {
  if (names.size === 0) {
    const seen = new Map<string, number>();
    for (const r of allInstructions) {
      const n = (seen.get(r.mnemonic) ?? 0) + 1;
      seen.set(r.mnemonic, n);
      names.set(r, n === 1 ? r.mnemonic : `${r.mnemonic}#${n}`);
    }
  }
  return names.get(record) ?? record.mnemonic;
}

/** Operands whose values the micro-op record holds. */
export function bindOperands(ir: Builder, form: Form): Operand[] {
  const fields = ['dst', 'src', 'third'] as const;
  return form.operands.map((o, i): Operand => {
    switch (o.kind) {
      case 'r':
        return { kind: 'reg', type: o.type, reg: { field: fields[i] } };
      case 'f':
        return { kind: 'reg', type: o.type, reg: { slot: o.at } };
      case 'c':
        return { kind: 'imm', type: o.type, value: ir.const(o.at, o.type) };
      case 'm':
      case 'b':
        return { kind: 'mem', type: o.type, addr: ir.leaf('ea', 'i64', { indexed: o.kind === 'm' }) };
      case 'i':
        return { kind: 'imm', type: o.type, value: ir.leaf('imm', o.type, { n: BigInt(o.at) }) };
      default:
        return { kind: 'imm', type: 'i64', value: ir.leaf('target', 'i64') };
    }
  });
}

const ENVIRONMENTS: readonly Environment[] = [
  { code: 64, stack: 64, address: 64 },
  { code: 64, stack: 64, address: 32 },
  ...([16, 32] as const).flatMap((code) =>
    ([16, 32] as const).flatMap((stack) => ([16, 32] as const).map((address) => ({ code, stack, address }))),
  ),
];

/** Every form that the entries allow, by key. */
export function allForms(entries: readonly Entry[]): Map<string, Form> {
  const forms = new Map<string, Form>();
  for (const entry of entries) {
    for (const { effective, rexW } of operandSizes(entry)) {
      for (const operands of operandChoices(entry, effective, rexW)) {
        for (const rep of repeats(entry.record)) addForms(forms, entry, effective, rexW, operands, rep);
      }
    }
  }
  return forms;
}

function addForms(
  forms: Map<string, Form>,
  entry: Entry,
  effective: 16 | 32 | 64,
  rexW: boolean,
  operands: FormOperand[],
  rep: Context['rep'],
): void {
  const { record } = entry;
  for (const env of ENVIRONMENTS) {
    const long = env.code === 64;
    if (
      (record.modes === 'long' && !long) ||
      (record.modes === 'legacy' || record.modes === 'protected' ? record.modes === 'legacy' && long : false)
    )
      continue;
    if (effective === 64 && !long) continue;
    if (long && record.force64 && effective !== 64) continue;
    if (long && record.default64 && effective === 32) continue;
    const form: Form = { record, size: execSize(entry, effective, rexW), operands, cc: entry.cc, rep, env };
    const { key } = dryRun(form);
    if (!forms.has(key)) forms.set(key, form);
  }
}
const repeats = (record: Instruction): readonly Context['rep'][] =>
  record.repeat === 'zf' ? ['none', 'rep', 'repne'] : record.repeat ? ['none', 'rep'] : ['none'];

function operandSizes(entry: Entry): { effective: 16 | 32 | 64; rexW: boolean }[] {
  const all = [
    { effective: 32, rexW: false },
    { effective: 16, rexW: false },
    { effective: 64, rexW: true },
    { effective: 64, rexW: false },
  ] as const;
  return all.filter((s) => {
    if (entry.rexW && !s.rexW) return false;
    // 64 bits without REX.W is what default64 and force64 mean.
    return s.effective !== 64 || s.rexW || entry.record.default64 || entry.record.force64;
  });
}

function operandChoices(entry: Entry, effective: 16 | 32 | 64, rexW: boolean): FormOperand[][] {
  const size = execSize(entry, effective, rexW);
  let immediateAt = 0;
  const choices: FormOperand[][] = [];
  for (const o of entry.operands) {
    if (o.letter === 'size') continue;
    const choice = operandForms(o, effective, rexW, size, immediateAt, entry);
    if (o.letter === 'I' || o.letter === 'sI') immediateAt += 4;
    choices.push(choice);
  }
  return choices.reduce<FormOperand[][]>((all, c) => all.flatMap((a) => c.map((x) => [...a, x])), [[]]);
}
function operandForms(
  o: OperandSpec,
  effective: 16 | 32 | 64,
  rexW: boolean,
  size: 8 | 16 | 32 | 64,
  immediateAt: number,
  entry: Entry,
): FormOperand[] {
  const type = operandType(o, effective, rexW, false);
  const register = (t: Type): FormOperand => ({ kind: 'r', type: t, at: 0 });
  const memory: FormOperand[] = [
    { kind: 'm', type, at: 0 },
    { kind: 'b', type, at: 0 },
  ];
  switch (o.letter) {
    case 'E':
      return entry.mod === 'mem' ? memory : [register(type), ...memory];
    case 'W':
      return [register('v128'), ...memory];
    case 'Q':
      return [register('i64'), ...memory];
    case 'M':
      return memory;
    case 'O':
    case 'mDI':
      return [memory[1]];
    case 'V':
    case 'U':
    case 'H':
      return [register('v128')];
    case 'P':
    case 'N':
      return [register('i64')];
    case 'G':
    case 'R':
    case 'Z':
    case 'B':
      return [register(type)];
    case 'S':
    case 'C':
    case 'D':
    case 'ST':
      return [{ kind: 'i', type: 'i8', at: 0 }];
    case 'I':
      return [{ kind: 'i', type: o.width === 'z' || o.width === 'v' ? (`i${effective}` as Type) : type, at: immediateAt }];
    case 'sI':
      return [{ kind: 'i', type: `i${size}` as Type, at: immediateAt }];
    case 'A':
      return [{ kind: 'i', type: 'i64', at: 0 }];
    case 'J':
      return [
        { kind: 'j', type: 'i64', at: 0 },
        { kind: 'J', type: 'i64', at: 0 },
      ];
    case 'fixed':
      return [{ kind: 'f', type, at: o.fixed! * 8 }];
    case 'constant':
      return [{ kind: 'c', type: 'i8', at: o.fixed! }];
    default:
      throw new Error(`operand letter ${o.letter}`);
  }
}
