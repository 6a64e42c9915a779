// SPDX-License-Identifier: MIT
/**
 * @fileoverview Places sections, gives symbols their addresses and fills in what refers to them.
 *
 * An image is a list of segments in order of address; a segment is a list of sections with the same rights, one after another. A
 * segment without an address of its own follows the one before at the next page. Names are one namespace: every symbol that
 * is not local may be referred to from every section, and defining one twice is an error, as is referring to one that
 * nobody defines; both are reported all at once. Section names must differ, since symbols are placed by them.
 */
import type { Section, SectionSymbol } from '../translate/types.ts';
import type { Relocation } from '../x86/x86.ts';

export interface SegmentPlan {
  readonly name: string;
  /** Virtual address of the first byte; absent: the next page after the segment before. */
  readonly address?: bigint;
  /** What is added to a virtual address to get the physical one; 0 unless given. */
  readonly physicalOffset?: bigint;
  readonly sections: readonly Section[];
  /** Zero bytes behind the last section. */
  readonly zeros?: bigint;
  readonly writable?: boolean;
  readonly executable?: boolean;
}

export interface LinkInput {
  readonly segments: readonly SegmentPlan[];
  readonly symbols: readonly SectionSymbol[];
  /** Symbols that are addresses, or any other number, by themselves. */
  readonly absolute?: ReadonlyMap<string, bigint>;
}

export interface LinkedSegment {
  readonly name: string;
  readonly address: bigint;
  readonly physical: bigint;
  readonly bytes: Uint8Array;
  /** At least the bytes; the rest is zero. */
  readonly memorySize: bigint;
  readonly writable: boolean;
  readonly executable: boolean;
}

export interface LinkedSymbol {
  readonly name: string;
  readonly address: bigint;
  readonly size: number;
  readonly kind: 'function' | 'object';
  readonly local: boolean;
}

export interface Linked {
  readonly segments: readonly LinkedSegment[];
  /** Of sections, ascending by address. */
  readonly symbols: readonly LinkedSymbol[];
  /** A symbol's address; throws if there is none. */
  address(symbol: string): bigint;
  /** Where a section was put. */
  sectionAddress(section: string): bigint;
}

export class LinkError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'LinkError';
  }
}

export const PAGE = 4096n;
export const alignUp = (value: bigint, alignment: bigint): bigint => ((value + alignment - 1n) / alignment) * alignment;

/**
 * Symbols whose values depend on the layout: called once sections have their addresses and before anything refers to them.
 */
export type LateSymbols = (placed: {
  sectionAddress(section: string): bigint;
  segmentEnd(segment: string): bigint;
}) => Iterable<readonly [string, bigint]>;

export function link(input: LinkInput, late: LateSymbols = () => []): Linked {
  const problems: string[] = [];
  const sectionAddresses = new Map<string, bigint>();
  const placed = placeSegments(input.segments, sectionAddresses, problems);
  const sectionAddress = (section: string): bigint => {
    const address = sectionAddresses.get(section);
    if (address === undefined) throw new LinkError([`no section ${section}`]);
    return address;
  };

  const addresses = new Map<string, bigint>();
  const define = (name: string, address: bigint): void => {
    if (addresses.has(name)) problems.push(`${name} is defined twice`);
    addresses.set(name, address);
  };
  const symbols: LinkedSymbol[] = [];
  for (const symbol of input.symbols) {
    const address = sectionAddress(symbol.section) + BigInt(symbol.offset);
    symbols.push({ name: symbol.name, address, size: symbol.size, kind: symbol.kind, local: symbol.local ?? false });
    if (!symbol.local) define(symbol.name, address);
  }
  for (const [name, address] of input.absolute ?? []) define(name, address);
  const segmentEnd = (name: string): bigint => {
    const segment = placed.find((candidate) => candidate.name === name);
    if (!segment) throw new LinkError([`no segment ${name}`]);
    return segment.address + segment.memorySize;
  };
  for (const [name, address] of late({ sectionAddress, segmentEnd })) define(name, address);

  const missing = new Set<string>();
  for (const [index, plan] of input.segments.entries()) {
    for (const section of plan.sections) {
      const at = sectionAddress(section.name);
      const bytes = placed[index].bytes.subarray(Number(at - placed[index].address));
      for (const relocation of section.relocations) {
        const target = addresses.get(relocation.symbol);
        if (target === undefined) missing.add(`${relocation.symbol} is not defined (used in ${section.name})`);
        else applyRelocation(bytes, relocation, target, at, problems);
      }
    }
  }
  problems.push(...missing);
  if (problems.length) throw new LinkError(problems);
  symbols.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  return {
    segments: placed,
    symbols,
    sectionAddress,
    address(symbol) {
      const address = addresses.get(symbol);
      if (address === undefined) throw new LinkError([`${symbol} is not defined`]);
      return address;
    },
  };
}

/** Where sections come to lie from the start of their segment. */
export function sectionOffsets(sections: readonly Section[]): number[] {
  let at = 0;
  return sections.map((section) => {
    const offset = Math.ceil(at / section.alignment) * section.alignment;
    at = offset + section.bytes.length + (section.zeros ?? 0);
    return offset;
  });
}

function placeSegments(
  plans: readonly SegmentPlan[],
  sectionAddresses: Map<string, bigint>,
  problems: string[],
): LinkedSegment[] {
  const placed: LinkedSegment[] = [];
  let next = 0n;
  for (const plan of plans) {
    const start = plan.address ?? alignUp(next, PAGE);
    let at = start;
    let initialised = start;
    for (const [index, offset] of sectionOffsets(plan.sections).entries()) {
      const section = plan.sections[index];
      if (start % BigInt(section.alignment)) problems.push(`segment ${plan.name} begins unaligned for ${section.name}`);
      if (sectionAddresses.has(section.name)) problems.push(`there are two sections ${section.name}`);
      sectionAddresses.set(section.name, start + BigInt(offset));
      at = start + BigInt(offset + section.bytes.length);
      if (section.bytes.length) initialised = at;
      at += BigInt(section.zeros ?? 0);
    }
    const bytes = new Uint8Array(Number(initialised - start));
    // Gaps in code must not be run.
    if (plan.executable) bytes.fill(0xcc);
    for (const section of plan.sections) {
      // An empty one may lie, aligned, behind the last byte.
      if (section.bytes.length > 0) bytes.set(section.bytes, Number((sectionAddresses.get(section.name) ?? 0n) - start));
    }
    placed.push({
      name: plan.name,
      address: start,
      physical: start + (plan.physicalOffset ?? 0n),
      bytes,
      memorySize: at - start + (plan.zeros ?? 0n),
      writable: plan.writable ?? false,
      executable: plan.executable ?? false,
    });
    next = at + (plan.zeros ?? 0n);
  }
  const byAddress = [...placed].sort((a, b) => (a.address < b.address ? -1 : 1));
  for (const [index, segment] of byAddress.entries()) {
    const before = byAddress[index - 1];
    if (before && before.address + before.memorySize > segment.address)
      problems.push(`segments ${before.name} and ${segment.name} overlap`);
  }
  return placed;
}

function applyRelocation(bytes: Uint8Array, relocation: Relocation, target: bigint, section: bigint, problems: string[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { offset, kind, symbol } = relocation;
  const value = target + BigInt(relocation.addend);
  if (kind === 'abs64') {
    view.setBigUint64(offset, BigInt.asUintN(64, value), true);
    return;
  }
  const stored = kind === 'pc32' ? value - (section + BigInt(offset)) : kind === 'abs32s' ? BigInt.asIntN(64, value) : value;
  const fits = kind === 'abs32' ? stored >= 0n && stored <= 0xffff_ffffn : stored >= -0x8000_0000n && stored <= 0x7fff_ffffn;
  if (!fits) problems.push(`${symbol} at 0x${BigInt.asUintN(64, target).toString(16)} is out of reach of ${kind}`);
  view.setUint32(offset, Number(BigInt.asUintN(32, stored)), true);
}
