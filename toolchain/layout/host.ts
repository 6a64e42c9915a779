// SPDX-License-Identifier: MIT
/**
 * @fileoverview A layout's accessors for host code: image writers, tools and tests.
 *
 *     const header = view(elf64Header, bytes); header.type = 2; header.ident.set(0, 0x7f);
 *
 * Scalars are numbers, 64-bit ones bigint; embedded structures are views of the same bytes; arrays have get, set and at.
 * Values out of range wrap, as a store does.
 */
import type { Fields, Layout, Scalar, Sequence, Type } from './layout.ts';

export type HostValue<T extends Type> =
  T extends Scalar<infer Big>
    ? Big extends true
      ? bigint
      : number
    : T extends Sequence<infer E>
      ? HostArray<E>
      : T extends Layout<infer F>
        ? View<F>
        : never;

/** Scalar fields are read and written; structures and arrays are views. */
export type View<F extends Fields> = { -readonly [name in keyof F]: HostValue<F[name]> };

export interface HostArray<E extends Type> {
  readonly length: number;
  get(index: number): HostValue<E>;
  /** For arrays of scalars. */
  set(index: number, value: HostValue<E>): void;
  /** The bytes themselves. */
  readonly bytes: Uint8Array;
}

export function view<F extends Fields>(structure: Layout<F>, bytes: Uint8Array, offset = 0): View<F> {
  if (offset < 0 || offset + structure.size > bytes.length) {
    throw new RangeError(`${structure.name} at ${offset} exceeds ${bytes.length} bytes`);
  }
  const target = {};
  for (const field of structure.fields) {
    const at = offset + field.offset;
    Object.defineProperty(target, field.name, {
      enumerable: true,
      get: () => read(field.type, bytes, at),
      set: (value: number | bigint) => write(field.type, bytes, at, value),
    });
  }
  return target as View<F>;
}

/** A zeroed structure in bytes of its own. */
export function create<F extends Fields>(structure: Layout<F>): { bytes: Uint8Array; fields: View<F> } {
  const bytes = new Uint8Array(structure.size);
  return { bytes, fields: view(structure, bytes) };
}

function read(type: Type, bytes: Uint8Array, at: number): unknown {
  if (type.kind === 'structure') return view(type, bytes, at);
  if (type.kind === 'array') return arrayView(type, bytes, at);
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = !type.bigEndian;
  switch (type.name) {
    case 'u8':
      return data.getUint8(at);
    case 'i8':
      return data.getInt8(at);
    case 'u16':
      return data.getUint16(at, little);
    case 'i16':
      return data.getInt16(at, little);
    case 'u32':
      return data.getUint32(at, little);
    case 'i32':
      return data.getInt32(at, little);
    case 'u64':
      return data.getBigUint64(at, little);
    case 'i64':
      return data.getBigInt64(at, little);
  }
}

function write(type: Type, bytes: Uint8Array, at: number, value: number | bigint): void {
  if (type.kind !== 'scalar') throw new TypeError('only scalars are assigned');
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = !type.bigEndian;
  if (type.size === 8) data.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), little);
  else if (type.size === 4) data.setUint32(at, Number(value), little);
  else if (type.size === 2) data.setUint16(at, Number(value), little);
  else data.setUint8(at, Number(value));
}

function arrayView(type: Sequence, bytes: Uint8Array, at: number): HostArray<Type> {
  const place = (index: number): number => {
    if (index < 0 || index >= type.length) throw new RangeError(`element ${index} of ${type.length}`);
    return at + index * type.element.size;
  };
  return {
    length: type.length,
    bytes: bytes.subarray(at, at + type.size),
    get: (index) => read(type.element, bytes, place(index)) as never,
    set: (index, value) => write(type.element, bytes, place(index), value as number | bigint),
  };
}
