// SPDX-License-Identifier: MIT
/**
 * @fileoverview CPUID feature flags by name: which leaf, register and bit reports them (APM vol. 3, appendix E; SDM vol. 2, CPUID).
 * Records name them in `cpuid`; models are lists of them.
 */

export type Register = 'eax' | 'ebx' | 'ecx' | 'edx';
export interface FeatureBit {
  leaf: number;
  subleaf: number;
  register: Register;
  bit: number;
}

const LAYOUT: readonly (readonly [number, number, Register, Readonly<Record<number, string>>])[] = [
  [
    1,
    0,
    'edx',
    {
      0: 'FPU',
      1: 'VME',
      2: 'DE',
      3: 'PSE',
      4: 'TSC',
      5: 'MSR',
      6: 'PAE',
      7: 'MCE',
      8: 'CX8',
      9: 'APIC',
      11: 'SEP',
      12: 'MTRR',
      13: 'PGE',
      14: 'MCA',
      15: 'CMOV',
      16: 'PAT',
      17: 'PSE36',
      19: 'CLFSH',
      23: 'MMX',
      24: 'FXSR',
      25: 'SSE',
      26: 'SSE2',
      28: 'HTT',
    },
  ],
  [
    1,
    0,
    'ecx',
    {
      0: 'SSE3',
      1: 'PCLMULQDQ',
      3: 'MONITOR',
      9: 'SSSE3',
      12: 'FMA',
      13: 'CMPXCHG16B',
      17: 'PCID',
      19: 'SSE4.1',
      20: 'SSE4.2',
      21: 'X2APIC',
      22: 'MOVBE',
      23: 'POPCNT',
      24: 'TSC-DEADLINE',
      25: 'AES',
      26: 'XSAVE',
      27: 'OSXSAVE',
      28: 'AVX',
      29: 'F16C',
      30: 'RDRAND',
      31: 'HYPERVISOR',
    },
  ],
  [
    7,
    0,
    'ebx',
    {
      0: 'FSGSBASE',
      1: 'TSC_ADJUST',
      3: 'BMI1',
      5: 'AVX2',
      6: 'FDP_EXCPTN_ONLY',
      7: 'SMEP',
      8: 'BMI2',
      9: 'ERMS',
      10: 'INVPCID',
      13: 'ZERO_FCS_FDS',
      18: 'RDSEED',
      19: 'ADX',
      20: 'SMAP',
      23: 'CLFLUSHOPT',
      24: 'CLWB',
      29: 'SHA',
    },
  ],
  [7, 0, 'ecx', { 2: 'UMIP', 16: 'LA57', 22: 'RDPID' }],
  [7, 0, 'edx', { 4: 'FSRM' }],
  [0xd, 1, 'eax', { 0: 'XSAVEOPT', 1: 'XSAVEC', 2: 'XGETBV1', 3: 'XSAVES' }],
  [0x80000001, 0, 'edx', { 11: 'SYSCALL', 20: 'NX', 22: 'MMXEXT', 25: 'FFXSR', 26: 'PAGE1GB', 27: 'RDTSCP', 29: 'LM' }],
  [
    0x80000001,
    0,
    'ecx',
    {
      0: 'LAHF',
      1: 'CMP_LEGACY',
      2: 'SVM',
      4: 'CR8_LEGACY',
      5: 'ABM',
      6: 'SSE4A',
      7: 'MISALIGNSSE',
      8: '3DNOWPREFETCH',
    },
  ],
  [0x80000007, 0, 'edx', { 8: 'INVARIANT_TSC' }],
  [0x80000008, 0, 'ebx', { 2: 'XSAVEERPTR' }],
];

export const FEATURES: ReadonlyMap<string, FeatureBit> = new Map(
  LAYOUT.flatMap(([leaf, subleaf, register, names]) =>
    Object.entries(names).map(([bit, name]): [string, FeatureBit] => [name, { leaf, subleaf, register, bit: Number(bit) }]),
  ),
);

/** EDX bits of leaf 1 that AMD repeats in leaf 80000001h. */
export const AMD_COPIES = 0x0183f3ff;
