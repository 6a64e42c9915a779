// SPDX-License-Identifier: MIT
/**
 * @fileoverview Brands (brands(7)): how the programs of a zone talk to the kernel. A brand is one object of {@link Brand}, which says how system calls are
 * dispatched and answered, which files are executed and what they find on their stack, which numbers signals have and what a handler is entered with, and
 * what /proc is. It learns of each thread that comes, and of each that leaves its memory, and may keep something of its own with it.
 *
 * A zone has the brand that was set before it was booted, the global zone the native one. A process has the brand of what it executes: its zone's brand
 * chooses that by exec ({@link Brand.executor}), a fork inherits it. Who enters a zone therefore keeps its own until it executes something there.
 *
 * A brand is registered by name (brands.ts). Where it is asked: trap.ts, exec.ts, life.ts, lwp.ts, signal.ts, fs/proc/procfs.ts. A new one extends the native one
 * (nativeBrand.ts) and replaces what is different.
 */
import { TrapFrame } from 'layout/processor';
import { FileSystem } from '../../fs/vnode';
import { EINVAL, setFailure } from '../errno';
import { Process } from '../process/process';
import { Disposition } from '../signal/signal';
import { SignalInfo } from '../signal/signalInfo';
import { Thread } from '../thread/thread';

/** What is known of a program when it is about to begin. */
export class Program {
  constructor(
    /** The path that was executed, from the root. */
    readonly path: string,
    /** Where its program headers lie in its memory, and how many there are. */
    readonly headers: u64,
    readonly headerCount: u64,
    readonly entry: u64,
    /** Where its interpreter was mapped; 0: it has none. */
    readonly interpreterBase: u64,
  ) {}
}

/** The auxiliary vector: pairs of a type and a value; a text's value is its address on the stack. */
export class AuxiliaryVector {
  readonly types: u64[] = [];
  readonly values: u64[] = [];
  readonly texts: (string | null)[] = [];
  /** Bytes that the texts take, with their zeros. */
  bytes: i32 = 0;

  add(type: u64, value: u64): void {
    this.push(type, value, null);
  }
  addText(type: u64, text: string): void {
    this.push(type, 0, text);
    this.bytes += text.length + 1;
  }
  private push(type: u64, value: u64, text: string | null): void {
    this.types.push(type);
    this.values.push(value);
    this.texts.push(text);
  }
}

export abstract class Brand {
  constructor(readonly name: string) {}

  // ---- system calls

  /**
   * What SYSCALL was called for: `number` is rax, arguments are in the frame. The result, or a negative errno; it has been stored ({@link storeResults}) unless
   * it is -EINTR: interrupted, so that the call may begin anew.
   */
  abstract call(number: u32, frame: TrapFrame): i64;
  /** May a call that a signal has interrupted begin anew? */
  abstract isRestartable(number: u32): bool;
  /** How many arguments a call has, for /proc; 0 if there is no such call. */
  abstract argumentsOf(number: u32): i32;
  /** Puts a call's result where the program looks for it, unless the call has replaced all of the frame (results.ts, hasReplaced). */
  abstract storeResults(frame: TrapFrame, number: u32, result: i64): void;

  // ---- exec

  /** Which brand executes a file that begins with these bytes (a page) in zones of this one; null: none, ENOEXEC. */
  abstract executor(headers: usize): Brand | null;
  /** Where the interpreter lies that an image asks for. */
  abstract interpreter(path: string): string;
  /** What a program learns by its auxiliary vector; the pair that ends it is not a part. */
  abstract auxiliary(program: Program, vector: AuxiliaryVector): void;

  // ---- signals

  /** The number by which programs know a signal. */
  abstract signalNumber(signal: i32): i32;
  /** Puts what was interrupted onto the user's stack and goes on in the handler. 0, or a negative errno: the process cannot go on. */
  abstract enterHandler(
    process: Process,
    thread: Thread,
    frame: TrapFrame,
    signal: i32,
    info: SignalInfo | null,
    disposition: Disposition,
  ): i32;

  // ---- threads

  /** The running thread, `from`, has made another one, by fork, vfork or lwp_create, which has not run yet. */
  abstract threadMade(thread: Thread, from: Thread): void;
  /** The running thread ends, or executes another program: the memory that it leaves is still there. An exec may yet fail for want of memory. */
  abstract threadLeaves(process: Process, thread: Thread): void;

  // ---- /proc

  /** What a mount of the type proc is in a zone of this brand. */
  abstract makeProc(): FileSystem | null;
}

const brands: Brand[] = [];

/** The first one is the native one. */
export function registerBrand(brand: Brand): void {
  brands.push(brand);
}
export function nativeBrand(): Brand {
  return brands[0];
}
/** Null: EINVAL. */
export function brandNamed(name: string): Brand | null {
  for (let i = 0; i < brands.length; i++) if (brands[i].name == name) return brands[i];
  setFailure(EINVAL);
  return null;
}
