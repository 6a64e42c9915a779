// SPDX-License-Identifier: MIT
/** The decoder reads what V8 accepts: modules are written here, validated by V8, and decoded. */
import { describe, expect, it } from 'vitest';
import { decodeModule } from './decode.ts';
import { ModuleWriter, signedLeb } from './encode.ts';
import { opcodes } from './opcodes.ts';
import { Reader } from './reader.ts';
import { SourceMap } from './sourceMap.ts';

describe('wasm decoder', () => {
  it('decodes every section', () => {
    const writer = new ModuleWriter();
    writer.memory = { minimum: 1, maximum: 2 };
    const imported = writer.importFunction('env', 'log', { parameters: ['i32'], result: undefined });
    const counter = writer.global('i64', -5n);
    const run = writer.function({ parameters: ['i32'], result: 'f64' }, ['i64', 'f32'], (code) => {
      code.open('block').op('local.get', 0).brTable([0], 0).op('end').op('local.get', 0).op('call', imported);
      code.op('local.get', 0).op('i64.load16_s', 300).op('global.set', counter).constant('f64', 0x3ff0000000000000n);
    });
    writer.exportFunction('run', run);
    writer.table([run, imported]);
    writer.data(16, [1, 2, 3]);
    writer.data(undefined, [4]);
    writer.nameFunction(run, 'module/run');
    const bytes = writer.finish();
    expect(WebAssembly.validate(bytes)).toBe(true);
    const module = decodeModule(bytes);
    expect(module.importedFunctions).toBe(1);
    expect(module.functions[0].import).toEqual({ module: 'env', name: 'log' });
    expect(module.functions[1].name).toBe('module/run');
    expect(module.functions[1].locals).toEqual(['i64', 'f32']);
    expect(module.functions[1].body.map((i) => i.op.name)).toEqual(
      'block local.get br_table end local.get call local.get i64.load16_s global.set f64.const end'.split(' '),
    );
    expect(module.functions[1].body[7].offset).toBe(300);
    expect(module.functions[1].body[9].value).toBe(0x3ff0000000000000n);
    expect(module.globals).toMatchObject([{ type: 'i64', mutable: true, init: { kind: 'value', value: -5n } }]);
    expect(module.memory).toEqual({ minimum: 1, maximum: 2, shared: false });
    expect(module.table?.minimum).toBe(2);
    expect(module.elements[0].functions).toEqual([1, 0]);
    expect(module.exports).toEqual([{ name: 'run', kind: 'function', index: 1 }]);
    expect(module.data.map((d) => [d.offset, [...d.bytes]])).toEqual([
      [{ kind: 'value', value: 16n }, [1, 2, 3]],
      [undefined, [4]],
    ]);
  });

  it('knows each typed instruction as V8 does', () => {
    for (const op of opcodes) {
      if (!op.type || ['init', 'data', 'i32', 'i64', 'f32', 'f64'].includes(op.immediate)) continue;
      const { parameters, result } = op.type;
      const writer = new ModuleWriter();
      writer.memory = { minimum: 1, maximum: 1, shared: true };
      writer.function({ parameters, result }, [], (code) => {
        parameters.forEach((_, i) => {
          code.op('local.get', i);
        });
        code.op(op.name);
      });
      expect([op.name, WebAssembly.validate(writer.finish())]).toEqual([op.name, true]);
    }
  });

  it('reads LEB128 numbers at the edges', () => {
    for (const value of [
      0n,
      -1n,
      63n,
      64n,
      -64n,
      -65n,
      0x7fffffffn,
      -0x80000000n,
      0x123456789abcdefn,
      -(1n << 63n),
      (1n << 63n) - 1n,
    ]) {
      expect(new Reader(new Uint8Array(signedLeb(value))).signed()).toBe(value);
    }
  });

  it('refuses what is not translated', () => {
    expect(() => decodeModule(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]))).toThrow('not a WebAssembly');
  });

  it('reads source maps as byte offsets', () => {
    // Segments: offset 10 -> a.ts line 3 column 4; offset 20 -> b.ts line 1 column 0; offset 26: no position.
    const map = new SourceMap(JSON.stringify({ version: 3, sources: ['a.ts', 'b.ts'], mappings: 'UAEI,UCFJ,M' }));
    expect(map.lookup(9)).toBeUndefined();
    expect(map.lookup(15)).toEqual({ file: 'a.ts', line: 3, column: 4 });
    expect(map.lookup(20)).toEqual({ file: 'b.ts', line: 1, column: 0 });
    expect(map.lookup(24, 22)).toBeUndefined();
    expect(map.lookup(30)).toBeUndefined();
  });
});
