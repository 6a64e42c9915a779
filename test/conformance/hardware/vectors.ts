// SPDX-License-Identifier: MIT
/**
 * @fileoverview Recorded vectors as text, a line each: recipe, '>', and what hardware made of it, as far as it differs from before.
 *
 *   64 4801d8 1f2e3d4c s=0,2b,0,f,2b rip=10000ffe r3=20000f00 m20000f00=0102 > r0=12 f=44 m0f00=ff xmm1=… v=e e=6 c=20002000
 *
 * All numbers are hexadecimal. Recipe: mode in bits (decimal), code, seed; s: ds, es, fs, gs, ss; rip where it is not CODE + 800; registers
 * by number; bytes of memory. Outcome: v exception (INT3 behind the code where absent), e error code, c CR2, ip offset where it is neither
 * behind the INT3 nor at the faulting instruction, registers, f flags that changed, selectors, FX fields by name, data by offset.
 * Lines that begin with # are comments.
 */
import { FX_FIELDS } from './compare.ts';
import { type CodeSize, caseOf, type Recipe } from './generate.ts';
import { type Case, CODE, type Maker, type Outcome, type Override, SELECTOR } from './programState.ts';

const ENTRY = CODE + 0x800;
const DATA_SELECTORS = ['ds', 'es', 'fs', 'gs', 'ss'] as const;
const CODE_SELECTOR: Readonly<Record<CodeSize, number>> = { 64: SELECTOR.code64, 32: SELECTOR.code32, 16: SELECTOR.code16 };
const hex = (n: number | bigint): string => n.toString(16);
const bytesHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

export interface Vector {
  recipe: Recipe;
  outcome: Outcome;
}

export function formatRecipe(r: Recipe): string {
  const parts = [`${r.mode}`, bytesHex(r.code), hex(r.seed), `s=${DATA_SELECTORS.map((s) => hex(r.selectors[s])).join(',')}`];
  if (r.rip !== ENTRY) parts.push(`rip=${hex(r.rip)}`);
  for (const [n, value] of r.registers) parts.push(`r${n}=${hex(value)}`);
  for (const o of r.overrides) parts.push(`m${hex(o.address)}=${bytesHex(o.bytes)}`);
  return parts.join(' ');
}
export function parseRecipe(text: string): Recipe {
  const [mode, code, seed, ...fields] = text.split(' ');
  const size = Number(mode) as CodeSize;
  const registers = new Map<number, bigint>();
  const overrides: Override[] = [];
  const selectors = { cs: CODE_SELECTOR[size], ds: 0, es: 0, fs: 0, gs: 0, ss: 0 };
  let rip = ENTRY;
  for (const field of fields) {
    const [key, value] = field.split('=');
    if (key === 's') {
      value.split(',').forEach((v, i) => {
        selectors[DATA_SELECTORS[i]] = Number.parseInt(v, 16);
      });
    } else if (key === 'rip') rip = Number.parseInt(value, 16);
    else if (key.startsWith('r')) registers.set(Number(key.slice(1)), BigInt(`0x${value}`));
    else if (key.startsWith('m')) overrides.push({ address: Number.parseInt(key.slice(1), 16), bytes: fromHex(value) });
    else throw new Error(`recipe field ${field}`);
  }
  return { mode: size, code: fromHex(code), seed: Number.parseInt(seed, 16), registers, overrides, selectors, rip };
}
/** Where a case ends if nothing is amiss: behind the INT3 behind the code, or at the instruction that faults. */
function usualEnd(r: Recipe, vector: number): bigint {
  const start = BigInt(r.rip - (r.mode === 16 ? CODE : 0));
  return vector === 3 ? start + BigInt(r.code.length + 1) : start;
}

export function formatVector({ recipe, outcome: o }: Vector): string {
  const before = caseOf(recipe);
  const parts: string[] = [];
  if (o.vector !== 3) parts.push(`v=${hex(o.vector)}`);
  if (o.error) parts.push(`e=${hex(o.error)}`);
  if (o.vector === 14) parts.push(`c=${hex(o.cr2)}`);
  if (o.rip !== usualEnd(recipe, o.vector)) parts.push(`ip=${hex(o.rip)}`);
  o.registers.forEach((value, n) => {
    if (value !== before.registers[n]) parts.push(`r${n}=${hex(value)}`);
  });
  if (o.flags !== before.flags) parts.push(`f=${hex((o.flags ^ before.flags) >>> 0)}`);
  for (const s of ['cs', ...DATA_SELECTORS] as const)
    if (o.selectors[s] !== before.selectors[s]) parts.push(`${s}=${hex(o.selectors[s])}`);
  for (const [name, at, size] of FX_FIELDS) {
    const value = bytesHex(o.fx.subarray(at, at + size));
    if (value !== bytesHex(before.fx.subarray(at, at + size))) parts.push(`${name}=${value}`);
  }
  let start = -2;
  let run = '';
  const flush = (): void => {
    if (run) parts.push(`m${hex(start)}=${run}`);
    run = '';
  };
  for (const [at, value] of [...o.changes].sort((a, b) => a[0] - b[0])) {
    if (at !== start + run.length / 2) {
      flush();
      start = at;
    }
    run += value.toString(16).padStart(2, '0');
  }
  flush();
  return `${formatRecipe(recipe)} > ${parts.join(' ')}`.trimEnd();
}
/** `maker`: of the processor that it was recorded on. */
export function parseVector(line: string, maker: Maker): Vector {
  const [left, right] = line.split(' >');
  const recipe = parseRecipe(left);
  const before: Case = caseOf(recipe);
  const changes = new Map<number, number>();
  const o: Outcome = {
    vector: 3,
    error: 0,
    cr2: 0n,
    selectors: { ...before.selectors },
    registers: before.registers.slice(),
    rip: 0n,
    flags: before.flags,
    fx: before.fx.slice(),
    changes,
    maker,
  };
  let rip: bigint | undefined;
  for (const field of right.split(' ')) {
    if (field === '') continue;
    const [key, value] = field.split('=');
    const fx = FX_FIELDS.find(([name]) => name === key);
    if (fx) o.fx.set(fromHex(value), fx[1]);
    else if (key === 'v') o.vector = Number.parseInt(value, 16);
    else if (key === 'e') o.error = Number.parseInt(value, 16);
    else if (key === 'c') o.cr2 = BigInt(`0x${value}`);
    else if (key === 'ip') rip = BigInt(`0x${value}`);
    else if (key === 'f') o.flags = (o.flags ^ Number.parseInt(value, 16)) >>> 0;
    else if (key in o.selectors) o.selectors[key as 'cs'] = Number.parseInt(value, 16);
    else if (/^r\d/.test(key)) o.registers[Number(key.slice(1))] = BigInt(`0x${value}`);
    else if (key.startsWith('m'))
      fromHex(value).forEach((b, i) => {
        changes.set(Number.parseInt(key.slice(1), 16) + i, b);
      });
    else throw new Error(`outcome field ${field}`);
  }
  o.rip = rip ?? usualEnd(recipe, o.vector);
  return { recipe, outcome: o };
}
