// SPDX-License-Identifier: MIT
/**
 * @fileoverview A layout's accessors for guest code, as AssemblyScript source that the build generates.
 *
 * Each structure gives two things:
 * - an @unmanaged class `Name` without fields of its own, whose getters and setters load and store at the declared offsets
 *   of a window pointer: `changetype<Elf64Header>(p).entry`. Embedded structures are getters that return a typed pointer
 *   into the outer one, arrays are `name(i)` and `setName(i, value)`; neither checks an index beyond an assert.
 * - a namespace `NameAt` with the same for addresses outside the window (u64), each access one volatile instruction.
 */
import type { Field, Layout, Scalar, Type } from './layout.ts';

/** One module of accessors; `origin` is said in its first lines. */
export function guestModule(layouts: readonly Layout[], origin: string): string {
  const outside = layouts.some(hasScalars);
  return [
    `// Generated from ${origin}.`,
    ...(outside ? ['import * as mem from "machine/mem";'] : []),
    ...layouts.map((structure) => `${guestClass(structure)}\n${guestNamespace(structure)}`),
    '',
  ].join('\n');
}

const hasScalars = (structure: Layout): boolean => structure.fields.some((field) => elementOf(field.type).kind === 'scalar');
const elementOf = (type: Type): Type => (type.kind === 'array' ? elementOf(type.element) : type);
const capital = (name: string): string => name[0].toUpperCase() + name.slice(1);
const INLINE = '// @ts-ignore: decorator\n  @inline';

function guestClass(structure: Layout): string {
  const members = structure.fields.flatMap((field) => classMembers(structure, field));
  return [
    `/** ${structure.comment || `${structure.name}: ${structure.size} bytes.`} */`,
    `@unmanaged export class ${structure.name} {`,
    `  static readonly SIZE: usize = ${structure.size};`,
    ...structure.fields.map((field) => `  static readonly ${field.name}Offset: usize = ${field.offset};`),
    `  ${INLINE} get pointer(): usize { return changetype<usize>(this); }`,
    ...members,
    '}',
  ].join('\n');
}

function classMembers(structure: Layout, field: Field): string[] {
  const at = `changetype<usize>(this) + ${field.offset}`;
  const { type } = field;
  if (type.kind === 'structure')
    return [`  ${INLINE} get ${field.name}(): ${type.name} { return changetype<${type.name}>(${at}); }`];
  if (type.kind === 'scalar') {
    return [
      `  ${INLINE} get ${field.name}(): ${type.name} { return ${windowLoad(type, at)}; }`,
      `  ${INLINE} set ${field.name}(value: ${type.name}) { ${windowStore(type, at)}; }`,
    ];
  }
  const { element } = type;
  const place = `${at} + <usize>i * ${element.size}`;
  const check = `assert(<u32>i < ${type.length}, "${structure.name}.${field.name}: index");`;
  const head = `${INLINE} ${field.name}(i: i32)`;
  if (element.kind === 'structure')
    return [`  ${head}: ${element.name} { ${check} return changetype<${element.name}>(${place}); }`];
  if (element.kind === 'array') return [`  ${head}: usize { ${check} return ${place}; }`];
  return [
    `  ${head}: ${element.name} { ${check} return ${windowLoad(element, place)}; }`,
    `  ${INLINE} set${capital(field.name)}(i: i32, value: ${element.name}): void { ${check} ${windowStore(element, place)}; }`,
  ];
}

function windowLoad(type: Scalar, at: string): string {
  const load = `load<${type.name}>(${at})`;
  return type.bigEndian ? `bswap<${type.name}>(${load})` : load;
}
function windowStore(type: Scalar, at: string): string {
  return `store<${type.name}>(${at}, ${type.bigEndian ? `bswap<${type.name}>(value)` : 'value'})`;
}

function guestNamespace(structure: Layout): string {
  const members = structure.fields.flatMap((field) => namespaceMembers(field));
  return [
    `export namespace ${structure.name}At {`,
    `  export const SIZE: u64 = ${structure.size};`,
    ...structure.fields.map((field) => `  export const ${field.name}Offset: u64 = ${field.offset};`),
    ...members,
    '}',
  ].join('\n');
}

function namespaceMembers(field: Field): string[] {
  const { type } = field;
  const setter = `set${capital(field.name)}`;
  if (type.kind === 'structure')
    return [`  ${INLINE} export function ${field.name}(base: u64): u64 { return base + ${field.offset}; }`];
  if (type.kind === 'scalar') {
    const at = `base + ${field.offset}`;
    return [
      `  ${INLINE} export function ${field.name}(base: u64): ${type.name} { return ${addressLoad(type, at)}; }`,
      `  ${INLINE} export function ${setter}(base: u64, value: ${type.name}): void { ${addressStore(type, at)}; }`,
    ];
  }
  const { element } = type;
  const at = `base + ${field.offset} + i * ${element.size}`;
  if (element.kind !== 'scalar') return [`  ${INLINE} export function ${field.name}(base: u64, i: u64): u64 { return ${at}; }`];
  return [
    `  ${INLINE} export function ${field.name}(base: u64, i: u64): ${element.name} { return ${addressLoad(element, at)}; }`,
    `  ${INLINE} export function ${setter}(base: u64, i: u64, value: ${element.name}): void { ${addressStore(element, at)}; }`,
  ];
}

function addressLoad(type: Scalar, at: string): string {
  const load = `<${type.name}>mem.load${type.size * 8}(${at})`;
  return type.bigEndian ? `bswap<${type.name}>(${load})` : load;
}
function addressStore(type: Scalar, at: string): string {
  const value = type.bigEndian ? `bswap<${type.name}>(value)` : 'value';
  return `mem.store${type.size * 8}(${at}, ${type.size === 8 ? `<u64>${value}` : `<u32>${value}`})`;
}
