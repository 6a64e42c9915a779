// SPDX-License-Identifier: MIT
/**
 * @fileoverview Our decoder against iced-x86: byte strings, random and biased towards what is valid, in all code sizes. Validity, length
 * and mnemonic must be equal. What iced decodes and this machine does not have is listed below by CPUID feature, and every other
 * place where the two may differ with its reason.
 */
import { createRequire } from 'node:module';
import { type Decoded, decode } from '../../../emulator/decode/decode.ts';
import { tablesFor } from '../../../emulator/interp/interpreter.ts';
import { Random } from '../hardware/random.ts';

const require = createRequire(import.meta.url);
const { Code, CpuidFeature, Decoder, Instruction, Mnemonic } = require('iced-x86') as typeof import('iced-x86');

type CodeSize = 16 | 32 | 64;
const CODE_SIZES: readonly CodeSize[] = [16, 32, 64];
/** No instruction reaches into the next string. */
const STRIDE = 16;

/** Features by iced's names whose instructions this machine does not have; they are undefined here, or another instruction as said. */
export const ABSENT: readonly { features: RegExp; why: string }[] = [
  {
    features: /^(AVX|FMA|F16C|XOP|TBM|LWP|AMX|VAES|VPCLMULQDQ|KNC|CMPCCXADD|SM3|SM4|SHA512|TSE)/,
    why: 'VEX, EVEX and XOP encodings come later',
  },
  { features: /^D3NOW|^CYRIX|^PADLOCK|^CENTAUR/, why: 'discontinued extensions of single makers' },
  { features: /^SSE4A$/, why: 'AMD alone, in no other feature level' },
  { features: /^(SHA|GFNI|AESKLE|KL|WIDE_KL)/, why: 'not among the features that the machine reports' },
  { features: /^(VMX|INVEPT|INVVPID|SMX|TDX|SGX1|OSS|SEAM)/, why: 'Intel virtualization and enclaves' },
  { features: /^(SVM|SKINIT|SEV|INVLPGB|RMPQUERY)/, why: 'AMD virtualization comes later' },
  {
    features: /^(RTM|HLE|TSXLDTRK|RAO_INT|MOVDIR|ENQCMD|WAITPKG|UINTR|CET|PTWRITE|PKU|MPX)/,
    why: 'not among the features that the machine reports',
  },
  {
    features:
      /^(MONITORX|CLZERO|RDPRU|MCOMMIT|CLDEMOTE|PREFETCH|SERIALIZE|HRESET|PCONFIG|WRMSRNS|MSRLIST|LKGS|FRED|CL1INVMB|PCOMMIT|MSR)/,
    why: 'not among the features that the machine reports',
  },
  { features: /^(IA64|UMOV|MOV_TR|INTEL386_A0_ONLY|SMM)/, why: 'of single processors only' },
];
export interface Pair {
  mode: CodeSize;
  /** Undefined: not decoded. */
  ours: Decoded | undefined;
  /** In lower case; '' if iced does not decode it. */
  mnemonic: string;
  /** iced's name of the encoding. */
  code: string;
  features: readonly string[];
}
export const DEPARTURES: readonly { why: string; applies(x: Pair): boolean }[] = [
  {
    why: 'control registers that do not exist are #UD when MOV executes, not when it is decoded',
    applies: (x) => x.mnemonic === '' && x.ours?.record.mnemonic === 'mov' && x.ours.entry.registerOnly,
  },
  {
    why: 'hints are NOPs on processors without their feature',
    applies: (x) =>
      x.ours?.record.mnemonic === 'nop' && /^(reservednop|cldemote|pause|endbr|rdssp|prefetch|bnd|umonitor)/.test(x.mnemonic),
  },
  {
    why: 'register forms of 0F 0D are NOPs on Intel and undefined on AMD (APM vol. 3, PREFETCH), here too',
    applies: (x) => !x.ours && x.mnemonic === 'reservednop' && x.code.endsWith('_0F0D'),
  },
  {
    why: 'F3 90h with REX.B is PAUSE on Intel and in iced, XCHG on AMD and here',
    applies: (x) => x.mnemonic === 'pause' && x.ours?.record.mnemonic === 'xchg',
  },
  {
    why: 'WBNOINVD is WBINVD on processors without it',
    applies: (x) => x.mnemonic === 'wbnoinvd' && x.ours?.record.mnemonic === 'wbinvd',
  },
];

const CONDITIONS = ['o', 'no', 'b', 'ae', 'e', 'ne', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'];
const SUFFIX: Readonly<Record<number, string>> = { 8: 'b', 16: 'w', 32: 'd', 64: 'q' };
const STRINGS = new Set(['movs', 'cmps', 'scas', 'lods', 'stos', 'ins', 'outs']);
const SIZED: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  cbw: { 16: 'cbw', 32: 'cwde', 64: 'cdqe' },
  cwd: { 16: 'cwd', 32: 'cdq', 64: 'cqo' },
  pusha: { 16: 'pusha', 32: 'pushad' },
  popa: { 16: 'popa', 32: 'popad' },
  pushf: { 16: 'pushf', 32: 'pushfd', 64: 'pushfq' },
  popf: { 16: 'popf', 32: 'popfd', 64: 'popfq' },
  iret: { 16: 'iret', 32: 'iretd', 64: 'iretq' },
  movd: { 32: 'movd', 64: 'movq' },
  pextrd: { 32: 'pextrd', 64: 'pextrq' },
  pinsrd: { 32: 'pinsrd', 64: 'pinsrq' },
  sysret: { 64: 'sysretq' },
  sysexit: { 64: 'sysexitq' },
};
const RENAMED: Readonly<Record<string, string>> = {
  xlat: 'xlatb',
  fwait: 'wait',
  feni: 'fneni',
  fdisi: 'fndisi',
  fsetpm: 'fnsetpm',
};
/** iced's name for what we decoded: ours are the manuals' heads, without suffixes for sizes. */
function nameOf(d: Decoded): string {
  const name = d.record.mnemonic;
  if (name.endsWith('cc') && d.entry.notation.includes('+cc')) return name.slice(0, -2) + CONDITIONS[d.cc];
  // REP INS of 64 bits is one of 32.
  if (STRINGS.has(name)) return name + SUFFIX[d.size === 64 && (name === 'ins' || name === 'outs') ? 32 : d.size];
  if (name === 'jrcxz') return { 16: 'jcxz', 32: 'jecxz', 64: 'jrcxz' }[d.address];
  if (name === 'ret' && (d.entry.opcode === 0xca || d.entry.opcode === 0xcb)) return 'retf';
  if (name.startsWith('pcmpestr') && d.entry.rexW) return `${name}64`;
  if (name === 'shl' && d.entry.digit === 6) return 'sal';
  return SIZED[name]?.[d.size] ?? RENAMED[name] ?? name;
}

const PREFIXES = [0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x26, 0x64, 0x65, 0x48, 0x41, 0x44, 0x4f, 0x66, 0xf3];
/** Half of the strings are plain random bytes; the others begin with prefixes and an opcode map. */
function strings(r: Random, count: number): Uint8Array {
  const bytes = new Uint8Array(count * STRIDE);
  const words = new DataView(bytes.buffer);
  for (let i = 0; i < bytes.length; i += 4) words.setUint32(i, r.u32());
  for (let i = 0; i < bytes.length; i += STRIDE) {
    const kind = r.below(7);
    if (kind < 3) continue;
    let at = i;
    if (kind === 6) {
      // VEX, map 1 to 3 more often than not, of 128 bits.
      if (r.one(8)) bytes[at++] = r.pick(PREFIXES);
      bytes[at++] = 0xc4;
      bytes[at] = r.one(8) ? bytes[at] : (bytes[at] & 0xe0) | (1 + r.below(3));
      if (!r.one(4)) bytes[at] |= 0xc0;
      at++;
      if (!r.one(8)) bytes[at] &= 0xfb;
      at++;
      if (r.one(2)) bytes[at] = 0xf0 | r.below(8);
      continue;
    }
    for (let n = r.below(4); n > 0; n--) bytes[at++] = r.pick(PREFIXES);
    if (kind > 3) bytes[at++] = 0x0f;
    if (kind === 5) bytes[at++] = r.pick([0x38, 0x3a]);
  }
  return bytes;
}

export interface Report {
  /** Instructions that both decoded alike. */
  decoded: number;
  invalid: number;
  differences: string[];
  /** What iced alone decodes: features -> how often. */
  absent: Map<string, number>;
  /** Departures that were met: reason -> how often. */
  departures: Map<string, number>;
}
const tables = tablesFor(() => true);
/** `count` byte strings, each in all code sizes. */
export function compareWithIced(seed: number, count: number): Report {
  const report: Report = { decoded: 0, invalid: 0, differences: [], absent: new Map(), departures: new Map() };
  const r = new Random(seed);
  const BATCH = 50_000;
  for (let done = 0; done < count; done += BATCH) {
    const n = Math.min(BATCH, count - done);
    const bytes = strings(r, n);
    for (const mode of CODE_SIZES) compareBatch(bytes, n, mode, report);
  }
  return report;
}
function compareBatch(bytes: Uint8Array, count: number, mode: CodeSize, report: Report): void {
  const decoder = new Decoder(mode, bytes, 0);
  const instruction = new Instruction();
  for (let i = 0; i < count; i++) {
    const at = i * STRIDE;
    decoder.position = at;
    decoder.decodeOut(instruction);
    const found = decode(tables, bytes, at, { code: mode, protectedMode: true });
    const ours = typeof found === 'string' ? undefined : found;
    if (instruction.isInvalid && !ours) {
      report.invalid++;
      continue;
    }
    const mnemonic = instruction.isInvalid ? '' : Mnemonic[instruction.mnemonic].toLowerCase();
    if (ours && mnemonic === nameOf(ours) && instruction.length === ours.length) {
      report.decoded++;
      continue;
    }
    const features = instruction.isInvalid ? [] : [...instruction.cpuidFeatures()].map((f) => CpuidFeature[f]);
    const pair: Pair = { mode, ours, mnemonic, code: Code[instruction.code], features };
    const departure = DEPARTURES.find((d) => d.applies(pair));
    const lengthsDiffer = ours && mnemonic !== '' && instruction.length !== ours.length;
    if (departure && !lengthsDiffer) {
      report.departures.set(departure.why, (report.departures.get(departure.why) ?? 0) + 1);
      continue;
    }
    if (!ours && features.some((f) => ABSENT.some((a) => a.features.test(f)))) {
      const key = features.join('+');
      report.absent.set(key, (report.absent.get(key) ?? 0) + 1);
      continue;
    }
    const text = Buffer.from(bytes.subarray(at, at + STRIDE - 1)).toString('hex');
    const here = ours ? `${ours.record.mnemonic} '${ours.entry.notation}' of ${ours.length} bytes` : `${found}`;
    report.differences.push(
      `${mode}-bit ${text}: iced ${mnemonic || 'invalid'} (${features}) of ${instruction.length}, here ${here}`,
    );
  }
}
