// SPDX-License-Identifier: MIT
/**
 * @fileoverview The page table walk (APM vol. 2, chapter 5): 2-level paging with 4 MiB pages, PAE, and 4-level paging with 2 MiB and
 * 1 GiB pages; protection by U/S, R/W, NX, CR0.WP, SMEP and SMAP; accessed and dirty bits; reserved bits.
 *
 * A pure function over a reader of physical memory: what it changes are accessed and dirty bits there. Accessed bits of upper entries are
 * set on the way down, those of the last entry, with the dirty bit, once the access is allowed.
 *
 * Physical addresses are numbers (below 2^52); a linear address comes as two 32-bit halves and must be canonical, so that
 * nothing here needs a bigint. 5-level paging would add one round to the loop of `walkLong`.
 */

export interface PhysicalReader {
  read32(address: number): number;
  write32(address: number, value: number): void;
}

export interface WalkEnvironment {
  readonly memory: PhysicalReader;
  /** The A20 gate is closed: translations, like `memory`, lose bit 20 of the address. */
  readonly a20Closed?: boolean;
  /** Low halves of the registers. */
  readonly cr0: number;
  readonly cr4: number;
  readonly efer: number;
  /** CR3 without its flags: physical address of the top table, 32-byte aligned. */
  readonly cr3: number;
  /** PAE outside long mode: the four pointers inside the processor, low and high halves. */
  readonly pdpte: { readonly [index: number]: number };
  /** MAXPHYADDR of the CPU model. */
  readonly physicalBits: number;
  /** CPUID: 1 GiB pages. */
  readonly gigabytePages: boolean;
}

export interface Access {
  readonly write: boolean;
  readonly fetch: boolean;
  /** CPL 3, and not one of the processor's own accesses to descriptor tables and TSS. */
  readonly user: boolean;
  /** CR4.SMAP holds for this supervisor access: it is implicit, or RFLAGS.AC is clear. */
  readonly smap: boolean;
}

export interface Translation {
  /** Of the 4 KiB page that holds the linear address. */
  physical: number;
  /** What accesses of the same kind (user, smap) may do; `write` only if the dirty bit is set already, so that a write may skip the walk. */
  read: boolean;
  write: boolean;
  execute: boolean;
  global: boolean;
  /** Of the mapping: 4 KiB, 2 MiB, 4 MiB or 1 GiB in bytes. */
  size: number;
}

/** Error code bits of #PF. */
export const PF_P = 1;
export const PF_W = 2;
export const PF_U = 4;
export const PF_RSVD = 8;
export const PF_I = 16;

const CR0_WP = 1 << 16;
const CR0_PG = 1 << 31;
const CR4_PSE = 1 << 4;
const CR4_PAE = 1 << 5;
const CR4_PGE = 1 << 7;
const CR4_SMEP = 1 << 20;
const EFER_LMA = 1 << 10;
const EFER_NXE = 1 << 11;

const P = 1;
const RW = 2;
const US = 4;
const A = 0x20;
const D = 0x40;
const PS = 0x80;
const G = 0x100;
const NX_HIGH = 1 << 31;
const HIGH = 2 ** 32;

const A20 = 0x100000;
/** A physical address behind the closed gate. */
export const withoutA20 = (address: number): number => (Math.floor(address / A20) % 2 === 1 ? address - A20 : address);

/** The translation, or the error code of the page fault. */
export function walk(env: WalkEnvironment, high: number, low: number, access: Access): Translation | number {
  const found = walkTables(env, high, low, access);
  if (env.a20Closed && typeof found !== 'number') found.physical = withoutA20(found.physical);
  return found;
}
function walkTables(env: WalkEnvironment, high: number, low: number, access: Access): Translation | number {
  if (!(env.cr0 & CR0_PG))
    return { physical: (low & ~0xfff) >>> 0, read: true, write: true, execute: true, global: false, size: 4096 };
  if (env.efer & EFER_LMA) return walkLong(env, high, low, access);
  if (env.cr4 & CR4_PAE) return walkPae(env, low, access);
  return walkClassic(env, low, access);
}

/** Rights gathered over the levels: an entry of all ones in US and RW, zero in NX, leaves them as they are. */
const ALL = US | RW;

function walkLong(env: WalkEnvironment, high: number, low: number, access: Access): Translation | number {
  let table = env.cr3 - (env.cr3 % 4096);
  let rights = ALL;
  let noExecute = 0;
  for (let level = 4; ; level--) {
    const index = level === 4 ? high >>> 7 : level === 3 ? (high << 2) | (low >>> 30) : low >>> (12 + 9 * (level - 1));
    const at = table + (index & 511) * 8;
    const entry = env.memory.read32(at);
    if (!(entry & P)) return errorCode(env, access, 0);
    const upper = env.memory.read32(at + 4);
    const last = level === 1 || ((entry & PS) !== 0 && level < 4);
    if (reservedHigh(env, upper) || reservedPage(env, entry, level, last)) return errorCode(env, access, P | PF_RSVD);
    rights &= entry;
    noExecute |= upper & NX_HIGH;
    if (last)
      return finish(
        env,
        access,
        at,
        entry,
        address(entry, upper),
        level === 1 ? 4096 : level === 2 ? 0x200000 : 0x40000000,
        low,
        rights,
        noExecute,
      );
    setAccessed(env, at, entry);
    table = address(entry, upper);
  }
}

function walkPae(env: WalkEnvironment, low: number, access: Access): Translation | number {
  const pointer = low >>> 30;
  if (!(env.pdpte[pointer * 2] & P)) return errorCode(env, access, 0);
  let table = address(env.pdpte[pointer * 2], env.pdpte[pointer * 2 + 1]);
  let rights = ALL;
  let noExecute = 0;
  for (let level = 2; ; level--) {
    const at = table + ((low >>> (level === 2 ? 21 : 12)) & 511) * 8;
    const entry = env.memory.read32(at);
    if (!(entry & P)) return errorCode(env, access, 0);
    const upper = env.memory.read32(at + 4);
    const last = level === 1 || (entry & PS) !== 0;
    // Bits 62:52 are free only in long mode.
    if (reservedHigh(env, upper) || upper & 0x7ff00000 || reservedPage(env, entry, level, last))
      return errorCode(env, access, P | PF_RSVD);
    rights &= entry;
    noExecute |= upper & NX_HIGH;
    if (last) return finish(env, access, at, entry, address(entry, upper), level === 1 ? 4096 : 0x200000, low, rights, noExecute);
    setAccessed(env, at, entry);
    table = address(entry, upper);
  }
}

function walkClassic(env: WalkEnvironment, low: number, access: Access): Translation | number {
  const at = env.cr3 - (env.cr3 % 4096) + (low >>> 22) * 4;
  const entry = env.memory.read32(at);
  if (!(entry & P)) return errorCode(env, access, 0);
  if (entry & PS && env.cr4 & CR4_PSE) {
    // Bits 20:13 are bits 39:32 of the address, as far as there are that many; bit 21 is reserved.
    const above = (entry >>> 13) & 0xff;
    if (entry & 0x200000 || above >>> Math.max(env.physicalBits - 32, 0)) return errorCode(env, access, P | PF_RSVD);
    const base = ((entry & 0xffc00000) >>> 0) + above * HIGH;
    return finish(env, access, at, entry, base, 0x400000, low, entry & ALL, 0);
  }
  setAccessed(env, at, entry);
  const leaf = ((entry & 0xfffff000) >>> 0) + ((low >>> 12) & 1023) * 4;
  const page = env.memory.read32(leaf);
  if (!(page & P)) return errorCode(env, access, 0);
  return finish(env, access, leaf, page, (page & 0xfffff000) >>> 0, 4096, low, entry & page & ALL, 0);
}

const address = (entry: number, upper: number): number => (upper & 0xfffff) * HIGH + ((entry & 0xfffff000) >>> 0);

/** Physical address bits beyond the model's, and NX while it is off. */
function reservedHigh(env: WalkEnvironment, upper: number): boolean {
  const beyond = 0xfffff & ~((1 << (env.physicalBits - 32)) - 1);
  return (upper & beyond) !== 0 || ((upper & NX_HIGH) !== 0 && !(env.efer & EFER_NXE));
}
function reservedPage(env: WalkEnvironment, entry: number, level: number, last: boolean): boolean {
  if (level === 4) return (entry & PS) !== 0;
  if (!last || level === 1) return false;
  if (level === 3) return !env.gigabytePages || (entry & 0x3fffe000) !== 0;
  return (entry & 0x1fe000) !== 0;
}

function setAccessed(env: WalkEnvironment, at: number, entry: number): void {
  if (!(entry & A)) env.memory.write32(at, entry | A);
}

function errorCode(env: WalkEnvironment, access: Access, cause: number): number {
  const executeBit = access.fetch && ((env.efer & EFER_NXE && env.cr4 & CR4_PAE) || env.cr4 & CR4_SMEP);
  return cause | (access.write ? PF_W : 0) | (access.user ? PF_U : 0) | (executeBit ? PF_I : 0);
}

/** Protection, then the last entry's accessed and dirty bits. `base` may have low bits of a large page's entry (PAT) set. */
function finish(
  env: WalkEnvironment,
  access: Access,
  at: number,
  entry: number,
  base: number,
  size: number,
  low: number,
  rights: number,
  noExecute: number,
): Translation | number {
  const userPage = (rights & US) !== 0;
  const read = access.user ? userPage : !(userPage && access.smap);
  const writable = (rights & RW) !== 0 || (!access.user && !(env.cr0 & CR0_WP));
  const execute = noExecute === 0 && (access.user ? userPage : !(userPage && env.cr4 & CR4_SMEP));
  const allowed = access.fetch ? execute : read && (!access.write || writable);
  if (!allowed) return errorCode(env, access, P);
  const wanted = entry | A | (access.write ? D : 0);
  if (wanted !== entry) env.memory.write32(at, wanted);
  const start = base - (base % size);
  return {
    physical: start + ((low & (size - 1) & ~0xfff) >>> 0),
    read,
    write: read && writable && (wanted & D) !== 0,
    execute,
    global: (entry & G) !== 0 && (env.cr4 & CR4_PGE) !== 0,
    size,
  };
}
