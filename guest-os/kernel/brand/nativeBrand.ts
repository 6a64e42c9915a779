// SPDX-License-Identifier: MIT
/**
 * @fileoverview The native brand: illumos's own system calls, programs, signals and /proc. Sources: the System V ABI and its AMD64 supplement;
 * illumos's <sys/auxv.h>.
 */
import { Elf64Header, Elf64ProgramHeader } from 'layout/elf';
import { TrapFrame } from 'layout/processor';
import { Proc } from '../../fs/proc/procfs';
import { FileSystem, newDeviceNumber } from '../../fs/vnode';
import { callArguments, dispatch, isRestartable } from '../../syscall/table';
import { AuxiliaryVector, Brand, Program } from './brand';
import { EINTR } from '../errno';
import { PAGE } from '../memory/frames';
import { Process } from '../process/process';
import { storeResults } from '../results';
import { Disposition, enterNativeHandler } from '../signal/signal';
import { SignalInfo } from '../signal/signalInfo';
import { Thread } from '../thread/thread';

const ELF_MAGIC: u32 = 0x464c457f;
const X86_64: u16 = 62;
const AT_PHDR: u64 = 3;
const AT_PHENT: u64 = 4;
const AT_PHNUM: u64 = 5;
const AT_PAGESZ: u64 = 6;
const AT_BASE: u64 = 7;
const AT_ENTRY: u64 = 9;
const AT_SUN_EXECNAME: u64 = 2014;

export class NativeBrand extends Brand {
  call(number: u32, frame: TrapFrame): i64 {
    const result = dispatch(number, frame.rdi, frame.rsi, frame.rdx, frame.r10, frame.r8, frame.r9);
    if (result != -EINTR) storeResults(frame, result);
    return result;
  }
  isRestartable(number: u32): bool {
    return isRestartable(number);
  }
  argumentsOf(number: u32): i32 {
    return callArguments(number);
  }
  storeResults(frame: TrapFrame, number: u32, result: i64): void {
    storeResults(frame, result);
  }

  executor(headers: usize): Brand | null {
    return load<u32>(headers) == ELF_MAGIC && changetype<Elf64Header>(headers).machine == X86_64 ? this : null;
  }
  interpreter(path: string): string {
    return path;
  }
  auxiliary(program: Program, vector: AuxiliaryVector): void {
    vector.addText(AT_SUN_EXECNAME, program.path);
    vector.add(AT_PAGESZ, PAGE);
    vector.add(AT_PHDR, program.headers);
    vector.add(AT_PHENT, Elf64ProgramHeader.SIZE);
    vector.add(AT_PHNUM, program.headerCount);
    vector.add(AT_BASE, program.interpreterBase);
    vector.add(AT_ENTRY, program.entry);
  }

  signalNumber(signal: i32): i32 {
    return signal;
  }
  enterHandler(
    process: Process,
    thread: Thread,
    frame: TrapFrame,
    signal: i32,
    info: SignalInfo | null,
    disposition: Disposition,
  ): i32 {
    return enterNativeHandler(process, thread, frame, signal, info, disposition);
  }

  threadMade(thread: Thread, from: Thread): void {}
  threadLeaves(process: Process, thread: Thread): void {}

  makeProc(): FileSystem | null {
    return new Proc(newDeviceNumber()).fileSystem;
  }
}
