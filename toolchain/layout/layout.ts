// SPDX-License-Identifier: MIT
/**
 * @fileoverview Layouts of foreign structures (on disk, in an ABI, of the hardware), each declared once.
 *
 * A guest class cannot describe them: asc chooses its own offsets, has no embedded structures and no byte order. So they are
 * declared here, and from a declaration come accessors for guest code (`guest.ts`), numbers for the assembler
 * ({@link Layout.offsets}) and accessors for host code and tests (`host.ts`).
 *
 * Fields follow one another in C's way: each aligned to its natural alignment, the whole padded to the largest of them.
 * `packed` drops alignment; `size`, when given, is checked, and so is every `at`. `be` types are big-endian.
 *
 *     export const guid = layout('Guid', { size: 16 }, { time: u32, parts: array(u16, 2), node: array(u8, 8) });
 */

export type ScalarName = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'u64' | 'i64';

export interface Scalar<Big extends boolean = boolean> {
  readonly kind: 'scalar';
  readonly name: ScalarName;
  readonly size: number;
  readonly bigEndian: boolean;
  /** 64-bit values are bigint on the host. Only the type is used. */
  readonly wide: Big;
}
export interface Sequence<T extends Type = Type> {
  readonly kind: 'array';
  readonly element: T;
  readonly length: number;
  readonly size: number;
}
export type Type = Scalar | Sequence | Layout;

export interface Field<T extends Type = Type> {
  readonly name: string;
  readonly type: T;
  readonly offset: number;
}

export type Fields = Readonly<Record<string, Type>>;

export interface Layout<F extends Fields = Fields> {
  readonly kind: 'structure';
  readonly name: string;
  readonly comment: string;
  readonly size: number;
  readonly alignment: number;
  /** In order of offset. */
  readonly fields: readonly Field[];
  /** Byte offset of each field, for the assembler. */
  readonly offsets: { readonly [name in keyof F]: number };
}

const scalar = <Big extends boolean>(name: ScalarName, size: number, wide: Big, bigEndian = false): Scalar<Big> => ({
  kind: 'scalar',
  name,
  size,
  bigEndian,
  wide,
});
export const u8 = scalar('u8', 1, false);
export const i8 = scalar('i8', 1, false);
export const u16 = scalar('u16', 2, false);
export const i16 = scalar('i16', 2, false);
export const u32 = scalar('u32', 4, false);
export const i32 = scalar('i32', 4, false);
export const u64 = scalar('u64', 8, true);
export const i64 = scalar('i64', 8, true);
export const u16be = scalar('u16', 2, false, true);
export const u32be = scalar('u32', 4, false, true);
export const u64be = scalar('u64', 8, true, true);

export function array<T extends Type>(element: T, length: number): Sequence<T> {
  return { kind: 'array', element, length, size: element.size * length };
}

export interface LayoutOptions {
  /** Said above the generated accessors. */
  readonly comment?: string;
  readonly packed?: boolean;
  /** The size that the specification states. */
  readonly size?: number;
  /** Offsets that the specification states; a field may be moved up by one, leaving a gap, but never down. */
  readonly at?: Readonly<Record<string, number>>;
}

/** Names that accessors need for themselves. */
const RESERVED = new Set(['SIZE', 'constructor', 'pointer']);

export function layout<F extends Fields>(name: string, options: LayoutOptions, fields: F): Layout<F> {
  const placed: Field[] = [];
  let offset = 0;
  let alignment = 1;
  for (const [field, type] of Object.entries(fields)) {
    if (RESERVED.has(field)) throw new Error(`${name}.${field}: reserved`);
    const own = options.packed ? 1 : alignmentOf(type);
    alignment = Math.max(alignment, own);
    offset = alignUp(offset, own);
    const stated = options.at?.[field];
    if (stated !== undefined) {
      if (stated < offset) throw new Error(`${name}.${field} is at ${offset}, after its stated offset ${stated}`);
      offset = stated;
    }
    placed.push({ name: field, type, offset });
    offset += type.size;
  }
  for (const field of Object.keys(options.at ?? {})) if (!(field in fields)) throw new Error(`${name} has no field ${field}`);
  const natural = alignUp(offset, alignment);
  const size = options.size ?? natural;
  if (size !== natural && !(options.size !== undefined && natural <= size && options.at)) {
    throw new Error(`${name} is ${natural} bytes, stated as ${size}`);
  }
  return {
    kind: 'structure',
    name,
    comment: options.comment ?? '',
    size,
    alignment,
    fields: placed,
    offsets: Object.fromEntries(placed.map((field) => [field.name, field.offset])) as Layout<F>['offsets'],
  };
}

function alignmentOf(type: Type): number {
  if (type.kind === 'structure') return type.alignment;
  return type.kind === 'array' ? alignmentOf(type.element) : type.size;
}

function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}
