// SPDX-License-Identifier: MIT
/**
 * @fileoverview Every SSE record against the processor the test runs on: all encodings, with register and memory operands, special
 * and random values, all MXCSR modes. Registers, flags, MXCSR, memory and faults must be equal.
 *
 * Instruction bytes are made from the records' own notation and go through the decoder, the run builder and the generated
 * interpreter; around it stands just enough of a processor for single instructions (linear addresses are host addresses).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import './index.ts';
import { execSize, operandType } from '../../decode/decode.ts';
import type { Entry } from '../../decode/notation.ts';
import { buildTables } from '../../decode/tables.ts';
import { dryRun, type Form } from '../../interp/forms.ts';
import { generateInterpreter, PSEUDO } from '../../interp/generate.ts';
import type { RunMode } from '../../interp/records.ts';
import { RunCache } from '../../interp/runs.ts';
import { EXIT, GPR, LAYOUT_END, RECORD, RECORD_SIZE, SLOT, stateBase, tlbBlock, XMM } from '../../ir/state.ts';
import { allHelpers, type Cpu, GuestFault } from '../helper.ts';
import { allInstructions } from '../record.ts';

const WASM_PAGE = 65536;
const POOL = Math.ceil(LAYOUT_END / WASM_PAGE) * WASM_PAGE;
/** The pool of records, and one for code and data. */
const PAGES = POOL / WASM_PAGE + 2;
const CODE = POOL + WASM_PAGE;
const DATA = CODE + 4096;
const tables = buildTables(allInstructions, () => true);
const interpreter = generateInterpreter(tables.entries, () => false, { minimum: PAGES, maximum: PAGES, shared: false });
const base = stateBase(0);

// Engines that know immediates when they translate execute other forms: the same entries with constants for immediates.
const withImmediate = tables.entries.filter(
  (e) => e.immediates.length > 0 && !e.rexW && e.operands.every((o) => 'VWUEGRI'.includes(o.letter)),
);
const constant = (e: Entry, n: number): Entry => ({
  ...e,
  operands: e.operands.map((o) => (o.letter === 'I' ? { letter: 'constant', width: 'b', fixed: n } : o)),
});
const EVERY_BYTE = Array.from({ length: 256 }, (_, n) => n);
const constants = generateInterpreter(
  withImmediate.flatMap((e) => EVERY_BYTE.map((n) => constant(e, n))),
  () => false,
  { minimum: PAGES, maximum: PAGES, shared: false },
);

type Run = (ip: number, budget: number, tlb: number, base: number) => void;
/** Just enough of a processor. */
class Bench {
  readonly memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  readonly u8 = new Uint8Array(this.memory.buffer);
  readonly view = new DataView(this.memory.buffer);
  private readonly runs: RunCache;
  private readonly run: Run;
  private readonly mode: RunMode = {
    id: 0,
    bits: 0,
    kind: 0,
    code: 64,
    protectedMode: true,
    stack: 64,
    units: { fpu: 'ready', fwait: 'ready', mmx: 'ready', sse: 'ready' },
  };

  constructor() {
    const { u8, view } = this;
    this.runs = new RunCache(
      {
        u8,
        view,
        base,
        poolStart: POOL,
        poolEnd: POOL + 65536,
        hotAfter: 0,
        codeAppeared() {},
        pageForgotten() {},
        runsDropped() {},
        poolCleared() {},
      },
      tables,
      interpreter.keys,
    );
    this.run = this.instantiate(interpreter.wasm);
    u8.fill(0xff, tlbBlock(0, 0), tlbBlock(1, 0));
    view.setBigUint64(base + SLOT.CR4, 0x600n, true);
  }
  private cpu(): Cpu {
    const { u8, view } = this;
    const scratch = (slot: number): number => base + SLOT.SCRATCH + 16 * slot;
    return {
      args: {
        u32: (slot: number) => view.getUint32(scratch(slot), true),
        i32: (slot: number) => view.getInt32(scratch(slot), true),
        u64: (slot: number) => view.getBigUint64(scratch(slot), true),
        bytes: (slot: number) => u8.subarray(scratch(slot), scratch(slot) + 16),
        returnU32: (value: number) => view.setUint32(scratch(0), value, true),
        returnU64: (value: bigint) => view.setBigUint64(scratch(0), value, true),
        returnBytes(low: bigint, high: bigint) {
          view.setBigUint64(scratch(0), low, true);
          view.setBigUint64(scratch(0) + 8, high, true);
        },
      },
      view,
      base,
      codeSize: 64,
      read32: (slot: number) => view.getUint32(base + slot, true),
      write32: (slot: number, value: number) => view.setUint32(base + slot, value, true),
      read64: (slot: number) => view.getBigUint64(base + slot, true),
      raise(vector: number, error?: number) {
        throw new GuestFault(vector, error);
      },
      probe() {},
      store(linear: bigint, _bytes: number, value: bigint) {
        u8[Number(linear)] = Number(value);
      },
    } as unknown as Cpu;
  }
  /** Runs one form of another interpreter on general or xmm registers given by their state offsets. */
  runForm(run: Run, handler: number, registers: readonly number[]): void {
    const fields = [RECORD.dst, RECORD.src, RECORD.imm];
    this.u8.fill(0, POOL, POOL + 2 * RECORD_SIZE);
    for (const [i, r] of registers.entries()) this.view.setUint16(POOL + fields[i], base + r, true);
    this.view.setUint16(POOL + RECORD.handler, handler, true);
    this.view.setUint16(POOL + RECORD_SIZE + RECORD.handler, constants.keys.indexOf(PSEUDO.stop), true);
    run(POOL, 1000, tlbBlock(0, 0), base);
  }
  instantiate(wasm: Uint8Array<ArrayBuffer>): Run {
    const cpu = this.cpu();
    const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), {
      env: {
        memory: this.memory,
        // No TLB entry is ever filled: each access comes here, and linear addresses are host addresses.
        slow: (low: number) => low,
        flush() {},
        helper(index: number) {
          allHelpers[index].run(cpu);
          return 0;
        },
        bulk: () => 0,
      },
    });
    return instance.exports.run as Run;
  }
  /** Executes one instruction; returns the vector of its fault, or 0. */
  step(bytes: Uint8Array): number {
    this.u8.set(bytes, CODE);
    expect(this.runs.decodeOne(0, CODE, this.mode)).toBe(true);
    try {
      this.run(POOL, 1000, tlbBlock(0, 0), base);
    } catch (e) {
      if (e instanceof GuestFault) return e.vector;
      throw e;
    }
    const exit = this.view.getInt32(base + SLOT.EXIT, true);
    if (exit === EXIT.fault) return this.view.getInt32(base + SLOT.FAULT, true);
    expect(exit).toBe(EXIT.stop);
    return 0;
  }

  get flags(): number {
    const fr = this.view.getBigInt64(base + SLOT.FR, true);
    const fc = this.view.getBigUint64(base + SLOT.FC, true);
    const cf = Number(fc >> 63n);
    const sf = Number(fr < 0n) ^ Number(fc & 1n);
    let parity = (fr ^ BigInt.asIntN(64, fc >> 8n)) & 0xffn;
    let odd = 0;
    for (; parity; parity >>= 1n) odd ^= Number(parity & 1n);
    const of = cf ^ Number((fc >> 62n) & 1n);
    return cf | ((odd ^ 1) << 2) | (Number((fc >> 3n) & 1n) << 4) | ((fr === 0n ? 1 : 0) << 6) | (sf << 7) | (of << 11);
  }
  set flags(value: number) {
    const bit = (n: number): number => (value >> n) & 1;
    const fr = bit(6) ? 0n : 1n;
    const parityDelta = bit(2) ^ bit(6);
    const fc = (BigInt(bit(0)) << 63n) | (BigInt(bit(0) ^ bit(11)) << 62n) | BigInt((bit(4) << 3) | bit(7) | (parityDelta << 8));
    this.view.setBigInt64(base + SLOT.FR, fr, true);
    this.view.setBigUint64(base + SLOT.FC, fc, true);
  }
}

// The host's records; see hostVector.c.
const SIZE = 200;
const AT = { gpr: 16, xmm: 48, memory: 112, mxcsr: 176, flags: 180, offset: 184, length: 188, signal: 192 };
const GENERAL = [0, 1, 2, 3];
const FLAGS = 0x8d5;
/** SIGFPE, SIGSEGV, SIGILL. */
const SIGNAL_OF: Record<number, number> = { 0: 0, 19: 8, 13: 11, 6: 4 };

let seed = 0x243f6a88;
function random(): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed >>> 0;
}
const pick = <T>(list: readonly T[]): T => list[random() % list.length];
const SINGLES = [
  0, 0x80000000, 1, 0x80000001, 0x7fffff, 0x800000, 0x80800000, 0x800001, 0xffffff, 0x1000000, 0x20000000, 0x3effffff, 0x3f000000,
  0x3f800000, 0xbf800000, 0x3f800001, 0x3fc00000, 0x40200000, 0xc0200000, 0x40490fdb, 0x4b000001, 0x4effffff, 0x4f000000,
  0xcf000000, 0x5f000000, 0x7e7fffff, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7f800001, 0xffa00123, 0x7fc00000,
  0xffc00456,
];
const DOUBLES = [
  0n,
  1n << 63n,
  1n,
  (1n << 63n) | 3n,
  0xfffffffffffffn,
  0x10000000000000n,
  0x10000000000001n,
  0x20000000000000n,
  0x36a0000000000001n,
  0x380fffffe0000000n,
  0x3810000000000000n,
  0x47efffffe0000001n,
  0x3fe0000000000000n,
  0x3fdfffffffffffffn,
  0x3ff0000000000000n,
  0xbff0000000000000n,
  0x3ff0000000000001n,
  0x3ff8000000000000n,
  0xc004000000000000n,
  0x400921fb54442d18n,
  0x41dfffffffc00000n,
  0x41e0000000000000n,
  0xc1e0000000000000n,
  0xc1e0000000200000n,
  0x4330000000000001n,
  0x43e0000000000000n,
  0xc3e0000000000000n,
  0x7fefffffffffffffn,
  0x7ff0000000000000n,
  0xfff0000000000000n,
  0x7ff0000000000001n,
  0xfff8000000000123n,
];
const random64 = (): bigint => (BigInt(random()) << 32n) | BigInt(random());
function fillVector(view: DataView, at: number): void {
  const kind = random() % 8;
  for (let i = 0; i < 16; i += 4) {
    switch (kind) {
      case 0:
        view.setUint32(at + i, random(), true);
        break;
      case 1:
        view.setUint32(at + i, pick(SINGLES), true);
        break;
      case 2:
        // Ordinary numbers of similar size.
        view.setUint32(at + i, (random() & 0x81ffffff) + 0x3e000000, true);
        break;
      case 3:
        for (let k = 0; k < 4; k++) view.setUint8(at + i + k, pick([0, 1, 0x7f, 0x80, 0x81, 0xff, random()]) & 0xff);
        break;
      case 4:
        for (let k = 0; k < 4; k++) view.setUint8(at + i + k, pick([0, 97, 98, 99, 100, 122, 97, 98, 99]));
        break;
      case 5:
        for (let k = 0; k < 4; k += 2)
          view.setUint16(at + i + k, pick([0, 1, 0x7fff, 0x8000, 0x8001, 0xffff, random(), 97, 98]) & 0xffff, true);
        break;
      default:
        if (i % 8 === 0)
          view.setBigUint64(at + i, kind === 6 ? pick(DOUBLES) : (random64() & 0x803fffffffffffffn) + 0x3fe0000000000000n, true);
    }
  }
}
const general = (): bigint => {
  switch (random() % 5) {
    case 0:
      return BigInt(random() % 20);
    case 1:
      return BigInt.asUintN(64, -BigInt(random() % 20));
    case 2:
      return pick([
        0x7fffffffn,
        0x80000000n,
        0xffffffffn,
        1n << 63n,
        (1n << 63n) - 1n,
        0x1000001n,
        0x20000000000001n,
        0xffffff81n,
      ]);
    default:
      return random64() >> BigInt(random() & 63);
  }
};
const mxcsr = (): number => {
  switch (random() % 8) {
    case 0:
      return 0x1f80;
    case 1:
      return 0x1f80 | (random() & 0xe07f);
    case 2:
      return random() & 0xffff;
    case 3:
      return 0x9fe0;
    default:
      return 0x1fa0;
  }
};

interface Shape {
  name: string;
  make(): number[];
  memory: boolean;
}
/** Instruction bytes of an entry: register forms (also with equal registers and xmm0), memory at [rdi], with and without REX.W. */
function shapes(entry: Entry): Shape[] {
  const out: Shape[] = [];
  const letters = entry.operands.map((o) => o.letter);
  const widths = entry.rexW ? [true] : entry.operands.some((o) => o.width === 'y' || o.width === 'v') ? [false, true] : [false];
  const small = entry.operands.some((o) => o.width === 'v');
  for (const rexW of widths) {
    for (const operand16 of small && !rexW ? [false, true] : [false]) {
      const head = [
        ...(operand16 ? [0x66] : []),
        ...(entry.prefix === '66' ? [0x66] : entry.prefix === 'F2' ? [0xf2] : entry.prefix === 'F3' ? [0xf3] : []),
        ...(rexW ? [0x48] : []),
        0x0f,
        ...(entry.map === 2 ? [0x38] : entry.map === 3 ? [0x3a] : []),
        entry.opcode,
      ];
      const tail = (): number[] => entry.immediates.map(() => (random() & 1 ? random() & 0xff : random() & 0x1f));
      const suffix = (rexW ? ' REX.W' : '') + (operand16 ? ' 66' : '');
      const digit = (reg: number): number => (entry.digit >= 0 ? entry.digit : reg) << 3;
      if (entry.mod !== 'mem') {
        const registers = (): number => pick([0xc2 | digit(1), 0xc1 | digit(1), 0xc2 | digit(0), 0xc0 | digit(3)]);
        out.push({ name: `register${suffix}`, memory: letters.includes('mDI'), make: () => [...head, registers(), ...tail()] });
      }
      if (entry.mod !== 'reg')
        out.push({ name: `memory${suffix}`, memory: true, make: () => [...head, 0x07 | digit(1), ...tail()] });
    }
  }
  return out;
}

let folder = '';
let host = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sse-'));
  host = join(folder, 'hostVector');
  execFileSync('gcc', ['-O1', '-o', host, join(import.meta.dirname, 'hostVector.c')]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const bench = new Bench();
const CASES = 250;

function differences(entry: Entry, shape: Shape): string[] {
  const input = Buffer.alloc(CASES * SIZE);
  const view = new DataView(input.buffer, input.byteOffset);
  const codes: number[][] = [];
  for (let i = 0; i < CASES; i++) {
    const at = i * SIZE;
    const code = shape.make();
    codes.push(code);
    input.set(code, at);
    for (const n of GENERAL) view.setBigUint64(at + AT.gpr + 8 * n, general(), true);
    for (let n = 0; n < 4; n++) fillVector(view, at + AT.xmm + 16 * n);
    for (let n = 0; n < 4; n++) fillVector(view, at + AT.memory + 16 * n);
    if (random() % 4 === 0) input.copy(input, at + AT.memory + 16, at + AT.xmm + 16, at + AT.xmm + 32);
    const offset = shape.memory && random() % 16 === 0 ? 16 + (random() & 15) : 16;
    // LDMXCSR: mostly legal values.
    if (entry.record.mnemonic === 'ldmxcsr' && random() % 4) view.setUint32(at + AT.memory + offset, random() & 0xffff, true);
    view.setUint32(at + AT.mxcsr, mxcsr(), true);
    view.setUint32(at + AT.flags, random() & FLAGS, true);
    view.setUint32(at + AT.offset, offset, true);
    view.setUint32(at + AT.length, code.length, true);
  }
  const run = spawnSync(host, { input, maxBuffer: 1 << 28 });
  expect(run.status).toBe(0);
  const theirs = run.stdout;
  const found: string[] = [];
  for (let i = 0; i < CASES; i++) {
    const at = i * SIZE;
    for (const n of GENERAL) bench.view.setBigUint64(base + GPR(n), view.getBigUint64(at + AT.gpr + 8 * n, true), true);
    bench.view.setBigUint64(base + GPR(7), BigInt(DATA + view.getUint32(at + AT.offset, true)), true);
    bench.u8.set(input.subarray(at + AT.xmm, at + AT.xmm + 64), base + XMM(0));
    bench.u8.set(input.subarray(at + AT.memory, at + AT.memory + 64), DATA);
    bench.view.setUint32(base + SLOT.MXCSR, view.getUint32(at + AT.mxcsr, true), true);
    bench.flags = view.getUint32(at + AT.flags, true);
    const vector = bench.step(Uint8Array.from(codes[i]));
    const wrong: string[] = [];
    const check = (what: string, ours: string, host: string): void => {
      if (ours !== host) wrong.push(`${what}: host ${host}, ours ${ours}`);
    };
    const hex = (b: Uint8Array): string => Buffer.from(b).reverse().toString('hex');
    check('signal', String(SIGNAL_OF[vector] ?? -vector), String(theirs.readUInt32LE(at + AT.signal)));
    check('MXCSR', bench.view.getUint32(base + SLOT.MXCSR, true).toString(16), theirs.readUInt32LE(at + AT.mxcsr).toString(16));
    const faulted = vector !== 0;
    const expected = faulted ? input : theirs;
    for (const n of GENERAL) {
      check(
        `register ${n}`,
        bench.view.getBigUint64(base + GPR(n), true).toString(16),
        expected.readBigUInt64LE(at + AT.gpr + 8 * n).toString(16),
      );
    }
    for (let n = 0; n < 4; n++) {
      const ours = bench.u8.subarray(base + XMM(n), base + XMM(n) + 16);
      const hosts = expected.subarray(at + AT.xmm + 16 * n, at + AT.xmm + 16 * n + 16);
      if (!differsAsMakersDo(entry.record.mnemonic, ours, hosts)) check(`xmm${n}`, hex(ours), hex(hosts));
    }
    check('memory', hex(bench.u8.subarray(DATA, DATA + 64)), hex(expected.subarray(at + AT.memory, at + AT.memory + 64)));
    check('flags', bench.flags.toString(16), (expected.readUInt32LE(at + AT.flags) & FLAGS).toString(16));
    if (wrong.length > 0) {
      const given = [0, 1, 2, 3].map((n) => `xmm${n} ${hex(input.subarray(at + AT.xmm + 16 * n, at + AT.xmm + 16 * n + 16))}`);
      const mem = hex(input.subarray(at + AT.memory + 16, at + AT.memory + 32));
      found.push(
        `${Buffer.from(codes[i]).toString('hex')}: ${wrong.join('; ')} | given mxcsr ${view.getUint32(at + AT.mxcsr, true).toString(16)} ${given.join(' ')} memory ${mem}`,
      );
    }
  }
  return found;
}

/**
 * Processors of different makers give different results: reciprocals and reciprocal roots, which are right to 1.5 / 4096 (APM vol. 4, SDM vol. 2), and
 * which of several NaNs is the sum of a DPPS or DPPD, whose products are added in an order that no manual gives for NaNs.
 */
function differsAsMakersDo(mnemonic: string, ours: Uint8Array, hosts: Uint8Array): boolean {
  const reciprocal = /^r(cp|sqrt)[ps]s$/.test(mnemonic);
  const product = /^dpp[sd]$/.test(mnemonic);
  if (!reciprocal && !product) return false;
  const lanes = (bytes: Uint8Array): number[] => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
    return mnemonic === 'dppd'
      ? [0, 8].map((at) => view.getFloat64(at, true))
      : [0, 4, 8, 12].map((at) => view.getFloat32(at, true));
  };
  const theirs = lanes(hosts);
  return lanes(ours).every((lane, i) => {
    if (Object.is(lane, theirs[i])) return true;
    return reciprocal && Math.abs(lane - theirs[i]) <= (2 * 1.5 * Math.abs(theirs[i])) / 4096;
  });
}

const entries = tables.entries.filter((e) => !e.operands.some((o) => 'PQN'.includes(o.letter)));
describe.each(
  entries.map((e) => [`${e.record.mnemonic} ${e.notation} ${e.operands.map((o) => o.letter + o.width).join(',')}`, e] as const),
)('%s', (_, entry) => {
  test.each(shapes(entry).map((s) => [s.name, s] as const))('%s', (_name, shape) => {
    const found = differences(entry, shape);
    expect(found.slice(0, 3)).toEqual([]);
  });
});

describe('known immediates', () => {
  const run = bench.instantiate(constants.wasm);
  test.each(
    withImmediate.map((e) => [`${e.record.mnemonic} ${e.operands.map((o) => o.letter + o.width).join(',')}`, e] as const),
  )('%s', (_, entry) => {
    const view = new DataView(bench.memory.buffer);
    // By ModRM: reg 1, rm 2, general registers 1 and 2.
    const places = entry.operands.flatMap((o) => {
      switch (o.letter) {
        case 'V':
          return [XMM(1)];
        case 'W':
        case 'U':
          return [XMM(2)];
        case 'G':
          return [GPR(1)];
        case 'I':
          return [];
        default:
          return [GPR(2)];
      }
    });
    const reg = entry.digit >= 0 ? entry.digit : 1;
    const prefix = entry.prefix === 'NP' ? [] : [Number.parseInt(entry.prefix, 16)];
    const map = entry.map === 2 ? [0x38] : entry.map === 3 ? [0x3a] : [];
    const state = (): string => Buffer.from(bench.u8.subarray(base, base + 0x400)).toString('hex');
    for (const n of EVERY_BYTE) {
      const operands = constant(entry, n).operands;
      const form: Form = {
        record: entry.record,
        size: execSize(entry, 32, false),
        operands: operands.map((o) =>
          o.letter === 'constant'
            ? { kind: 'c', type: 'i8', at: n }
            : { kind: 'r', type: operandType(o, 32, false, 'VWU'.includes(o.letter)), at: 0 },
        ),
        cc: 0,
        rep: 'none',
        env: { code: 64, stack: 64, address: 64 },
      };
      const handler = constants.keys.indexOf(dryRun(form).key);
      expect(handler).toBeGreaterThanOrEqual(0);
      for (let i = 0; i < 4; i++) {
        for (const g of GENERAL) view.setBigUint64(base + GPR(g), general(), true);
        for (let x = 0; x < 4; x++) fillVector(view, base + XMM(x));
        view.setUint32(base + SLOT.MXCSR, 0x1fa0, true);
        bench.flags = 0;
        const before = bench.u8.slice(base, base + 0x400);
        bench.step(Uint8Array.from([...prefix, 0x0f, ...map, entry.opcode, 0xc2 | (reg << 3), n]));
        const expected = state();
        bench.u8.set(before, base);
        bench.runForm(run, handler, places);
        expect(state()).toBe(expected);
      }
    }
  });
});
