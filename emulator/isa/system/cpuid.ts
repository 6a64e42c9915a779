// SPDX-License-Identifier: MIT
/**
 * @fileoverview CPUID leaves of a model (APM vol. 3, appendix E; SDM vol. 2, CPUID). Cache sizes, topology and the hypervisor leaf are
 * those of QEMU's AMD models under TCG. A leaf beyond the last one answers as the last basic leaf does, as QEMU and Intel do.
 */
import { SLOT } from '../../ir/state.ts';
import type { Cpu } from '../helper.ts';
import { CR4_OSXSAVE } from './bits.ts';
import { AMD_COPIES, FEATURES, type Register } from './features.ts';
import type { ModelDefinition } from './modelDefinition.ts';

type Leaf = readonly [number, number, number, number];
const NOTHING: Leaf = [0, 0, 0, 0];

const LAST_BASIC = 0xd;
const LAST_EXTENDED = 0x80000008;
const LAST_HYPERVISOR = 0x40000001;
/** Family 0Fh, model 6Bh, stepping 1. */
export const SIGNATURE = 0x00060fb1;
const APIC_BASE_ENABLE = 1 << 11;

const text = (s: string, at: number): number => {
  let word = 0;
  for (let i = 3; i >= 0; i--) word = (word << 8) | (s.charCodeAt(at + i) || 0);
  return word;
};

/** All feature bits of one register of a leaf. */
function features(m: ModelDefinition, leaf: number, subleaf: number, register: Register): number {
  let bits = 0;
  for (const name of m.features) {
    const f = FEATURES.get(name);
    if (f && f.leaf === leaf && f.subleaf === subleaf && f.register === register) bits |= 1 << f.bit;
  }
  return bits;
}

export function cpuid(m: ModelDefinition, leaf: number, subleaf: number, cpu: Cpu): Leaf {
  const last =
    leaf >= 0x80000000 ? LAST_EXTENDED : leaf >= 0x40000000 && m.features.has('HYPERVISOR') ? LAST_HYPERVISOR : LAST_BASIC;
  return leafOf(m, leaf > last ? LAST_BASIC : leaf, subleaf, cpu);
}

function leafOf(m: ModelDefinition, leaf: number, subleaf: number, cpu: Cpu): Leaf {
  const { index, processors } = cpu.platform;
  const vendor = 'AuthenticAMD';
  const vendorLeaf = (last: number): Leaf => [last, text(vendor, 0), text(vendor, 8), text(vendor, 4)];
  switch (leaf) {
    case 0:
      return vendorLeaf(LAST_BASIC);
    case 1: {
      const count = processors > 1 ? processors : 0;
      let ecx = features(m, 1, 0, 'ecx');
      if (m.features.has('XSAVE') && cpu.read32(SLOT.CR4) & CR4_OSXSAVE) ecx |= 1 << 27;
      let edx = features(m, 1, 0, 'edx');
      if (!(cpu.read32(SLOT.APIC_BASE) & APIC_BASE_ENABLE)) edx &= ~(1 << 9);
      if (count) edx |= 1 << 28;
      return [SIGNATURE, (index << 24) | (count << 16) | (8 << 8), ecx, edx];
    }
    case 5:
      // MWAIT takes break events with interrupts off.
      return m.features.has('MONITOR') ? [0, 0, 3, 0] : NOTHING;
    case 6:
      // The local APIC timer runs in all power states.
      return [m.features.has('INVARIANT_TSC') ? 4 : 0, 0, 0, 0];
    case 7:
      return subleaf === 0 ? [0, features(m, 7, 0, 'ebx'), features(m, 7, 0, 'ecx'), features(m, 7, 0, 'edx')] : NOTHING;
    case 0xb:
      return topology(subleaf, index, processors);
    case 0xd:
      return extendedState(m, subleaf);
    case 0x40000000:
      return [LAST_HYPERVISOR, text('TCGTCGTCGTCG', 0), text('TCGTCGTCGTCG', 4), text('TCGTCGTCGTCG', 8)];
    case 0x80000000:
      return vendorLeaf(LAST_EXTENDED);
    case 0x80000001: {
      let ecx = features(m, leaf, 0, 'ecx');
      if (processors > 1) ecx |= 2;
      const edx = features(m, leaf, 0, 'edx') | (features(m, 1, 0, 'edx') & AMD_COPIES);
      return [SIGNATURE, 0, ecx, edx];
    }
    case 0x80000002:
    case 0x80000003:
    case 0x80000004: {
      const at = (leaf - 0x80000002) * 16;
      return [text(m.brand, at), text(m.brand, at + 4), text(m.brand, at + 8), text(m.brand, at + 12)];
    }
    case 0x80000005:
      // First-level caches: 64 KiB each, 2-way, 64-byte lines; 255-entry TLBs.
      return [0x01ff01ff, 0x01ff01ff, 0x40020140, 0x40020140];
    case 0x80000006:
      // Second level: 512 KiB, 16-way; third: 16 MiB, 16-way.
      return [0, 0x42004200, 0x02008140, 0x00808140];
    case 0x80000007:
      return [0, 0, 0, features(m, leaf, 0, 'edx')];
    case 0x80000008:
      return [
        m.physicalBits | (48 << 8),
        features(m, leaf, 0, 'ebx'),
        processors > 1 ? (apicBits(processors) << 12) | (processors - 1) : 0,
        0,
      ];
    default:
      return NOTHING;
  }
}

const apicBits = (processors: number): number => Math.ceil(Math.log2(processors));

/** Extended topology: one thread per core, all cores in one package. */
function topology(subleaf: number, index: number, processors: number): Leaf {
  if (subleaf === 0) return [0, 1, 0x100, index];
  if (subleaf === 1) return [apicBits(processors), processors, 0x201, index];
  return [0, 0, subleaf & 0xff, index];
}

/** XSAVE area: 512 bytes of FXSAVE image and a header of 64, x87 and SSE only. */
function extendedState(m: ModelDefinition, subleaf: number): Leaf {
  if (!m.features.has('XSAVE')) return NOTHING;
  if (subleaf === 0) return [3, 0x240, 0x240, 0];
  if (subleaf === 1) {
    const eax = features(m, 0xd, 1, 'eax');
    return [eax, eax & 10 ? 0x240 : 0, 0, 0];
  }
  return NOTHING;
}
