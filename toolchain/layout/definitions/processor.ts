// SPDX-License-Identifier: MIT
/**
 * @fileoverview Structures of the processor (AMD64 Architecture Programmer's Manual, vol. 2, chapters 4, 8 and 12) and the two
 * that our own assembler stubs share with guest code: the register frame of traps and the per-CPU block behind gs.
 */
import { array, layout, u8, u16, u32, u64 } from '../layout.ts';

/**
 * What the trap and system call stubs leave on the kernel stack, lowest address first. The upper five are the processor's own;
 * error is 0 where the processor pushes none.
 */
export const trapFrame = layout(
  'TrapFrame',
  { size: 176 },
  {
    r15: u64,
    r14: u64,
    r13: u64,
    r12: u64,
    r11: u64,
    r10: u64,
    r9: u64,
    r8: u64,
    rdi: u64,
    rsi: u64,
    rbp: u64,
    rcx: u64,
    rdx: u64,
    rbx: u64,
    rax: u64,
    vector: u64,
    error: u64,
    rip: u64,
    cs: u64,
    rflags: u64,
    rsp: u64,
    ss: u64,
  },
);

/** The per-CPU block; gs points at it in the kernel. */
export const perCpu = layout(
  'PerCpu',
  { size: 64 },
  {
    /** The block's own address. */
    self: u64,
    /** Stack for the next entry from user mode. */
    kernelStack: u64,
    /** Where the system call entry puts the user's stack pointer for a moment. */
    userStack: u64,
    /** Window pointer of the running thread. */
    thread: u32,
    /** Preemption is held off while this is not 0. */
    preemptionHeld: u32,
    /** Interrupt handlers that are running. */
    interruptDepth: u32,
    cpu: u32,
    reserved: array(u64, 3),
  },
);

export const taskStateSegment = layout(
  'TaskStateSegment',
  { size: 104, packed: true },
  { reserved0: u32, rsp: array(u64, 3), reserved1: u64, ist: array(u64, 7), reserved2: u64, reserved3: u16, ioMap: u16 },
);

export const pseudoDescriptor = layout('PseudoDescriptor', { size: 10, packed: true }, { limit: u16, base: u64 });

export const gateDescriptor = layout(
  'GateDescriptor',
  { size: 16 },
  { offsetLow: u16, selector: u16, ist: u8, type: u8, offsetMiddle: u16, offsetHigh: u32, reserved: u32 },
);

export const layouts = [trapFrame, perCpu, taskStateSegment, pseudoDescriptor, gateDescriptor];
