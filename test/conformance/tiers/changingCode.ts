// SPDX-License-Identifier: MIT
/**
 * @fileoverview Code that is compiled, run and overwritten, over and over: what the compiled tier keeps of it must stay under its bound.
 *
 * The guest is one loop. It writes a number into each of some functions, which so change, and calls each until it is compiled; their results are
 * added up, so it shows if one that has been overwritten runs on. A function is long where there are to be many bytes.
 *
 * The tier is not asked what it holds: whoever makes an instance of a module with a table keeps the module as long as the table, and those calls
 * are counted here.
 */
import { enterLongMode, testProcessor } from '../../../emulator/cpu/testProcessor.ts';
import { GPR, SLOT } from '../../../emulator/ir/state.ts';

const LOOP = 0x10000;
const FUNCTIONS = 0x100000;
const PAGE = 4096;
const COUNTER = GPR(3);
const SUM = GPR(12);
/** Instructions between two looks. */
const SLICE = 50_000;

export interface Shape {
  /** Functions, each in a page of its own. */
  functions: number;
  /** Additions in each, through memory. */
  length: number;
  /** Calls of each before it changes. */
  calls: number;
}
/** At one instant. */
export interface Holding {
  /** Rounds of the guest's loop so far: all functions have been overwritten as often. */
  rounds: number;
  /** Modules made so far, and the most and the present number, and bytes, that share one table. */
  made: number;
  modules: number;
  bytes: number;
  mostModules: number;
  mostBytes: number;
}

/** Runs until `enough`, which sees what is held after every slice. Throws if the guest's sum is wrong. */
export function changeCode(shape: Shape, tiering: 'mixed' | 'compiled', enough: (holding: Holding) => boolean): Holding {
  const counting = countModules();
  try {
    const t = testProcessor(0x400000, undefined, {}, undefined, tiering);
    const { cpu } = t;
    enterLongMode(t);
    cpu.physical.writeBytes(LOOP, loop(shape));
    for (let i = 0; i < shape.functions; i++) cpu.physical.writeBytes(FUNCTIONS + i * PAGE, body(shape.length));
    cpu.write64(SLOT.RIP, BigInt(LOOP));
    cpu.write64(COUNTER, 0n);
    cpu.write64(SUM, 0n);
    cpu.write64(SLOT.rsp, 0x80000n);
    for (;;) {
      cpu.run(cpu.retired + SLICE);
      const holding = { rounds: Number(cpu.read64(COUNTER)), ...counting.holding };
      if (!enough(holding)) continue;
      finishRound(t.cpu);
      check(shape, Number(cpu.read64(COUNTER)), cpu.read64(SUM));
      return holding;
    }
  } finally {
    counting.end();
  }
}

/** Runs up to where the counter has just been raised. */
function finishRound(cpu: ReturnType<typeof testProcessor>['cpu']): void {
  const before = cpu.read64(COUNTER);
  while (cpu.read64(COUNTER) === before) cpu.run(cpu.retired + 1);
}
/** In round n, from 0 on, every call of a function gives n + 1 additions of 1 less one: see `loop` and `body`. */
function check({ functions, length, calls }: Shape, rounds: number, sum: bigint): void {
  const each = BigInt(functions * calls);
  // Sum over n < rounds of (n + length).
  const n = BigInt(rounds);
  const expected = each * ((n * (n - 1n)) / 2n + n * BigInt(length));
  if (sum !== expected) throw new Error(`after ${rounds} rounds the sum is ${sum}, not ${expected}`);
}

const dword = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
/** mov eax, the number; as often as asked push rax, add dword [rsp], 1, pop rax; ret. */
function body(length: number): Uint8Array {
  return Uint8Array.from([0xb8, ...dword(0), ...Array.from({ length }, () => [0x50, 0x83, 0x04, 0x24, 0x01, 0x58]).flat(), 0xc3]);
}
/** For each function: store RBX as its number, call it so many times, add EAX to R12. At the end of a round RBX grows. */
function loop({ functions, calls }: Shape): Uint8Array {
  const code: number[] = [];
  code.push(0xbd, ...dword(functions)); // mov ebp, functions
  code.push(0xbe, ...dword(FUNCTIONS)); // mov esi, FUNCTIONS
  const next = code.length;
  code.push(0x89, 0x5e, 0x01); // mov [rsi + 1], ebx
  code.push(0xb9, ...dword(calls)); // mov ecx, calls
  const again = code.length;
  code.push(0xff, 0xd6); // call rsi
  code.push(0x49, 0x01, 0xc4); // add r12, rax
  code.push(0xff, 0xc9); // dec ecx
  code.push(0x75, (again - (code.length + 2)) & 255); // jnz again
  code.push(0x81, 0xc6, ...dword(PAGE)); // add esi, PAGE
  code.push(0xff, 0xcd); // dec ebp
  code.push(0x75, (next - (code.length + 2)) & 255); // jnz next
  code.push(0xff, 0xc3); // inc ebx
  code.push(0xeb, (0 - (code.length + 2)) & 255); // jmp to the beginning
  return Uint8Array.from(code);
}

/** Counts what is instantiated with each table until `end`. */
function countModules() {
  const { Module, Instance } = WebAssembly;
  const bytesOf = new WeakMap<WebAssembly.Module, number>();
  const holding = { made: 0, modules: 0, bytes: 0, mostModules: 0, mostBytes: 0 };
  let table: unknown;
  WebAssembly.Module = class extends Module {
    constructor(bytes: BufferSource) {
      super(bytes);
      bytesOf.set(this, bytes.byteLength);
    }
  } as typeof Module;
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports);
      const shared = imports?.env?.table;
      // The interpreter makes the table.
      if (!shared) return;
      if (shared !== table) Object.assign(holding, { modules: 0, bytes: 0 });
      table = shared;
      holding.made++;
      holding.modules++;
      holding.bytes += bytesOf.get(module) ?? 0;
      holding.mostModules = Math.max(holding.mostModules, holding.modules);
      holding.mostBytes = Math.max(holding.mostBytes, holding.bytes);
    }
  } as typeof Instance;
  return { holding, end: () => Object.assign(WebAssembly, { Module, Instance }) };
}
