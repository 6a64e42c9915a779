// SPDX-License-Identifier: MIT
/** @fileoverview What a host says, once each, of a feature that the guest wanted in vain. */
import type { Processor } from '../cpu/processor.ts';
import { linearRip, peek } from '../machine/debugMemory.ts';

/** The longest instruction. */
const INSTRUCTION = 15;

export function missingLine(cpu: Processor, feature: string, rip: bigint): string {
  const bytes = [...peek(cpu, linearRip(cpu, rip), INSTRUCTION)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `the guest asked for ${feature}, which this machine lacks, at RIP ${rip.toString(16)}: ${bytes.join(' ')}`;
}
