// SPDX-License-Identifier: MIT
/** @fileoverview No SSE instruction is forgotten: the list is another decoder's, iced-x86's. */
import { Code, CodeExt, CpuidFeature, EncodingKind, Instruction } from 'iced-x86';
import { expect, test } from 'vitest';
import './index.ts';
import { buildTables } from '../../decode/tables.ts';
import { allInstructions } from '../record.ts';

const FEATURES = new Set([
  CpuidFeature.SSE,
  CpuidFeature.SSE2,
  CpuidFeature.SSE3,
  CpuidFeature.SSSE3,
  CpuidFeature.SSE4_1,
  CpuidFeature.SSE4_2,
  CpuidFeature.AES,
  CpuidFeature.PCLMULQDQ,
]);
/** Fences order memory and touch no register; FISTTP is an x87 instruction; forms with MMX operands stand with MMX. */
const ELSEWHERE = /FENCE|FISTTP|\bmm\b|\bmm[12]\b|mm\/m|PAUSE|PREFETCH/;
const plain = (opcode: string): string =>
  opcode
    .split(' ')
    .filter((token) => !['NP', 'o16', 'o32', 'o64', 'W0', 'W1', 'REX.W'].includes(token))
    .join(' ');

test('every opcode of SSE to SSE4.2, AES and PCLMULQDQ has a record', () => {
  const ours = new Set(buildTables(allInstructions, () => true).entries.map((e) => plain(e.notation)));
  const missing: string[] = [];
  let seen = 0;
  for (const code of Object.values(Code).filter((c) => typeof c === 'number')) {
    const instruction = new Instruction();
    instruction.code = code;
    if (instruction.encoding !== EncodingKind.Legacy) continue;
    if (!Array.from(instruction.cpuidFeatures()).some((f) => FEATURES.has(f))) continue;
    const { opCodeString, instructionString } = CodeExt.opCode(code);
    if (ELSEWHERE.test(instructionString)) continue;
    seen++;
    if (!ours.has(plain(opCodeString))) missing.push(`${opCodeString} ${instructionString}`);
  }
  expect(missing).toEqual([]);
  expect(seen).toBeGreaterThan(250);
});
