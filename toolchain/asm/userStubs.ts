// SPDX-License-Identifier: MIT
/**
 * @fileoverview A user program's stubs: its first instructions, memory growth, the collector's register save.
 *
 * At entry rsp is 16-byte aligned and points at argc, as the System V ABI has it. The program's `main` is called without
 * arguments, its result is the exit status. Memory grows by brk (illumos system call 17): linear memory begins at address 0, so its
 * end is the break.
 *
 * A program that takes signals exports `signalArrived(signal: i32)`, and names `signalEntry` as its handler.
 */
import { eax, ebp, edi, Label, rax, rdi, rdx, rsi, rsp, symbolAt } from '../x86/x86.ts';
import { defineCollect } from './kernelStubs.ts';
import { Stub } from './stub.ts';

const SYS_BRK = 17;
const SYS_CONTEXT = 100;
const SETCONTEXT = 1;

/** `exported` are the names that the translated program defines. */
export function userStubs(start: boolean, exported: ReadonlySet<string> = new Set()): Stub[] {
  const code = new Stub('.stubs');
  code.define('_start', (asm) => {
    asm.mov(symbolAt('stackTop'), rsp);
    asm.xor(ebp, ebp);
    if (start) asm.call('wasm_start');
    asm.call('main');
    asm.mov(edi, eax);
    asm.call('exit');
    asm.op('ud2');
  });
  defineCollect(code);
  if (exported.has('signalArrived')) defineSignalEntry(code);
  code.define('memory_grow', (asm) => {
    const failed = new Label('failed');
    asm.push(rdi);
    asm.mov(eax, symbolAt('memory_pages'));
    asm.add(rdi, rax);
    asm.shl(rdi, 16);
    asm.mov(eax, SYS_BRK);
    asm.op('syscall');
    asm.test(rax, rax);
    asm.jcc('ne', failed);
    asm.mov(eax, symbolAt('memory_pages'));
    asm.pop(rdi);
    asm.add(symbolAt('memory_pages'), edi);
    asm.ret();
    asm.bind(failed);
    asm.pop(rdi);
    asm.mov(eax, -1);
    asm.ret();
  });
  const data = new Stub('.stubs.data', { kind: 'data' });
  data.define('stackTop', (asm) => asm.data(8, 0));
  return [code, data];
}

/**
 * Where the kernel enters for a signal: edi = signal, rdx = saved state, the stack as after a call. All registers are the kernel's to
 * give back, by setcontext.
 */
function defineSignalEntry(stub: Stub): void {
  stub.define('signalEntry', (asm) => {
    asm.push(rdx);
    asm.call('signalArrived');
    asm.pop(rsi);
    asm.mov(edi, SETCONTEXT);
    asm.mov(eax, SYS_CONTEXT);
    asm.op('syscall');
    asm.op('ud2');
  });
}
