// SPDX-License-Identifier: MIT
/**
 * @fileoverview The typed face of what guest code calls outside its module: one line a routine, as guest TypeScript writes it.
 *
 * `cpu.outb(port: u32, value: u32): void` names the module (`machine/cpu` in an import), the routine, its parameters and its
 * result. From that line come the declaration file for the guest, the wasm import's type for the translator and the check
 * that both agree.
 */

/** AssemblyScript's types that an import may have. `usize` is a pointer into the window. */
export type GuestType = 'i32' | 'u32' | 'i64' | 'u64' | 'usize' | 'bool' | 'f64' | 'void';
export type WasmType = 'i32' | 'i64' | 'f64';

export interface Parameter {
  readonly name: string;
  readonly type: GuestType;
}

export interface Signature {
  readonly module: string;
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly result: GuestType;
}

const TYPES: Record<GuestType, WasmType | null> = {
  i32: 'i32',
  u32: 'i32',
  usize: 'i32',
  bool: 'i32',
  i64: 'i64',
  u64: 'i64',
  f64: 'f64',
  void: null,
};

export function wasmType(type: GuestType): WasmType | null {
  return TYPES[type];
}

export function parseSignature(text: string): Signature {
  const match = /^(\w+)\.(\w+)\(([^)]*)\): (\w+)$/.exec(text);
  if (!match) throw new Error(`not a signature: ${text}`);
  const [, module, name, list, result] = match;
  const parameters = list === '' ? [] : list.split(', ').map((parameter) => parseParameter(parameter, text));
  return { module, name, parameters, result: guestType(result, text) };
}

function parseParameter(text: string, whole: string): Parameter {
  const match = /^(\w+): (\w+)$/.exec(text);
  if (!match) throw new Error(`not a parameter: ${text} in ${whole}`);
  return { name: match[1], type: guestType(match[2], whole) };
}

function guestType(text: string, whole: string): GuestType {
  if (!(text in TYPES)) throw new Error(`no guest type: ${text} in ${whole}`);
  return text as GuestType;
}

/** `@external("cpu", "outb") export declare function outb(port: u32, value: u32): void;` with its comment in front. */
export function declaration(signature: Signature, comment: string, namespace = signature.module): string {
  const parameters = signature.parameters.map((parameter) => `${parameter.name}: ${parameter.type}`).join(', ');
  return [
    `/** ${comment} */`,
    '// @ts-ignore: decorator',
    `@external("${namespace}", "${signature.name}") export declare function ${signature.name}(${parameters}): ${signature.result};`,
  ].join('\n');
}

/** The wasm import's type. */
export function wasmSignature(signature: Signature): { parameters: WasmType[]; result: WasmType | undefined } {
  const parameters = signature.parameters.map((parameter) => {
    const type = wasmType(parameter.type);
    if (!type) throw new Error(`${signature.name}: a parameter of type void`);
    return type;
  });
  return { parameters, result: wasmType(signature.result) ?? undefined };
}
