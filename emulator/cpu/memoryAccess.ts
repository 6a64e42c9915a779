// SPDX-License-Identifier: MIT
/**
 * @fileoverview The miss path: what happens when an access of one processor is not in its TLB.
 *
 * `slow` serves the engines, `load` and `store` the helpers; both share `translate`. What an engine cannot finish in the middle of a
 * run leaves it with EXIT.single: device registers and stores into decoded code. The processor then executes that one
 * instruction by itself with `alone` set, and the access is done here.
 *
 * An access that is not plain RAM within one page works on the bounce buffer in state: a load finds its bytes there; a store
 * is completed by `flush`. One instruction has at most one such store in progress.
 */

import { STACK_SEGMENT } from '../interp/records.ts';
import { ACCESS, ACCESS_KIND, EXIT, RECORD, SLOT } from '../ir/state.ts';
import { GuestFault } from '../isa/helper.ts';
import type { PhysicalMemory } from '../mmu/physical.ts';
import type { Tlb } from '../mmu/tlb.ts';
import { type Access, type Translation, type WalkEnvironment, walk } from '../mmu/walk.ts';
import type { CodePlace } from './codePlaces.ts';

const PAGE = 4096;
const PF = 14;
const GP = 13;
const SS = 12;
const AC = 17;

/** What the miss path needs of its processor. */
export interface AccessHost {
  readonly base: number;
  readonly view: DataView;
  readonly tlb: Tlb;
  readonly physical: PhysicalMemory;
  readonly walkEnvironment: WalkEnvironment;
  /** ACCESS_KIND of ordinary accesses, and of those the processor makes itself. */
  readonly accessKind: number;
  readonly systemKind: number;
  /** One instruction is being executed by itself. */
  readonly alone: boolean;
  readonly longMode: boolean;
  /** CR0.AM, RFLAGS.AC and CPL 3: every access of the program comes through here and must be aligned. */
  readonly alignmentCheck: boolean;
  /** Device registers are about to be accessed by record `ip`: brings the clock up to it. */
  beforeDevice(ip: number, budget: number): void;
  /** Whether the instruction that a helper executes has its operand in the stack segment: not canonical is #SS then. */
  readonly stackOperand: boolean;
  /** Whether an enabled data breakpoint lies in the page, and the note that an access may have hit one. */
  breakpointPage(high: number, low: number): boolean;
  breakpointAccess(high: number, low: number, size: number, write: boolean): void;
}

interface PendingStore {
  /** Places of the two parts in RAM, or -1: `address` is then the physical address of a register. */
  first: number;
  second: number;
  firstAddress: number;
  secondAddress: number;
  firstSize: number;
  size: number;
}

export class MemoryAccess {
  private readonly host: AccessHost;
  private pending: PendingStore | undefined;
  /** Of the last translation that found no RAM: the physical address. */
  private physicalAddress = 0;
  /** Of the last one that failed. */
  private vector = 0;
  private error = 0;
  private readonly bounce: number;
  /** Of what `read` has read last. */
  upperHalf = 0;

  constructor(host: AccessHost) {
    this.host = host;
    this.bounce = host.base + SLOT.BOUNCE;
  }

  /** For engines: host address, or 0 with EXIT set. */
  slow(low: number, high: number, sizeAndAccess: number, ip: number, budget: number): number {
    const { host } = this;
    const size = sizeAndAccess & 0xff;
    const access = sizeAndAccess >> 8;
    const write = access !== ACCESS.read;
    const offset = low & (PAGE - 1);
    const firstSize = Math.min(size, PAGE - offset);
    const first = this.translate(host.accessKind, high, low, write);
    if (first === FAULT) return this.leaveWithFault(ip);
    const firstAddress = this.physicalAddress;
    let second = first;
    let secondAddress = 0;
    if (firstSize < size) {
      const next = (low & ~(PAGE - 1)) + PAGE;
      const carry = next > 0xffffffff || next === 0;
      const nextHigh = carry && host.longMode ? (high + 1) | 0 : high;
      second = this.translate(host.accessKind, nextHigh, next | 0, write);
      if (second === FAULT) return this.leaveWithFault(ip);
      secondAddress = this.physicalAddress;
    }
    if (host.alignmentCheck && misaligned(low, size)) {
      this.fault(AC, 0);
      return this.leaveWithFault(ip);
    }
    const device = first < 0 || second < 0;
    if (
      !host.alone &&
      (device || (write && (this.codeAt(first, firstSize) || (firstSize < size && this.codeAt(second, size - firstSize)))))
    ) {
      host.view.setInt32(host.base + SLOT.EXIT, EXIT.single, true);
      return 0;
    }
    if (host.breakpointPage(high, low)) host.breakpointAccess(high, low, size, write);
    if (write && first >= 0) host.physical.aboutToWrite(first, firstSize);
    if (write && second >= 0 && firstSize < size) host.physical.aboutToWrite(second, size - firstSize);
    if (!device && firstSize === size) return first;
    if (device) host.beforeDevice(ip, budget);
    const store: PendingStore = { first, second, firstAddress, secondAddress, firstSize, size };
    if (access !== ACCESS.write) this.fetchBounce(store);
    this.pending = write ? store : undefined;
    return this.bounce;
  }
  private codeAt(place: number, size: number): boolean {
    return place >= 0 && this.host.physical.isCode(place, size);
  }
  /** The engine has stored into the bounce buffer. */
  flush(): void {
    const p = this.pending;
    if (!p) return;
    this.pending = undefined;
    const { physical } = this.host;
    const u8 = physical.u8;
    if (p.first >= 0) u8.copyWithin(p.first, this.bounce, this.bounce + p.firstSize);
    else this.toRegisters(p.firstAddress, this.bounce, p.firstSize);
    if (p.firstSize === p.size) return;
    const rest = this.bounce + p.firstSize;
    if (p.second >= 0) u8.copyWithin(p.second, rest, this.bounce + p.size);
    else this.toRegisters(p.secondAddress, rest, p.size - p.firstSize);
  }
  private fetchBounce(p: PendingStore): void {
    const u8 = this.host.physical.u8;
    if (p.first >= 0) u8.copyWithin(this.bounce, p.first, p.first + p.firstSize);
    else this.fromRegisters(p.firstAddress, this.bounce, p.firstSize);
    if (p.firstSize === p.size) return;
    const rest = this.bounce + p.firstSize;
    if (p.second >= 0) u8.copyWithin(rest, p.second, p.second + p.size - p.firstSize);
    else this.fromRegisters(p.secondAddress, rest, p.size - p.firstSize);
  }
  /** Register accesses are 1, 2 or 4 bytes; wider or odd ones are split, low part first. */
  private fromRegisters(address: number, to: number, size: number): void {
    const { registers, view } = this.host.physical;
    for (let i = 0; i < size; ) {
      const n = size - i >= 4 ? 4 : size - i >= 2 ? 2 : 1;
      const value = registers.read(address + i, n);
      if (n === 4) view.setUint32(to + i, value, true);
      else if (n === 2) view.setUint16(to + i, value, true);
      else view.setUint8(to + i, value);
      i += n;
    }
  }
  private toRegisters(address: number, from: number, size: number): void {
    const { registers, view } = this.host.physical;
    for (let i = 0; i < size; ) {
      const n = size - i >= 4 ? 4 : size - i >= 2 ? 2 : 1;
      const at = from + i;
      registers.write(
        address + i,
        n,
        n === 4 ? view.getUint32(at, true) : n === 2 ? view.getUint16(at, true) : view.getUint8(at),
      );
      i += n;
    }
  }

  private leaveWithFault(ip: number): number {
    const { view, base } = this.host;
    const stack = (view.getUint8(ip + RECORD.length) & STACK_SEGMENT) !== 0;
    view.setInt32(base + SLOT.FAULT, this.vector === GP && stack ? SS : this.vector, true);
    view.setInt32(base + SLOT.ERROR, this.error, true);
    view.setInt32(base + SLOT.EXIT, EXIT.fault, true);
    return 0;
  }

  // Helpers.

  load(linear: bigint, bytes: number, system: boolean): bigint {
    const low = this.read(upper(linear), lower(linear), bytes, system);
    return bytes === 8 ? (BigInt(this.upperHalf >>> 0) << 32n) | BigInt(low >>> 0) : BigInt(low);
  }
  store(linear: bigint, bytes: number, value: bigint, system: boolean): void {
    this.write(upper(linear), lower(linear), bytes, lower(value), upper(value), system);
  }
  /** The lower half, signed for 8 bytes; the upper one is in `upperHalf`. */
  read(high: number, low: number, bytes: number, system: boolean): number {
    const { host } = this;
    const { view } = host;
    let at = host.tlb.plain(system ? host.systemKind : host.accessKind, false, high, low, bytes);
    if (at < 0) at = this.part(high, low, bytes, false, system);
    this.upperHalf = 0;
    if (at === CROSSES) return this.readCrossing(high, low, bytes, system);
    if (at === DEVICE) {
      const address = this.physicalAddress;
      this.host.beforeDevice(0, 0);
      this.fromRegisters(address, this.bounce, bytes);
      at = this.bounce;
    }
    if (bytes === 8) {
      this.upperHalf = view.getInt32(at + 4, true);
      return view.getInt32(at, true);
    }
    return bytes === 4 ? view.getUint32(at, true) : bytes === 2 ? view.getUint16(at, true) : view.getUint8(at);
  }
  private readCrossing(high: number, low: number, bytes: number, system: boolean): number {
    const halves = [0, 0];
    for (let i = 0; i < bytes; i++) halves[i >> 2] |= this.read(this.nextHigh(high, low, i), low + i, 1, system) << (8 * (i & 3));
    this.upperHalf = halves[1];
    return bytes === 8 ? halves[0] : halves[0] >>> 0;
  }
  write(high: number, low: number, bytes: number, value: number, valueHigh: number, system: boolean): void {
    const { host } = this;
    const { view } = host;
    let at = host.tlb.plain(system ? host.systemKind : host.accessKind, true, high, low, bytes);
    if (at >= 0) {
      if (bytes === 8) view.setInt32(at + 4, valueHigh, true);
      if (bytes >= 4) view.setInt32(at, value, true);
      else if (bytes === 2) view.setUint16(at, value, true);
      else view.setUint8(at, value);
      return;
    }
    at = this.part(high, low, bytes, true, system);
    if (at === CROSSES) {
      this.probeParts(high, low, bytes, true, system);
      for (let i = 0; i < bytes; i++) {
        this.write(this.nextHigh(high, low, i), low + i, 1, (i < 4 ? value : valueHigh) >>> (8 * (i & 3)), 0, system);
      }
      return;
    }
    const address = this.physicalAddress;
    const device = at === DEVICE;
    if (device) {
      this.host.beforeDevice(0, 0);
      at = this.bounce;
    } else this.host.physical.aboutToWrite(at, bytes);
    if (bytes === 8) view.setInt32(at + 4, valueHigh, true);
    if (bytes >= 4) view.setInt32(at, value, true);
    else if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint8(at, value);
    if (device) this.toRegisters(address, this.bounce, bytes);
  }
  probe(linear: bigint, bytes: number, write: boolean): void {
    this.probeParts(upper(linear), lower(linear), bytes, write, false);
  }
  private probeParts(high: number, low: number, bytes: number, write: boolean, system: boolean): void {
    const first = PAGE - (low & (PAGE - 1));
    this.part(high, low, 1, write, system);
    for (let i = first; i < bytes; i += PAGE) this.part(this.nextHigh(high, low, i), low + i, 1, write, system);
  }
  /** Place of `bytes` bytes that lie in one page of RAM, checked and announced as an access; else -1. */
  place(linear: bigint, bytes: number, write: boolean): number {
    const at = this.part(upper(linear), lower(linear), bytes, write, false);
    if (at < 0) return -1;
    if (write) this.host.physical.aboutToWrite(at, bytes);
    return at;
  }
  /** Upper half of an address and `i` more. */
  private nextHigh(high: number, low: number, i: number): number {
    return (low >>> 0) + i > 0xffffffff && this.host.longMode ? (high + 1) | 0 : high;
  }
  /** Place, DEVICE, or CROSSES when the access lies in two pages; throws the fault. */
  private part(high: number, lowOrMore: number, bytes: number, write: boolean, system: boolean): number {
    const low = lowOrMore | 0;
    if ((low & (PAGE - 1)) + bytes > PAGE) return CROSSES;
    const { host } = this;
    const at = this.translate(system ? host.systemKind : host.accessKind, high, low, write);
    if (at === FAULT) throw new GuestFault(!system && this.vector === GP && host.stackOperand ? SS : this.vector, this.error);
    if (!system && host.alignmentCheck && misaligned(low, bytes)) throw new GuestFault(AC, 0);
    if (!system && host.breakpointPage(high, low)) host.breakpointAccess(high, low, bytes, write);
    return at;
  }

  // Translation.

  /** Place in linear memory, DEVICE, or FAULT with `vector` and `error` set. */
  private translate(kind: number, high: number, low: number, write: boolean): number {
    const { host } = this;
    const known = host.tlb.lookup(kind, write, high, low);
    if (known >= 0) {
      // The page may have held code when the entry was filled or marked, and does no longer.
      const slow = host.alignmentCheck || host.breakpointPage(high, low);
      if (!(write && holdsCode(host, known)) && !slow) host.tlb.unwatch(kind, write, low);
      return known;
    }
    if (host.longMode && !isCanonical(high)) return this.fault(GP, 0);
    const access: Access = { write, fetch: false, user: kind === ACCESS_KIND.user, smap: kind === ACCESS_KIND.supervisorSmap };
    const t = walk(host.walkEnvironment, high, low, access);
    if (typeof t === 'number') {
      setCr2(host, high, low);
      return this.fault(PF, t);
    }
    const place = host.physical.place(t.physical);
    if (place < 0) {
      this.physicalAddress = t.physical + (low & (PAGE - 1));
      return DEVICE;
    }
    // One walk serves reads and writes, as far as it allows them: a page that is written is read soon, and the other way round.
    const watched = host.breakpointPage(high, low) || host.alignmentCheck;
    const { global, size } = t;
    if (t.read) host.tlb.fill({ kind, write: false, high, low, place, global, size }, watched);
    if (t.write) host.tlb.fill({ kind, write: true, high, low, place, global, size }, watched || holdsCode(host, place));
    if (size > PAGE && !watched) this.fillAhead(kind, high, low, t);
    return place + (low & (PAGE - 1));
  }
  /**
   * The walk found a large page: who goes through memory needs its next 4 KiB pages next, and no other walks. What is in the TLB is state of the
   * machine, so this depends on nothing else, such as whether RAM is shared with a fork.
   */
  private fillAhead(kind: number, high: number, low: number, { read, write, physical, global, size }: Translation): void {
    const { host } = this;
    if (host.walkEnvironment.a20Closed) return;
    for (let i = 1; i <= AHEAD; i++) {
      const next = (low + i * PAGE) | 0;
      if ((next ^ low) & -size || host.breakpointPage(high, next)) return;
      const place = host.physical.place(physical + i * PAGE);
      if (place < 0) return;
      if (read && host.tlb.lookup(kind, false, high, next) < 0)
        host.tlb.fill({ kind, write: false, high, low: next, place, global, size }, false);
      if (write && host.tlb.lookup(kind, true, high, next) < 0)
        host.tlb.fill({ kind, write: true, high, low: next, place, global, size }, holdsCode(host, place));
    }
  }
  private fault(vector: number, error: number): number {
    this.vector = vector;
    this.error = error;
    return FAULT;
  }
  /** The page of code at a linear address; throws #PF or #GP. */
  fetch(high: number, low: number): CodePlace {
    const { host } = this;
    if (host.longMode && !isCanonical(high)) throw new GuestFault(GP, 0);
    const user = host.accessKind === ACCESS_KIND.user;
    const t = walk(host.walkEnvironment, high, low, { write: false, fetch: true, user, smap: false });
    if (typeof t === 'number') {
      setCr2(host, high, low);
      throw new GuestFault(PF, t);
    }
    return { place: host.physical.place(t.physical), global: t.global, size: t.size };
  }
}

const lower = (n: bigint): number => Number(BigInt.asIntN(32, n));
const upper = (n: bigint): number => Number(BigInt.asIntN(32, n >> 32n));

/** 4 KiB pages of a large page that are filled with the one that was asked for. */
const AHEAD = 15;

const DEVICE = -1;
const CROSSES = -2;
const FAULT = -3;

/** Natural alignment of 2, 4 and 8 bytes; wider operands check their own (APM vol. 2, 8.2.17). */
const misaligned = (low: number, size: number): boolean => size <= 8 && (size & (size - 1)) === 0 && (low & (size - 1)) !== 0;
const holdsCode = (host: AccessHost, place: number): boolean => host.physical.holdsCode[host.physical.pageAt(place)] === 1;
/** 48-bit linear addresses: bits 63-47 are equal. */
const isCanonical = (high: number): boolean => high >> 15 === 0 || high >> 15 === -1;
function setCr2(host: AccessHost, high: number, low: number): void {
  host.view.setInt32(host.base + SLOT.CR2, low, true);
  host.view.setInt32(host.base + SLOT.CR2 + 4, host.longMode ? high : 0, true);
}
