// SPDX-License-Identifier: MIT
/**
 * @fileoverview ACPI Machine Language: one function per construct, each returning its bytes (ACPI 6.3, chapters 19.6 and 20).
 *
 * A table is written as nested calls that read like the ASL they stand for:
 *
 *   device('RTC', name('_HID', eisaId('PNP0B00')), name('_CRS', resources(io(0x70, 8), irq(8))))
 *
 * Where a term is expected, a number stands for an integer, a text for a string; references to named objects are `path(...)`.
 * Names are given as in ASL: segments of up to four characters (padded with underscores), separated by dots, '\' for the
 * root. Package lengths, integer widths and paddings are worked out here. A name or value that has no encoding is a mistake in
 * our own tables and throws.
 *
 * Only what our tables use is here.
 */

import { ByteWriter, concatBytes, cString } from '../bytes.ts';

/** The encoding of a term: an object, an expression or a statement. */
export type Aml = Uint8Array;
export type Term = Aml | number | bigint | string;

function bytes(...values: number[]): Aml {
  return Uint8Array.from(values);
}

function encode(term: Term): Aml {
  if (typeof term === 'string') return concatBytes([bytes(0x0d), cString(term)]);
  return typeof term === 'object' ? term : integer(term);
}

function join(...terms: Term[]): Aml {
  return concatBytes(terms.map(encode));
}

/** The shortest encoding of an integer. */
export function integer(value: number | bigint): Aml {
  const wide = BigInt(value);
  if (wide < 0n || wide >= 1n << 64n) throw new Error(`AML integer ${value} out of range`);
  if (wide < 2n) return bytes(Number(wide));
  const [opcode, size] = wide < 0x100n ? [0x0a, 1] : wide < 0x1_0000n ? [0x0b, 2] : wide < 0x1_0000_0000n ? [0x0c, 4] : [0x0e, 8];
  return concatBytes([bytes(opcode), new ByteWriter().u64(wide).finish().subarray(0, size)]);
}

/** A reference to, or the name of, an object. */
export function path(text: string): Aml {
  const [, prefix, rest] = /^(\\|\^*)(.*)$/.exec(text)!;
  const segments = rest === '' ? [] : rest.split('.');
  for (const segment of segments) {
    if (!/^[A-Z_][A-Z0-9_]{0,3}$/.test(segment)) throw new Error(`AML name '${text}' is malformed`);
  }
  const out = new ByteWriter().text(prefix);
  if (segments.length === 0) out.u8(0x00);
  if (segments.length === 2) out.u8(0x2e);
  if (segments.length > 2) out.u8(0x2f, segments.length);
  for (const segment of segments) out.text(segment.padEnd(4, '_'));
  return out.finish();
}

/** Prefixes `body` with its package length, which counts its own one to four bytes. */
function packaged(opcode: number[], body: Aml): Aml {
  const out = new ByteWriter().u8(...opcode);
  if (body.length + 1 < 0x40) out.u8(body.length + 1);
  else {
    const extra = body.length + 2 < 0x1000 ? 1 : body.length + 3 < 0x10_0000 ? 2 : 3;
    const length = body.length + 1 + extra;
    out.u8((extra << 6) | (length & 0xf));
    for (let i = 0; i < extra; i++) out.u8((length >>> (4 + 8 * i)) & 0xff);
  }
  return out.bytes(body).finish();
}

// Objects.

export function scope(at: string, ...body: Aml[]): Aml {
  return packaged([0x10], join(path(at), ...body));
}

export function device(named: string, ...body: Aml[]): Aml {
  return packaged([0x5b, 0x82], join(path(named), ...body));
}

export function name(named: string, value: Term): Aml {
  return join(bytes(0x08), path(named), value);
}

export function method(named: string, argumentCount: number, ...body: Aml[]): Aml {
  return packaged([0x14], join(path(named), bytes(argumentCount), ...body));
}

/** As `method`, for methods that create named objects and so must not run twice at once. */
export function serializedMethod(named: string, argumentCount: number, ...body: Aml[]): Aml {
  const SERIALIZED = 0x08;
  return packaged([0x14], join(path(named), bytes(argumentCount | SERIALIZED), ...body));
}

export function buffer(contents: Aml): Aml {
  return packaged([0x11], join(contents.length, contents));
}

export function packageOf(...elements: Term[]): Aml {
  return packaged([0x12], join(bytes(elements.length), ...elements));
}

const spaces = { SystemMemory: 0, SystemIO: 1, PCI_Config: 2 };

export function operationRegion(named: string, space: keyof typeof spaces, offset: number, length: number): Aml {
  return join(bytes(0x5b, 0x80), path(named), bytes(spaces[space]), offset, length);
}

const accesses = { AnyAcc: 0, ByteAcc: 1, WordAcc: 2, DWordAcc: 3 };

/** Fields of a region, in order: [name, bits], or [undefined, bits] to skip. */
export function field(region: string, access: keyof typeof accesses, ...fields: [string | undefined, number][]): Aml {
  const units = fields.map(([named, bits]) => {
    const tag = named === undefined ? bytes(0x00) : path(named);
    return concatBytes([tag, fieldLength(bits)]);
  });
  return packaged([0x5b, 0x81], concatBytes([path(region), bytes(accesses[access]), ...units]));
}

/** A field's width uses the encoding of package lengths, but does not count itself. */
function fieldLength(bits: number): Aml {
  return bits < 0x40 ? bytes(bits) : bytes(0x40 | (bits & 0xf), bits >>> 4);
}

// Expressions and statements.

export function local(index: number): Aml {
  return bytes(0x60 + index);
}

export function arg(index: number): Aml {
  return bytes(0x68 + index);
}

export function store(value: Term, target: Aml): Aml {
  return join(bytes(0x70), value, target);
}

const NO_TARGET = bytes(0x00);

export function and(left: Term, right: Term, target: Aml = NO_TARGET): Aml {
  return join(bytes(0x7b), left, right, target);
}

export function or(left: Term, right: Term, target: Aml = NO_TARGET): Aml {
  return join(bytes(0x7d), left, right, target);
}

export function equal(left: Term, right: Term): Aml {
  return join(bytes(0x93), left, right);
}

export function not(condition: Aml): Aml {
  return join(bytes(0x92), condition);
}

/** A statement; follow it with `otherwise` for its other branch. */
export function when(condition: Aml, ...body: Aml[]): Aml {
  return packaged([0xa0], join(condition, ...body));
}

export function otherwise(...body: Aml[]): Aml {
  return packaged([0xa1], join(...body));
}

export function returns(value: Term): Aml {
  return join(bytes(0xa4), value);
}

export function call(named: string, ...values: Term[]): Aml {
  return join(path(named), ...values);
}

export function createDWordField(source: Aml, offset: number, named: string): Aml {
  return join(bytes(0x8a), source, offset, path(named));
}

// Values with an encoding of their own.

/** 'PNP0A08' as the compressed 32-bit number: three letters of five bits, four hexadecimal digits, most significant first. */
export function eisaId(id: string): Aml {
  if (!/^[A-Z]{3}[0-9A-F]{4}$/.test(id)) throw new Error(`EISA id '${id}' is malformed`);
  const letters = [...id.slice(0, 3)].reduce((bits, letter) => (bits << 5) | (letter.charCodeAt(0) & 0x1f), 0);
  const product = Number.parseInt(id.slice(3), 16);
  return concatBytes([bytes(0x0c, letters >> 8, letters & 0xff, product >> 8, product & 0xff)]);
}

/** A UUID as a buffer: its first three groups little-endian. */
export function uuid(text: string): Aml {
  const groups = text.split('-').map((group) => group.match(/../g)!.map((pair) => Number.parseInt(pair, 16)));
  return buffer(bytes(...groups.flatMap((group, index) => (index < 3 ? group.reverse() : group))));
}

// Resource descriptors (ACPI 6.3, 6.4).

export function resources(...descriptors: Aml[]): Aml {
  const END_TAG = bytes(0x79, 0x00);
  return buffer(concatBytes([...descriptors, END_TAG]));
}

/** Ports `base` to `base + length - 1`, decoded with 16 bits. */
export function io(base: number, length: number): Aml {
  return new ByteWriter().u8(0x47, 1).u16(base, base).u8(1, length).finish();
}

/** An ISA interrupt: edge-triggered, active high, exclusive. */
export function irq(number: number): Aml {
  return new ByteWriter()
    .u8(0x22)
    .u16(1 << number)
    .finish();
}

/** Global system interrupts: level-triggered, active high, shared. */
export function interrupts(...gsis: number[]): Aml {
  const CONSUMER_LEVEL_HIGH_SHARED = 0x09;
  return new ByteWriter()
    .u8(0x89)
    .u16(2 + 4 * gsis.length)
    .u8(CONSUMER_LEVEL_HIGH_SHARED, gsis.length)
    .u32(...gsis)
    .finish();
}

export function memory32Fixed(base: number, length: number, writable: boolean): Aml {
  return new ByteWriter()
    .u8(0x86)
    .u16(9)
    .u8(writable ? 1 : 0)
    .u32(base, length)
    .finish();
}

/** Address windows that a bridge passes on. */
const WINDOW_MEMORY = 0;
const WINDOW_IO = 1;
const WINDOW_BUS = 2;
const PRODUCER_MIN_MAX_FIXED = 0x0c;
const ENTIRE_RANGE = 0x03;
const READ_WRITE = 0x01;
const CACHEABLE = 0x02;

export function busWindow(first: number, last: number): Aml {
  return wordWindow(WINDOW_BUS, 0, first, last);
}

export function ioWindow(first: number, last: number): Aml {
  return wordWindow(WINDOW_IO, ENTIRE_RANGE, first, last);
}

function wordWindow(type: number, flags: number, first: number, last: number): Aml {
  return new ByteWriter()
    .u8(0x88)
    .u16(0x0d)
    .u8(type, PRODUCER_MIN_MAX_FIXED, flags)
    .u16(0, first, last, 0, last - first + 1)
    .finish();
}

/** Memory from `first` to `last`; a 64-bit descriptor where the window needs one. */
export function memoryWindow(first: number, last: number, cacheable: boolean): Aml {
  const out = new ByteWriter();
  const flags = READ_WRITE | (cacheable ? CACHEABLE : 0);
  if (last < 2 ** 32) {
    out.u8(0x87).u16(0x17).u8(WINDOW_MEMORY, PRODUCER_MIN_MAX_FIXED, flags);
    return out.u32(0, first, last, 0, last - first + 1).finish();
  }
  out.u8(0x8a).u16(0x2b).u8(WINDOW_MEMORY, PRODUCER_MIN_MAX_FIXED, flags);
  return out.u64(0, first, last, 0, last - first + 1).finish();
}
