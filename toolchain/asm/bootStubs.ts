// SPDX-License-Identifier: MIT
/**
 * @fileoverview From the boot loader to guest code: PVH and Multiboot2 headers, the switch to long mode, the kernel's start.
 *
 * Both protocols enter in 32-bit protected mode without paging: PVH with ebx = start info (Xen, docs/misc/pvh.pandoc),
 * Multiboot2 with eax = 36D76289h and ebx = tags (Multiboot2 Specification 2.0, section 3.3). The page tables were computed when
 * the image was built; the entry code loads them. It runs where it was loaded, in sections whose virtual and physical
 * addresses are the same, mapped until it has jumped to the kernel's half.
 *
 * Sequence: entry32 (paging and long mode on) -> entry64 (jump up) -> kernelEntry (descriptor tables, gs, stack, low half
 * unmapped) -> wasm_start, where global initialisers run -> kernelStart(magic, information).
 */
import { KERNEL_LOAD, WINDOW } from '../image/addresses.ts';
import {
  al,
  ax,
  cr,
  ds,
  dword,
  eax,
  ebp,
  ebx,
  ecx,
  edi,
  edx,
  es,
  esi,
  fs,
  gs,
  ptr,
  qword,
  r12,
  r13,
  r15,
  rax,
  rdi,
  rsi,
  rsp,
  ss,
  symbolAt,
} from '../x86/x86.ts';
import { bootStackTop, SELECTORS } from './kernelStubs.ts';
import { Stub } from './stub.ts';

const CR0_PE = 1 << 0;
const CR0_MP = 1 << 1;
const CR0_NE = 1 << 5;
const CR0_WP = 1 << 16;
const CR0_PG = 1 << 31;
const CR4_PAE = 1 << 5;
const CR4_PGE = 1 << 7;
const CR4_OSFXSR = 1 << 9;
const CR4_OSXMMEXCPT = 1 << 10;
const EFER = 0xc000_0080;
const EFER_SCE = 1 << 0;
const EFER_LME = 1 << 8;
const EFER_NXE = 1 << 11;
const GS_BASE = 0xc000_0101;

/** 4 GiB in wasm's pages: what bulk operations check against. */
const WINDOW_PAGES = 0x1_0000;

const MULTIBOOT2_MAGIC = 0xe852_50d6;
const MULTIBOOT2_TAG_END = 0;
const MULTIBOOT2_TAG_ENTRY = 3;
/** XEN_ELFNOTE_PHYS32_ENTRY (Xen, public/elfnote.h). */
const NOTE_PHYS32_ENTRY = 18;

/** Sections for the low segment: their addresses are physical. `start`: the module has a start function. */
export function bootStubs(start: boolean): Stub[] {
  return [headers(), entry32(), entry64(), kernelEntry(start)];
}

/** Multiboot2's header must lie in the first 32 KiB of the file; the note is pointed at by a program header. */
function headers(): Stub {
  const stub = new Stub('.boot.headers', { kind: 'constants', alignment: 8, bits: 32 });
  stub.define('multiboot2Header', (asm) => {
    const length = 40;
    asm.data(4, MULTIBOOT2_MAGIC, 0, length, -(MULTIBOOT2_MAGIC + length));
    asm.data(2, MULTIBOOT2_TAG_ENTRY, 0);
    asm.data(4, 12, 'entry32', 0);
    asm.data(2, MULTIBOOT2_TAG_END, 0);
    asm.data(4, 8);
  });
  stub.define('pvhNote', (asm) => {
    // Name size, descriptor size, type, "Xen\0". QEMU reads the descriptor as 8 bytes.
    asm.data(4, 4, 8, NOTE_PHYS32_ENTRY, 0x006e_6558);
    asm.data(4, 'entry32', 0);
  });
  stub.define('bootGdt', (asm) => {
    asm.data(8, 0, 0x00af_9b00_0000_ffffn);
  });
  stub.define('bootGdtPointer', (asm) => {
    asm.data(2, 15);
    asm.data(4, 'bootGdt');
  });
  return stub;
}

function entry32(): Stub {
  const stub = new Stub('.boot.32', { bits: 32 });
  stub.define('entry32', (asm) => {
    asm.op('cli');
    asm.op('cld');
    asm.mov(edi, eax);
    asm.mov(esi, ebx);
    asm.movSymbol(eax, 'bootGdtPointer');
    asm.lgdt(ptr(eax));
    asm.mov(eax, CR4_PAE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT);
    asm.mov(cr(4), eax);
    asm.movSymbol(eax, 'kernelSpace');
    asm.mov(cr(3), eax);
    asm.mov(ecx, EFER);
    asm.op('rdmsr');
    asm.or(eax, EFER_SCE | EFER_LME | EFER_NXE);
    asm.op('wrmsr');
    asm.mov(eax, CR0_PE | CR0_MP | CR0_NE | CR0_WP | CR0_PG);
    asm.mov(cr(0), eax);
    asm.farJmp(SELECTORS.kernelCode, 'entry64');
  });
  return stub;
}

function entry64(): Stub {
  const stub = new Stub('.boot.64');
  stub.define('entry64', (asm) => {
    asm.movSymbol(rax, 'kernelEntry');
    asm.jmp(rax);
  });
  return stub;
}

function kernelEntry(start: boolean): Stub {
  const stub = new Stub('.stubs.entry');
  stub.define('kernelEntry', (asm) => {
    // The upper halves of registers are undefined after the mode switch.
    asm.mov(eax, edi);
    asm.mov(r12, rax);
    asm.mov(eax, esi);
    asm.mov(r13, rax);
    asm.mov(rsp, bootStackTop);
    asm.mov(r15, WINDOW);
    asm.xor(ebp, ebp);

    asm.movSymbol(rsi, 'gdt');
    asm.movSymbol(rax, 'taskState');
    asm.mov(ptr(rsi, SELECTORS.taskState + 2), ax);
    asm.shr(rax, 16);
    asm.mov(ptr(rsi, SELECTORS.taskState + 4), al);
    asm.shr(rax, 8);
    asm.mov(ptr(rsi, SELECTORS.taskState + 7), al);
    asm.shr(rax, 8);
    asm.mov(ptr(rsi, SELECTORS.taskState + 8), eax);
    asm.movSymbol(rax, 'gdtPointer');
    asm.lgdt(ptr(rax));
    asm.mov(eax, SELECTORS.kernelData);
    asm.mov(ds, eax);
    asm.mov(es, eax);
    asm.mov(ss, eax);
    asm.xor(eax, eax);
    asm.mov(fs, eax);
    asm.mov(gs, eax);
    asm.mov(eax, SELECTORS.taskState);
    asm.ltr(eax);

    asm.movSymbol(rax, 'bootCpu');
    asm.mov(ecx, GS_BASE);
    asm.mov(edx, 0xffff_ffff);
    asm.op('wrmsr');

    // The low half was for the jump only; from here on address 0 faults.
    asm.movSymbol(rax, 'kernelSpace');
    asm.add(rax, r15);
    asm.mov(qword(ptr(rax)), 0);
    asm.sub(rax, r15);
    asm.mov(cr(3), rax);

    // Linear memory is the whole window, of which the image brings only the part with static data and heap.
    asm.mov(dword(symbolAt('memory_pages')), WINDOW_PAGES);
    if (start) asm.call('wasm_start');
    asm.mov(rdi, r12);
    asm.mov(rsi, r13);
    asm.call('kernelStart');
    asm.op('ud2');
  });
  return stub;
}

/** Where the sections of {@link bootStubs} that are named `.boot.…` begin. */
export const BOOT_ADDRESS = KERNEL_LOAD;
