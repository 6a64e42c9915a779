// SPDX-License-Identifier: MIT
/**
 * @fileoverview Parses the encoding notation of `isa/record.ts` into entries that the decoder matches.
 */
import type { Instruction } from '../isa/record.ts';

export type Prefix = 'any' | 'NP' | 'NFx' | '66' | 'F2' | 'F3';
export type Immediate = 'ib' | 'iw' | 'iz' | 'iv' | 'id' | 'cb' | 'cz' | 'moffs' | 'far';
export interface OperandSpec {
  letter: string;
  /** Width letter, '' when there is none. */
  width: string;
  /** Register number or constant of a fixed operand. */
  fixed?: number;
}
export interface Entry {
  /** Position in the list of all entries: names the entry in handler keys. */
  id: number;
  record: Instruction;
  notation: string;
  operands: readonly OperandSpec[];
  /** 0: one byte, 1: 0F, 2: 0F 38, 3: 0F 3A. */
  map: number;
  opcode: number;
  prefix: Prefix;
  rexW: boolean;
  rexB: boolean;
  vex: { length: string; w: string } | undefined;
  modrm: boolean;
  /** ModRM.reg, or -1. */
  digit: number;
  /** First literal ModRM byte, or -1; with +i eight of them. */
  literal: number;
  literalSpan: number;
  mod: 'any' | 'mem' | 'reg';
  /** ModRM.mod is ignored and taken for 3. */
  registerOnly: boolean;
  immediates: readonly Immediate[];
  /** Which operand is a segment register by ModRM.reg, or -1. */
  segmentAt: number;
  /** Condition code of +cc. */
  cc: number;
}

const REGISTERS: Record<string, number> = { AL: 0, CL: 1, DX: 2, rAX: 0 };
const SEGMENTS: Record<string, number> = { ES: 0, CS: 1, SS: 2, DS: 3, FS: 4, GS: 5 };
const FIXED_WIDTH: Record<string, string> = { AL: 'b', CL: 'b', DX: 'w', rAX: 'v' };

export function parseOperand(text: string): OperandSpec {
  if (text in REGISTERS) return { letter: 'fixed', width: FIXED_WIDTH[text], fixed: REGISTERS[text] };
  if (text in SEGMENTS) return { letter: 'constant', width: 'b', fixed: SEGMENTS[text] };
  if (text === '1') return { letter: 'constant', width: 'b', fixed: 1 };
  if (text === 'v' || text === 'b') return { letter: 'size', width: text };
  if (text.startsWith('mDI')) return { letter: 'mDI', width: text.slice(3) };
  if (text === 'ST') return { letter: 'ST', width: 'b' };
  const m = /^(sI|[EGRMZIJOAVWUPQNSCDBH])([bwdqvzyxtp]?)$/.exec(text);
  if (!m) throw new Error(`operand ${text}`);
  return { letter: m[1], width: m[2] };
}

const OPCODE_BYTE = /^([0-9A-F]{2})(\+r|\+cc|\+i)?$/;
const IMMEDIATES = new Set(['ib', 'iw', 'iz', 'iv', 'id', 'cb', 'cz', 'moffs', 'far']);

/** One entry per opcode that the notation covers. */
export function parseEncoding(record: Instruction, notation: string, operandText: string): Omit<Entry, 'id'>[] {
  const operands = operandText === '' ? [] : operandText.split(',').map(parseOperand);
  const immediates: Immediate[] = [];
  let prefix: Prefix = 'any';
  let rexW = false;
  let rexB = false;
  let vex: Entry['vex'];
  let map = 0;
  let opcode = -1;
  let span = 1;
  let byCondition = false;
  let modrm = false;
  let digit = -1;
  let literal = -1;
  let literalSpan = 1;
  const bad = (): never => {
    throw new Error(`${record.mnemonic}: cannot read '${notation}'`);
  };
  const tokens = notation.split(/\s+/);
  const lastOpcodeByte = tokens.findLastIndex((t) => OPCODE_BYTE.test(t));
  for (const [position, token] of tokens.entries()) {
    if (token === 'REX.W') rexW = true;
    else if (token === 'REX.B') rexB = true;
    else if (token === 'NP' || token === 'NFx') prefix = token;
    else if (token.startsWith('VEX.')) {
      const [, length, ...rest] = token.split('.');
      const w = rest.pop() ?? bad();
      vex = { length, w };
      prefix = 'NP';
      for (const part of rest) {
        if (part === '66' || part === 'F2' || part === 'F3') prefix = part;
        else if (part === '0F') map = 1;
        else if (part === '0F38') map = 2;
        else if (part === '0F3A') map = 3;
        else if (part !== 'NP') bad();
      }
    } else if (token === '/r') modrm = true;
    else if (/^\/[0-7]$/.test(token)) {
      modrm = true;
      digit = Number(token[1]);
    } else if (IMMEDIATES.has(token)) immediates.push(token as Immediate);
    else {
      const m = OPCODE_BYTE.exec(token) ?? bad();
      const value = Number.parseInt(m[1], 16);
      const mandatory = (token === '66' || token === 'F2' || token === 'F3') && position < lastOpcodeByte;
      if (opcode < 0 && map === 0 && mandatory) prefix = token as Prefix;
      else if (opcode < 0 && map === 0 && !vex && token === '0F') map = 1;
      else if (opcode < 0 && map === 1 && !vex && (token === '38' || token === '3A')) map = token === '38' ? 2 : 3;
      else if (opcode < 0) {
        opcode = value;
        byCondition = m[2] === '+cc';
        span = m[2] === '+r' ? 8 : byCondition ? 16 : 1;
      } else if (literal < 0) {
        modrm = true;
        literal = value;
        literalSpan = m[2] === '+i' ? 8 : 1;
      } else bad();
    }
  }
  if (opcode < 0) bad();
  const letters = operands.map((o) => o.letter);
  // Control and debug registers move to and from the register that ModRM.rm names, whatever ModRM.mod says.
  const moves = letters.includes('C') || letters.includes('D');
  const mod = moves ? 'any' : letters.includes('M') ? 'mem' : letters.some((l) => 'RUN'.includes(l)) ? 'reg' : 'any';
  return Array.from({ length: span }, (_, i) => ({
    record,
    notation,
    operands,
    map,
    opcode: opcode + i,
    prefix,
    rexW,
    rexB,
    vex,
    modrm,
    digit,
    literal,
    literalSpan,
    mod,
    registerOnly: moves,
    immediates,
    segmentAt: letters.indexOf('S'),
    cc: byCondition ? i : 0,
  }));
}
