// SPDX-License-Identifier: MIT
/**
 * @fileoverview Programs that write into their own code, for nasm; recorded on hardware as vectors/selfModifying.txt. All begin at offset
 * 800h of the code pages (or where `rip` says) and end with the INT3 behind them. Stores through another linear address are followed by
 * CPUID, as processors demand (SDM vol. 3, 8.1.3); the registers that it fills are cleared.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recipe } from './generate.ts';
import { CODE, CODE_ALIAS, SELECTOR } from './programState.ts';

interface Program {
  name: string;
  mode: 64 | 32;
  rip?: number;
  source: string;
}
const SERIALIZE = 'xor eax, eax\n cpuid\n xor eax, eax\n xor ebx, ebx\n xor ecx, ecx\n xor edx, edx\n';
export const PROGRAMS: readonly Program[] = [
  { name: 'its next instruction', mode: 64, source: 'mov byte [rel next + 1], 0x5a\n next: mov al, 1' },
  { name: 'its next instruction, in 32-bit code', mode: 32, source: 'mov byte [next + 1], 0x5a\n next: mov al, 1' },
  {
    name: 'an instruction behind it that has run before',
    mode: 64,
    source: 'mov ecx, 5\n xor eax, eax\n top: add eax, 1\n inc byte [rel top + 2]\n dec ecx\n jnz top',
  },
  {
    name: 'the instruction in front of the store, at the end of a loop',
    mode: 64,
    source: 'mov ecx, 40\n xor eax, eax\n top: lea eax, [rax + 3]\n dec ecx\n mov [rel top + 2], cl\n jnz top',
  },
  {
    name: 'the target of a branch',
    mode: 64,
    source:
      'mov ecx, 3\n xor eax, eax\n top: mov byte [rel there + 1], cl\n jmp there\n int3\n there: add al, 0\n dec ecx\n jnz top',
  },
  {
    name: 'the opcode of an instruction',
    mode: 64,
    source:
      'mov ecx, 4\n mov eax, 1000\n top: add eax, 7\n xor byte [rel top], 0x28\n xor byte [rel top + 1], 0x28\n dec ecx\n jnz top',
  },
  {
    name: 'a branch into its negation',
    mode: 64,
    source:
      'mov ecx, 6\n xor eax, eax\n top: cmp ecx, 100\n here: je skip\n inc eax\n skip: xor byte [rel here], 1\n dec ecx\n jnz top',
  },
  {
    name: 'the rest of its run, by REP STOSB',
    mode: 64,
    source: 'lea rdi, [rel rest]\n mov al, 0x90\n mov ecx, 8\n rep stosb\n rest: inc ebx\n inc ebx\n inc ebx\n inc ebx\n inc edx',
  },
  {
    name: 'the rest of its run, by REP MOVSB',
    mode: 64,
    source:
      'lea rsi, [rel source]\n lea rdi, [rel target]\n mov ecx, 4\n rep movsb\n target: inc ebx\n inc ebx\n jmp end\n source: dec esi\n dec esi\n end: nop',
  },
  {
    name: 'through a push',
    mode: 64,
    source:
      'mov rbx, rsp\n lea rsp, [rel next + 8]\n mov rax, 0x9090909041414141\n mov rax, 0x909090909004c083\n push rax\n next: add eax, 1\n nop\n nop\n nop\n nop\n nop\n mov rsp, rbx',
  },
  {
    name: 'by a locked exchange',
    mode: 64,
    source: 'mov eax, 0x02c083f8\n xchg [rel there - 1], eax\n jmp there\n db 0xf8\n there: add eax, 1\n nop',
  },
  {
    name: 'by an SSE store',
    mode: 64,
    source:
      'mov rax, 0x9090909002c08390\n movq xmm0, rax\n movq [rel there - 1], xmm0\n jmp there\n nop\n there: add eax, 1\n nop\n nop\n nop\n nop',
  },
  {
    name: 'the second half of an instruction that crosses pages',
    mode: 64,
    rip: CODE + 0xfe0,
    source:
      'mov ecx, 4\n xor eax, eax\n times 0xffe - 0xfe0 - ($ - $$) nop\n top: add eax, 0x01020304\n mov [rel top + 3], cl\n dec ecx\n jnz top',
  },
  {
    name: 'the first half of an instruction that crosses pages',
    mode: 64,
    rip: CODE + 0xfe0,
    source:
      'mov ecx, 4\n mov eax, 0x1000\n times 0xffd - 0xfe0 - ($ - $$) nop\n top: sub eax, 0x01020304\n mov [rel top + 1], cl\n dec ecx\n jnz top',
  },
  {
    name: 'code of the other page, back and forth',
    mode: 64,
    rip: CODE + 0xf00,
    source:
      'mov ecx, 5\n xor eax, eax\n top: mov [rel there + 2], cl\n call there\n dec ecx\n jnz top\n jmp end\n times 0x110 - ($ - $$) nop\n there: add eax, 0\n ret\n end: nop',
  },
  {
    name: 'its own code through another linear address',
    mode: 64,
    source: `mov ecx, 3\n mov r8d, ecx\n xor r9d, r9d\n top: call there\n mov byte [${CODE_ALIAS + 0x800} + there + 3 - $$], r8b\n ${SERIALIZE} dec r8d\n jnz top\n call there\n jmp end\n there: add r9d, 0x40\n ret\n end: nop`,
  },
  {
    name: 'another page through another linear address',
    mode: 64,
    rip: CODE + 0xf00,
    source: `mov r8d, 3\n xor r9d, r9d\n top: call there\n mov byte [${CODE_ALIAS + 0xf00} + there + 3 - $$], r8b\n ${SERIALIZE} dec r8d\n jnz top\n call there\n jmp end\n times 0x110 - ($ - $$) nop\n there: add r9d, 0x40\n ret\n end: nop`,
  },
  {
    name: 'the second half of an instruction that crosses pages, through another linear address',
    mode: 64,
    rip: CODE + 0xfb0,
    source: `mov r8d, 3\n xor r9d, r9d\n jmp top\n times 0xffc - 0xfb0 - ($ - $$) nop\n top: add r9d, 0x01020304\n mov byte [${CODE_ALIAS + 0xfb0} + top + 5 - $$], r8b\n ${SERIALIZE} dec r8d\n jnz top`,
  },
];

export function recipeOfProgram(p: Program): Recipe {
  const folder = mkdtempSync(join(tmpdir(), 'self-'));
  try {
    const rip = p.rip ?? CODE + 0x800;
    const source = join(folder, 'a.asm');
    writeFileSync(source, `bits ${p.mode}\n org ${rip}\n ${p.source}\n`);
    execFileSync('nasm', ['-f', 'bin', '-o', join(folder, 'a'), source]);
    const selectors = {
      cs: p.mode === 64 ? SELECTOR.code64 : SELECTOR.code32,
      ds: SELECTOR.data,
      es: SELECTOR.data,
      fs: 0,
      gs: 0,
      ss: SELECTOR.data,
    };
    return { mode: p.mode, code: readFileSync(join(folder, 'a')), seed: 1, registers: new Map(), overrides: [], selectors, rip };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
