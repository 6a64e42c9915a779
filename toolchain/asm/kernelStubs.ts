// SPDX-License-Identifier: MIT
/**
 * @fileoverview A kernel's stubs in 64-bit mode: traps, system calls, context switch, user copies, collector, probes.
 *
 * All kernel stacks lie in the window, whose base has 32 zero bits at the bottom: the low half of rsp is a window pointer, and
 * trap frames reach guest code as `TrapFrame` pointers. r15 holds the window's base in all translated code; every entry
 * loads it. rbp is 0 at an entry from user mode, so stack walks end there.
 *
 * GS: the kernel's base is in GS while the kernel runs and in KERNEL_GS_BASE while user code does (SWAPGS, APM vol. 2,
 * section 6.1). An NMI or machine check between an entry and its SWAPGS would see the wrong one; neither is enabled.
 *
 * Stubs that call an export which a kernel may not have (threads, probes) are left out when it has none.
 */
import { KERNEL_STACK_SLOT, KERNEL_STACKS, WINDOW } from '../image/addresses.ts';
import { perCpu, taskStateSegment, trapFrame } from '../layout/definitions/processor.ts';
import { create } from '../layout/host.ts';
import {
  absolute,
  byte,
  eax,
  ebp,
  edi,
  esi,
  esp,
  type Gpr,
  gpr,
  Label,
  ptr,
  qword,
  r8,
  r9,
  r10,
  r11,
  r12,
  r13,
  r14,
  r15,
  rax,
  rbp,
  rbx,
  rcx,
  rdi,
  rdx,
  rsi,
  rsp,
  through,
  type X86,
} from '../x86/x86.ts';
import { Stub } from './stub.ts';

/** Selectors in the GDT of {@link kernelData}; STAR's two fields need them in this order. */
export const SELECTORS = {
  kernelCode: 0x08,
  kernelData: 0x10,
  userCode32: 0x18,
  userData: 0x23,
  userCode: 0x2b,
  taskState: 0x30,
} as const;

const frame = trapFrame.offsets;
/** The frame's registers, in the order of memory. */
const SAVED: readonly Gpr[] = trapFrame.fields
  .filter((field) => field.offset < frame.vector)
  .map((field) => registerNamed(field.name));

function registerNamed(name: string): Gpr {
  for (let code = 0; code < 16; code++) if (gpr(code, 8).name === name) return gpr(code, 8);
  throw new Error(`no register ${name}`);
}

/** Exceptions that push an error code (APM vol. 2, table 8-1). */
const WITH_ERROR_CODE = new Set([8, 10, 11, 12, 13, 14, 17, 21, 29, 30]);

const EFAULT = 14;

export const bootStackTop = WINDOW + BigInt(KERNEL_STACKS + KERNEL_STACK_SLOT);
/** Interrupt stack 1 serves #DF: a kernel stack that has overflowed cannot take a frame. */
export const doubleFaultStackTop = bootStackTop + BigInt(KERNEL_STACK_SLOT);

/** `exported` are the names that the translated kernel defines. */
export function kernelStubs(exported: ReadonlySet<string>): Stub[] {
  if (WINDOW & 0xffff_ffffn) throw new Error('the window begins at a multiple of 4 GiB');
  const code = new Stub('.stubs');
  defineTrapEntries(code);
  if (exported.has('systemCallHandler')) defineSystemCall(code);
  defineSwitch(code);
  defineCollect(code);
  defineMemoryGrow(code);
  if (exported.has('threadMain')) defineThreadStart(code);
  if (exported.has('probeFired')) defineProbes(code);
  const constants = new Stub('.stubs.constants', { kind: 'constants' });
  defineCopies(code, constants);
  return [code, constants, kernelData()];
}

// ---- traps

/** 256 entries 16 bytes apart, each leaving error code and vector on the stack. */
function defineTrapEntries(stub: Stub): void {
  const common = new Label('commonTrap');
  stub.define('trapEntries', (asm) => {
    for (let vector = 0; vector < 256; vector++) {
      asm.align(16, 0xcc);
      if (!WITH_ERROR_CODE.has(vector)) asm.push(0);
      asm.push(vector);
      asm.jmp(common);
    }
  });
  stub.define('commonTrap', (asm) => {
    asm.bind(common);
    const fromKernel = new Label('fromKernel');
    const saved = new Label('saved');
    asm.op('cld');
    asm.test(byte(ptr(rsp, frame.cs - frame.vector)), 3);
    asm.jcc('e', fromKernel);
    asm.op('swapgs');
    saveRegisters(asm);
    asm.xor(ebp, ebp);
    asm.jmp(saved);
    asm.bind(fromKernel);
    saveRegisters(asm);
    asm.bind(saved);
    asm.mov(r15, WINDOW);
    asm.mov(edi, esp);
    asm.call('trapHandler');
    stub.mark('returnFromTrap');
    const toKernel = new Label('toKernel');
    restoreRegisters(asm);
    asm.test(byte(ptr(rsp, frame.cs - frame.vector)), 3);
    asm.jcc('e', toKernel);
    asm.op('swapgs');
    asm.bind(toKernel);
    asm.add(rsp, frame.rip - frame.vector);
    asm.op('iretq');
  });
  stub.define('enterUser', (asm) => {
    asm.op('cli');
    asm.mov(rsp, rdi);
    asm.jmp('returnFromTrap');
  });
}

function saveRegisters(asm: X86): void {
  for (const register of [...SAVED].reverse()) asm.push(register);
}
function restoreRegisters(asm: X86): void {
  for (const register of SAVED) asm.pop(register);
}

// ---- system calls

/**
 * SYSCALL leaves rip in rcx and rflags in r11, and changes no stack. A trap frame is built, so that the handler sees what a
 * trap would have shown; its vector is 256. SYSRET is taken only where IRETQ would do the same: with the user's selectors and
 * a canonical rip, since SYSRET to another one faults in the kernel with the user's stack. (A rip that is not canonical
 * becomes 0, which faults in user mode.)
 */
function defineSystemCall(stub: Stub): void {
  stub.define('systemCallEntry', (asm) => {
    asm.op('swapgs');
    asm.mov(perCpuField(perCpu.offsets.userStack), rsp);
    asm.mov(rsp, perCpuField(perCpu.offsets.kernelStack));
    asm.push(SELECTORS.userData);
    asm.push(qword(perCpuField(perCpu.offsets.userStack)));
    asm.push(r11);
    asm.push(SELECTORS.userCode);
    asm.push(rcx);
    asm.push(0);
    asm.push(256);
    saveRegisters(asm);
    asm.op('cld');
    asm.mov(r15, WINDOW);
    asm.xor(ebp, ebp);
    asm.mov(edi, esp);
    asm.op('sti');
    asm.call('systemCallHandler');
    asm.op('cli');

    const slow = new Label('slow');
    const canonical = new Label('canonical');
    asm.mov(rax, ptr(rsp, frame.rip));
    asm.mov(rcx, rax);
    asm.shl(rcx, 16);
    asm.sar(rcx, 16);
    asm.cmp(rcx, rax);
    asm.jcc('e', canonical);
    asm.mov(qword(ptr(rsp, frame.rip)), 0);
    asm.bind(canonical);
    asm.cmp(qword(ptr(rsp, frame.cs)), SELECTORS.userCode);
    asm.jcc('ne', slow);
    asm.cmp(qword(ptr(rsp, frame.ss)), SELECTORS.userData);
    asm.jcc('ne', slow);
    restoreRegisters(asm);
    asm.mov(rcx, ptr(rsp, frame.rip - frame.vector));
    asm.mov(r11, ptr(rsp, frame.rflags - frame.vector));
    asm.mov(rsp, ptr(rsp, frame.rsp - frame.vector));
    asm.op('swapgs');
    asm.op('sysretq');
    asm.bind(slow);
    asm.jmp('returnFromTrap');
  });
}

const perCpuField = (offset: number) => through('gs', absolute(offset));

// ---- threads

const CALLEE_SAVED = [rbp, rbx, r12, r13, r14];

/** (address of the word that keeps the old stack pointer, new stack pointer). r15 is the same in every kernel thread. */
function defineSwitch(stub: Stub): void {
  stub.define('switchTo', (asm) => {
    for (const register of CALLEE_SAVED) asm.push(register);
    asm.mov(ptr(rdi), rsp);
    asm.mov(rsp, rsi);
    for (const register of [...CALLEE_SAVED].reverse()) asm.pop(register);
    asm.ret();
  });
}

/** A new thread's stack holds five words for switchTo and this address. */
function defineThreadStart(stub: Stub): void {
  stub.define('threadStart', (asm) => {
    asm.xor(ebp, ebp);
    asm.push(0);
    asm.push(0);
    asm.op('sti');
    asm.call('threadMain');
    asm.op('ud2');
  });
}

// ---- memory

/** What a collection must see besides stacks: registers that the callers expect to be kept. */
export function defineCollect(stub: Stub): void {
  stub.define('collectWithRegisters', (asm) => {
    const registers = [rbx, r12, r13, r14, r15];
    asm.push(rbp);
    asm.mov(rbp, rsp);
    for (const register of registers) asm.push(register);
    asm.push(0);
    asm.mov(rdi, rsp);
    asm.call('collectFrom');
    asm.op('leave');
    asm.ret();
  });
}

/** The kernel's wasm memory has its full size from the start. */
function defineMemoryGrow(stub: Stub): void {
  stub.define('memory_grow', (asm) => {
    asm.mov(eax, -1);
    asm.ret();
  });
}

/** copyUser(to, from, count): 0, or -EFAULT if either side faults; touchUser(from, count). The fault table says where to go on. */
function defineCopies(stub: Stub, constants: Stub): void {
  stub.define('copyUser', (asm) => {
    asm.mov(rcx, rdx);
    stub.mark('copyUserBegin');
    asm.string('movs', 1, 'rep');
    stub.mark('copyUserEnd');
    asm.xor(eax, eax);
    asm.ret();
    stub.mark('copyUserFault');
    asm.mov(eax, -EFAULT);
    asm.ret();
  });
  stub.define('touchUser', (asm) => {
    const next = new Label();
    asm.mov(rax, rdi);
    asm.add(rsi, rdi);
    asm.bind(next);
    stub.mark('touchUserBegin');
    asm.test(byte(ptr(rax)), 0);
    stub.mark('touchUserEnd');
    asm.or(rax, 4095);
    asm.add(rax, 1);
    asm.cmp(rax, rsi);
    asm.jcc('b', next);
    asm.mov(rax, rsi);
    stub.mark('touchUserFault');
    asm.sub(rax, rdi);
    asm.ret();
  });
  constants.define('faultTable', (asm) => {
    asm.data(8, 'copyUserBegin', 'copyUserEnd', 'copyUserFault');
    asm.data(8, 'touchUserBegin', 'touchUserEnd', 'touchUserFault');
    asm.data(8, 0);
  });
}

// ---- probes

/**
 * Targets of the calls patched over a function's NOPs. The entry's keeps all argument registers, the return's the result.
 * probeFired(address behind the site, is a return, first argument or result).
 */
function defineProbes(stub: Stub): void {
  const volatile = [rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11];
  stub.define('probeEntry', (asm) => {
    for (const register of volatile) asm.push(register);
    asm.push(0);
    asm.mov(rdx, rdi);
    asm.xor(esi, esi);
    asm.mov(rdi, ptr(rsp, 8 * (volatile.length + 1)));
    asm.call('probeFired');
    asm.add(rsp, 8);
    for (const register of [...volatile].reverse()) asm.pop(register);
    asm.ret();
  });
  stub.define('probeReturn', (asm) => {
    asm.push(rax);
    asm.push(0);
    asm.mov(rdx, rax);
    asm.mov(esi, 1);
    asm.mov(rdi, ptr(rsp, 16));
    asm.call('probeFired');
    asm.add(rsp, 8);
    asm.pop(rax);
    asm.ret();
  });
}

// ---- the first CPU's tables

/** Code and data descriptors (APM vol. 2, section 4.8): only access byte and the L and D/B bits matter in long mode. */
const CODE64 = 0x00af_9b00_0000_ffffn;
const CODE32 = 0x00cf_fb00_0000_ffffn;
const DATA = 0x00cf_9300_0000_ffffn;
const DPL3 = 3n << 45n;

function kernelData(): Stub {
  const stub = new Stub('.stubs.data', { kind: 'data', alignment: 64 });
  stub.define('bootCpu', (asm) => {
    // self, then the stack for entries from user mode; the rest is zero.
    asm.data(8, 'bootCpu', bootStackTop);
    for (let at = 16; at < perCpu.size; at += 8) asm.data(8, 0);
  });
  stub.define('taskState', (asm) => {
    const task = create(taskStateSegment);
    task.fields.rsp.set(0, bootStackTop);
    task.fields.ist.set(0, doubleFaultStackTop);
    task.fields.ioMap = taskStateSegment.size;
    asm.emitBytes(task.bytes);
  });
  stub.define('gdt', (asm) => {
    // The entry completes the task state's descriptor: its address is in pieces that no relocation fills.
    asm.data(8, 0, CODE64, DATA, CODE32, DATA | DPL3, CODE64 | DPL3, BigInt(taskStateSegment.size - 1) | (0x89n << 40n), 0);
    stub.mark('gdtEnd');
  });
  stub.define('gdtPointer', (asm) => {
    asm.data(2, 8 * 8 - 1);
    asm.data(8, 'gdt');
  });
  return stub;
}
