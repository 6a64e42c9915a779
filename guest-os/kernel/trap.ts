// SPDX-License-Identifier: MIT
/**
 * @fileoverview Exceptions, interrupts, and the way back to user code.
 *
 * Three kinds arrive here, interrupts off:
 * - Interrupts (vectors 32 to 47, the 8259A pair's lines): a handler by line, which allocates nothing and only moves threads.
 * - Page faults of user addresses, from user code or from copies of the kernel: the address space brings the page, with interrupts on, or
 *   the program gets SIGSEGV, or the copy fails by the fault table.
 * - Everything else: a signal if user code did it, else a panic, in the words of what went wrong.
 * On the way to user mode another thread may be chosen and signals are delivered; system calls end the same way.
 *
 * APM vol. 2, chapter 8; 8259A data sheet.
 */
import { GateDescriptor, PerCpuAt, PseudoDescriptor, TrapFrame } from 'layout/processor';
import { USER_END, WINDOW } from 'machine/addresses';
import { cli, inb, lidt, outb, readCr2, sti, wrmsr } from 'machine/cpu';
import { address } from 'machine/mem';
import * as percpu from 'machine/percpu';
import { systemCallEntry, trapEntries } from 'machine/stubs';
import { print, printDecimal, printHex } from 'runtime/console';
import { beginPanic, endPanic } from 'runtime/panic';
import { reasonOf, recover, VECTOR_DE, VECTOR_DF, VECTOR_GP, VECTOR_PF, VECTOR_UD } from 'runtime/exceptions';
import { printFault } from './faultReport';
import { timerArrived } from './time/clock';
import { MODE_SYSTEM, MODE_USER, processors, thisCpu } from './thread/cpu';
import { EINTR, EIO, ENOMEM, setError } from './errno';
import { endOfInterrupt, VECTOR_TIMER } from './time/lapic';
import { endLwp } from './process/life';
import { throttle, vmFigures } from './memory/pageout';
import { Process } from './process/process';
import { deliverSignals, SIGBUS, SIGFPE, SIGILL, SIGKILL, SIGSEGV, SIGTRAP } from './signal/signal';
import {
  BUS_ADRALN,
  BUS_ADRERR,
  FPE_FLTINV,
  FPE_INTDIV,
  ILL_ILLOPC,
  SEGV_ACCERR,
  SEGV_MAPERR,
  TRAP_BRKPT,
  TRAP_TRACE,
} from './signal/signalInfo';
import { storeContextResult } from './results';
import { current } from './thread/thread';
import { preempt } from './thread/dispatcher';
import { sliceIsOver } from './thread/runQueue';
import { endStep, stopAtEntry, stopAtExit, stopAtFault } from './process/trace';

const VECTOR_DB: u64 = 1;
const VECTOR_BP: u64 = 3;
const VECTOR_MF: u64 = 16;
const VECTOR_AC: u64 = 17;
const VECTOR_XM: u64 = 19;
/** Where the interrupt controllers' lines begin. */
const VECTOR_IRQ: u64 = 32;
const LINES: u64 = 16;

const PF_WRITE: u64 = 2;
const PF_EXECUTE: u64 = 16;

const KERNEL_CODE: u16 = 0x08;
const INTERRUPT_GATE: u8 = 0x8e;
/** Reachable by INT3 and INTO of user code. */
const USER_GATE: u8 = 0xee;
const DOUBLE_FAULT_STACK: u8 = 1;

const MSR_STAR: u32 = 0xc0000081;
const MSR_LSTAR: u32 = 0xc0000082;
const MSR_SFMASK: u32 = 0xc0000084;
/** SYSRET takes cs 2Bh and ss 23h from the upper selector, SYSCALL cs 8 and ss 10h from the lower. */
const SELECTORS: u64 = ((<u64>0x1b) << 48) | ((<u64>0x08) << 32);
/** SYSCALL clears AC, NT, IOPL, DF, IF and TF. */
const CLEARED_FLAGS: u64 = 0x47700;

const idt = memory.data(4096, 16);
const pseudo = memory.data(16, 16);
const lines = new StaticArray<((inUser: bool) => void) | null>(16);
/** Interrupts of each line so far; the last is the timer's. */
export const lineCounts: StaticArray<u64> = new StaticArray<u64>(17);

export function interruptsSoFar(): u64 {
  let sum: u64 = 0;
  for (let i = 0; i < processors().length; i++) sum += processors()[i].interrupts;
  return sum;
}
export function systemCallsSoFar(): u64 {
  let sum: u64 = 0;
  for (let i = 0; i < processors().length; i++) sum += processors()[i].systemCalls;
  return sum;
}

export function initTraps(): void {
  for (let vector: u64 = 0; vector < 256; vector++) {
    const entry = trapEntries() + vector * 16;
    const gate = changetype<GateDescriptor>(idt + <usize>vector * GateDescriptor.SIZE);
    gate.offsetLow = <u16>entry;
    gate.offsetMiddle = <u16>(entry >> 16);
    gate.offsetHigh = <u32>(entry >> 32);
    gate.selector = KERNEL_CODE;
    gate.type = vector == VECTOR_BP ? USER_GATE : INTERRUPT_GATE;
    gate.ist = vector == VECTOR_DF ? DOUBLE_FAULT_STACK : 0;
  }
  const table = changetype<PseudoDescriptor>(pseudo);
  table.limit = 4095;
  table.base = address(idt);
  lidt(address(pseudo));
  // The 8259A pair's lines, away from the exceptions, all masked.
  outb(0x20, 0x11);
  outb(0xa0, 0x11);
  outb(0x21, <u32>VECTOR_IRQ);
  outb(0xa1, <u32>VECTOR_IRQ + 8);
  outb(0x21, 4);
  outb(0xa1, 2);
  outb(0x21, 1);
  outb(0xa1, 1);
  outb(0x21, 0xfb);
  outb(0xa1, 0xff);
  wrmsr(MSR_STAR, SELECTORS);
  wrmsr(MSR_LSTAR, systemCallEntry());
  wrmsr(MSR_SFMASK, CLEARED_FLAGS);
}

/** Lets a line interrupt, and says who answers. */
export function setInterrupt(line: u32, handler: (inUser: bool) => void): void {
  lines[line] = handler;
  const port: u32 = line < 8 ? 0x21 : 0xa1;
  outb(port, inb(port) & ~(1 << (line & 7)));
}

/** Called by the stubs for every exception and interrupt. */
export function trapHandler(frame: TrapFrame): void {
  const user = (frame.cs & 3) != 0;
  const cpu = thisCpu();
  cpu.charge(MODE_SYSTEM);
  if (frame.vector - VECTOR_IRQ < LINES) interruptArrived(<u32>(frame.vector - VECTOR_IRQ), user);
  else if (frame.vector == VECTOR_TIMER) timerInterrupt();
  else if (frame.vector > VECTOR_TIMER) return;
  else {
    cpu.traps++;
    if (frame.vector == VECTOR_PF && readCr2() < USER_END) userPageFault(frame, user);
    else if (user) signalForTrap(frame);
    else kernelTrap(frame);
  }
  if (user) leaveKernel(frame);
}

/** Called by the stub of SYSCALL with interrupts on. */
export function systemCallHandler(frame: TrapFrame): void {
  const cpu = thisCpu();
  const thread = current();
  cpu.charge(MODE_SYSTEM);
  cpu.systemCalls++;
  const process = thread.process!;
  process.systemCalls++;
  const number = <u32>min<u64>(frame.rax, 0xffff);
  thread.systemCall = <i32>number;
  thread.callThird = frame.rdx;
  throttle();
  const aborts = process.trace != null && stopAtEntry(thread, number);
  const result = aborts ? setError(EINTR) : process.brand.call(number, frame);
  if (result == -EINTR) thread.restartable = !aborts && process.brand.isRestartable(number);
  if (process.trace) stopAtExit(thread, number, result);
  if (result != -EINTR) thread.systemCall = -1;
  leaveKernel(frame);
}

/** The last thing before user mode. */
function leaveKernel(frame: TrapFrame): void {
  const thread = current();
  const process = thread.process!;
  sti();
  for (;;) {
    preempt();
    if (!process.hasSignal() && !thread.hasOldMask) break;
    if (process.exiter) endLwp();
    process.settle();
    deliverSignals(process, thread, frame);
  }
  if (thread.systemCall >= 0) {
    // Interrupted, and no handler has run: as if nothing had been.
    storeContextResult(thread, frame, thread.restartable);
    thread.systemCall = -1;
  }
  cli();
  thisCpu().charge(MODE_USER);
}

function interruptArrived(line: u32, user: bool): void {
  percpu.add32(PerCpuAt.interruptDepthOffset, 1);
  thisCpu().interrupts++;
  lineCounts[line]++;
  if (line >= 8) outb(0xa0, 0x20);
  outb(0x20, 0x20);
  const handler = lines[line];
  if (handler) handler(user);
  percpu.add32(PerCpuAt.interruptDepthOffset, -1);
}

function timerInterrupt(): void {
  percpu.add32(PerCpuAt.interruptDepthOffset, 1);
  thisCpu().interrupts++;
  lineCounts[<i32>LINES]++;
  endOfInterrupt();
  if (timerArrived()) sliceIsOver();
  percpu.add32(PerCpuAt.interruptDepthOffset, -1);
}

function userPageFault(frame: TrapFrame, user: bool): void {
  const at = readCr2();
  if (!user && current().takesNoFaults && recover(frame)) return;
  const process = current().process;
  if (frame.rflags & 0x200) sti();
  const space = process ? process.space : null;
  const majors = process ? process.majorFaults : 0;
  const error = space ? space.fault(at, (frame.error & PF_WRITE) != 0, (frame.error & PF_EXECUTE) != 0) : -1;
  vmFigures.asFault++;
  if (process && process.majorFaults == majors) process.minorFaults++;
  cli();
  if (!error) return;
  if (user && process) {
    sti();
    if (error == -ENOMEM) {
      print('WARNING: out of memory, process killed\n');
      refuse(process, frame, SIGKILL, 0, at);
    } else if (error == -EIO) refuse(process, frame, SIGBUS, BUS_ADRERR, at);
    else refuse(process, frame, SIGSEGV, space!.segmentAt(at) ? SEGV_ACCERR : SEGV_MAPERR, at);
    cli();
  } else if (!recover(frame)) {
    kernelTrap(frame);
  }
}

/** A fault that user code cannot continue from: the signal comes even if it is blocked or ignored. */
function refuse(process: Process, frame: TrapFrame, signal: i32, code: i32, at: u64): void {
  const thread = current();
  const isTrace = frame.vector == VECTOR_DB;
  if (isTrace && thread.steps) endStep(thread, frame);
  if (process.trace && stopAtFault(thread, signal, isTrace, code == SEGV_ACCERR, code == FPE_INTDIV)) return;
  printFault(process, frame, signal, at);
  process.force(thread, signal, code, at);
}

function signalForTrap(frame: TrapFrame): void {
  const process = current().process!;
  const vector = frame.vector;
  let signal = SIGSEGV;
  let code = SEGV_MAPERR;
  let at = frame.rip;
  if (vector == VECTOR_DE || vector == VECTOR_MF || vector == VECTOR_XM) {
    signal = SIGFPE;
    code = vector == VECTOR_DE ? FPE_INTDIV : FPE_FLTINV;
  } else if (vector == VECTOR_UD) {
    signal = SIGILL;
    code = ILL_ILLOPC;
  } else if (vector == VECTOR_DB || vector == VECTOR_BP) {
    signal = SIGTRAP;
    code = vector == VECTOR_DB ? TRAP_TRACE : TRAP_BRKPT;
  } else if (vector == VECTOR_AC) {
    signal = SIGBUS;
    code = BUS_ADRALN;
  } else if (vector == VECTOR_PF) at = readCr2();
  sti();
  refuse(process, frame, signal, code, at);
  cli();
}

function kernelTrap(frame: TrapFrame): void {
  if (frame.vector == VECTOR_PF && recover(frame)) return;
  const at = frame.vector == VECTOR_PF || frame.vector == VECTOR_DF ? readCr2() : 0;
  beginPanic(reasonOf(frame.vector, frame.rip, at, false));
  if (at) {
    print(', address 0x');
    printHex(at);
  }
  print(', vector ');
  printDecimal(frame.vector);
  print(', error 0x');
  printHex(frame.error);
  endPanic(frame.rip, frame.rbp);
}
