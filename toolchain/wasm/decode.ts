// SPDX-License-Identifier: MIT
/**
 * @fileoverview The binary decoder: bytes to `WasmModule`.
 *
 * It trusts the module to be valid, as a validating engine (asc's own output, V8) has seen it, but refuses what the toolchain does
 * not translate: several memories or tables, several results, SIMD, reference types, passive elements.
 * WebAssembly core specification 2.0, chapter 5; appendix A.2 (name section).
 */
import type {
  DataSegment,
  ElementSegment,
  Export,
  FunctionType,
  Global,
  ImportName,
  Initializer,
  Instruction,
  Limits,
  ValueType,
  WasmFunction,
  WasmModule,
} from './module.ts';
import { opcodeByCode } from './opcodes.ts';
import { Reader } from './reader.ts';

const VALUE_TYPES: Readonly<Record<number, ValueType>> = { 127: 'i32', 126: 'i64', 125: 'f32', 124: 'f64' };
const EXPORT_KINDS = ['function', 'table', 'memory', 'global'] as const;

/** Sections are decoded into this and completed at the end: code and names arrive after the function declarations. */
interface Draft {
  types: FunctionType[];
  functions: { type: FunctionType; import?: ImportName }[];
  importedFunctions: number;
  globals: Global[];
  table: Limits | undefined;
  memory: Limits | undefined;
  exports: Export[];
  start: number | undefined;
  elements: ElementSegment[];
  data: DataSegment[];
  bodies: { locals: ValueType[]; body: Instruction[]; start: number; end: number }[];
  custom: Map<string, Uint8Array>;
  functionNames: Map<number, string>;
  globalNames: Map<number, string>;
  sourceMappingUrl: string | undefined;
}

export function decodeModule(bytes: Uint8Array): WasmModule {
  const reader = new Reader(bytes);
  if (reader.u32() !== 0x6d736100 || reader.u32() !== 1) throw new Error('not a WebAssembly 1.0 binary');
  const draft: Draft = {
    types: [],
    functions: [],
    importedFunctions: 0,
    globals: [],
    table: undefined,
    memory: undefined,
    exports: [],
    start: undefined,
    elements: [],
    data: [],
    bodies: [],
    custom: new Map(),
    functionNames: new Map(),
    globalNames: new Map(),
    sourceMappingUrl: undefined,
  };
  while (!reader.atEnd) {
    const id = reader.byte();
    const end = reader.unsigned() + reader.position;
    section(reader, id, end, draft);
    reader.position = end;
  }
  const functions = draft.functions.map((declared, index): WasmFunction => {
    const code = draft.bodies[index - draft.importedFunctions] ?? { locals: [], body: [], start: 0, end: 0 };
    return { index, ...declared, name: draft.functionNames.get(index), ...code };
  });
  const globals = draft.globals.map((global, index) => ({ ...global, name: draft.globalNames.get(index) }));
  return { ...draft, functions, globals };
}

function section(reader: Reader, id: number, end: number, draft: Draft): void {
  switch (id) {
    case 0:
      customSection(reader, end, draft);
      return;
    case 1:
      draft.types = reader.vector(() => functionType(reader));
      return;
    case 2:
      reader.vector(() => importEntry(reader, draft));
      return;
    case 3:
      for (const index of reader.vector(() => reader.unsigned())) draft.functions.push({ type: draft.types[index] });
      return;
    case 4:
      reader.vector(() => {
        draft.table = tableType(reader, draft.table);
      });
      return;
    case 5:
      reader.vector(() => {
        draft.memory = memoryType(reader, draft.memory);
      });
      return;
    case 6:
      reader.vector(() => {
        const type = valueType(reader);
        const mutable = reader.byte() === 1;
        draft.globals.push({ type, mutable, init: initializer(reader) });
      });
      return;
    case 7:
      draft.exports = reader.vector(() => {
        const name = reader.name();
        const kind = EXPORT_KINDS[reader.byte()];
        return { name, kind, index: reader.unsigned() };
      });
      return;
    case 8:
      draft.start = reader.unsigned();
      return;
    case 9:
      draft.elements = reader.vector(() => {
        if (reader.unsigned() !== 0) throw new Error('only active element segments of function indices are supported');
        const offset = initializer(reader);
        return { offset, functions: reader.vector(() => reader.unsigned()) };
      });
      return;
    case 10:
      draft.bodies = reader.vector(() => functionBody(reader));
      return;
    case 11:
      draft.data = reader.vector(() => dataSegment(reader));
      return;
    case 12: // The data count, needed by single-pass validators only.
      return;
    default:
      throw new Error(`unknown section ${id}`);
  }
}

function valueType(reader: Reader): ValueType {
  const code = reader.byte();
  const type = VALUE_TYPES[code];
  if (!type) throw new Error(`unsupported value type 0x${code.toString(16)}`);
  return type;
}

function functionType(reader: Reader): FunctionType {
  if (reader.byte() !== 0x60) throw new Error('malformed function type');
  const parameters = reader.vector(() => valueType(reader));
  const results = reader.vector(() => valueType(reader));
  if (results.length > 1) throw new Error('functions with several results are not supported');
  return { parameters, result: results[0] };
}

function limits(reader: Reader): Limits {
  const flags = reader.byte();
  if (flags > 3) throw new Error('64-bit memories are not supported');
  const minimum = reader.unsigned();
  return { minimum, maximum: flags & 1 ? reader.unsigned() : undefined, shared: (flags & 2) !== 0 };
}

function tableType(reader: Reader, existing: Limits | undefined): Limits {
  if (existing) throw new Error('several tables are not supported');
  if (reader.byte() !== 0x70) throw new Error('only tables of functions are supported');
  return limits(reader);
}

function memoryType(reader: Reader, existing: Limits | undefined): Limits {
  if (existing) throw new Error('several memories are not supported');
  return limits(reader);
}

function importEntry(reader: Reader, draft: Draft): void {
  const name: ImportName = { module: reader.name(), name: reader.name() };
  switch (reader.byte()) {
    case 0:
      draft.functions.push({ type: draft.types[reader.unsigned()], import: name });
      draft.importedFunctions++;
      return;
    case 1:
      draft.table = tableType(reader, draft.table);
      return;
    case 2:
      draft.memory = memoryType(reader, draft.memory);
      return;
    case 3:
      draft.globals.push({
        type: valueType(reader),
        mutable: reader.byte() === 1,
        import: name,
        init: { kind: 'value', value: 0n },
      });
      return;
    default:
      throw new Error(`unsupported kind of import: ${name.module}.${name.name}`);
  }
}

function initializer(reader: Reader): Initializer {
  const opcode = reader.byte();
  let result: Initializer;
  if (opcode === 0x41 || opcode === 0x42) result = { kind: 'value', value: reader.signed() };
  else if (opcode === 0x43) result = { kind: 'value', value: BigInt(reader.u32()) };
  else if (opcode === 0x44) result = { kind: 'value', value: reader.u64() };
  else if (opcode === 0x23) result = { kind: 'global', index: reader.unsigned() };
  else throw new Error(`unsupported constant expression 0x${opcode.toString(16)}`);
  if (reader.byte() !== 0x0b) throw new Error('constant expressions of several instructions are not supported');
  return result;
}

function dataSegment(reader: Reader): DataSegment {
  const flags = reader.unsigned();
  if (flags === 2) reader.unsigned();
  const offset = flags === 1 ? undefined : initializer(reader);
  return { offset, bytes: reader.bytes(reader.unsigned()) };
}

function functionBody(reader: Reader) {
  const end = reader.unsigned() + reader.position;
  const start = reader.position;
  const locals: ValueType[] = [];
  reader.vector(() => {
    const count = reader.unsigned();
    const type = valueType(reader);
    for (let i = 0; i < count; i++) locals.push(type);
  });
  const body: Instruction[] = [];
  while (reader.position < end) body.push(instruction(reader));
  return { locals, body, start, end };
}

function instruction(reader: Reader): Instruction {
  const pc = reader.position;
  let code = reader.byte();
  if (code === 0xfc || code === 0xfe) code = code * 256 + reader.unsigned();
  const op = opcodeByCode.get(code);
  if (!op) throw new Error(`unsupported instruction 0x${code.toString(16)} at offset ${pc}`);
  let index = 0;
  let offset = 0;
  let value = 0n;
  let result: ValueType | undefined;
  let labels: number[] = [];
  switch (op.immediate) {
    case 'block': {
      const type = reader.signed();
      if (type >= 0n) throw new Error('blocks with parameters or several results are not supported');
      if (type !== -64n) result = VALUE_TYPES[Number(type) & 0x7f];
      break;
    }
    case 'label':
    case 'function':
    case 'local':
    case 'global':
    case 'data':
      index = reader.unsigned();
      break;
    case 'labels':
      labels = reader.vector(() => reader.unsigned());
      labels.push(reader.unsigned());
      break;
    case 'indirect':
      index = reader.unsigned();
      reader.unsigned();
      break;
    case 'access':
      reader.unsigned();
      offset = reader.unsigned();
      break;
    case 'memory':
    case 'fence':
      reader.byte();
      break;
    case 'copy':
      reader.byte();
      reader.byte();
      break;
    case 'init':
      index = reader.unsigned();
      reader.byte();
      break;
    case 'i32':
    case 'i64':
      value = reader.signed();
      break;
    case 'f32':
      value = BigInt(reader.u32());
      break;
    case 'f64':
      value = reader.u64();
      break;
  }
  return { op, pc, index, offset, value, result, labels };
}

function customSection(reader: Reader, end: number, draft: Draft): void {
  const name = reader.name();
  draft.custom.set(name, reader.slice(reader.position, end));
  if (name === 'sourceMappingURL') draft.sourceMappingUrl = reader.name();
  if (name !== 'name') return;
  while (reader.position < end) {
    const id = reader.byte();
    const subsectionEnd = reader.unsigned() + reader.position;
    const names = id === 1 ? draft.functionNames : id === 7 ? draft.globalNames : undefined;
    if (names) reader.vector(() => names.set(reader.unsigned(), reader.name()));
    reader.position = subsectionEnd;
  }
}
