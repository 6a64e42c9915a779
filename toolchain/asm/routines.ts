// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the assembler stubs offer to guest code: routines (`asm.`) and addresses (`sym.`), with their types.
 *
 * Guest code imports them from `machine/stubs`; the stubs themselves are in kernelStubs.ts and userStubs.ts. A name that
 * neither they nor the image defines fails at link time.
 */
import type { Target } from '../intrinsics/intrinsics.ts';
import { declaration, parseSignature } from '../intrinsics/signature.ts';

type Routine = readonly [signature: string, comment: string];

const shared: readonly Routine[] = [
  ['asm.collectWithRegisters(): void', 'Pushes the callee-saved registers and calls collectFrom with the stack pointer.'],
  ['sym.imageTables(): u64', "The image's own tables (layout/image, ImageTables)."],
];

const user: readonly Routine[] = [
  ['sym.stackTop(): u64', 'Address of a word that holds where the stack began.'],
  [
    'sym.signalEntry(): u64',
    'A handler for sigaction: calls the export signalArrived(signal: i32), then continues where the signal came.',
  ],
  ['sym.threadEntry(): u64', 'Where new threads begin: calls the export threadEntered(argument: i32) on an aligned stack.'],
  ['sym.signalReturn(): u64', 'On Linux only: where a handler returns to.'],
];

const kernel: readonly Routine[] = [
  ['asm.switchTo(saveStackPointer: u64, nextStackPointer: u64): void', 'Saves the callee-saved registers and changes stacks.'],
  ['asm.enterUser(frame: u64): void', 'Leaves the kernel through a trap frame; does not return.'],
  ['asm.copyUser(to: u64, from: u64, count: u64): i32', 'Copies bytes; 0, or -EFAULT if either side faults.'],
  [
    'asm.touchUser(from: u64, count: u64): u64',
    'Reads a byte of each page, which brings it; how many bytes there are before the first that faults. At least one is asked for.',
  ],
  ['sym.threadStart(): u64', 'Where a new thread begins: calls threadMain with interrupts on.'],
  ['sym.trapEntries(): u64', 'The entry stub of vector 0; those of the others follow 16 bytes apart.'],
  ['sym.systemCallEntry(): u64', 'For the LSTAR register.'],
  ['sym.faultTable(): u64', 'Triples of u64: from, to, where to continue when an instruction between them faults; ends with 0.'],
  ['sym.probeEntry(): u64', 'Target of a patched call at a function entry.'],
  ['sym.probeReturn(): u64', 'Target of a patched call before a return.'],
  ['sym.bootStackTop(): u64', 'The top of the stack that the kernel starts on.'],
  ['sym.bootCpu(): u64', "The first CPU's block (layout/processor, PerCpu)."],
  ['sym.taskState(): u64', "The first CPU's task state segment."],
  ['sym.kernelSpace(): u64', "Physical address of the kernel's top-level page table."],
  ['sym.imageEnd(): u64', 'The first physical address behind the image.'],
];

export function stubDeclarations(target: Target): string {
  const routines = [...shared, ...(target === 'kernel' ? kernel : user)];
  const lines = routines.map(([text, comment]) => {
    const signature = parseSignature(text);
    return declaration(signature, comment);
  });
  return [`// Generated from toolchain/asm/routines.ts.`, ...lines, ''].join('\n');
}
