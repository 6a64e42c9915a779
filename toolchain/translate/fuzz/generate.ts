// SPDX-License-Identifier: MIT
/**
 * @fileoverview Random wasm programs: well typed, terminating, deterministic up to traps.
 *
 * Every operator, access and control structure of the opcode table appears. A global holds fuel, taken by every call and loop
 * iteration, so that programs end.
 */
import { type CodeWriter, ModuleWriter } from '../../wasm/encode.ts';
import type { FunctionType, ValueType } from '../../wasm/module.ts';
import { BodyGenerator, type GlobalVariable, REGION, TYPES } from './body.ts';
import type { Random } from './random.ts';

import { randomConstant } from './values.ts';

const OUTPUT = 0x8_0000;
const INITIAL_PAGES = 12;
const FUEL = 1000;

export interface Program {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** `wild`: some addresses are not masked at all, which only targets that map all of linear memory, and nothing else, stand. */
export function generateProgram(random: Random, wild: boolean): Program {
  return new ProgramGenerator(random, wild).generate();
}

class ProgramGenerator {
  readonly writer = new ModuleWriter();
  readonly fuel: number;
  readonly globals: GlobalVariable[] = [];
  readonly functions: { index: number; type: FunctionType }[] = [];
  readonly passive: number;
  private readonly write: number;

  constructor(
    readonly random: Random,
    readonly wild: boolean,
  ) {
    const { writer } = this;
    writer.memory = { minimum: INITIAL_PAGES, maximum: INITIAL_PAGES + 4 };
    writer.exportMemory('memory');
    this.write = writer.importFunction('linux', 'write', { parameters: ['i32', 'i32', 'i32'], result: 'i32' });
    this.fuel = writer.global('i32', BigInt(FUEL));
    for (let i = 0; i < 6; i++) {
      const type = random.pick(TYPES);
      this.globals.push({ type, index: writer.global(type, randomConstant(random, type)) });
    }
    this.passive = writer.data(
      undefined,
      Array.from({ length: 40 }, () => random.below(256)),
    );
    writer.data(
      REGION,
      Array.from({ length: 300 }, () => random.below(256)),
    );
  }

  generate(): Program {
    const { writer, random } = this;
    const count = 2 + random.below(5);
    for (let i = 0; i < count; i++) {
      const parameters = Array.from({ length: random.below(random.chance(6) ? 14 : 5) }, () => random.pick(TYPES));
      const type: FunctionType = { parameters, result: random.chance(8) ? undefined : random.pick(TYPES) };
      const locals = Array.from({ length: random.below(random.chance(5) ? 40 : 7) }, () => random.pick(TYPES));
      // Indices are known beforehand, so that a body may call itself and, through the table, everything.
      const index = i + 1;
      this.functions.push({ index, type });
      const scratch: ValueType[] = ['f32', 'f64', 'i32', 'i32'];
      writer.function(type, [...scratch, ...locals], (code) => {
        new BodyGenerator(this, code, type, [...scratch, ...locals]).generate();
      });
    }
    const main = writer.function({ parameters: [], result: 'i32' }, ['f32', 'f64'], (code) => this.main(code));
    writer.exportFunction('main', main);
    writer.table([...this.functions.map((f) => f.index), this.functions[0].index]);
    return { bytes: writer.finish() };
  }

  /** Calls every function with several arguments and writes each result; then memory and globals. */
  private main(code: CodeWriter): void {
    const { random } = this;
    const writeOut = (at: number, length: number) => {
      code.constant('i32', 1n).constant('i32', BigInt(at)).constant('i32', BigInt(length)).op('call', this.write).op('drop');
    };
    for (const { index, type } of this.functions) {
      for (let i = 0; i < 4; i++) {
        code.constant('i32', BigInt(FUEL)).op('global.set', this.fuel);
        code.constant('i32', BigInt(OUTPUT));
        for (const parameter of type.parameters) code.constant(parameter, randomConstant(random, parameter));
        code.op('call', index);
        if (type.result) code.op(`${type.result}.store`);
        else code.op('drop');
        writeOut(OUTPUT, 8);
      }
    }
    this.globals.forEach(({ index, type }, i) => {
      code
        .constant('i32', BigInt(OUTPUT))
        .op('global.get', index)
        .op(`${type}.store`, 8 * i);
    });
    writeOut(OUTPUT, 64);
    writeOut(REGION - 256, 0x1_0000 + 1024);
    code.op('memory.size');
  }
}
