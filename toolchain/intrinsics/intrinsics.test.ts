// SPDX-License-Identifier: MIT
/** The code of every intrinsic, as iced-x86 reads it: the right instructions, and no register destroyed that is not declared. */
import {
  Decoder,
  DecoderOptions,
  Formatter,
  FormatterSyntax,
  InstructionInfoFactory,
  OpAccess,
  Register,
  RegisterExt,
} from 'iced-x86';
import { describe, expect, test } from 'vitest';
import { X86 } from '../x86/x86.ts';
import { guestDeclarations, type IntrinsicRecord, intrinsicRecords, intrinsicsFor } from './intrinsics.ts';
import { declaration, parseSignature, wasmType } from './signature.ts';

const nameOf = ({ signature, target }: IntrinsicRecord): string =>
  `${signature.module}.${signature.name}${target === 'user' && signature.module === 'mem' ? ' (user)' : ''}`;

function assemble(record: IntrinsicRecord): Uint8Array {
  if (record.expansion.kind !== 'fixed') throw new Error('not assembled here');
  const asm = new X86();
  record.expansion.emit(asm);
  return asm.finish();
}

function disassemble(bytes: Uint8Array): string {
  const decoder = new Decoder(64, bytes, DecoderOptions.None);
  const formatter = new Formatter(FormatterSyntax.Intel);
  const lines: string[] = [];
  while (decoder.canDecode) lines.push(formatter.format(decoder.decode()));
  return lines.join('; ');
}

const cpuid = (result: string): string => `mov rsi,rbx; cpuid; ${result}mov rbx,rsi`;
const CODE: Record<string, string> = {
  'cpu.outb': 'out dx,al',
  'cpu.outw': 'out dx,ax',
  'cpu.outl': 'out dx,eax',
  'cpu.inb': 'in al,dx; movzx eax,al',
  'cpu.inw': 'in ax,dx; movzx eax,ax',
  'cpu.inl': 'in eax,dx',
  ...Object.fromEntries(
    [0, 2, 3, 4, 8].flatMap((n) => [
      [`cpu.readCr${n}`, `mov rax,cr${n}`],
      [`cpu.writeCr${n}`, `mov cr${n},rax`],
    ]),
  ),
  ...Object.fromEntries(
    [0, 1, 2, 3, 6, 7].flatMap((n) => [
      [`cpu.readDr${n}`, `mov rax,dr${n}`],
      [`cpu.writeDr${n}`, `mov dr${n},rax`],
    ]),
  ),
  'cpu.rdmsr': 'rdmsr; shl rdx,20h; or rax,rdx',
  'cpu.wrmsr': 'mov rdx,rax; shr rdx,20h; wrmsr',
  'cpu.xgetbv': 'xgetbv; shl rdx,20h; or rax,rdx',
  'cpu.xsetbv': 'mov rdx,rax; shr rdx,20h; xsetbv',
  'cpu.rdtsc': 'rdtsc; shl rdx,20h; or rax,rdx',
  'cpu.cpuidEax': cpuid(''),
  'cpu.cpuidEbx': cpuid('mov eax,ebx; '),
  'cpu.cpuidEcx': cpuid('mov eax,ecx; '),
  'cpu.cpuidEdx': cpuid('mov eax,edx; '),
  'cpu.lgdt': 'lgdt [rax]',
  'cpu.lidt': 'lidt [rax]',
  'cpu.ltr': 'ltr ax',
  'cpu.invlpg': 'invlpg [rax]',
  'cpu.wbinvd': 'wbinvd',
  'cpu.cli': 'cli',
  'cpu.sti': 'sti',
  'cpu.hlt': 'hlt',
  'cpu.stiHlt': 'sti; hlt',
  'cpu.pause': 'pause',
  'cpu.saveInterrupts': 'pushfq; pop rax; cli',
  'cpu.restoreInterrupts': 'test eax,200h; jne 0000000000000012h; cli; jmp 0000000000000013h; sti',
  'cpu.breakpoint': 'int3',
  'cpu.framePointer': 'mov rax,rbp',
  'cpu.stackPointer': 'mov rax,rsp',
  'cpu.fxsave': 'fxsave [rax]',
  'cpu.fxrstor': 'fxrstor [rax]',
  'mem.address': 'lea rax,[r15+rdi]',
  'mem.pointer': 'sub rax,r15; mov eax,eax',
  'mem.address (user)': '',
  'mem.pointer (user)': 'mov eax,eax',
  'mem.fence': 'mfence',
  'mem.exchangeAdd32': 'lock xadd [rdi],eax',
  'mem.exchangeAdd64': 'lock xadd [rdi],rax',
  'mem.exchange32': 'xchg [rdi],eax',
  'mem.exchange64': 'xchg [rdi],rax',
  'mem.compareExchange32': 'lock cmpxchg [rdi],edx',
  'mem.compareExchange64': 'lock cmpxchg [rdi],rdx',
  'mem.copy': 'rep movsb [rdi],[rsi]',
  'mem.fill': 'rep stosb [rdi]',
  'percpu.add32': 'add gs:[rdi],eax',
  'percpu.self': 'mov rax,gs:[0]',
  'sys.call': 'syscall; jae 000000000000000Bh; neg rax',
  'sys.call6': 'syscall; jae 000000000000000Bh; neg rax',
  'sys.forked': 'syscall; jae 0000000000000010h; neg rax; jmp 000000000000001Bh; test rdx,rdx; je 000000000000001Bh; xor eax,eax',
  'sys.linux': 'syscall',
  'sys.second': 'syscall; mov rax,rdx',
};

const fixed = intrinsicRecords.filter((record) => record.expansion.kind === 'fixed');

test('every intrinsic assembles to its instructions', () => {
  expect(Object.fromEntries(fixed.map((record) => [nameOf(record), disassemble(assemble(record))]))).toEqual(CODE);
});

describe.each(fixed.map((record) => [nameOf(record), record] as const))('%s', (_, record) => {
  test('destroys only what it declares, and leaves the stack as it was', () => {
    if (record.expansion.kind !== 'fixed') return;
    const { inputs, clobbers = [] } = record.expansion;
    const allowed = new Set(['RAX', 'RSP', ...[...inputs, ...clobbers].map(({ name }) => name.toUpperCase())]);
    const written = new Set<string>();
    const decoder = new Decoder(64, assemble(record), DecoderOptions.None);
    const factory = new InstructionInfoFactory();
    let stack = 0;
    while (decoder.canDecode) {
      const instruction = decoder.decode();
      stack += instruction.stackPointerIncrement;
      for (const used of factory.info(instruction).usedRegisters()) {
        if (![OpAccess.Write, OpAccess.CondWrite, OpAccess.ReadWrite, OpAccess.ReadCondWrite].includes(used.access)) continue;
        if (RegisterExt.isGPR(used.register)) written.add(Register[RegisterExt.fullRegister(used.register)]);
      }
    }
    expect(stack).toBe(0);
    // rbx is what CPUID destroys and the code around it restores.
    if (record.signature.name.startsWith('cpuid')) written.delete('RBX');
    expect([...written].filter((register) => !allowed.has(register))).toEqual([]);
  });
});

test('guest types become wasm types', () => {
  const types = (['i32', 'u32', 'usize', 'bool', 'i64', 'u64', 'f64', 'void'] as const).map(wasmType);
  expect(types).toEqual(['i32', 'i32', 'i32', 'i32', 'i64', 'i64', 'f64', null]);
});

test('a declaration is what the guest would write', () => {
  const text = declaration(parseSignature('cpu.outb(port: u32, value: u32): void'), 'OUT dx, al.');
  expect(text.split('\n')[2]).toBe('@external("cpu", "outb") export declare function outb(port: u32, value: u32): void;');
  expect(() => parseSignature('cpu.outb(port: u33): void')).toThrow('no guest type: u33');
});

test('targets have what is theirs: only programs make system calls, only kernels what is privileged', () => {
  expect(intrinsicsFor('kernel').has('cpu.outb')).toBe(true);
  expect(intrinsicsFor('user').has('cpu.outb')).toBe(false);
  expect(intrinsicsFor('user').has('cpu.rdtsc')).toBe(true);
  expect(intrinsicsFor('user').has('sys.call')).toBe(true);
  expect(intrinsicsFor('kernel').has('sys.call')).toBe(false);
  expect(guestDeclarations('kernel').has('machine/percpu')).toBe(true);
  expect(guestDeclarations('user').has('machine/percpu')).toBe(false);
});
