// SPDX-License-Identifier: MIT
/**
 * @fileoverview Every x87 and MMX opcode through the processor against the host's: all register forms of D8 to DF, all memory forms,
 * all MMX opcodes, from random states with empty registers, pending exceptions, unmasked exceptions, every rounding and precision. All
 * of the state is compared: registers, tags, status, pointers, rax, flags, memory, faults.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
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
import { LAYOUT_END, SEG, SEGMENT, SLOT, segmentSlot } from '../../ir/state.ts';
import { PhysicalMemory } from '../../mmu/physical.ts';
import type { GuestFault } from '../helper.ts';
import { allInstructions } from '../record.ts';
import { FSW } from './float80.ts';
import { refreshSummary } from './unit.ts';

const MEMORY_SIZE = 128;
const RECORD = 192 + MEMORY_SIZE;
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
const available = spawnSync('gcc', ['--version']).status === 0 && process.arch === 'x64';

function onHost(cases: readonly Case[]): State[] {
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
  const output = execFileSync(program, [String(MEMORY_SIZE)], { input: bytes, maxBuffer: 1 << 30 });
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
      memory: output.subarray(at + 192, at + 192 + MEMORY_SIZE),
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
  physical.codeWritten = (page, offset, size) => cpu.codeWritten(page, offset, size);
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
  cpu.write64(SLOT.XCR0, 3n);
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
  (cpu as unknown as { deliver(fault: GuestFault): void }).deliver = (fault) => {
    vector = fault.vector;
    cpu.requestStop();
  };
  cpu.run(cpu.retired + c.count);
  const after = cpu.read32(SLOT.FTOP);
  const memory = new Uint8Array(MEMORY_SIZE);
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

let seed = 0x2545f4914f6cdd1dn;
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
  const status = close ? ~FSW.C1 : -1;
  field('signal', host.signal, here.signal);
  field('fcw', hex(host.fcw), hex(here.fcw));
  field('fsw', hex(host.fsw & status), hex(here.fsw & status));
  field('tags', hex(host.tags), hex(here.tags));
  field('fop', hex(host.fop), hex(here.fop));
  field('fip', hex(host.fip), hex(here.fip));
  field('fdp', hex(host.fdp), hex(here.fdp));
  field('rax', hex(host.rax), hex(here.rax));
  field('rflags', hex(host.rflags), hex(here.rflags));
  for (let i = 0; i < 8; i++) {
    const distance = order(host.st[i]) - order(here.st[i]);
    if (close && distance >= -1n && distance <= 1n) continue;
    field(`st${i}`, showNumber(host.st[i]), showNumber(here.st[i]));
  }
  field('memory', Buffer.from(host.memory).toString('hex').slice(0, 256), Buffer.from(here.memory).toString('hex').slice(0, 256));
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
});
