// SPDX-License-Identifier: MIT
/**
 * @fileoverview Modes, protection, paging and exceptions: the same programs on QEMU's TCG and on our processor must log the same lines.
 *
 * Where QEMU departs from the manuals, we follow the manuals; each such departure is named below with the lines that show it, and must
 * stay visible: an exception that no longer occurs fails the test.
 */
import { describe, expect, test } from 'vitest';
import { assemble, available, onOurs, onQemu } from './runner.ts';

interface Departure {
  why: string;
  /** Lines by their beginning. */
  lines: RegExp;
}
const PROGRAMS: Readonly<Record<string, readonly Departure[]>> = {
  protected32: [
    {
      why: 'JMP through a call gate to an absent code segment is #NP (APM vol. 3, JMP Far); QEMU: #GP',
      lines: /^A0[03] 05 00b[89ab] /,
    },
    { why: 'RETF and IRET to an absent stack segment are #SS (APM vol. 3); QEMU: #NP', lines: /^A00 0[8a] 010b / },
    { why: 'LTR of a null selector is #GP(0) (APM vol. 3, LTR); QEMU loads it', lines: /^A00 0c 000[0-3] / },
    { why: 'a call gate to conforming code keeps CPL (APM vol. 2, 4.11.2); QEMU makes it the DPL', lines: /^A03 06 009[0-3] / },
    { why: 'F1 is INT1 (APM vol. 3, INT1); QEMU 7.2: #UD', lines: /^S0[03] (20|34) / },
    { why: 'DR7.GD guards debug registers (APM vol. 2, 13.1.1.4); QEMU 7.2 ignores it', lines: /^S00 3e / },
    { why: 'control registers that do not exist are #UD at every level (APM vol. 3, MOV CRn); QEMU: #GP', lines: /^S03 04 / },
    { why: 'XSETBV without CR4.OSXSAVE is #UD at every level (SDM vol. 2); QEMU: #GP', lines: /^S03 36 / },
  ],
  long64: [
    {
      why: 'far transfers to code with L and D set are #GP (APM vol. 2, 4.8.1); QEMU allows them',
      lines: /^A0 (6|7|8|9|a|c|e|17) 70 /,
    },
    { why: 'the selector is tested before the stack segment (APM vol. 3, IRET); QEMU misses L with D', lines: /^A0 16 70 / },
    {
      why: 'JMP through a call gate to an absent code segment is #NP (APM vol. 3, JMP Far); QEMU: #GP',
      lines: /^A[03] [67] c[89ab] /,
    },
    { why: 'RETF and IRET to an absent stack segment are #SS (APM vol. 3); QEMU: #NP', lines: /^A0 [bd] e8 / },
    { why: 'a null SS is for 64-bit code (APM vol. 3, IRET); QEMU lets compatibility mode have it', lines: /^A0 c (48|f0|118) / },
    {
      why: 'LTR, LAR and LSL take no 16-bit and gate types in long mode (APM vol. 3); QEMU does',
      lines: /^A[03] 1[012] (c[0-3]|15[89ab]|17[0-9ab]) /,
    },
    {
      why: 'a call gate to conforming code keeps CPL in CS (APM vol. 2, 4.11.2); QEMU makes it the DPL',
      lines: /^A3 [89] 9[89ab] /,
    },
    {
      why: 'error codes hold the vector times 8 (APM vol. 2, 8.4.1); QEMU: times 16',
      lines: /^(I[03] (30|33|3c|3d|3e|44|45)|S3 43) /,
    },
    {
      why: 'SS becomes null only when the level changes (SDM vol. 3, 6.14.4); QEMU: with every IST',
      lines: /^(I0 4[01]|A0 2 e8) /,
    },
    { why: 'SYSCALL keeps status flags (APM vol. 3); QEMU loses them', lines: /^S(0 0|0 44|3 4c) / },
    { why: 'WRFSBASE and WRGSBASE refuse addresses that are not canonical (APM vol. 3); QEMU takes them', lines: /^S[03] 6 / },
    { why: 'EFER.LME is fixed while paging is on (APM vol. 2, 14.6); QEMU ignores the write', lines: /^S0 10 / },
    { why: 'CLFLUSH faults like a read (APM vol. 3); QEMU: not at all', lines: /^S[03] 2a / },
    {
      why: 'a branch to an address that is not canonical faults itself (APM vol. 3, JMP); QEMU: its target does',
      lines: /^S[03] [abc] /,
    },
    { why: 'a read-modify-write faults as a write (SDM vol. 3, 4.7); QEMU: as a read', lines: /^S[03] 3a / },
    { why: 'stack addresses that are not canonical are #SS (APM vol. 2, 8.2.13); QEMU: #GP', lines: /^S3 (9|3f) / },
    { why: 'debug registers that do not exist are #UD at every level (APM vol. 3, MOV DRn); QEMU: #GP', lines: /^S3 33 / },
    { why: 'SYSEXIT at level 3 is #GP before it is #UD, on both makers’ processors; QEMU: #UD', lines: /^S3 1e / },
  ],
  paging64: [],
  paging32: [
    {
      why: 'loading CR3 tests the reserved bits of present pointers (SDM vol. 3, 4.4.1); QEMU does not',
      lines: /^L(0[125678]|2[89a-f]|3[0-9a-f]) /,
    },
  ],
  real16: [],
};

/**
 * Departures inside lines of many results. `paging64`, `paging32`: QEMU 7.2 leaves P out of the error code of reserved-bit faults (SDM vol. 3, 4.7:
 * it is set), and sets the accessed bit of a 1 GiB page whose access is then refused (allowed, but not what we do).
 */
const pagingResults =
  (huge: RegExp) =>
  (line: string): string =>
    line.replace(/(?<= )([0-9a-f]{2})([0-7])(?= )/g, (_, error: string, bits: string) => {
      const code = Number.parseInt(error, 16);
      return `${(code & 8 ? code | 1 : code).toString(16).padStart(2, '0')}${huge.test(line) ? '.' : bits}`;
    });
const NORMALIZE: Readonly<Record<string, (line: string) => string>> = {
  paging64: pagingResults(/^(\w\w 02|R02|R01 01)/),
  paging32: pagingResults(/^never/),
};
const runnable = available('nasm') && available('qemu-system-x86_64');
describe.skipIf(!runnable)('system programs, which need nasm and QEMU', () => {
  for (const [name, departures] of Object.entries(PROGRAMS)) {
    test(`${name} logs on our processor what it logs on QEMU`, () => {
      const image = assemble(name);
      const normalize = NORMALIZE[name] ?? ((line: string) => line);
      const theirs = onQemu(image, 'max').split('\n').map(normalize);
      const ours = onOurs(image).split('\n').map(normalize);
      expect(ours.length).toBe(theirs.length);
      const unused = new Set(departures);
      const wrong: string[] = [];
      theirs.forEach((line, i) => {
        if (line === ours[i]) return;
        const known = departures.find((d) => d.lines.test(line));
        if (known) unused.delete(known);
        else wrong.push(`QEMU ${line}\nours ${ours[i]}`);
      });
      expect(wrong.slice(0, 20)).toEqual([]);
      expect([...unused].map((d) => d.why)).toEqual([]);
    });
  }
});
