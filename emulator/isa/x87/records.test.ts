// SPDX-License-Identifier: MIT
/**
 * @fileoverview Every x87 and MMX opcode through the processor against the host's: all register forms of D8 to DF, all memory forms,
 * all MMX opcodes, from random states with empty registers, pending exceptions, unmasked exceptions, every rounding and precision. All
 * of the state is compared: registers, tags, status, pointers, rax, flags, memory, faults.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import '../all.ts';
import '../sse/index.ts';
import '../mmx/index.ts';
import './index.ts';
import { Processor } from '../../cpu/processor.ts';
import { buildTables } from '../../decode/tables.ts';
import { generateInterpreter } from '../../interp/generate.ts';
import { LAYOUT_END, SEG, SEGMENT, SLOT, segmentSlot, XMM, YMM_HIGH } from '../../ir/state.ts';
import { PhysicalMemory } from '../../mmu/physical.ts';
import { allInstructions } from '../record.ts';
import { FSW } from './float80.ts';
import { refreshSummary } from './unit.ts';

const MEMORY_SIZE = 128;
/** Size of what the state-saving instructions get. */
const LARGE_MEMORY = 1536;
const SIGSEGV = 11;
const CODE = 0x10000000;
const MEMORY = 0x20000000;

interface State {
  fcw: number;
  /** With TOP. */
  fsw: number;
  /** By physical register. */
  tags: number;
  fop: number;
  rax: bigint;
  rflags: number;
  signal: number;
  fip: bigint;
  fdp: bigint;
  /** Sign and exponent, significand. */
  st: [number, bigint][];
  memory: Uint8Array;
}
interface Case extends State {
  code: number[];
  /** Instructions in the code. */
  count: number;
}

// The host.

let folder = '';
let program = '';
const available = process.arch === 'x64' && spawnSync('gcc', ['--version']).status === 0 && existsSync('/proc/cpuinfo');
/**
 * What this machine does as Intel's processors is not compared on AMD's, which keep pointers only of instructions with pending exceptions,
 * have MXCSR.MM (17), and find that a store's page is missing before they find that its result is an unmasked exception.
 */
const isIntel = available && readFileSync('/proc/cpuinfo', 'latin1').includes('GenuineIntel');
/** The place of MXCSR_MASK in the memory of a case whose instruction saves the state at 512. */
const MXCSR_MASK = 512 + 28;

/** All cases have memories of one size. */
function onHost(cases: readonly Case[]): State[] {
  const memorySize = cases[0].memory.length;
  const RECORD = 192 + memorySize;
  const bytes = new Uint8Array(cases.length * RECORD);
  const view = new DataView(bytes.buffer);
  cases.forEach((c, n) => {
    const at = n * RECORD;
    view.setUint16(at, c.fcw, true);
    view.setUint16(at + 2, c.fsw, true);
    view.setUint8(at + 4, c.tags);
    view.setUint8(at + 5, c.code.length);
    view.setBigUint64(at + 8, c.rax, true);
    view.setBigUint64(at + 16, BigInt(c.rflags), true);
    bytes.set(c.code, at + 48);
    c.st.forEach(([se, significand], i) => {
      view.setBigUint64(at + 64 + i * 16, significand, true);
      view.setUint16(at + 72 + i * 16, se, true);
    });
    bytes.set(c.memory, at + 192);
  });
  const output = execFileSync(program, [String(memorySize)], { input: bytes, maxBuffer: 1 << 30 });
  const out = new DataView(output.buffer, output.byteOffset, output.byteLength);
  return cases.map((_, n) => {
    const at = n * RECORD;
    return {
      fcw: out.getUint16(at, true),
      fsw: out.getUint16(at + 2, true),
      tags: out.getUint8(at + 4),
      fop: out.getUint16(at + 6, true),
      rax: out.getBigUint64(at + 8, true),
      rflags: Number(out.getBigUint64(at + 16, true)) & 0xcd5,
      signal: out.getUint32(at + 24, true),
      fip: out.getBigUint64(at + 32, true),
      fdp: out.getBigUint64(at + 40, true),
      st: Array.from({ length: 8 }, (_, i): [number, bigint] => [
        out.getUint16(at + 72 + i * 16, true),
        out.getBigUint64(at + 64 + i * 16, true),
      ]),
      memory: output.subarray(at + 192, at + 192 + memorySize),
    };
  });
}

// The machine: 64-bit mode, two pages mapped where the host has them.

/** Physical layout: page tables from 0x1000, code, data of two pages. */
const CODE_PAGE = 0x10000;
const DATA_PAGE = 0x20000;
const RAM_SIZE = 0x40000;
const SIGNALS: Readonly<Record<number, number>> = { 6: 4, 13: 11, 14: 11, 16: 8 };

function createProcessor(): Processor {
  const ramStart = (LAYOUT_END + 0x1ffff) & ~0xffff;
  const poolStart = ramStart + RAM_SIZE;
  const poolEnd = poolStart + 0x400000;
  const pages = Math.ceil(poolEnd / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const physical = new PhysicalMemory(memory, ramStart, RAM_SIZE, RAM_SIZE, { read: () => 0xff, write: () => {} });
  const tables = buildTables(allInstructions, () => true);
  const interpreter = generateInterpreter(tables.entries, () => false, { minimum: pages, maximum: pages, shared: false });
  const platform = {
    cpuModel: { name: 'test', has: () => true, cpuid: () => [0, 0, 0, 0] },
    timeBase: () => 0,
    synchronize: () => {},
    acknowledgeInterrupt: () => -1,
    portRead: () => 0,
    portWrite: () => {},
    tsc: () => 0n,
    entropy: { fill: () => {} },
    index: 0,
    processors: 1,
  };
  const cpu = new Processor({
    index: 0,
    physical,
    tables,
    module: new WebAssembly.Module(interpreter.wasm),
    keys: interpreter.keys,
    pool: { start: poolStart, end: poolEnd },
    platform: platform as never,
  });
  const table = (at: number, index: number, to: number): void => physical.write64(at + index * 8, BigInt(to | 7));
  table(0x1000, 0, 0x2000);
  table(0x2000, 0, 0x3000);
  table(0x3000, CODE >>> 21, 0x4000);
  table(0x3000, MEMORY >>> 21, 0x5000);
  table(0x4000, 0, CODE_PAGE);
  table(0x5000, 0, DATA_PAGE);
  table(0x5000, 1, DATA_PAGE + 0x1000);
  cpu.write64(SLOT.CR0, 0x80000031n);
  cpu.write64(SLOT.CR3, 0x1000n);
  cpu.write64(SLOT.CR4, 0x40620n);
  cpu.write64(SLOT.EFER, 0x500n);
  cpu.write64(SLOT.XCR0, 7n);
  cpu.write64(segmentSlot(SEGMENT.cs) + SEG.base, 0n);
  cpu.write16(segmentSlot(SEGMENT.cs) + SEG.attributes, 0x29b);
  cpu.modeChanged();
  return cpu;
}
function onMachine(cpu: Processor, c: Case): State {
  const { view, base } = cpu;
  const top = (c.fsw >> 11) & 7;
  cpu.write16(SLOT.FCW, c.fcw);
  cpu.write16(SLOT.FSW, refreshSummary(c.fcw, c.fsw & ~FSW.TOP));
  cpu.write32(SLOT.FTOP, top);
  view.setUint8(base + SLOT.FTW, c.tags);
  cpu.write16(SLOT.FOP, 0);
  cpu.write64(SLOT.FIP, 0n);
  cpu.write64(SLOT.FDP, 0n);
  cpu.write32(SLOT.MXCSR, 0x1f80);
  cpu.u8.fill(0, base + XMM(0), base + YMM_HIGH(16));
  c.st.forEach(([se, significand], i) => {
    const at = SLOT.FPR + ((top + i) & 7) * 16;
    cpu.write64(at, significand);
    cpu.write16(at + 8, se);
  });
  cpu.write64(SLOT.rax, c.rax);
  cpu.write64(SLOT.rcx, 0n);
  cpu.write64(SLOT.rdx, 0n);
  cpu.write64(SLOT.rsi, 0n);
  cpu.write64(SLOT.rdi, BigInt(MEMORY));
  cpu.rflags = BigInt(c.rflags | 2);
  cpu.physical.writeBytes(DATA_PAGE, c.memory);
  cpu.physical.writeBytes(CODE_PAGE, new Uint8Array([...c.code, ...new Array(16).fill(0x90)]));
  cpu.write64(SLOT.RIP, BigInt(CODE));
  let vector = -1;
  (cpu as unknown as { deliver(vector: number): void }).deliver = (delivered) => {
    vector = delivered;
    cpu.requestStop();
  };
  cpu.run(cpu.retired + c.count);
  const after = cpu.read32(SLOT.FTOP);
  const memory = new Uint8Array(c.memory.length);
  cpu.physical.readBytes(DATA_PAGE, memory);
  return {
    fcw: cpu.read16(SLOT.FCW),
    fsw: cpu.read16(SLOT.FSW) | (after << 11),
    tags: view.getUint8(base + SLOT.FTW),
    fop: cpu.read16(SLOT.FOP),
    rax: cpu.read64(SLOT.rax),
    rflags: Number(cpu.rflags) & 0xcd5,
    signal: vector < 0 ? 0 : (SIGNALS[vector] ?? vector),
    fip: cpu.read64(SLOT.FIP),
    fdp: cpu.read64(SLOT.FDP),
    st: Array.from({ length: 8 }, (_, i): [number, bigint] => {
      const at = SLOT.FPR + ((after + i) & 7) * 16;
      return [cpu.read16(at + 8), cpu.read64(at)];
    }),
    memory,
  };
}

// Random states.

let seed = 0x2545f4914f6cdd2fn;
function random(): bigint {
  seed ^= seed >> 12n;
  seed = BigInt.asUintN(64, seed ^ (seed << 25n));
  seed ^= seed >> 27n;
  return BigInt.asUintN(64, seed * 0x2545f4914f6cdd1dn);
}
const below = (n: number): number => Number(random() >> 11n) % n;
const ONE = 1n << 63n;
const SPECIAL: readonly (readonly [number, bigint])[] = [
  [0, 0n],
  [0, 1n],
  [0, ONE],
  [1, ONE],
  [0x3fff, ONE],
  [0x3fff, 0xc000000000000000n],
  [0x4001, 0xa000000000000000n],
  [0x401d, 0xfffffffe00000000n],
  [0x403d, 0xffffffffffffffffn],
  [0x7ffe, 0xffffffffffffffffn],
  [0x7fff, ONE],
  [0x7fff, 0xc000000000000000n],
  [0x7fff, ONE | 1n],
  [0x7fff, 0n],
  [0x3fff, 1n],
];
function randomNumber(): [number, bigint] {
  const sign = below(2) << 15;
  if (below(2)) {
    const [se, significand] = SPECIAL[below(SPECIAL.length)];
    return [se | sign, significand];
  }
  if (below(8) === 0) return [below(0x10000), random()];
  return [(0x3fff + below(40) - 20) | sign, random() | ONE];
}
/** Memory that makes sense as each operand type. */
function randomMemory(): Uint8Array {
  const memory = new Uint8Array(MEMORY_SIZE);
  const view = new DataView(memory.buffer);
  for (let at = 0; at < MEMORY_SIZE; at += 8) view.setBigUint64(at, random(), true);
  switch (below(8)) {
    case 0:
      view.setFloat32(0, [0, 1, -2.5, 1e-40, Number.POSITIVE_INFINITY, Number.NaN, 1e30][below(7)], true);
      break;
    case 1:
      view.setFloat64(0, [0, 1, -2.5, 1e-310, Number.NEGATIVE_INFINITY, Number.NaN, 1e300][below(7)], true);
      break;
    case 2:
      view.setUint32(0, 0x7f800001, true);
      break;
    case 3:
      view.setBigUint64(0, 0x7ff0000000000001n, true);
      break;
    case 4: {
      const [se, significand] = randomNumber();
      view.setBigUint64(0, significand, true);
      view.setUint16(8, se, true);
      break;
    }
    case 5:
      for (let i = 0; i < 10; i++) memory[i] = below(10) | (below(10) << 4);
      break;
    case 6:
      view.setInt32(0, below(200) - 100, true);
      break;
  }
  return memory;
}
function randomCase(code: number[], count = 1): Case {
  const pending = below(16) === 0;
  const fcw = (0x40 | (below(0x1000) & 0xf7f) | (below(3) ? 0x3f : 0)) & ~(below(4) ? 0x100 : 0);
  let fsw = (below(8) << 11) | (below(2) << 8) | (below(2) << 9) | (below(2) << 10) | (below(2) << 14);
  if (pending) fsw |= below(0x80);
  else fsw |= below(0x80) & fcw & 0x3f;
  const tags = below(3) === 0 ? below(256) : 0xff ^ (below(2) << below(8));
  return {
    code,
    count,
    fcw,
    fsw,
    tags,
    fop: 0,
    rax: random(),
    rflags: [0, 1, 4, 5, 0x40, 0x41, 0x44, 0x45][below(8)] | (0x890 * below(2)),
    signal: 0,
    fip: 0n,
    fdp: 0n,
    st: Array.from({ length: 8 }, randomNumber),
    memory: randomMemory(),
  };
}

// Comparison.

const hex = (n: number | bigint): string => n.toString(16);
const showNumber = ([se, significand]: readonly [number, bigint]): string => `${hex(se)}:${hex(significand).padStart(16, '0')}`;
const order = ([se, significand]: readonly [number, bigint]): bigint => {
  const magnitude = (BigInt(se & 0x7fff) << 63n) + (significand & (ONE - 1n));
  return se & 0x8000 ? -magnitude : magnitude;
};
/** `close`: results may differ by a unit in the last place, and C1 with them. */
function difference(c: Case, host: State, here: State, close: boolean): string[] {
  const lines: string[] = [];
  const field = (name: string, a: unknown, b: unknown): void => {
    if (a !== b) lines.push(`${name}: host ${a}, here ${b}`);
  };
  // Makers round to either side of the smallest normal number, and only one of the two is tiny.
  const status = close ? ~(FSW.C1 | FSW.UE) : -1;
  if (!isIntel && host.signal === SIGSEGV && here.signal === 0 && here.fsw & FSW.ES) return [];
  field('signal', host.signal, here.signal);
  field('fcw', hex(host.fcw), hex(here.fcw));
  field('fsw', hex(host.fsw & status), hex(here.fsw & status));
  field('tags', hex(host.tags), hex(here.tags));
  if (isIntel) {
    field('fop', hex(host.fop), hex(here.fop));
    field('fip', hex(host.fip), hex(here.fip));
    field('fdp', hex(host.fdp), hex(here.fdp));
  }
  field('rax', hex(host.rax), hex(here.rax));
  field('rflags', hex(host.rflags), hex(here.rflags));
  for (let i = 0; i < 8; i++) {
    const distance = order(host.st[i]) - order(here.st[i]);
    if (close && distance >= -1n && distance <= 1n) continue;
    field(`st${i}`, showNumber(host.st[i]), showNumber(here.st[i]));
  }
  const ignored = (at: number): boolean =>
    !isIntel && host.memory.length === LARGE_MEMORY && at >= MXCSR_MASK && at < MXCSR_MASK + 4;
  const at = host.memory.findIndex((byte, i) => byte !== here.memory[i] && !ignored(i));
  const from = at & ~7;
  const part = (memory: Uint8Array): string => Buffer.from(memory.subarray(from, from + 16)).toString('hex');
  if (at >= 0) field(`memory at ${from}`, part(host.memory), part(here.memory));
  if (lines.length === 0) return [];
  const given = `fcw ${hex(c.fcw)} fsw ${hex(c.fsw)} tags ${hex(c.tags)} st ${c.st.slice(0, 2).map(showNumber).join(' ')}`;
  return [`${c.code.map(hex).join(' ')} [${given}] ${lines.join('; ')}`];
}

let cpu: Processor;
function compare(cases: readonly Case[], close: (c: Case) => boolean = () => false): void {
  const answers = onHost(cases);
  const byCode = new Map<string, { count: number; first: string }>();
  let different = 0;
  cases.forEach((c, n) => {
    const [line] = difference(c, answers[n], onMachine(cpu, c), close(c));
    if (!line) return;
    different++;
    const key = c.code.map(hex).join(' ');
    const known = byCode.get(key);
    if (known) known.count++;
    else byCode.set(key, { count: 1, first: line });
  });
  const shown = [...byCode.values()].slice(0, 40).map((d) => `${d.count}x ${d.first}`);
  expect(shown, `${different} of ${cases.length} differ, in ${byCode.size} instructions`).toEqual([]);
}

describe.skipIf(!available)('x87 and MMX instructions against the host', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'x87-'));
    program = join(folder, 'hostCpu');
    execFileSync('gcc', ['-O1', '-o', program, join(import.meta.dirname, 'hostCpu.c')]);
    cpu = createProcessor();
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const times = (n: number, make: () => Case): Case[] => Array.from({ length: n }, make);
  /** Functions where processors differ in the last place. */
  const APPROXIMATE = new Set([0xf0, 0xf1, 0xf2, 0xf3, 0xf9, 0xfb, 0xfe, 0xff]);
  const isApproximate = (c: Case): boolean => c.code[0] === 0xd9 && APPROXIMATE.has(c.code[1]);

  for (let opcode = 0xd8; opcode <= 0xdf; opcode++) {
    it(`register forms of ${hex(opcode)}`, () => {
      const cases: Case[] = [];
      for (let modrm = 0xc0; modrm <= 0xff; modrm++) cases.push(...times(60, () => randomCase([opcode, modrm])));
      compare(cases, isApproximate);
    });
    it(`memory forms of ${hex(opcode)}`, () => {
      const cases: Case[] = [];
      for (let digit = 0; digit < 8; digit++) cases.push(...times(400, () => randomCase([opcode, 0x47 | (digit << 3), 8])));
      compare(cases);
    });
  }

  it('FSCALE far out of range, unmasked', () => {
    compare(
      times(400, () => {
        const c = randomCase([0xd9, 0xfd]);
        c.fcw = 0x300 | (below(4) << 10) | 0x40 | below(64);
        c.fsw = 0;
        c.tags = 0xff;
        c.st[1] = [0x400e | (below(2) << 15), (0x9f00n + BigInt(below(0x400))) << 48n];
        return c;
      }),
    );
  });
  it('prefixes: 16-bit environments, pointers', () => {
    const cases: Case[] = [];
    const add = (...code: number[]): number => cases.push(...times(100, () => randomCase(code)));
    for (const opcode of [0xd9, 0xdd]) for (const modrm of [0x67, 0x77]) add(0x66, opcode, modrm, 8);
    for (const prefix of [0x3e, 0x66, 0x48, 0x67]) {
      add(prefix, 0xd8, 0x47, 8);
      add(0x26, prefix, 0xdb, 0x3f);
      add(prefix, 0xdc, 0xc9);
    }
    compare(cases);
  });

  it('operands that reach into a page that is not there', () => {
    const cases: Case[] = [];
    const at = (place: number): number[] => [place & 0xff, place >> 8, 0, 0];
    const add = (opcode: number, digit: number, place: number): number =>
      cases.push(...times(12, () => randomCase([opcode, 0x87 | (digit << 3), ...at(place)])));
    for (let opcode = 0xd8; opcode <= 0xdf; opcode++) for (let digit = 0; digit < 8; digit++) add(opcode, digit, 0x1fff);
    // Ten bytes of which the last two are missing; environments and whole states.
    for (const [opcode, digit] of [
      [0xdb, 5],
      [0xdb, 7],
      [0xdf, 4],
      [0xdf, 6],
    ])
      add(opcode, digit, 0x1ff8);
    for (const opcode of [0xd9, 0xdd]) for (const digit of [4, 6]) add(opcode, digit, 0x1ff0);
    // MMX loads only: after a store that faults, the host shows TOP 0 already.
    for (const opcode of [0x6f, 0xfc]) cases.push(...times(12, () => randomCase([0x0f, opcode, 0x8f, ...at(0x1ffb)])));
    for (const digit of [0, 1, 4, 5])
      cases.push(...times(12, () => randomCase([0x0f, 0xae, 0x87 | (digit << 3), 0x40, 0x1f, 0, 0])));
    compare(cases, isApproximate);
  });

  // MMX: register forms with mm0 to mm7, memory at rdi + 8.

  const MMX = [
    ...[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6f, 0x74, 0x75, 0x76, 0x7f],
    ...[0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5],
    ...[0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee, 0xef, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf8, 0xf9, 0xfa, 0xfb],
    ...[0xfc, 0xfd, 0xfe],
  ];
  /** Register pairs 1,2 and 3,3, and memory. */
  const OPERANDS = [[0xca], [0xdb], [0x4f, 8]];
  const small = (c: Case): Case => {
    // Shift counts that are not always too large.
    if (below(2)) c.memory.fill(0, 9, 16);
    if (below(2)) c.st = c.st.map(([se, n]) => [se, below(2) ? n & 0x3fn : n]);
    return c;
  };
  it('MMX opcodes of 0F', () => {
    const cases: Case[] = [];
    for (const opcode of MMX)
      for (const operand of OPERANDS) cases.push(...times(60, () => small(randomCase([0x0f, opcode, ...operand]))));
    for (const o of [[0xc8], [0x4f, 8]])
      for (const opcode of [0x6e, 0x7e]) cases.push(...times(60, () => randomCase([0x0f, opcode, ...o])));
    cases.push(...times(60, () => randomCase([0x0f, 0x77])));
    compare(cases);
  });
  it('MMX opcodes of 0F 38 and 0F 3A, immediates, REX.W', () => {
    const cases: Case[] = [];
    const add = (...code: number[]): number => cases.push(...times(60, () => small(randomCase(code))));
    for (const opcode of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x1c, 0x1d, 0x1e])
      for (const o of OPERANDS) add(0x0f, 0x38, opcode, ...o);
    const immediates = [0, 1, 2, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 0x1b, 0xe4, 0xff];
    for (const i of immediates) {
      for (const o of OPERANDS) {
        add(0x0f, 0x3a, 0x0f, ...o, i);
        add(0x0f, 0x70, ...o, i);
      }
      for (const o of [[0xc8], [0x4f, 8]]) add(0x0f, 0xc4, ...o, i);
      add(0x0f, 0xc5, 0xc2, i);
      for (const modrm of [0xd1, 0xe1, 0xf1]) for (const group of [0x71, 0x72, 0x73]) add(0x0f, group, modrm, i);
    }
    add(0x0f, 0xd7, 0xc2);
    add(0x48, 0x0f, 0xd7, 0xc2);
    for (const o of [[0xc8], [0x4f, 8]]) for (const opcode of [0x6e, 0x7e]) add(0x48, 0x0f, opcode, ...o);
    add(0x0f, 0xf7, 0xca);
    compare(cases);
  });
  it('MMX with xmm registers', () => {
    const cases: Case[] = [];
    /** xmm1 from rdi + 16, the instruction, xmm1 to rdi + 48. */
    const add = (...code: number[]): void => {
      cases.push(...times(150, () => floats(randomCase([0x0f, 0x10, 0x4f, 0x10, ...code, 0x0f, 0x11, 0x4f, 0x30], 3))));
    };
    // Numbers near integers, in one precision or the other.
    const floats = (c: Case): Case => {
      const view = new DataView(c.memory.buffer);
      const number = (): number => [0, -1.5, 2.5, 1e9, -3e9, 3.25, 1e20, Number.NaN][below(8)];
      const single = below(2) === 0;
      for (let at = 0; at < 48; at += single ? 4 : 8) {
        if (single) view.setFloat32(at, number(), true);
        else view.setFloat64(at, number(), true);
      }
      if (below(4) === 0) view.setBigUint64(8, random(), true);
      return c;
    };
    for (const o of [[0xca], [0x4f, 8]]) {
      add(0x0f, 0x2a, ...o);
      add(0x66, 0x0f, 0x2a, ...o);
    }
    for (const o of [[0xd1], [0x57, 16]]) {
      for (const opcode of [0x2c, 0x2d]) {
        add(0x0f, opcode, ...o);
        add(0x66, 0x0f, opcode, ...o);
      }
    }
    add(0xf3, 0x0f, 0xd6, 0xca);
    add(0xf2, 0x0f, 0xd6, 0xd1);
    compare(cases);
  });

  // State images at rdi + 512, data for xmm1 at rdi + 16. Masks in eax choose x87, SSE and AVX.

  const AT_IMAGE = [0, 2, 0, 0];
  const withImage = (code: number[], count: number, mask: number): Case => {
    const c = randomCase(code, count);
    c.rax = BigInt(mask);
    c.memory = new Uint8Array(LARGE_MEMORY);
    const view = new DataView(c.memory.buffer);
    for (let at = 0; at < LARGE_MEMORY; at += 8) view.setBigUint64(at, random(), true);
    // A plausible image: control, status, MXCSR, header.
    view.setUint32(512 + 24, below(8) ? 0x1f80 | below(64) : below(0x20000), true);
    // Pointers that are canonical, however wide the host's are.
    for (const at of [520, 528]) view.setBigInt64(at, BigInt.asIntN(47, random()), true);
    for (let at = 1024; at < 1088; at += 8) view.setBigUint64(at, 0n, true);
    view.setUint8(1024, below(4));
    switch (below(10)) {
      case 0:
        view.setUint8(1024, below(16));
        break;
      case 1:
        view.setUint8(1024 + 8 + below(56), 1);
        break;
      case 2:
      case 3:
      case 4:
        view.setBigUint64(1032, (1n << 63n) | BigInt(below(4)), true);
        break;
    }
    if (below(8) === 0) c.st = c.st.map(() => [0, 0n]);
    return c;
  };
  const LOAD_XMM1 = [0x0f, 0x10, 0x4f, 16];
  const saved = (mnemonic: number[], digit: number): Case[] => {
    const code = [...LOAD_XMM1, ...mnemonic, 0x87 | (digit << 3), ...AT_IMAGE];
    return times(300, () => withImage(code, 2, below(8)));
  };
  /** Then shows xmm1 and MXCSR in memory. */
  const restored = (mnemonic: number[], digit: number): Case[] => {
    const code = [...mnemonic, 0x87 | (digit << 3), ...AT_IMAGE, 0x0f, 0x11, 0x0f, 0x0f, 0xae, 0x5f, 32];
    return times(600, () => withImage(code, 3, below(8)));
  };
  it('FXSAVE, FXRSTOR', () => {
    compare(saved([0x0f, 0xae], 0));
    compare(saved([0x48, 0x0f, 0xae], 0));
    compare(restored([0x0f, 0xae], 1));
    compare(restored([0x48, 0x0f, 0xae], 1));
    // Off a 16-byte boundary.
    compare(times(10, () => withImage([0x0f, 0xae, 0x47, 8], 1, 3)));
    compare(times(10, () => withImage([0x0f, 0xae, 0x4f, 8], 1, 3)));
  });
  // Where reserved bits of MXCSR fault, the host may have loaded x87 registers already, so such images are left to FXRSTOR.
  const validMxcsr = (cases: Case[]): Case[] =>
    cases.filter((c) => (new DataView(c.memory.buffer).getUint32(536, true) & 0xffff0000) === 0);
  it('XSAVE, XRSTOR', () => {
    compare(saved([0x0f, 0xae], 4));
    compare(saved([0x48, 0x0f, 0xae], 4));
    compare(validMxcsr(restored([0x0f, 0xae], 5)));
    compare(validMxcsr(restored([0x48, 0x0f, 0xae], 5)));
    for (const modrm of [0x67, 0x6f]) compare(times(10, () => withImage([0x0f, 0xae, modrm, 16], 1, 3)));
  });
  it('XSAVEC, XSAVEOPT', () => {
    compare(saved([0x0f, 0xc7], 4));
    compare(saved([0x48, 0x0f, 0xc7], 4));
    compare(saved([0x0f, 0xae], 6));
  });
});

describe('what no user program can show', () => {
  const CR0 = 0x80000031;
  const [MP, EM, TS] = [2, 4, 8];
  /** The vector that an instruction raises with bits of CR0 set. */
  function vectorWith(machine: Processor, code: number[], cr0: number, cr4 = 0x40620): number {
    machine.write64(SLOT.CR0, BigInt(CR0 | cr0) & 0xffffffffn);
    machine.write64(SLOT.CR4, BigInt(cr4));
    machine.modeChanged();
    const c = randomCase(code);
    c.fcw = 0x37f;
    c.fsw = 0;
    c.rax = 3n;
    c.memory = new Uint8Array(LARGE_MEMORY);
    return onMachine(machine, c).signal;
  }
  const NM = 7;
  const UD = SIGNALS[6];
  it('#NM and #UD when CR0 or CR4 say so', () => {
    const machine = createProcessor();
    const expected: [code: number[], none: number, ts: number, em: number, mpTs: number][] = [
      [[0xd9, 0xe8], 0, NM, NM, NM],
      [[0x9b], 0, 0, 0, NM],
      [[0x0f, 0xfc, 0xca], 0, NM, UD, NM],
      [[0x0f, 0x77], 0, NM, UD, NM],
      [[0x0f, 0xae, 0x07], 0, NM, NM, NM],
      [[0x0f, 0xae, 0x27], 0, NM, 0, NM],
      [[0xf3, 0x0f, 0xd6, 0xca], 0, NM, UD, NM],
    ];
    for (const [code, none, ts, em, mpTs] of expected) {
      const seen = [0, TS, EM, MP | TS].map((bits) => vectorWith(machine, code, bits));
      expect(seen, code.map(hex).join(' ')).toEqual([none, ts, em, mpTs]);
    }
    for (const code of [
      [0x0f, 0xae, 0x27],
      [0x0f, 0xae, 0x2f],
      [0x0f, 0xc7, 0x2f],
      [0x0f, 0x01, 0xd0],
    ]) {
      expect(vectorWith(machine, code, 0, 0x620), code.map(hex).join(' ')).toBe(UD);
    }
  });
  it('XSAVES writes what XSAVEC writes, XRSTORS brings it back and takes no other format', () => {
    const machine = createProcessor();
    const at = (code: number[]): number[] => [...code, 0x87, 0, 2, 0, 0];
    const c = randomCase([]);
    c.memory = new Uint8Array(LARGE_MEMORY);
    c.rax = 3n;
    const saves = onMachine(machine, { ...c, code: at([0x0f, 0xc7]).with(2, 0xaf) });
    const savec = onMachine(machine, { ...c, code: at([0x0f, 0xc7]).with(2, 0xa7) });
    expect(saves.signal).toBe(0);
    expect(saves.memory).toEqual(savec.memory);
    const other = { ...randomCase(at([0x0f, 0xc7]).with(2, 0x9f)), memory: saves.memory, rax: 3n };
    const back = onMachine(machine, other);
    expect({ ...back, fsw: back.fsw, rax: 0n, rflags: 0 }).toEqual({ ...saves, rax: 0n, rflags: 0 });
    const standard = onMachine(machine, { ...c, code: at([0x0f, 0xae]).with(2, 0xa7) });
    expect(onMachine(machine, { ...other, memory: standard.memory }).signal).toBe(SIGNALS[13]);
  });
  it('XGETBV: XCR0, and its components in use', () => {
    const machine = createProcessor();
    const c = { ...randomCase([0x0f, 0x01, 0xd0]), memory: new Uint8Array(MEMORY_SIZE) };
    expect(onMachine(machine, c).rax).toBe(7n);
    // mov cl, 1; xgetbv: the x87 state is not initial, xmm and ymm registers are zero. mov cl, 2: no such register.
    expect(onMachine(machine, { ...c, code: [0xb1, 1, ...c.code], count: 2 }).rax).toBe(1n);
    expect(onMachine(machine, { ...c, code: [0xb1, 2, ...c.code], count: 2 }).signal).toBe(SIGNALS[13]);
  });
});

describe('x87 environments in real mode (SDM vol. 1, figures 8-10 and 8-12)', () => {
  /** Runs one instruction with bx = 0 in real mode, data segment at DATA_PAGE; the vector of its fault or -1. */
  function inRealMode(machine: Processor, code: number[]): number {
    machine.reset();
    for (const [seg, at] of [
      [SEGMENT.cs, CODE_PAGE],
      [SEGMENT.ds, DATA_PAGE],
    ] as const) {
      machine.write16(segmentSlot(seg) + SEG.selector, at >> 4);
      machine.write64(segmentSlot(seg) + SEG.base, BigInt(at));
    }
    machine.write64(SLOT.RIP, 0n);
    machine.modeChanged();
    machine.physical.writeBytes(CODE_PAGE, new Uint8Array([...code, 0x90, 0x90]));
    machine.view.setUint8(machine.base + SLOT.FTW, 0);
    machine.write16(SLOT.FCW, 0x37f);
    machine.write16(SLOT.FSW, 0);
    machine.write64(SLOT.FIP, 0x54321n);
    machine.write64(SLOT.FDP, 0xabcden);
    machine.write16(SLOT.FOP, 0x7a5);
    let vector = -1;
    (machine as unknown as { deliver(vector: number): void }).deliver = (delivered) => {
      vector = delivered;
      machine.requestStop();
    };
    machine.run(machine.retired + 1);
    return vector;
  }
  const dump = (machine: Processor, bytes: number): string => {
    const data = new Uint8Array(bytes);
    machine.physical.readBytes(DATA_PAGE, data);
    return Buffer.from(data).toString('hex');
  };
  // fnstenv [bx], with and without operand size prefix.
  const SHORT = '7f0300' + '00ffff' + '2143' + 'a557' + 'debc' + '00a0';
  const LONG = '7f03ffff' + '0000ffff' + 'ffffffff' + '2143ffff' + 'a5570000' + 'debcffff' + '00a00000';
  it('stores and loads 16-bit and 32-bit formats', () => {
    const machine = createProcessor();
    for (const [prefix, expected] of [
      [[], SHORT],
      [[0x66], LONG],
    ] as const) {
      expect(inRealMode(machine, [...prefix, 0xd9, 0x37])).toBe(-1);
      expect(dump(machine, expected.length / 2)).toBe(expected);
      expect(inRealMode(machine, [...prefix, 0xd9, 0x27])).toBe(-1);
      expect([machine.read64(SLOT.FIP), machine.read64(SLOT.FDP), machine.read16(SLOT.FOP)]).toEqual([0x54321n, 0xabcden, 0x7a5]);
    }
  });
  it('tests the segment for all ten bytes of an operand', () => {
    const machine = createProcessor();
    // fld and fstp of ten bytes at 0xfff6 and 0xfff7.
    for (const modrm of [0x2e, 0x3e]) {
      expect(inRealMode(machine, [0xdb, modrm, 0xf6, 0xff])).toBe(-1);
      expect(inRealMode(machine, [0xdb, modrm, 0xf7, 0xff])).toBe(13);
    }
  });
});
