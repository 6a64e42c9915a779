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
};

const runnable = available('nasm') && available('qemu-system-x86_64');
describe.skipIf(!runnable)('system programs, which need nasm and QEMU', () => {
  for (const [name, departures] of Object.entries(PROGRAMS)) {
    test(`${name} logs on our processor what it logs on QEMU`, () => {
      const image = assemble(name);
      const theirs = onQemu(image, 'max').split('\n');
      const ours = onOurs(image).split('\n');
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
