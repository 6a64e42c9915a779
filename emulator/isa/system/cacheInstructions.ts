// SPDX-License-Identifier: MIT
/**
 * @fileoverview Cache control and ordering: CLFLUSH, CLFLUSHOPT, CLWB, PREFETCH*, LFENCE, MFENCE, SFENCE (APM vol. 3).
 *
 * There are no caches and memory is in order, so only faults are left: the flushes fault like a byte read, prefetches never do.
 */
import { helper } from '../helper.ts';
import { instruction } from '../record.ts';

const touch = helper('clflush', (cpu) => cpu.probe(cpu.args.u64(0), 1, false));
for (const [mnemonic, code, feature] of [
  ['clflush', 'NP 0F AE /7', 'CLFSH'],
  ['clflushopt', '66 0F AE /7', 'CLFLUSHOPT'],
  ['clwb', '66 0F AE /6', 'CLWB'],
] as const) {
  instruction({
    mnemonic,
    encodings: { [code]: 'Mb' },
    cpuid: feature,
    exec: (ir, line) => ir.callVoid(touch, [ir.address(line)]),
  });
}

const nothing = (): void => {};
for (const [mnemonic, code, feature] of [
  ['prefetchnta', '0F 18 /0', 'SSE'],
  ['prefetcht0', '0F 18 /1', 'SSE'],
  ['prefetcht1', '0F 18 /2', 'SSE'],
  ['prefetcht2', '0F 18 /3', 'SSE'],
  ['prefetch', '0F 0D /0', '3DNOWPREFETCH'],
  ['prefetchw', '0F 0D /1', '3DNOWPREFETCH'],
] as const) {
  instruction({ mnemonic, encodings: { [code]: 'M' }, cpuid: feature, exec: nothing });
}

for (const [mnemonic, code, feature] of [
  ['lfence', 'NP 0F AE E8+i', 'SSE2'],
  ['mfence', 'NP 0F AE F0+i', 'SSE2'],
  ['sfence', 'NP 0F AE F8+i', 'SSE'],
] as const) {
  instruction({ mnemonic, encodings: { [code]: '' }, cpuid: feature, exec: nothing });
}
