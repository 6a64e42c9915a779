// SPDX-License-Identifier: MIT
/**
 * @fileoverview Many fuzz programs as one bootable image: for processors that are no host of ours, emulated ones above all.
 *
 * The image is entered by PVH in 32-bit mode, switches to long mode with the page tables that come with it, and runs one program
 * after another in ring 0, each in a window of its own (r15). What a program writes is hashed (FNV-1a, 64 bits); an exception ends
 * the program, as a trap does. Then 16 bytes per program go to COM1, the hash and how it ended (status, or TRAPPED), and the
 * machine is switched off through the PIIX4's power management port.
 *
 * Memory: the image is linked and loaded at 2 MiB, where addresses are physical ones; windows lie 8 GiB apart above 1 TiB, backed
 * from 64 MiB on, all pages up to their maximum mapped from the start (programs keep their accesses inside: `wild` is false).
 */
import { PageTables, WRITABLE } from '../../image/pageTables.ts';
import { writeElf } from '../../link/elf.ts';
import { link } from '../../link/link.ts';
import type { WasmModule } from '../../wasm/module.ts';
import {
  al,
  ax,
  cr,
  ds,
  dx,
  eax,
  ecx,
  edi,
  edx,
  es,
  Label,
  ptr,
  r8,
  r15,
  rax,
  rbp,
  rcx,
  rdi,
  rdx,
  rsi,
  rsp,
  ss,
  symbolAt,
  word,
  X86,
} from '../../x86/x86.ts';
import { translate } from '../translate.ts';
import type { Intrinsic, Section, SectionSymbol, TranslatedModule } from '../types.ts';

const IMAGE = 0x20_0000n;
const WINDOWS = 1n << 40n;
const WINDOW_SIZE = 1n << 33n;
const WINDOWS_PHYSICAL = 0x400_0000n;
const WASM_PAGE = 0x1_0000;
/** Identity-mapped, for the image. */
const LOW_MEMORY = 0x4000_0000n;
const STACK = 0x40_0000;
const COM1 = 0x3f8;
/** PM1a control of QEMU's i440FX machine; SLP_EN with the type that means off. */
const POWER_CONTROL = 0x604;
const POWER_OFF = 0x2000;
export const TRAPPED = 0xffff_ffff_ffff_ffffn;
const FNV_BASIS = 0xcbf2_9ce4_8422_2325n;
const FNV_PRIME = 0x100_0000_01b3n;
const CODE = 8;
const DATA = 16;

/** The hash of what a program wrote. */
export function hashOf(bytes: Uint8Array): bigint {
  let hash = FNV_BASIS;
  for (const value of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(value)) * FNV_PRIME);
  return hash;
}

/** linux.write as a call of the routine that hashes. */
const intrinsics = new Map<string, Intrinsic>([
  [
    'linux.write',
    {
      kind: 'fixed',
      parameters: ['i32', 'i32', 'i32'],
      result: 'i32',
      inputs: [rdi, rsi, rdx],
      clobbers: [rcx, r8],
      emit: (asm) => asm.call('hash_bytes'),
    },
  ],
]);

export function bareImage(modules: readonly WasmModule[]): Uint8Array {
  const programs = modules.map((module, i) => translate(module, { addressing: 'r15', intrinsics, prefix: `p${i}.` }));
  const tables = pageTables(programs);
  const boot = new X86(32);
  boot32(boot);
  const asm = new X86();
  const symbols = code64(asm, programs);
  const section = (name: string, bytes: Uint8Array, rest: Partial<Section> = {}): Section => ({
    name,
    bytes,
    alignment: 16,
    writable: false,
    executable: false,
    relocations: [],
    ...rest,
  });
  const initial = programs.flatMap((program, i) => program.memory.segments.map((s, k) => section(`initial${i}.${k}`, s.bytes)));
  const sections = programs.flatMap((program) => program.sections);
  const image = link({
    segments: [
      {
        name: '.text',
        address: IMAGE,
        executable: true,
        sections: [
          section('.boot', boot.finish(), { executable: true, relocations: boot.relocations }),
          section('.code', asm.finish(), { executable: true, relocations: asm.relocations }),
          ...sections.filter((s) => s.executable),
        ],
      },
      { name: '.rodata', sections: [...sections.filter((s) => !s.writable && !s.executable), ...initial] },
      {
        name: '.data',
        writable: true,
        sections: [
          ...sections.filter((s) => s.writable),
          // Descriptors that LGDT and LIDT read are built by the code; what it needs is room.
          section('.results', new Uint8Array(0), { zeros: 16 * programs.length, writable: true }),
          section('.state', new Uint8Array(0), { zeros: 64 + 256 * 16, alignment: 4096, writable: true }),
          section('.stack', new Uint8Array(0), { zeros: STACK, alignment: 4096, writable: true }),
        ],
      },
      { name: '.pages', address: TABLES, sections: [section('.tables', tables.bytes, { alignment: 4096 })], writable: true },
    ],
    symbols: [
      ...programs.flatMap((program, i) =>
        program.symbols.map((s) => (s.name === 'main' && !s.local ? { ...s, name: `main${i}` } : s)),
      ),
      ...symbols,
      ...initial.map((s): SectionSymbol => ({ name: s.name, section: s.name, offset: 0, size: 0, kind: 'object' })),
      { name: 'boot', section: '.boot', offset: 20, size: 0, kind: 'function' },
      { name: 'results', section: '.results', offset: 0, size: 0, kind: 'object' },
      { name: 'state', section: '.state', offset: 0, size: 0, kind: 'object' },
      { name: 'stack', section: '.stack', offset: 0, size: 0, kind: 'object' },
    ],
    absolute: new Map([['page_tables', TABLES]]),
  });
  const note = { address: image.sectionAddress('.boot'), size: 20 };
  return writeElf({ entry: image.address('boot'), segments: image.segments, symbols: image.symbols, notes: [note] });
}

const TABLES = 0x300_0000n;

function pageTables(programs: readonly TranslatedModule[]): PageTables {
  const tables = new PageTables(TABLES);
  tables.mapLarge(0n, 0n, LOW_MEMORY, WRITABLE);
  let physical = WINDOWS_PHYSICAL;
  programs.forEach(({ memory }, i) => {
    const size = BigInt((memory.maximumPages ?? memory.initialPages) * WASM_PAGE);
    tables.map(WINDOWS + BigInt(i) * WINDOW_SIZE, physical, size, WRITABLE);
    physical += size;
  });
  return tables;
}

/** The PVH note, then 32-bit code that enables long mode and SSE. */
function boot32(asm: X86): void {
  asm.data(4, 4, 4, 18, 0x006e6558, 'boot'); // "Xen", XEN_ELFNOTE_PHYS32_ENTRY
  asm.op('cli');
  asm.mov(eax, cr(4));
  asm.or(eax, 0x620); // PAE, OSFXSR, OSXMMEXCPT
  asm.mov(cr(4), eax);
  asm.movSymbol(eax, 'page_tables');
  asm.mov(cr(3), eax);
  asm.mov(ecx, 0xc000_0080);
  asm.op('rdmsr');
  asm.or(eax, 0x100); // LME
  asm.op('wrmsr');
  asm.mov(eax, cr(0));
  asm.and(eax, ~4); // EM
  asm.or(eax, 0x8000_0003 | 0); // PG, MP, PE
  asm.mov(cr(0), eax);
  asm.lgdt({ kind: 'mem', scale: 1, disp: 0, symbol: 'gdt_pointer' });
  asm.farJmp(CODE, 'long_mode');
}

/** Offsets in `state`. */
const STATE = { idtPointer: 0, program: 16, hash: 24, sp: 32, pages: 40, mxcsr: 48, idt: 64 } as const;
const state = (offset: number) => symbolAt('state', offset);

function code64(asm: X86, programs: readonly TranslatedModule[]): SectionSymbol[] {
  const symbols: SectionSymbol[] = [];
  const define = (name: string) => {
    asm.align(16, 0xcc);
    symbols.push({ name, section: '.code', offset: asm.position, size: 0, kind: 'function' });
  };

  define('gdt');
  asm.data(8, 0n, 0x00af_9b00_0000_ffffn, 0x00cf_9300_0000_ffffn);
  define('gdt_pointer');
  asm.data(2, 23);
  asm.data(4, 'gdt');
  asm.data(4, 0);

  define('long_mode');
  asm.mov(ax, DATA);
  for (const segment of [ds, es, ss]) asm.mov(segment, ax);
  asm.movSymbol(rsp, 'stack');
  asm.add(rsp, STACK);
  asm.mov({ ...state(STATE.mxcsr), width: 4 }, 0x1f80);
  asm.ldmxcsr(state(STATE.mxcsr));
  fillIdt(asm);
  programs.forEach((program, i) => {
    runProgram(asm, program, i);
  });
  sendResults(asm, programs.length);
  const stop = new Label();
  asm.mov(dx, POWER_CONTROL);
  asm.mov(ax, POWER_OFF);
  asm.out(dx, ax);
  asm.bind(stop);
  asm.op('hlt');
  asm.jmp(stop);

  // Any exception: the program trapped. The stack is what it was before its main was called.
  define('exception');
  asm.mov(rsp, state(STATE.sp));
  asm.mov(rax, TRAPPED);
  asm.ret();

  define('hash_bytes');
  hashBytes(asm);
  define('memory_grow');
  memoryGrow(asm);
  return symbols;
}

/** 32 gates to `exception`. */
function fillIdt(asm: X86): void {
  const loop = new Label();
  asm.lea(rdi, state(STATE.idt));
  asm.movSymbol(rax, 'exception');
  asm.mov(ecx, 32);
  asm.bind(loop);
  asm.mov(word(ptr(rdi)), ax);
  asm.mov({ ...ptr(rdi, 2), width: 2 }, CODE);
  asm.mov({ ...ptr(rdi, 4), width: 2 }, 0x8e00);
  asm.mov(edx, eax);
  asm.shr(edx, 16);
  asm.mov(ptr(rdi, 6), dx);
  asm.add(rdi, 16);
  asm.dec(ecx);
  asm.jcc('ne', loop);
  asm.mov({ ...state(STATE.idtPointer), width: 2 }, 32 * 16 - 1);
  asm.lea(rax, state(STATE.idt));
  asm.mov(state(STATE.idtPointer + 2), rax);
  asm.lidt(state(STATE.idtPointer));
}

function runProgram(asm: X86, program: TranslatedModule, index: number): void {
  asm.mov(r15, WINDOWS + BigInt(index) * WINDOW_SIZE);
  program.memory.segments.forEach((segment, k) => {
    asm.movSymbol(rsi, `initial${index}.${k}`);
    asm.mov(rdi, segment.offset);
    asm.add(rdi, r15);
    asm.mov(rcx, segment.bytes.length);
    asm.string('movs', 1, 'rep');
  });
  asm.mov(rax, FNV_BASIS);
  asm.mov(state(STATE.hash), rax);
  asm.lea(rax, symbolAt(`p${index}.memory_pages`));
  asm.mov(state(STATE.pages), rax);
  asm.mov({ ...state(STATE.program), width: 4 }, program.memory.maximumPages ?? program.memory.initialPages);
  asm.xor(ecx, ecx);
  asm.mov(rbp, rcx);
  // The call pushes its return address where `state.sp` says, and there an exception finds it.
  asm.lea(rcx, ptr(rsp, -8));
  asm.mov(state(STATE.sp), rcx);
  asm.call(`main${index}`);
  asm.lea(rdi, symbolAt('results', 16 * index));
  asm.mov(rcx, state(STATE.hash));
  asm.mov(ptr(rdi), rcx);
  asm.mov(ptr(rdi, 8), rax);
}

function hashBytes(asm: X86): void {
  const [loop, done] = [new Label(), new Label()];
  asm.mov(eax, edx);
  asm.mov(rcx, state(STATE.hash));
  asm.mov(r8, FNV_PRIME);
  asm.add(rsi, r15);
  asm.test(edx, edx);
  asm.jcc('e', done);
  asm.bind(loop);
  asm.movzx(edi, { ...ptr(rsi), width: 1 });
  asm.xor(rcx, rdi);
  asm.imul(rcx, r8);
  asm.add(rsi, 1);
  asm.dec(edx);
  asm.jcc('ne', loop);
  asm.bind(done);
  asm.mov(state(STATE.hash), rcx);
  asm.ret();
}

/** All pages are there already. */
function memoryGrow(asm: X86): void {
  const refused = new Label();
  asm.mov(rcx, state(STATE.pages));
  asm.mov(eax, ptr(rcx));
  asm.mov(edi, edi);
  asm.lea(rdx, { kind: 'mem', base: rax, index: rdi, scale: 1, disp: 0 });
  asm.cmp(edx, state(STATE.program));
  asm.jcc('a', refused);
  asm.mov(ptr(rcx), edx);
  asm.ret();
  asm.bind(refused);
  asm.mov(eax, -1);
  asm.ret();
}

function sendResults(asm: X86, count: number): void {
  const [loop, wait] = [new Label(), new Label()];
  asm.movSymbol(rsi, 'results');
  asm.mov(ecx, 16 * count);
  asm.bind(loop);
  asm.mov(dx, COM1 + 5);
  asm.bind(wait);
  asm.in(al, dx);
  asm.test(al, 0x20); // transmitter holding register empty
  asm.jcc('e', wait);
  asm.mov(dx, COM1);
  asm.mov(al, ptr(rsi));
  asm.out(dx, al);
  asm.add(rsi, 1);
  asm.dec(ecx);
  asm.jcc('ne', loop);
}
