// SPDX-License-Identifier: MIT
/**
 * @fileoverview Static Linux executables from translated modules: to test and fuzz the translator on the host.
 *
 * The program is the module's export `main`, whose result is the exit status. Its imports: the intrinsics `linux.write`, `linux.exit`,
 * `linux.now`. Both ways of addressing memory are there:
 *
 * - `zero`: linear memory is mapped from 64 KiB (the usual vm.mmap_min_addr) to its size, so a module must keep its data above;
 *   text and data of the image lie at 0x7000_0000, which bounds the memory;
 * - `r15`: 8 GiB are reserved somewhere and r15 points there; all of linear memory is usable and what lies beyond faults, as in wasm.
 *
 * Traps arrive as signals: SIGILL (ud2), SIGFPE (division), SIGSEGV (memory, stack).
 */
import type { FixedIntrinsic, Intrinsic, Section, TranslatedModule } from '../translate/types.ts';
import {
  eax,
  ecx,
  edi,
  indexed,
  Label,
  ptr,
  r8,
  r9,
  r10,
  r11,
  r15,
  rax,
  rcx,
  rdi,
  rdx,
  rsi,
  rsp,
  symbolAt,
  X86,
} from '../x86/x86.ts';
import { writeElf } from './elf.ts';
import { link } from './link.ts';

type Addressing = 'zero' | 'r15';
/** System calls (arch/x86/entry/syscalls/syscall_64.tbl). */
const SYS = { write: 1, mmap: 9, mprotect: 10, exitGroup: 231, clockGettime: 228 } as const;
const PROT = { none: 0, readWrite: 3 } as const;
/** PRIVATE | ANONYMOUS | NORESERVE, and FIXED. */
const MAP = 0x4022;
const MAP_FIXED = 0x10;
const WINDOW_SIZE = 1n << 33n;
export const LOWEST_ADDRESS = 0x1_0000;
const IMAGE = 0x7000_0000n;
const PAGE_SHIFT = 16;

function systemCall(asm: X86, number: number): void {
  asm.mov(eax, number);
  asm.op('syscall');
}

/** What programs may import, by `module.name`. */
export function linuxIntrinsics(addressing: Addressing): ReadonlyMap<string, Intrinsic> {
  const clobbers = [rcx, r11];
  const write: FixedIntrinsic = {
    kind: 'fixed',
    parameters: ['i32', 'i32', 'i32'],
    result: 'i32',
    inputs: [rdi, rsi, rdx],
    clobbers,
    emit: (asm) => {
      if (addressing === 'r15') asm.add(rsi, r15);
      systemCall(asm, SYS.write);
      asm.mov(eax, eax);
    },
  };
  const exit: FixedIntrinsic = {
    kind: 'fixed',
    parameters: ['i32'],
    inputs: [rdi],
    clobbers,
    emit: (asm) => systemCall(asm, SYS.exitGroup),
  };
  /** CLOCK_MONOTONIC in nanoseconds. */
  const now: FixedIntrinsic = {
    kind: 'fixed',
    parameters: [],
    result: 'i64',
    inputs: [],
    clobbers: [...clobbers, rdi, rsi],
    emit: (asm) => {
      asm.sub(rsp, 16);
      asm.mov(edi, 1);
      asm.mov(rsi, rsp);
      systemCall(asm, SYS.clockGettime);
      asm.imul(rax, ptr(rsp), 1_000_000_000);
      asm.add(rax, ptr(rsp, 8));
      asm.add(rsp, 16);
    },
  };
  return new Map(Object.entries({ 'linux.write': write, 'linux.exit': exit, 'linux.now': now }));
}

export function linuxExecutable(program: TranslatedModule, addressing: Addressing): Uint8Array {
  const segments = program.memory.segments.filter((s) => s.bytes.length > 0);
  const initial: Section = {
    name: '.initial',
    bytes: concatenate(segments.map((s) => s.bytes)),
    alignment: 16,
    writable: false,
    executable: false,
    relocations: [],
  };
  const start = startStub(program, segments, addressing);
  const image = link({
    segments: [
      { name: '.text', address: IMAGE, sections: [start, ...program.sections.filter((s) => s.executable)], executable: true },
      { name: '.rodata', sections: [initial, ...program.sections.filter((s) => !s.writable && !s.executable)] },
      { name: '.data', sections: program.sections.filter((s) => s.writable), writable: true },
    ],
    symbols: [
      ...program.symbols,
      { name: '_start', section: '.start', offset: 0, size: 0, kind: 'function' },
      { name: 'initial_memory', section: '.initial', offset: 0, size: 0, kind: 'object' },
      { name: 'memory_grow', section: '.start', offset: start.growAt, size: 0, kind: 'function' },
    ],
  });
  return writeElf({ entry: image.address('_start'), segments: image.segments, symbols: image.symbols });
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function startStub(program: TranslatedModule, segments: TranslatedModule['memory']['segments'], addressing: Addressing) {
  const asm = new X86();
  const failed = new Label();
  const { initialPages } = program.memory;
  /** mmap(address, length, protection, flags, -1, 0) */
  const mmap = (length: bigint, protection: number, flags: number) => {
    asm.mov(rsi, length);
    asm.mov(rdx, protection);
    asm.mov(r10, flags);
    asm.mov(r8, -1);
    asm.mov(r9, 0);
    systemCall(asm, SYS.mmap);
    asm.cmp(rax, -4096);
    asm.jcc('a', failed);
  };
  const bytes = BigInt(initialPages) << BigInt(PAGE_SHIFT);
  if (addressing === 'r15') {
    asm.mov(rdi, 0);
    mmap(WINDOW_SIZE, PROT.none, MAP);
    asm.mov(r15, rax);
    if (bytes > 0n) {
      asm.mov(rdi, r15);
      asm.mov(rsi, bytes);
      asm.mov(rdx, PROT.readWrite);
      systemCall(asm, SYS.mprotect);
    }
  } else {
    if (bytes > IMAGE) throw new Error(`${initialPages} pages of memory do not fit below the image`);
    asm.mov(r15, 0);
    if (bytes > BigInt(LOWEST_ADDRESS)) {
      asm.mov(rdi, LOWEST_ADDRESS);
      mmap(bytes - BigInt(LOWEST_ADDRESS), PROT.readWrite, MAP | MAP_FIXED);
    }
  }
  let offset = 0;
  for (const segment of segments) {
    if (addressing === 'zero' && segment.offset < LOWEST_ADDRESS)
      throw new Error(`data at ${segment.offset}: Linux maps nothing below 64 KiB`);
    asm.lea(rsi, symbolAt('initial_memory', offset));
    asm.mov(rdi, segment.offset);
    asm.add(rdi, r15);
    asm.mov(rcx, segment.bytes.length);
    asm.string('movs', 1, 'rep');
    offset += segment.bytes.length;
  }
  if (program.start) asm.call(program.start);
  asm.call('main');
  asm.mov(edi, eax);
  systemCall(asm, SYS.exitGroup);
  asm.bind(failed);
  asm.op('ud2');
  asm.align(16, 0xcc);
  const growAt = asm.position;
  emitGrow(asm, program, addressing);
  return {
    name: '.start',
    bytes: asm.finish(),
    alignment: 16,
    writable: false,
    executable: true,
    relocations: asm.relocations,
    growAt,
  };
}

/** edi pages: the old size, or -1 if that is beyond the maximum. */
function emitGrow(asm: X86, program: TranslatedModule, addressing: Addressing): void {
  const refused = new Label();
  const done = new Label();
  const limit = addressing === 'zero' ? Number(IMAGE >> BigInt(PAGE_SHIFT)) : 0x1_0000;
  const maximum = Math.min(program.memory.maximumPages ?? limit, limit);
  asm.mov(eax, symbolAt('memory_pages'));
  asm.mov(edi, edi);
  asm.lea(rcx, indexed(rax, rdi));
  asm.cmp(rcx, maximum);
  asm.jcc('a', refused);
  asm.test(edi, edi);
  asm.jcc('e', done);
  asm.push(rax);
  asm.push(rcx);
  asm.mov(rsi, rdi);
  asm.shl(rsi, PAGE_SHIFT);
  asm.mov(rdi, rax);
  asm.shl(rdi, PAGE_SHIFT);
  asm.add(rdi, r15);
  asm.mov(rdx, PROT.readWrite);
  if (addressing === 'r15') systemCall(asm, SYS.mprotect);
  else {
    asm.mov(r10, MAP | MAP_FIXED);
    asm.mov(r8, -1);
    asm.mov(r9, 0);
    systemCall(asm, SYS.mmap);
  }
  asm.pop(rcx);
  asm.mov(symbolAt('memory_pages'), ecx);
  asm.pop(rax);
  asm.bind(done);
  asm.ret();
  asm.bind(refused);
  asm.mov(eax, -1);
  asm.ret();
}
