// SPDX-License-Identifier: MIT
/**
 * @fileoverview The machine's state in a canonical form, to be hashed: equal for equal machines, whatever engine ran them.
 *
 * In it are each processor's architectural state, every device's snapshot, and all RAM that is not zero. Not in it: what only engines see
 * (scratch, packed flags, translations, decoded code), and host files behind disks.
 *
 * The form is a stream of tokens: integers are decimal, byte strings are raw behind their length; names precede values
 * and are sorted. It is no file format: nothing reads it back, and it may change from one version to the next.
 */
import type { StateValue } from '../bus/device.ts';
import type { Processor } from '../cpu/processor.ts';
import { SEG, SEGMENT, SLOT, segmentSlot, XMM } from '../ir/state.ts';
import type { Machine } from './machine.ts';

const PAGE = 4096;
const FPR_SIZE = 16;
/** Significand, sign and exponent; the rest of a slot is unused. */
const FPR_BYTES = 10;
/** Stretches of state that hold nothing but architectural registers: general, vector, x87 control, system, machine check. */
const PLAIN: readonly [number, number][] = [
  [SLOT.rax, SLOT.RIP + 8],
  [XMM(0), SLOT.FPR],
  [SLOT.FCW, SLOT.MXCSR + 4],
  [SLOT.CR0, SLOT.SCRATCH],
  [SLOT.MCG_STATUS, SLOT.TOP_MEM2 + 8],
];
/** Names and values are ASCII. */
const encode = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Pieces are valid until the next one is asked for. */
export function* stateChunks(machine: Machine): Generator<Uint8Array> {
  machine.settle();
  yield encode(`machine ${machine.instructions} ${machine.now} ${machine.ramSize};`);
  for (const cpu of machine.processors) yield* processorChunks(cpu);
  for (const device of machine.devices) yield* valueChunks(device.name, device.save());
  yield* memoryChunks(machine);
}

function* processorChunks(cpu: Processor): Generator<Uint8Array> {
  const flags = [cpu.halted, cpu.parked, cpu.nmiWaiting].map(Number);
  const fields = [cpu.retired, cpu.rflags, cpu.cpl, Number(cpu.inShadow()), cpu.read32(SLOT.NMI_MASK), ...flags];
  yield encode(`cpu${cpu.index} ${fields.join(' ')};`);
  for (const [start, end] of PLAIN) yield cpu.u8.subarray(cpu.base + start, cpu.base + end);
  for (let i = 0; i < 8; i++) {
    const at = cpu.base + SLOT.FPR + i * FPR_SIZE;
    yield cpu.u8.subarray(at, at + FPR_BYTES);
  }
  for (let i = 0; i < SEGMENT.flat; i++) {
    // Selector, attributes, limit, base: the bounds behind them follow from these.
    const at = cpu.base + segmentSlot(i);
    yield cpu.u8.subarray(at, at + SEG.readLow);
  }
}

function* valueChunks(name: string, value: StateValue): Generator<Uint8Array> {
  if (value instanceof Uint8Array) {
    yield encode(`${name} bytes ${value.length};`);
    yield value;
  } else if (Array.isArray(value)) {
    yield encode(`${name} list ${value.length};`);
    for (const [index, item] of value.entries()) yield* valueChunks(String(index), item);
  } else if (value !== null && typeof value === 'object') {
    const names = Object.keys(value).sort();
    yield encode(`${name} fields ${names.length};`);
    for (const field of names) yield* valueChunks(field, value[field]);
  } else yield encode(`${name} ${typeof value} ${String(value)};`);
}

function* memoryChunks(machine: Machine): Generator<Uint8Array> {
  const { ram, ramSize } = machine.physical;
  const words = new BigUint64Array(ram.buffer, ram.byteOffset, ramSize / 8);
  for (let page = 0; page < ramSize / PAGE; page++) {
    const first = (page * PAGE) / 8;
    let word = first;
    while (word < first + PAGE / 8 && words[word] === 0n) word++;
    if (word === first + PAGE / 8) continue;
    yield encode(`page ${page};`);
    yield ram.subarray(page * PAGE, (page + 1) * PAGE);
  }
}
