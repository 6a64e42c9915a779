// SPDX-License-Identifier: MIT
/** @fileoverview The general registers of a thread as programs see them, in a ucontext and in /proc: illumos's gregset_t (<sys/regset.h>); and what they are in user mode. */
import { TrapFrame } from 'layout/processor';

export const USER_CODE: u64 = 0x2b;
export const USER_DATA: u64 = 0x23;
/**
 * SYSRET would leave rip in rcx and rflags in r11, which the interrupted code may be using. The system call's stub takes it only for
 * exactly the user's selector; IRETQ looks at the low 16 bits alone.
 */
export const BY_IRET: u64 = 0x10000;
/** CF PF AF ZF SF DF OF: what a user may set. */
const USER_FLAGS: u64 = 0xcd5;
export const INTERRUPTS_ON: u64 = 0x202;

/** r15 to rsi, rbp: the same order as in a trap frame; then REG_RBX, RDX, RCX, RAX and the rest. */
const SAME: usize = 11 << 3;

/** All but REG_TRAPNO and REG_ERR. */
export function storeRegisters(at: usize, frame: TrapFrame, fsBase: u64): void {
  memory.copy(at, frame.pointer, SAME);
  store<u64>(at, frame.rbx, 88);
  store<u64>(at, frame.rdx, 96);
  store<u64>(at, frame.rcx, 104);
  store<u64>(at, frame.rax, 112);
  store<u64>(at, frame.rip, 136);
  store<u64>(at, frame.cs & 0xffff, 144);
  store<u64>(at, frame.rflags, 152);
  store<u64>(at, frame.rsp, 160);
  store<u64>(at, frame.ss, 168);
  store<u64>(at, fsBase, 208);
}

/** A ucontext's registers, for a new thread as well. */
export function loadRegisters(frame: TrapFrame, registers: usize): void {
  memory.copy(frame.pointer, registers, SAME);
  frame.rbx = load<u64>(registers, 88);
  frame.rdx = load<u64>(registers, 96);
  frame.rcx = load<u64>(registers, 104);
  frame.rax = load<u64>(registers, 112);
  frame.rip = load<u64>(registers, 136);
  frame.rsp = load<u64>(registers, 160);
  frame.cs = USER_CODE | BY_IRET;
  frame.ss = USER_DATA;
  frame.rflags = (load<u64>(registers, 152) & USER_FLAGS) | INTERRUPTS_ON;
}
