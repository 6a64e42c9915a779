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

/** Operands, 8 bytes each, and results. */
const TABLE = 0x2_0000;
const RESULTS = 0x20_0000;

/** Replaces a NaN on the stack by the canonical one: `local` is a spare local of the type. */
function canonical(code: CodeWriter, type: 'f32' | 'f64', local: number): void {
  code.op('local.tee', local).constant(type, type === 'f32' ? 0x7fc00000n : 0x7ff8000000000000n);
  // select's first operand is the value itself: x, NaN, x == x.
  code.op('local.get', local).op('local.get', local).op(`${type}.eq`).op('select');
}

/** The operator applied to many operands; those in `constants` (a bit mask) are constants in the code, the same in all. */
interface Row {
  readonly op: Opcode;
  readonly operands: readonly (readonly bigint[])[];
  readonly constants: number;
}

/** One program that applies the operator to all rows, a loop each, and writes the results. */
function program(rows: readonly Row[]): Uint8Array<ArrayBuffer> {
  const writer = new ModuleWriter();
  writer.memory = { minimum: 64 };
  writer.exportMemory('memory');
  const write = writer.importFunction('linux', 'write', { parameters: ['i32', 'i32', 'i32'], result: 'i32' });
  const table: number[] = [];
  let results = RESULTS;
  const calls = rows.map(({ op, operands, constants }) => {
    const { parameters, result } = op.type!;
    const [input, output, end, spare] = [0, 1, 2, 3];
    const float = result === 'f32' || result === 'f64';
    const stride = 8 * parameters.length;
    const index = writer.function({ parameters: ['i32', 'i32', 'i32'], result: undefined }, float ? [result] : [], (code) => {
      code.open('loop').op('local.get', output);
      parameters.forEach((type, i) => {
        if (constants & (1 << i)) code.constant(type, operands[0][i]);
        else code.op('local.get', input).op(`${type}.load`, 8 * i);
      });
      code.op(op.name);
      if (float) canonical(code, result, spare);
      if (result === 'i32') code.op('i64.extend_i32_s');
      if (result === 'f32') code.op('i32.reinterpret_f32').op('i64.extend_i32_s');
      if (result === 'f64') code.op('i64.reinterpret_f64');
      code.op('i64.store');
      code.op('local.get', output).constant('i32', 8n).op('i32.add').op('local.set', output);
      code.op('local.get', input).constant('i32', BigInt(stride)).op('i32.add').op('local.tee', input);
      code.op('local.get', end).op('i32.lt_u').op('br_if', 0).op('end');
    });
    const start = TABLE + table.length;
    for (const value of operands.flat()) for (let i = 0n; i < 64n; i += 8n) table.push(Number((value >> i) & 255n));
    const call = { index, start, end: TABLE + table.length, results };
    results += 8 * operands.length;
    return call;
  });
  writer.data(TABLE, table);
  const main = writer.function({ parameters: [], result: 'i32' }, [], (code) => {
    for (const { index, start, end, results: to } of calls) {
      for (const argument of [start, to, end]) code.constant('i32', BigInt(argument));
      code.op('call', index);
    }
    for (const argument of [1, RESULTS, results - RESULTS]) code.constant('i32', BigInt(argument));
    code.op('call', write);
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

function compare(rows: readonly Row[], addressing: 'zero' | 'r15', cpu?: CpuFeatures): void {
  const bytes = program(rows);
  const cases = rows.flatMap((row) => row.operands.map((operands) => describeCase(row, operands)));
  const reference = expected(bytes, cases.length);
  const run = runNative(decodeModule(bytes), addressing, cpu);
  if (reference === 'trap') {
    expect([cases[0], run.signal]).not.toEqual([cases[0], null]);
    return;
  }
  const native = run.output.toString('hex');
  for (let i = 0; i < cases.length; i++) {
    const [a, b] = [native, reference].map((hex) => hex.slice(16 * i, 16 * i + 16));
    if (a !== b) expect([cases[i], a, run.signal]).toEqual([cases[i], b, null]);
  }
}

const describeCase = ({ op, constants }: Row, operands: readonly bigint[]): string =>
  `${op.name}(${operands.map((v, i) => `${constants & (1 << i) ? 'const ' : ''}0x${BigInt.asUintN(64, v).toString(16)}`)})`;

const mayTrap = (op: Opcode): boolean => /^i.*(\.(div|rem)_|\.trunc_f)/.test(op.name);
const pure = opcodes.filter((op) => op.immediate === 'none' && op.type?.result && op.type.parameters.length > 0);

describe.skipIf(!canRunNative)('operators agree with V8 on edge values', () => {
  for (const op of pure) {
    it(op.name, () => {
      const [a, b] = op.type!.parameters;
      const tuples = b ? values[a].flatMap((x) => values[b].map((y) => [x, y])) : values[a].map((x) => [x]);
      const trapping = tuples.filter((operands) => mayTrap(op) && traps(op, operands));
      const safe = tuples.filter((operands) => !trapping.includes(operands));
      const rows: Row[] = [{ op, operands: safe, constants: 0 }];
      // Each value as a constant on either side.
      for (const side of b ? [0, 1] : []) {
        for (const value of values[op.type!.parameters[side]]) {
          const operands = safe.filter((tuple) => tuple[side] === value);
          if (operands.length > 0) rows.push({ op, operands, constants: 1 << side });
        }
      }
      compare(rows, 'zero');
      compare([{ op, operands: safe, constants: 0 }], 'r15');
      const sample = trapping.filter((_, i) => i % Math.ceil(trapping.length / 8) === 0);
      for (const operands of sample) compare([{ op, operands: [operands], constants: 0 }], 'zero');
    });
  }

  it('agrees too where newer instructions are allowed', () => {
    const cpu = { popcnt: true, lzcnt: true, bmi1: true, sse41: true };
    const ops = pure.filter(({ name }) => /clz|ctz|popcnt|ceil|floor|f\d\d\.trunc|nearest/.test(name));
    const rows = ops.map((op): Row => ({ op, operands: values[op.type!.parameters[0]].map((x) => [x]), constants: 0 }));
    compare(rows, 'zero', cpu);
  });
});

function traps(op: Opcode, [x, y]: readonly bigint[]): boolean {
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
