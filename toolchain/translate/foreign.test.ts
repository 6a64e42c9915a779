// SPDX-License-Identifier: MIT
/**
 * A large program by another compiler: iced-x86 (Rust, 1,900 functions, which the encoder's tests use anyway) disassembles random
 * bytes natively and in V8. One script of calls drives both: V8's exports directly, the native program as assembled code.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { linuxExecutable } from '../link/linux.ts';
import { decodeModule } from '../wasm/decode.ts';
import type { WasmModule } from '../wasm/module.ts';
import { eax, edi, gpr, indexed, ptr, r15, rbp, rcx, rdi, rdx, rsi, rsp, symbolAt, X86 } from '../x86/x86.ts';
import { Random } from './fuzz/random.ts';
import { INTEGER_ARGUMENTS } from './machine.ts';
import { canRunNative, runExecutable } from './testing.ts';
import { translate } from './translate.ts';

const wasm = readFileSync(
  createRequire(import.meta.url)
    .resolve('iced-x86')
    .replace(/[^/]+$/, 'iced_x86_bg.wasm'),
);
const random = new Random(7);
const input = Uint8Array.from({ length: 3000 }, () => random.below(256));

/** What the script may do; `V` is a number in V8 and a slot of the frame in native code. */
interface Driver<V> {
  call(name: string, ...args: (V | number)[]): V;
  load32(address: V, offset: number): V;
  /** Copies the input into linear memory. */
  copyInput(address: V): void;
  output(value: V): void;
  outputBytes(address: V, length: V): void;
}

function script<V>(d: Driver<V>): void {
  const result = d.call('__wbindgen_add_to_stack_pointer', -16);
  const bytes = d.call('__wbindgen_malloc', input.length, 1);
  d.copyInput(bytes);
  d.call('decoder_new', result, 64, bytes, input.length, 0);
  const decoder = d.load32(result, 0);
  const instruction = d.call('instruction_new');
  const formatters = [0, 1, 2, 3].map((syntax) => {
    d.call('formatter_new', result, syntax);
    return d.load32(result, 0);
  });
  for (let i = 0; i < 600; i++) {
    d.call('decoder_decodeOut', decoder, instruction);
    for (const property of ['code', 'length', 'mnemonic', 'memoryBase', 'rflagsWritten', 'memorySize']) {
      d.output(d.call(`instruction_${property}`, instruction));
    }
    d.call('formatter_format', result, formatters[i % 4], instruction);
    const [text, length] = [d.load32(result, 0), d.load32(result, 4)];
    d.outputBytes(text, length);
    d.call('__wbindgen_free', text, length, 1);
  }
}

function inV8(): string {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm));
  const refuse = () => {
    throw new Error('unexpected import called');
  };
  const byModule: Record<string, Record<string, () => never>> = {};
  for (const { module, name } of imports) (byModule[module] ??= {})[name] = refuse;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), byModule);
  const memory = () => Buffer.from((exports.memory as WebAssembly.Memory).buffer);
  const output: Buffer[] = [];
  script<number>({
    call: (name, ...args) => ((exports[name] as (...a: number[]) => number)(...args) ?? 0) >>> 0,
    load32: (address, offset) => memory().readUInt32LE(address + offset),
    copyInput: (address) => void memory().set(input, address),
    output: (value) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(value);
      output.push(bytes);
    },
    outputBytes: (address, length) => void output.push(Buffer.from(memory().subarray(address, address + length))),
  });
  return Buffer.concat(output).toString('hex');
}

/** The script as the program's main. */
function assembleScript(): X86 {
  const asm = new X86();
  let slots = 0;
  const place = (slot: number) => ptr(rbp, -8 * (slot + 1));
  const keep = () => {
    asm.mov(place(slots), gpr(0, 8));
    return { slot: slots++ };
  };
  const write = () => {
    asm.mov(edi, 1);
    asm.mov(eax, 1);
    asm.op('syscall');
  };
  asm.push(rbp);
  asm.mov(rbp, rsp);
  asm.sub(rsp, 8 * 12_000);
  script<{ slot: number }>({
    call: (name, ...args) => {
      args.forEach((arg, i) => {
        const register = gpr(INTEGER_ARGUMENTS[i], 8);
        if (typeof arg === 'number') asm.mov(register, arg >>> 0);
        else asm.mov(register, place(arg.slot));
      });
      asm.call(name);
      return keep();
    },
    load32: ({ slot }, offset) => {
      asm.mov(rcx, place(slot));
      asm.mov(eax, indexed(r15, rcx, 1, offset));
      return keep();
    },
    copyInput: ({ slot }) => {
      asm.mov(rdi, place(slot));
      asm.add(rdi, r15);
      asm.lea(rsi, symbolAt('input'));
      asm.mov(rcx, input.length);
      asm.string('movs', 1, 'rep');
    },
    output: ({ slot }) => {
      asm.lea(rsi, place(slot));
      asm.mov(rdx, 4);
      write();
    },
    outputBytes: (address, length) => {
      asm.mov(rsi, place(address.slot));
      asm.add(rsi, r15);
      asm.mov(rdx, place(length.slot));
      write();
    },
  });
  asm.mov(eax, 0);
  asm.op('leave');
  asm.ret();
  return asm;
}

it.skipIf(!canRunNative)('a disassembler in Rust works natively as it does in V8', { timeout: 120_000 }, () => {
  const module = decodeModule(wasm);
  const asSymbols: WasmModule = {
    ...module,
    functions: module.functions.map((f) => (f.import ? { ...f, import: { module: 'asm', name: f.import.name } } : f)),
  };
  const program = translate(asSymbols, { addressing: 'r15' });
  const driver = assembleScript();
  const refused = driver.position;
  driver.op('ud2');
  const section = { alignment: 16, writable: false, executable: true };
  const image = linuxExecutable(
    {
      ...program,
      sections: [
        ...program.sections,
        { ...section, name: '.driver', bytes: driver.finish(), relocations: driver.relocations },
        { ...section, name: '.input', bytes: input, executable: false, relocations: [] },
      ],
      symbols: [
        ...program.symbols,
        { name: 'main', section: '.driver', offset: 0, size: refused, kind: 'function' },
        { name: 'input', section: '.input', offset: 0, size: input.length, kind: 'object' },
        ...program.externs
          .filter((name) => name !== 'memory_grow')
          .map((name) => ({ name, section: '.driver', offset: refused, size: 0, kind: 'function' as const })),
      ],
    },
    'r15',
  );
  const run = runExecutable(image);
  expect([run.status, run.signal]).toEqual([0, null]);
  expect(run.output.length).toBeGreaterThan(20_000);
  expect(run.output.toString('hex')).toBe(inV8());
});
