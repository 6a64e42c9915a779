// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { expectation, type ScriptStep } from './script.ts';
import { type MachineEnd, Session, type SessionMachine, type SessionOptions } from './session.ts';

/** Writes its output a byte per million instructions, then ends; echoes what is typed at the end of its output. */
class ScriptedMachine implements SessionMachine {
  instructions = 0;
  get now(): number {
    return this.instructions * 10;
  }
  typed = '';
  waitsWhenIdle = false;
  isDeaf = false;
  idleFor = 0;
  passIdle(nanoseconds: number): void {
    this.idleFor = Math.max(0, this.idleFor - nanoseconds);
  }
  #stopped = false;
  #listener: (byte: number) => void = () => {};
  output: string;
  readonly #end: MachineEnd | undefined;

  constructor(output: string, end?: MachineEnd) {
    this.output = output;
    this.#end = end;
  }

  run(until: number): MachineEnd | undefined {
    this.#stopped = false;
    while (!this.#stopped && this.instructions < until) {
      if (this.output === '' && this.#end) return this.#end;
      this.instructions += Math.min(1_000_000, until - this.instructions);
      if (this.output === '') continue;
      const byte = this.output.charCodeAt(0);
      this.output = this.output.slice(1);
      this.#listener(byte);
    }
    return undefined;
  }
  stop(): void {
    this.#stopped = true;
  }
  onConsoleOutput(listener: (byte: number) => void): void {
    this.#listener = listener;
  }
  typeOnConsole(bytes: Uint8Array): void {
    const text = new TextDecoder().decode(bytes);
    this.typed += text;
    this.output += text;
  }
}

const wait = (text: string): ScriptStep => ({ expect: expectation(text) });
const OFF: MachineEnd = { kind: 'power-off' };

async function run(machine: ScriptedMachine, options: Partial<SessionOptions> = {}) {
  let output = '';
  let milliseconds = 0;
  const session = new Session(machine, {
    script: [],
    output: (bytes) => {
      output += new TextDecoder().decode(bytes);
    },
    clock: () => (milliseconds += 100),
    ...options,
  });
  return { ...(await session.run()), output };
}

describe('ends', () => {
  test('power-off is success, all output delivered', async () => {
    expect(await run(new ScriptedMachine('hello', OFF))).toMatchObject({
      outcome: 'power-off',
      exitCode: 0,
      message: '',
      output: 'hello',
    });
  });

  test('a finished script ends the run at once, at a definite instruction', async () => {
    const machine = new ScriptedMachine('login: then more');
    expect(await run(machine, { script: [wait('login:')] })).toMatchObject({
      outcome: 'script done',
      exitCode: 0,
      output: 'login:',
    });
    expect(machine.instructions).toBe(6_000_000);
  });

  test('power-off with an expectation left is failure and says which', async () => {
    const result = await run(new ScriptedMachine('hello', OFF), { script: [wait('hello'), wait('never')] });
    expect(result).toMatchObject({ outcome: 'power-off', exitCode: 1, message: 'power-off, still waiting for /never/' });
  });

  test('time-out', async () => {
    const result = await run(new ScriptedMachine(''), { script: [wait('x')], timeout: 3 });
    expect(result).toMatchObject({ outcome: 'time-out', exitCode: 1, message: 'time-out after 3 s, still waiting for /x/' });
  });

  test('number of instructions, exactly', async () => {
    const machine = new ScriptedMachine('');
    expect(await run(machine, { instructions: 12_345_678 })).toMatchObject({ outcome: 'instructions reached', exitCode: 0 });
    expect(machine.instructions).toBe(12_345_678);
    expect(await run(new ScriptedMachine(''), { instructions: 10, script: [wait('x')] })).toMatchObject({ exitCode: 1 });
  });

  test.each<[MachineEnd, number, RegExp]>([
    [{ kind: 'panic' }, 3, /panic/],
    [{ kind: 'triple-fault', message: 'RIP=0\nRAX=1' }, 3, /^RIP=0\nRAX=1$/],
    [{ kind: 'halted' }, 1, /halted/],
  ])('%j', async (end, exitCode, message) => {
    expect(await run(new ScriptedMachine('', end))).toMatchObject({
      outcome: end.kind,
      exitCode,
      message: expect.stringMatching(message),
    });
  });

  test('a script that ends by typing waits for the end of the machine', async () => {
    const machine = new ScriptedMachine('$ ', OFF);
    const script = [wait('\\$ '), { send: 'poweroff' }];
    expect(await run(machine, { script })).toMatchObject({ outcome: 'power-off', exitCode: 0, output: '$ poweroff\r' });
    expect(await run(new ScriptedMachine('$ ', { kind: 'panic' }), { script })).toMatchObject({ exitCode: 3 });
  });

  test('or for five seconds of silence, or for the time-out, in virtual time', async () => {
    const machine = new ScriptedMachine('');
    expect(await run(machine, { script: [{ send: 'x' }] })).toMatchObject({ outcome: 'script done', exitCode: 0, output: 'x\r' });
    expect(machine.now).toBeGreaterThanOrEqual(5e9);
    expect(machine.now).toBeLessThan(5.2e9);
    expect(await run(new ScriptedMachine(''), { script: [{ send: 'x' }], timeout: 1 })).toMatchObject({
      outcome: 'script done',
      exitCode: 0,
    });
  });
});

test('answers enter at the byte that matched', async () => {
  const machine = new ScriptedMachine('$ ', undefined);
  const result = await run(machine, { script: [wait('\\$ $'), { send: 'ls' }, wait('ls\\r')] });
  expect(result).toMatchObject({ exitCode: 0, output: '$ ls\r' });
  expect(machine.instructions).toBe(5_000_000);
});

test('the user can leave', async () => {
  const session = new Session(new ScriptedMachine(''), { script: [], output: () => {} });
  setTimeout(() => session.leave(), 5);
  expect(await session.run()).toMatchObject({ outcome: 'left', exitCode: 0 });
});

test('at a terminal an idle machine waits for its timer, or for a key', async () => {
  const machine = new ScriptedMachine('');
  const naps: number[] = [];
  machine.idleFor = 30e6;
  const session = new Session(machine, {
    script: [],
    interactive: true,
    output: () => {},
    pause: async (milliseconds) => {
      naps.push(milliseconds);
      if (naps.length === 3) session.leave();
    },
    clock: (
      (now) => () =>
        (now += 20)
    )(0),
  });
  await session.run();
  expect(machine.waitsWhenIdle).toBe(true);
  // The clock goes 20 ms a nap.
  expect(naps).toEqual([30, 10, 0]);
});
