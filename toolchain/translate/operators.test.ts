// SPDX-License-Identifier: MIT
/**
 * Every operator over a table of edge values, natively and in V8. Each operand is tried as a parameter and as a constant, since rules
 * differ. An operator that traps ends a program, so operators that may trap run one program per case; NaN results are compared as
 * NaN, since wasm leaves their bits open.
 */
import { describe, expect, it } from 'vitest';
import { decodeModule } from '../wasm/decode.ts';
import { type CodeWriter, ModuleWriter } from '../wasm/encode.ts';
import type { ValueType } from '../wasm/module.ts';
import { type Opcode, opcodes } from '../wasm/opcodes.ts';
import { canRunNative, runNative } from './testing.ts';
import type { CpuFeatures } from './types.ts';

const f32 = (value: number): bigint => BigInt(new Uint32Array(new Float32Array([value]).buffer)[0]);
const f64 = (value: number): bigint => new BigUint64Array(new Float64Array([value]).buffer)[0];
const integers = [0n, 1n, 2n, 3n, 7n, 31n, 32n, 63n, 64n, 127n, 128n, 255n, 256n, 32767n, 32768n, 65535n, 1000003n];
const wide = [
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0x123456789abcdefn,
  (1n << 62n) + 1n,
  (1n << 63n) - 1n,
  1n << 63n,
];
const numbers = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3.5, 100.5, 127, 128, 255, 65536, 8388607.5, 8388609, 16777216, 2147483520];
const bigNumbers = [
  2147483647,
  2147483647.5,
  2147483648,
  4294967295,
  4294967295.5,
  4294967296,
  2 ** 52 - 0.5,
  2 ** 52 + 1,
  2 ** 53,
];
const hugeNumbers = [
  2 ** 63 - 1024,
  2 ** 63,
  2 ** 64 - 2048,
  2 ** 64,
  1e19,
  1e30,
  1e300,
  5e-324,
  1e-40,
  2 ** -126,
  Infinity,
  NaN,
];
const reals = [...numbers, ...bigNumbers, ...hugeNumbers].flatMap((x) => [x, -x]);
const values: Readonly<Record<ValueType, readonly bigint[]>> = {
  i32: [...new Set([...integers, ...wide].flatMap((v) => [v, -v]).map((v) => BigInt.asIntN(32, v)))],
  i64: [...new Set([...integers, ...wide].flatMap((v) => [v, -v]).map((v) => BigInt.asIntN(64, v)))],
  f32: [...new Set(reals.map(f32))],
  f64: [...new Set(reals.map(f64))],
};

const BUFFER = 0x2_0000;

/** Replaces a NaN on the stack by the canonical one: `local` is a spare local of the type. */
function canonical(code: CodeWriter, type: 'f32' | 'f64', local: number): void {
  code.op('local.tee', local).constant(type, type === 'f32' ? 0x7fc00000n : 0x7ff8000000000000n);
  code.op('local.get', local).op('local.get', local).op(`${type}.eq`).op('select').op('local.set', local);
  // select's first operand is the value itself: x, NaN, x == x.
  code.op('local.get', local);
}

interface Case {
  readonly op: Opcode;
  readonly operands: readonly bigint[];
  /** Which operands are constants in the code. */
  readonly constants: number;
}

/** One program that applies the operator to all cases and writes the results. */
function program(cases: readonly Case[]): Uint8Array<ArrayBuffer> {
  const writer = new ModuleWriter();
  writer.memory = { minimum: 64 };
  writer.exportMemory('memory');
  const write = writer.importFunction('linux', 'write', { parameters: ['i32', 'i32', 'i32'], result: 'i32' });
  const general = new Map<Opcode, number>();
  const functions = cases.map(({ op, operands, constants }) => {
    const { parameters, result } = op.type!;
    const known = constants === 0 ? general.get(op) : undefined;
    if (known !== undefined) return known;
    const float = result === 'f32' || result === 'f64';
    const index = writer.function({ parameters, result }, float ? [result] : [], (code) => {
      parameters.forEach((type, i) => {
        if (constants & (1 << i)) code.constant(type, operands[i]);
        else code.op('local.get', i);
      });
      code.op(op.name);
      if (float) canonical(code, result, parameters.length);
    });
    if (constants === 0) general.set(op, index);
    return index;
  });
  const main = writer.function({ parameters: [], result: 'i32' }, [], (code) => {
    cases.forEach(({ op, operands }, i) => {
      const { parameters, result } = op.type!;
      code.constant('i32', BigInt(BUFFER + 8 * i));
      parameters.forEach((type, k) => {
        code.constant(type, operands[k]);
      });
      code.op('call', functions[i]);
      if (result === 'i32') code.op('i64.extend_i32_s');
      if (result === 'f32') code.op('i32.reinterpret_f32').op('i64.extend_i32_s');
      if (result === 'f64') code.op('i64.reinterpret_f64');
      code.op('i64.store');
    });
    code
      .constant('i32', 1n)
      .constant('i32', BigInt(BUFFER))
      .constant('i32', BigInt(8 * cases.length))
      .op('call', write);
  });
  writer.exportFunction('main', main);
  return writer.finish();
}

/** V8's results, 8 bytes each, or 'trap'. */
function expected(bytes: Uint8Array<ArrayBuffer>, count: number): string {
  let output = '';
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    linux: {
      write: (_: number, at: number, length: number) => {
        const memory = instance.exports.memory as WebAssembly.Memory;
        output += Buffer.from(memory.buffer, at, length).toString('hex');
        return length;
      },
    },
  });
  try {
    (instance.exports.main as () => number)();
  } catch {
    return 'trap';
  }
  expect(output.length).toBe(16 * count);
  return output;
}

function compare(cases: readonly Case[], cpu: CpuFeatures | undefined, addressing: 'zero' | 'r15'): void {
  const bytes = program(cases);
  const reference = expected(bytes, cases.length);
  const run = runNative(decodeModule(bytes), addressing, cpu);
  if (reference === 'trap') {
    expect([describeCase(cases[0]), run.signal]).not.toEqual([describeCase(cases[0]), null]);
    return;
  }
  const native = run.output.toString('hex');
  for (let i = 0; i < cases.length; i++) {
    const [a, b] = [native, reference].map((hex) => hex.slice(16 * i, 16 * i + 16));
    if (a !== b) expect([describeCase(cases[i]), a, run.signal]).toEqual([describeCase(cases[i]), b, null]);
  }
}

const describeCase = ({ op, operands, constants }: Case): string =>
  `${op.name}(${operands.map((v, i) => `${constants & (1 << i) ? 'const ' : ''}0x${BigInt.asUintN(64, v).toString(16)}`)})`;

const mayTrap = (op: Opcode): boolean => /\.(div|rem)_|^i(32|64)\.trunc_f/.test(op.name) && /^i/.test(op.name);
const pure = opcodes.filter((op) => op.immediate === 'none' && op.type?.result && op.type.parameters.length > 0);

describe.skipIf(!canRunNative)('operators agree with V8 on edge values', () => {
  for (const op of pure) {
    it(op.name, () => {
      const { parameters } = op.type!;
      const [a, b] = parameters;
      const tuples = b ? values[a].flatMap((x) => values[b].map((y) => [x, y])) : values[a].map((x) => [x]);
      const shapes = b ? [0, 1, 2] : [0];
      const safe: Case[] = [];
      const trapping: Case[] = [];
      for (const operands of tuples) {
        for (const constants of shapes) {
          // Constants in the left operand of a division, or all pairs as code, would only repeat.
          if (constants !== 0 && tuples.length > 400 && (operands[0] + operands[1] * 7n) % 5n !== 0n) continue;
          const c = { op, operands, constants };
          if (mayTrap(op) && traps(c)) trapping.push(c);
          else safe.push(c);
        }
      }
      for (let i = 0; i < safe.length; i += 2000) compare(safe.slice(i, i + 2000), undefined, i % 4000 === 0 ? 'zero' : 'r15');
      for (const c of trapping.filter((_, i) => i % Math.ceil(trapping.length / 12) === 0)) compare([c], undefined, 'zero');
    });
  }

  it('agrees too where newer instructions are allowed', () => {
    const cpu = { popcnt: true, lzcnt: true, bmi1: true, sse41: true };
    const ops = pure.filter(({ name }) => /clz|ctz|popcnt|ceil|floor|f\d\d\.trunc|nearest/.test(name));
    for (const op of ops) {
      compare(
        values[op.type!.parameters[0]].map((x) => ({ op, operands: [x], constants: 0 })),
        cpu,
        'zero',
      );
    }
  });
});

function traps({ op, operands: [x, y] }: Case): boolean {
  if (/div|rem/.test(op.name)) {
    const bits = op.name.startsWith('i32') ? 32n : 64n;
    return y === 0n || (op.name.endsWith('div_s') && y === -1n && x === -(1n << (bits - 1n)));
  }
  const number = op.name.includes('f32')
    ? new Float32Array(new Uint32Array([Number(x)]).buffer)[0]
    : new Float64Array(new BigUint64Array([x]).buffer)[0];
  const whole = Math.trunc(number);
  const bits = op.name.startsWith('i32') ? 32 : 64;
  if (op.name.endsWith('_s')) return !(whole >= -(2 ** (bits - 1)) && whole < 2 ** (bits - 1));
  return !(whole >= 0 && whole < 2 ** bits);
}
