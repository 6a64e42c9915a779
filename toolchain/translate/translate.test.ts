// SPDX-License-Identifier: MIT
/** What a translation is made of, and small programs end to end: to Linux executables, run on the host. */
import { describe, expect, it } from 'vitest';
import { linuxIntrinsics } from '../link/linux.ts';
import { decodeModule } from '../wasm/decode.ts';
import { type CodeWriter, ModuleWriter } from '../wasm/encode.ts';
import type { FunctionType, ValueType } from '../wasm/module.ts';
import { ptr, r12, r13, r14, rax, rbx, rdi } from '../x86/x86.ts';
import { buildNative, canRunNative, runExecutable, runNative } from './testing.ts';
import { translate } from './translate.ts';
import { type Intrinsic, type TranslateOptions, trapCodes, trapName } from './types.ts';

const BASE = 0x2_0000n;

/** A module whose `main` is `write`. */
function moduleOf(
  write: (code: CodeWriter) => void,
  prepare: (writer: ModuleWriter) => void = () => {},
  locals: ValueType[] = [],
) {
  const writer = new ModuleWriter();
  writer.memory = { minimum: 4, maximum: 6 };
  prepare(writer);
  writer.exportFunction('main', writer.function({ parameters: [], result: 'i32' }, locals, write));
  return writer;
}
const decoded = (...args: Parameters<typeof moduleOf>) => decodeModule(moduleOf(...args).finish());
const binary: FunctionType = { parameters: ['i32', 'i32'], result: 'i32' };

describe.skipIf(!canRunNative)('programs', () => {
  for (const addressing of ['zero', 'r15'] as const) {
    describe(addressing, () => {
      const status = (...args: Parameters<typeof moduleOf>) => runNative(decoded(...args), addressing);

      it('returns a constant', () => {
        expect(status((code) => code.constant('i32', 42n))).toMatchObject({ status: 42, signal: null });
      });

      it('passes 14 arguments of all types', () => {
        const parameters = Array.from({ length: 14 }, (_, i) => (['i32', 'i64', 'f32', 'f64'] as const)[i % 4]);
        let sum = 0;
        const run = status(
          (code) => {
            parameters.forEach((type, i) => {
              const value = i + 1;
              sum += value;
              code.constant('i32', BigInt(value));
              if (type === 'i64') code.op('i64.extend_i32_u');
              else if (type !== 'i32') code.op(`${type}.convert_i32_u`);
            });
            code.op('call', 0);
          },
          (writer) => {
            writer.function({ parameters, result: 'i32' }, [], (code) => {
              code.constant('i32', 0n);
              parameters.forEach((type, i) => {
                code.op('local.get', i);
                if (type === 'i64') code.op('i32.wrap_i64');
                else if (type !== 'i32') code.op(`i32.trunc_${type}_s`);
                code.op('i32.add');
              });
            });
          },
        );
        expect(run).toMatchObject({ status: sum, signal: null });
      });

      it('grows memory up to its maximum, and what it gave faults no more', () => {
        const run = status((code) => {
          code.constant('i32', 2n).op('memory.grow').constant('i32', 4n).op('i32.ne').open('if');
          code.constant('i32', 1n).op('return').op('end');
          code.constant('i32', 1n).op('memory.grow').constant('i32', -1n).op('i32.ne').open('if');
          code.constant('i32', 2n).op('return').op('end');
          code
            .constant('i32', 6n * 65536n - 4n)
            .constant('i32', 37n)
            .op('i32.store');
          code
            .constant('i32', 6n * 65536n - 4n)
            .op('i32.load')
            .op('memory.size')
            .op('i32.add');
        });
        expect(run).toMatchObject({ status: 43, signal: null });
      });

      it('copies overlapping memory of all sizes as V8 does', () => {
        // For each size up to 700 and both directions: fill, copy by 5, add up.
        const program = moduleOf((code) => {
          const [size, i, sum] = [0, 1, 2];
          for (const [from, to] of [
            [0n, 5n],
            [5n, 0n],
          ]) {
            code.constant('i32', 0n).op('local.set', size);
            code.open('loop');
            code.constant('i32', 0n).op('local.set', i).open('loop');
            code.op('local.get', i).op('local.get', i).constant('i32', 7n).op('i32.mul').op('local.get', size).op('i32.add');
            code.op('i32.store8', Number(BASE)).op('local.get', i).constant('i32', 1n).op('i32.add').op('local.tee', i);
            code.constant('i32', 800n).op('i32.lt_u').op('br_if', 0).op('end');
            code
              .constant('i32', BASE + to)
              .constant('i32', BASE + from)
              .op('local.get', size)
              .op('memory.copy');
            code.constant('i32', 0n).op('local.set', i).open('loop');
            code
              .op('local.get', sum)
              .constant('i32', 31n)
              .op('i32.mul')
              .op('local.get', i)
              .op('i32.load8_u', Number(BASE))
              .op('i32.add');
            code.op('local.set', sum).op('local.get', i).constant('i32', 1n).op('i32.add').op('local.tee', i);
            code.constant('i32', 800n).op('i32.lt_u').op('br_if', 0).op('end');
            code.op('local.get', size).constant('i32', 1n).op('i32.add').op('local.tee', size);
            code.constant('i32', 700n).op('i32.lt_u').op('br_if', 0).op('end');
          }
          code.op('local.get', sum).op('local.get', sum).constant('i32', 16n).op('i32.shr_u').op('i32.xor');
          code
            .op('local.tee', sum)
            .op('local.get', sum)
            .constant('i32', 8n)
            .op('i32.shr_u')
            .op('i32.xor')
            .constant('i32', 255n)
            .op('i32.and');
        }, () => {}, ['i32', 'i32', 'i32']).finish();
        const instance = new WebAssembly.Instance(new WebAssembly.Module(program));
        const expected = (instance.exports.main as () => number)();
        expect(runNative(decodeModule(program), addressing)).toMatchObject({ status: expected, signal: null });
      });

      it('makes a load whose value only decides between two ways to one place', () => {
        const run = status((code) => {
          code.open('block').constant('f32', 0n).constant('i32', BASE).op('f32.load', 0xffff_fff0);
          code.op('f32.eq').op('br_if', 0).op('end').constant('i32', 1n);
        });
        expect(run.signal).toBe('SIGSEGV');
      });

      it('touches each page of a large frame', () => {
        // 3,000 values live at once need some 24 KiB of slots.
        const run = status(
          (code) => {
            for (let i = 0; i < 3000; i++) code.constant('i32', BASE + BigInt(4 * i)).op('i32.load');
            code.constant('i32', 0n).constant('i32', 0n).op('call', 0).op('drop');
            for (let i = 0; i < 2999; i++) code.op('i32.add');
          },
          (writer) => {
            writer.function(binary, [], (code) => code.op('local.get', 0));
            writer.data(Number(BASE) + 4 * 2999, [9]);
          },
        );
        expect(run).toMatchObject({ status: 9, signal: null });
      });
    });
  }

  it('keeps what callers hold in callee-saved registers that an intrinsic overwrites', () => {
    const overwrite: Intrinsic = {
      kind: 'fixed',
      parameters: [],
      inputs: [],
      clobbers: [rbx, r12, r13, r14],
      emit: (asm) => [rbx, r12, r13, r14].forEach((r) => void asm.mov(r, 0)),
    };
    const module = decoded(
      (code) => {
        for (let i = 0; i < 8; i++) code.constant('i32', BASE + BigInt(i)).op('i32.load8_u');
        for (let i = 0; i < 40; i++) code.op('call', 1);
        for (let i = 0; i < 7; i++) code.op('i32.add');
      },
      (writer) => {
        writer.importFunction('test', 'overwrite', { parameters: [], result: undefined });
        writer.function({ parameters: [], result: undefined }, [], (code) => code.op('call', 0));
        writer.data(Number(BASE), [1, 2, 3, 4, 5, 6, 7, 8]);
      },
    );
    const image = buildNative(module, 'zero', undefined, new Map([['test.overwrite', overwrite]]));
    expect(runExecutable(image)).toMatchObject({ status: 36, signal: null });
  });

  const trapping: [string, string, (code: CodeWriter) => void][] = [
    ['unreachable', 'SIGILL', (code) => code.op('unreachable')],
    ['division by zero', 'SIGFPE', (code) => code.constant('i32', 1n).constant('i32', BASE).op('i32.load').op('i32.div_u')],
    ['null dereference', 'SIGSEGV', (code) => code.constant('i32', BASE).op('i32.load').op('i32.load', 8)],
    ['beyond memory', 'SIGSEGV', (code) => code.constant('i32', 4n * 65536n).op('i32.load')],
    ['conversion', 'SIGILL', (code) => code.constant('f64', 0x7ff8000000000000n).op('i32.trunc_f64_s')],
    [
      'copy beyond memory',
      'SIGILL',
      (code) => {
        code
          .constant('i32', 0n)
          .constant('i32', BASE)
          .constant('i32', 4n * 65536n)
          .op('memory.copy')
          .constant('i32', 0n);
      },
    ],
    ['empty table slot', 'SIGILL', (code) => code.constant('i32', BASE).op('i32.load').op('call_indirect', 0)],
    ['misaligned atomic', 'SIGILL', (code) => code.constant('i32', BASE + 1n).op('i32.atomic.load')],
    ['endless recursion', 'SIGSEGV', (code) => code.constant('i32', 1n).op('call', 0)],
  ];
  for (const [name, signal, write] of trapping) {
    it(`traps: ${name}`, () => {
      const module = decoded(write, (writer) => {
        writer.type({ parameters: [], result: 'i32' });
        writer.function({ parameters: ['i32'], result: 'i32' }, [], (code) => {
          code.op('local.get', 0).op('call', 0).constant('i32', 1n).op('i32.add');
        });
      });
      const table = { minimum: 1, maximum: 1, shared: false };
      expect(runNative({ ...module, table }, 'zero')).toMatchObject({ status: null, signal });
    });
  }
});

describe('translation', () => {
  const options: TranslateOptions = { addressing: 'r15', intrinsics: linuxIntrinsics('r15') };

  it('names functions, exports and what it needs from elsewhere', () => {
    const module = decoded(
      (code) => code.constant('i32', 1n).op('memory.grow').op('call', 0).op('drop').op('call', 1).op('i32.wrap_i64'),
      (writer) => {
        writer.importFunction('asm', 'switch_to', { parameters: ['i32'], result: 'i32' });
        writer.importFunction('sym', 'boot_stack', { parameters: [], result: 'i64' });
        writer.nameFunction(2, 'kernel/main');
      },
    );
    const { externs, symbols, exports } = translate(module, options);
    expect([...externs].sort()).toEqual(['boot_stack', 'memory_grow', 'switch_to']);
    expect(exports).toEqual(['main']);
    const main = symbols.find((s) => s.name === 'main')!;
    expect(symbols.find((s) => s.name === 'kernel/main')).toMatchObject({ offset: main.offset, local: true, kind: 'function' });
  });

  it('resolves ts imports to exports of the module itself, and complains about others', () => {
    const call = (name: string) =>
      decoded(
        (code) => code.op('call', 0),
        (writer) => void writer.importFunction('ts', name, { parameters: [], result: 'i32' }),
      );
    expect(translate(call('main'), options).externs).toEqual([]);
    expect(() => translate(call('missing'), options)).toThrow('exports no function missing');
    const unknown = decoded(
      (code) => code.op('call', 0),
      (w) => void w.importFunction('env', 'f', { parameters: [], result: 'i32' }),
    );
    expect(() => translate(unknown, options)).toThrow('unknown import env.f');
  });

  it('checks the declared type of an intrinsic', () => {
    const wrong = decoded(
      (code) => code.op('call', 0),
      (w) => void w.importFunction('linux', 'now', { parameters: [], result: 'i32' }),
    );
    expect(() => translate(wrong, options)).toThrow('linux.now is declared as (): i32, but is (): i64');
  });

  it('lists trap sites with code bytes and wasm offsets, and lines', () => {
    const module = decoded((code) => code.constant('i32', 1n).open('if').op('unreachable').op('end').constant('i32', 0n));
    const { traps, sections, lines } = translate(module, options);
    const at = module.functions[0].body.find((i) => i.op.name === 'unreachable')!.pc;
    const site = traps.find((t) => t.wasm === at)!;
    expect(site.trap).toBe('unreachable');
    expect([...sections[0].bytes.slice(site.offset, site.offset + 3)]).toEqual([0x0f, 0x0b, trapCodes.unreachable]);
    expect(trapName(sections[0].bytes[site.offset + 2])).toBe('unreachable');
    const line = lines.findLast((l) => l.offset <= site.offset);
    expect(line?.wasm).toBe(at);
    expect(lines.every((l, i) => i === 0 || l.offset > lines[i - 1].offset)).toBe(true);
  });

  it('leaves five bytes for probes at entries and returns', () => {
    const module = decoded((code) => code.constant('i32', 3n));
    const { probes, sections } = translate(module, { ...options, patchable: true });
    expect(probes.map(({ kind }) => kind)).toEqual(['entry', 'return']);
    for (const { offset } of probes) {
      expect([...sections[0].bytes.slice(offset, offset + 5)]).toEqual([0x0f, 0x1f, 0x44, 0, 0]);
    }
    expect(sections[0].bytes[probes[1].offset + 5]).toBe(0xc3);
  });

  it('refuses floating point where there is no state for it', () => {
    const module = decoded((code) => code.constant('f64', 0n).op('drop').constant('i32', 0n));
    expect(() => translate(module, { ...options, forbidFloat: true })).toThrow('floating point in func0');
  });

  it('expands intrinsics in place: fixed registers, and accesses outside the window with the address folded', () => {
    const intrinsics = new Map<string, Intrinsic>([
      [
        'cpu.twice',
        { kind: 'fixed', parameters: ['i64'], result: 'i64', inputs: [rdi], emit: (asm) => asm.lea(rax, ptr(rdi, 0x77)) },
      ],
      ['mem.load16', { kind: 'load', bytes: 2 }],
      ['mem.store64', { kind: 'store', bytes: 8 }],
      ['percpu.load32', { kind: 'load', bytes: 4, segment: 'gs' }],
    ]);
    const module = decoded(
      (code) => {
        code.constant('i64', 5n).op('call', 0).constant('i64', 16n).op('i64.add').constant('i64', 9n).op('call', 2);
        code
          .constant('i64', 24n)
          .op('call', 3)
          .constant('i64', 5n)
          .op('call', 0)
          .constant('i64', 64n)
          .op('i64.add')
          .op('call', 1)
          .op('i32.add');
      },
      (writer) => {
        writer.importFunction('cpu', 'twice', { parameters: ['i64'], result: 'i64' });
        writer.importFunction('mem', 'load16', { parameters: ['i64'], result: 'i32' });
        writer.importFunction('mem', 'store64', { parameters: ['i64', 'i64'], result: undefined });
        writer.importFunction('percpu', 'load32', { parameters: ['i64'], result: 'i32' });
      },
    );
    const { sections } = translate(module, { addressing: 'r15', intrinsics });
    const text = Buffer.from(sections[0].bytes).toString('hex');
    expect(text).toContain('488d4777'); // lea rax, [rdi + 0x77]
    expect(text).toContain('48c7401009000000'); // mov qword [rax + 16], 9
    expect(text).toMatch(/65(44)?8b..25180{6}/); // mov r32, gs:[24]
    expect(text).toMatch(/0fb7..40/); // movzx r32, word [rax + 64]
  });
});
