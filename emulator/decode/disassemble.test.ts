// SPDX-License-Identifier: MIT
/** @fileoverview Our spelling of random instructions against iced-x86's. */
import { Decoder, Formatter, FormatterSyntax, MemorySizeOptions } from 'iced-x86';
import { describe, expect, test } from 'vitest';
import '../isa/all.ts';
import { allInstructions } from '../isa/record.ts';
import { disassemble } from './disassemble.ts';
import { buildTables } from './tables.ts';

const tables = buildTables(allInstructions, () => true);

function iced(bytes: Uint8Array, bitness: number, rip: bigint): { text: string; length: number } {
  const decoder = new Decoder(bitness, bytes, 0);
  decoder.ip = rip;
  const instruction = decoder.decode();
  const formatter = new Formatter(FormatterSyntax.Intel);
  formatter.hexPrefix = '0x';
  formatter.hexSuffix = '';
  formatter.uppercaseHex = false;
  formatter.smallHexNumbersInDecimal = false;
  formatter.spaceAfterOperandSeparator = true;
  formatter.branchLeadingZeros = false;
  formatter.addLeadingZeroToHexNumbers = false;
  formatter.preferSt0 = true;
  formatter.memorySizeOptions = MemorySizeOptions.Always;
  formatter.showBranchSize = false;
  const text = instruction.isInvalid ? '(bad)' : formatter.format(instruction);
  const { length } = instruction;
  for (const owned of [formatter, instruction, decoder]) owned.free();
  return { text, length };
}

/** Where the two only spell differently: operands that are implied, prefixes that mean nothing, sizes of state images. */
function plain(text: string): string {
  return text
    .replace(/^((bnd|data16|data32|data64|addr16|addr32|hint-taken|hint-not-taken|notrack|xacquire|xrelease) )+/, '')
    .replace(/^((?:repn?e? )?(?:movs|stos|lods|cmps|scas|ins|outs)[bwdq])( .*(?:ptr|dx).*)?$/, '$1')
    .replace(/^(xlat).*/, '$1')
    .replace(/^repe? (stos|movs|lods|ins|outs)/, 'rep $1')
    .replace(/^(f\w+) st\(0\), (?=\w+ ptr)/, '$1 ')
    .replace(/^(f\w+ .*), st\(0\)$/, '$1')
    .replace(/^(f\w+) st\(0\), /, '$1 ')
    .replace(/^(f\w+p|fxch|fcom) st\(1\)$/, '$1')
    .replace(/^(fn|frs|fld|fx|x|prefetch|invlpg|cl)(\w*) (?:\w+ ptr )?(?=(\w\w:)?\[)/, '$1$2 ')
    .replace(/^prefetch_exclusive/, 'prefetch')
    .replace(/^fn(eni|disi|setpm)/, 'f$1')
    .replace(/^fnstsw ax/, 'fnstsw')
    .replace(/^(jmp|call) far (0x\w+), (0x\w+)/, '$1 $3:$2')
    .replace(/^(jmp|call) far /, '$1 ')
    .replace('ret far', 'retf')
    .replace(/\*1(?=[\]+-])/, '')
    .replace(/^imul (\w+), \1, /, 'imul $1, ');
}
/** Decoded differently on purpose or of no interest: hints, aliases of comparisons, register sizes that do not matter. */
const APART =
  /^(nop|bound|xchg|cldemote|cmp(eq|lt|le|unord|neq|nlt|nle|ord)?[ps][sd]|lar|lsl|movsxd|pinsrw|pextrw|maskmov|mov [cd]r|mov .*, [cd]r|mov .*[cdefgs]s|(repn?e?|lock) |s[lt][dr]|smsw|ud[01]|push [c-s]s|prefetch)/;

describe.each([64, 32, 16] as const)('%s-bit code', (code) => {
  test('random instructions are spelled as iced-x86 spells them', () => {
    let state = 12345 + code;
    const random = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24;
    const rip = code === 64 ? 0xffffffff81000000n : 0x1000n;
    let compared = 0;
    const different: string[] = [];
    for (let i = 0; i < 8000; i++) {
      const bytes = Uint8Array.from({ length: 15 }, random);
      if (i % 3 === 0) bytes[0] = 0x0f;
      if (i % 8 === 7) bytes[0] = 0xd8 | (bytes[0] & 7);
      const ours = disassemble(tables, bytes, 0, { code, protectedMode: true }, rip);
      const theirs = iced(bytes, code, rip);
      if (ours.text === '(bad)' || theirs.text === '(bad)' || APART.test(theirs.text) || APART.test(ours.text)) continue;
      compared++;
      if (plain(ours.text) !== plain(theirs.text) || ours.length !== theirs.length)
        different.push(`${Buffer.from(bytes).toString('hex')}: ${ours.text} | ${theirs.text}`);
    }
    expect(different).toEqual([]);
    expect(compared).toBeGreaterThan(4000);
  });
});

test('what is no instruction, or is cut off, is one bad byte', () => {
  const mode = { code: 64, protectedMode: true } as const;
  expect(disassemble(tables, Uint8Array.of(0x0f, 0x04), 0, mode, 0n)).toEqual({ text: '(bad)', length: 1 });
  expect(disassemble(tables, Uint8Array.of(0xe8, 0, 0), 0, mode, 0n)).toEqual({ text: '(bad)', length: 1 });
});
