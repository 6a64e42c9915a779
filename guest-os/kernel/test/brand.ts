// SPDX-License-Identifier: MIT
/**
 * @fileoverview A brand that differs from the native one wherever a brand can: compiled into the kernel by test/os/brands.test.ts alone.
 *
 * Its calls are the native ones from 16384 on; a failure is a result of -1000 - errno. SIGUSR1 is signal 10, as on Linux. Programs find 42 in their
 * auxiliary vector, under 32343. Of images that say 42h in EI_OSABI none is executed, those that say 41h are native programs. Every
 * interpreter is /brand. /proc is an empty directory. Call 20479 tells how often each place has asked. Call 20478 gives a thread a word of memory, which becomes 0
 * when the thread leaves that, as Linux's set_tid_address has it; 20477 tells which word had the thread that made this one.
 */
import { TrapFrame } from 'layout/processor';
import { TmpFileSystem } from '../../fs/tmpfs';
import { FileSystem } from '../../fs/vnode';
import { dispatch } from '../../syscall/table';
import { AuxiliaryVector, Brand, nativeBrand, Program } from '../brand/brand';
import { EINTR } from '../errno';
import { NativeBrand } from '../brand/nativeBrand';
import { Process } from '../process/process';
import { hasReplaced } from '../results';
import { Disposition } from '../signal/signal';
import { SignalInfo } from '../signal/signalInfo';
import { BrandData, current, Thread } from '../thread/thread';
import { put64 } from '../memory/user';

const FIRST: u32 = 0x4000;
const COUNTS: u32 = 0x4fff;
const WORD: u32 = 0x4ffe;
const INHERITED: u32 = 0x4ffd;
const EI_OSABI: usize = 7;

export const HANDLERS: i32 = 0;
export const RESTARTS: i32 = 1;
export const INTERPRETERS: i32 = 2;
const counts: StaticArray<i32> = new StaticArray<i32>(3);

class TestData extends BrandData {
  word: u64 = 0;
  inherited: u64 = 0;
}
function dataOf(thread: Thread): TestData {
  let data = thread.brandData;
  if (!data) {
    data = new TestData();
    thread.brandData = data;
  }
  return data as TestData;
}

export class TestBrand extends NativeBrand {
  call(number: u32, frame: TrapFrame): i64 {
    if (number == COUNTS) {
      frame.rax = counts[<i32>frame.rdi];
      return frame.rax;
    }
    if (number == WORD || number == INHERITED) {
      const data = dataOf(current());
      if (number == WORD) data.word = frame.rdi;
      frame.rax = number == WORD ? 0 : data.inherited;
      frame.rflags &= ~(<u64>1);
      return frame.rax;
    }
    if (number < FIRST) return super.call(number, frame);
    const result = dispatch(number - FIRST, frame.rdi, frame.rsi, frame.rdx, frame.r10, frame.r8, frame.r9);
    if (result != -EINTR) this.storeResults(frame, number, result);
    return result;
  }
  isRestartable(number: u32): bool {
    counts[RESTARTS]++;
    return number < FIRST;
  }
  argumentsOf(number: u32): i32 {
    return number >= FIRST ? 5 : super.argumentsOf(number);
  }
  storeResults(frame: TrapFrame, number: u32, result: i64): void {
    if (number < FIRST) return super.storeResults(frame, number, result);
    if (hasReplaced()) return;
    frame.rax = result < 0 && result > -1000 ? result - 1000 : result;
    frame.rflags &= ~(<u64>1);
  }

  executor(headers: usize): Brand | null {
    const system = load<u8>(headers, EI_OSABI);
    if (system == 0x41) return nativeBrand();
    return system == 0x42 ? null : super.executor(headers);
  }
  interpreter(path: string): string {
    counts[INTERPRETERS]++;
    return '/brand';
  }
  auxiliary(program: Program, vector: AuxiliaryVector): void {
    super.auxiliary(program, vector);
    vector.add(0x7e57, 42);
  }

  signalNumber(signal: i32): i32 {
    return signal == 16 ? 10 : signal;
  }
  enterHandler(
    process: Process,
    thread: Thread,
    frame: TrapFrame,
    signal: i32,
    info: SignalInfo | null,
    disposition: Disposition,
  ): i32 {
    counts[HANDLERS]++;
    return super.enterHandler(process, thread, frame, signal, info, disposition);
  }

  threadMade(thread: Thread, from: Thread): void {
    dataOf(thread).inherited = dataOf(from).word;
  }
  threadLeaves(process: Process, thread: Thread): void {
    const word = dataOf(thread).word;
    if (word) put64(word, 0);
  }

  makeProc(): FileSystem | null {
    return TmpFileSystem.create();
  }
}
