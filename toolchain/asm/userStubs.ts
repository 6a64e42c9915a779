// SPDX-License-Identifier: MIT
/**
 * @fileoverview A user program's stubs: its first instructions, memory growth, the collector's register save.
 *
 * At entry rsp is 16-byte aligned and points at argc, as the System V ABI has it. The program's `main` is called without
 * arguments, its result is the exit status. Memory grows by brk (illumos system call 17): linear memory begins at address 0, so its
 * end is the break.
 *
 * A program that takes signals exports `signalArrived(signal: i32)`, or with the addresses of siginfo and context behind that, and names
 * `signalEntry` as its handler.
 *
 * A program that has threads exports `threadEntered(argument: i32)`, and has them begin at `threadEntry`.
 *
 * The same programs can be linked for Linux ({@link Abi}), so that tests of what POSIX says run there too: memory grows by mmap, handlers
 * return through `signalReturn`, which sigaction's restorer names there.
 */
import { eax, ebp, edi, edx, esi, Label, r8, r9, r10, rax, rdi, rdx, rsi, rsp, symbolAt } from '../x86/x86.ts';
import { defineCollect } from './kernelStubs.ts';
import { Stub } from './stub.ts';

const SYS_BRK = 17;
const SYS_CONTEXT = 100;
const SETCONTEXT = 1;

/** Whose system calls a program makes. */
export type Abi = 'illumos' | 'linux';
/** arch/x86/entry/syscalls/syscall_64.tbl */
const LINUX = { mmap: 9, rt_sigreturn: 15 } as const;
const LINUX_READ_WRITE = 3;
/** PRIVATE | FIXED | ANONYMOUS */
const LINUX_MAP = 0x32;

/** `exported` are the names that the translated program defines. */
export function userStubs(start: boolean, exported: ReadonlySet<string> = new Set(), abi: Abi = 'illumos'): Stub[] {
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
  if (exported.has('threadEntered')) defineThreadEntry(code);
  if (exported.has('signalArrived')) defineSignalEntry(code, abi);
  if (abi === 'linux') defineLinuxGrow(code);
  else defineGrow(code);
  const data = new Stub('.stubs.data', { kind: 'data' });
  data.define('stackTop', (asm) => asm.data(8, 0));
  return [code, data];
}

/**
 * Where the kernel enters for a signal: edi = signal, rdx = saved state, the stack as after a call. All registers are the kernel's to
 * give back, by setcontext.
 */
function defineSignalEntry(stub: Stub, abi: Abi): void {
  stub.define('signalEntry', (asm) => {
    if (abi === 'linux') {
      asm.jmp('signalArrived');
      return;
    }
    asm.push(rdx);
    asm.call('signalArrived');
    asm.pop(rsi);
    asm.mov(edi, SETCONTEXT);
    asm.mov(eax, SYS_CONTEXT);
    asm.op('syscall');
    asm.op('ud2');
  });
}

/** Where a thread begins that lwp_create was given this address for: edi is what its context says. */
function defineThreadEntry(stub: Stub): void {
  stub.define('threadEntry', (asm) => {
    asm.call('threadEntered');
    asm.op('ud2');
  });
}

function defineGrow(code: Stub): void {
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
}

function defineLinuxGrow(code: Stub): void {
  code.define('memory_grow', (asm) => {
    const failed = new Label('failed');
    asm.push(rdi);
    asm.mov(esi, edi);
    asm.shl(rsi, 16);
    asm.mov(eax, symbolAt('memory_pages'));
    asm.mov(edi, eax);
    asm.shl(rdi, 16);
    asm.mov(edx, LINUX_READ_WRITE);
    asm.mov(r10, LINUX_MAP);
    asm.mov(r8, -1);
    asm.mov(r9, 0);
    asm.mov(eax, LINUX.mmap);
    asm.op('syscall');
    asm.cmp(rax, -4096);
    asm.jcc('a', failed);
    asm.mov(eax, symbolAt('memory_pages'));
    asm.pop(rdi);
    asm.add(symbolAt('memory_pages'), edi);
    asm.ret();
    asm.bind(failed);
    asm.pop(rdi);
    asm.mov(eax, -1);
    asm.ret();
  });
  code.define('signalReturn', (asm) => {
    asm.mov(eax, LINUX.rt_sigreturn);
    asm.op('syscall');
  });
}
