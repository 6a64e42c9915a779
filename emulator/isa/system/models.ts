// SPDX-License-Identifier: MIT
/**
 * @fileoverview CPU models by name. A model is a list of features; what the machine does not implement is in none of them, so a model
 * taken from QEMU or from the psABI's levels reports the intersection, as QEMU's own TCG does.
 *
 * Vendor, family, model and stepping are those of QEMU's `max` and `qemu64`: AuthenticAMD, 0Fh, 6Bh, 1.
 */
import type { Cpu, CpuModel } from '../helper.ts';
import { cpuid } from './cpuid.ts';
import { FEATURES } from './features.ts';
import type { ModelDefinition } from './modelDefinition.ts';

const BASE = [
  'FPU',
  'DE',
  'PSE',
  'TSC',
  'MSR',
  'PAE',
  'MCE',
  'CX8',
  'APIC',
  'SEP',
  'MTRR',
  'PGE',
  'MCA',
  'CMOV',
  'PAT',
  'PSE36',
  'CLFSH',
  'MMX',
  'FXSR',
  // How the x87 unit keeps its pointers (`isa/x87/unit.ts`).
  'FDP_EXCPTN_ONLY',
  'ZERO_FCS_FDS',
  'XSAVEERPTR',
  'SSE',
  'SSE2',
  'HYPERVISOR',
  'SYSCALL',
  'NX',
  'LM',
  'INVARIANT_TSC',
];
const QEMU64 = [...BASE.filter((f) => f !== 'INVARIANT_TSC'), 'SSE3', 'CMPXCHG16B', 'LAHF'];
const V2 = [...BASE, 'SSE3', 'SSSE3', 'SSE4.1', 'SSE4.2', 'POPCNT', 'CMPXCHG16B', 'LAHF'];
const EVERYTHING = [
  ...V2,
  'PCLMULQDQ',
  'MONITOR',
  'PCID',
  'X2APIC',
  'MOVBE',
  'TSC-DEADLINE',
  'AES',
  'XSAVE',
  'RDRAND',
  'FSGSBASE',
  'TSC_ADJUST',
  'SMEP',
  'ERMS',
  'INVPCID',
  'RDSEED',
  'ADX',
  'SMAP',
  'CLFLUSHOPT',
  'CLWB',
  'UMIP',
  'RDPID',
  'FSRM',
  'XSAVEOPT',
  'XSAVEC',
  'XGETBV1',
  'XSAVES',
  'MMXEXT',
  'PAGE1GB',
  'RDTSCP',
  'ABM',
  'BMI1',
  'BMI2',
  '3DNOWPREFETCH',
];
const model = (name: string, brand: string, features: readonly string[]): ModelDefinition => {
  for (const f of features) if (!FEATURES.has(f)) throw new Error(`CPU model ${name}: there is no feature ${f}`);
  return { name, brand, features: new Set(features), physicalBits: 40 };
};
export const MODELS: readonly ModelDefinition[] = [
  model('diorama', 'Diorama x86-64 processor', EVERYTHING),
  model('qemu64', 'QEMU Virtual CPU version 2.5+', QEMU64),
  model('x86-64-v1', 'Diorama x86-64-v1 processor', BASE),
  model('x86-64-v2', 'Diorama x86-64-v2 processor', V2),
];
export const DEFAULT_MODEL = 'diorama';

/** The model called `name`, or undefined. */
export function cpuModel(name: string): CpuModel | undefined {
  const definition = MODELS.find((m) => m.name === name);
  if (!definition) return undefined;
  return {
    name,
    has: (feature) => definition.features.has(feature),
    cpuid: (leaf, subleaf, cpu: Cpu) => cpuid(definition, leaf, subleaf, cpu),
  };
}
