// SPDX-License-Identifier: MIT
/**
 * @fileoverview One user program at a time, for small kernels: load an ELF64 image, run it, say how it ended.
 *
 * The program gets an address space whose upper half is the kernel's, and a kernel stack, to which {@link runProgram} switches;
 * leaving user mode for good is the switch back. System calls, by illumos's numbers: exit 1, write 4 (to the console), brk 17,
 * getpid 20. A fault ends the program, with a report that names the place by the tables in its own image.
 *
 * Untrusted: the image (checked against its size and the user half) and every address (copyUser).
 */
import { Elf64Header, Elf64Note, Elf64ProgramHeader } from 'layout/elf';
import { PerCpuAt, TaskStateSegmentAt, TrapFrame } from 'layout/processor';
import { KERNEL_STACK_SLOT, KERNEL_STACKS, USER_END, USER_STACK_TOP, WINDOW } from 'machine/addresses';
import { restoreInterrupts, saveInterrupts, writeCr3, wrmsr } from 'machine/cpu';
import { address } from 'machine/mem';
import * as percpu from 'machine/percpu';
import { bootStackTop, copyUser, enterUser, kernelSpace, switchTo, systemCallEntry, taskState, threadStart } from 'machine/stubs';
import { createSpace, destroySpace, mapPage, mapRange, NO_EXECUTE, WRITABLE } from 'runtime/addressSpace';
import { print, printHex, putText } from 'runtime/console';
import { PAGE } from 'runtime/frames';
import { scanStack, setStackScanner } from 'runtime/port';
import { printPlace, printStack } from 'runtime/symbols';
import { setUserFault } from 'runtime/trap';

export const ENOMEM: i32 = 12;
export const ENOEXEC: i32 = 8;
const EFAULT: i32 = 14;
const ENOSYS: i32 = 89;
/** Status of a program that a fault has ended: 128 and SIGSEGV, as shells say it. */
const FAULTED: i32 = 139;

const MSR_STAR: u32 = 0xc0000081;
const MSR_LSTAR: u32 = 0xc0000082;
const MSR_SFMASK: u32 = 0xc0000084;
/** SYSRET takes cs 2Bh and ss 23h from the upper selector, SYSCALL cs 8 and ss 10h from the lower. */
const SELECTORS: u64 = ((<u64>0x1b) << 48) | ((<u64>0x08) << 32);
/** SYSCALL clears AC, NT, IOPL, DF, IF and TF. */
const CLEARED_FLAGS: u64 = 0x47700;

const USER_STACK_SIZE: u64 = 0x20000;
const USER_CODE: u64 = 0x2b;
const USER_DATA: u64 = 0x23;
/** Interrupts on; bit 1 is always set. */
const USER_FLAGS: u64 = 0x202;
/** The third of the stacks that an image brings mapped. */
const STACK_TOP: usize = KERNEL_STACKS + 3 * KERNEL_STACK_SLOT;

class Process {
  space: usize = 0;
  entry: u64 = 0;
  /** End of linear memory, which brk moves up. */
  end: u64 = 0;
  /** Address of the image's tables, or 0. */
  tables: u64 = 0;
  status: i32 = 0;
  constructor(public name: string) {}
}

let running: Process | null = null;
/** Stack pointer of the side that is not running. */
const suspended = memory.data(8, 8);
const abandoned = memory.data(8, 8);

/** Runs a program to its end. Its exit status, or a negative errno if it could not be started. */
export function runProgram(name: string, image: usize, size: usize): i32 {
  const process = new Process(name);
  process.space = createSpace();
  if (!process.space) return -ENOMEM;
  const error = loadImage(process, image, size);
  if (error || !mapRange(process.space, USER_STACK_TOP - USER_STACK_SIZE, USER_STACK_TOP, WRITABLE | NO_EXECUTE)) {
    destroySpace(process.space);
    return error ? error : -ENOMEM;
  }
  const frame = changetype<TrapFrame>(STACK_TOP - TrapFrame.SIZE);
  memory.fill(frame.pointer, 0, TrapFrame.SIZE);
  frame.rip = process.entry;
  frame.cs = USER_CODE;
  frame.ss = USER_DATA;
  frame.rflags = USER_FLAGS;
  frame.rsp = USER_STACK_TOP - 16;
  // What switchTo pops, then where it returns to; threadStart wants an aligned stack.
  const start = frame.pointer - 64;
  memory.fill(start, 0, 64);
  store<u64>(start, threadStart(), 40);

  wrmsr(MSR_STAR, SELECTORS);
  wrmsr(MSR_LSTAR, systemCallEntry());
  wrmsr(MSR_SFMASK, CLEARED_FLAGS);
  const flags = saveInterrupts();
  running = process;
  setUserFault(fault);
  setStackScanner(scan);
  percpu.store64(PerCpuAt.kernelStackOffset, WINDOW + STACK_TOP);
  TaskStateSegmentAt.setRsp(taskState(), 0, WINDOW + STACK_TOP);
  writeCr3(process.space);
  switchTo(address(suspended), address(start));
  writeCr3(kernelSpace());
  running = null;
  restoreInterrupts(flags);
  destroySpace(process.space);
  return process.status;
}

/** First TypeScript on the process's kernel stack. */
export function threadMain(): void {
  enterUser(address(STACK_TOP - TrapFrame.SIZE));
}

function leave(status: i32): void {
  const process = running;
  if (process) process.status = status;
  saveInterrupts();
  switchTo(address(abandoned), load<u64>(suspended));
}

/** Roots while two kernel stacks are in use. */
function scan(stackPointer: u64): void {
  const own = WINDOW + STACK_TOP;
  if (running && stackPointer < own && stackPointer >= own - KERNEL_STACK_SLOT) {
    scanStack(stackPointer, own);
    scanStack(load<u64>(suspended), bootStackTop());
  } else {
    scanStack(stackPointer, bootStackTop());
  }
}

// ---- faults

function fault(frame: TrapFrame, reason: string, at: u64): void {
  const process = running;
  if (!process) return;
  const guard = USER_STACK_TOP - USER_STACK_SIZE;
  print(process.name);
  print(': ');
  print(at < guard && at >= guard - 0x10000 ? 'stack overflow' : reason);
  if (at) {
    print(', address 0x');
    printHex(at);
  }
  print('\n  at ');
  printPlace(process.tables, frame.rip);
  print('\n');
  printStack(process.tables, frame.rbp);
  leave(FAULTED);
}

// ---- system calls

const chunk = memory.data(256);

/** Called by the stub of SYSCALL with interrupts on. */
export function systemCallHandler(frame: TrapFrame): void {
  // Programs take a set carry flag for an error.
  frame.rflags &= ~(<u64>1);
  frame.rax = systemCall(frame);
}

function systemCall(frame: TrapFrame): i64 {
  switch (<i32>frame.rax) {
    case 1:
      leave(<i32>frame.rdi & 0xff);
      return 0;
    case 4:
      return writeConsole(frame.rsi, frame.rdx);
    case 17:
      return setBreak(frame.rdi);
    case 20:
      return 1;
  }
  return -ENOSYS;
}

function writeConsole(from: u64, count: u64): i64 {
  if (from >= USER_END || count > USER_END - from) return -EFAULT;
  for (let done: u64 = 0; done < count; ) {
    const part = min<u64>(count - done, 256);
    if (copyUser(address(chunk), from + done, part) < 0) return -EFAULT;
    for (let i: usize = 0; i < <usize>part; i++) putText(load<u8>(chunk + i));
    done += part;
  }
  return <i64>count;
}

/** Linear memory ends below 4 GiB, whatever is asked. */
function setBreak(end: u64): i64 {
  const process = running;
  if (!process || end > (<u64>1) << 32) return -ENOMEM;
  if (end > process.end) {
    if (!mapRange(process.space, process.end, end, WRITABLE | NO_EXECUTE)) return -ENOMEM;
    process.end = end;
  }
  return 0;
}

// ---- images

const LOAD: u32 = 1;
const NOTE: u32 = 4;
const EXECUTABLE: u16 = 2;
const X86_64: u16 = 62;
const ELF_MAGIC: u32 = 0x464c457f;
const FLAG_EXECUTE: u32 = 1;
const FLAG_WRITE: u32 = 2;

function loadImage(process: Process, image: usize, size: usize): i32 {
  if (size < Elf64Header.SIZE || load<u32>(image) != ELF_MAGIC) return -ENOEXEC;
  const header = changetype<Elf64Header>(image);
  if (header.type != EXECUTABLE || header.machine != X86_64 || header.phentsize != <u16>Elf64ProgramHeader.SIZE) return -ENOEXEC;
  if (header.phoff > size || <u64>header.phnum * Elf64ProgramHeader.SIZE > size - header.phoff) return -ENOEXEC;
  process.entry = header.entry;
  for (let i: usize = 0; i < header.phnum; i++) {
    const segment = changetype<Elf64ProgramHeader>(image + <usize>header.phoff + i * Elf64ProgramHeader.SIZE);
    if (segment.offset > size || segment.filesz > size - segment.offset) return -ENOEXEC;
    if (segment.type == NOTE) process.tables = tablesOf(image + <usize>segment.offset, <usize>segment.filesz);
    if (segment.type != LOAD) continue;
    const error = loadSegment(process, image, segment);
    if (error) return error;
  }
  return 0;
}

function loadSegment(process: Process, image: usize, segment: Elf64ProgramHeader): i32 {
  const from = segment.vaddr;
  if (segment.memsz < segment.filesz || from >= USER_END || segment.memsz > USER_END - from) return -ENOEXEC;
  let rights: u64 = 0;
  if (segment.flags & FLAG_WRITE) rights |= WRITABLE;
  if (!(segment.flags & FLAG_EXECUTE)) rights |= NO_EXECUTE;
  if (!mapRange(process.space, from, from + segment.memsz, rights)) return -ENOMEM;
  const source = image + <usize>segment.offset;
  for (let done: u64 = 0; done < segment.filesz; ) {
    const at = from + done;
    const within = at & (<u64>PAGE - 1);
    const part = min<u64>(<u64>PAGE - within, segment.filesz - done);
    memory.copy(mapPage(process.space, at, rights) + <usize>within, source + <usize>done, <usize>part);
    done += part;
  }
  // Linear memory is the last segment below 4 GiB, and brk continues it.
  if (from + segment.memsz <= (<u64>1) << 32) process.end = max(process.end, from + segment.memsz);
  return 0;
}

/** The descriptor of the note that toolchain/image writes: name "Diorama", type 1. */
function tablesOf(note: usize, size: usize): u64 {
  if (size < Elf64Note.SIZE + 16) return 0;
  const header = changetype<Elf64Note>(note);
  if (header.namesz != 8 || header.descsz != 8 || header.type != 1) return 0;
  // "Diorama\0" as one little-endian word.
  if (load<u64>(note + Elf64Note.SIZE) != 0x00616d61726f6944) return 0;
  return load<u64>(note + Elf64Note.SIZE + 8);
}
