// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { Wire } from '../bus/irq.ts';
import { VirtualClock } from '../bus/timers.ts';
import { I8042 } from './i8042.ts';

function board() {
  const clock = new VirtualClock();
  const edges: string[] = [];
  const irq1 = new Wire((level) => edges.push(`1${level ? '+' : '-'}`));
  const irq12 = new Wire((level) => edges.push(`12${level ? '+' : '-'}`));
  const a20 = { level: false };
  const setA20 = (open: boolean) => {
    a20.level = open;
  };
  const counts = { resets: 0 };
  const controller = new I8042(clock, irq1, irq12, () => counts.resets++, setA20);
  const status = () => controller.command.read(0, 1);
  const read = () => controller.data.read(0, 1);
  const data = (value: number) => controller.data.write(0, 1, value);
  const command = (value: number, ...parameters: number[]) => {
    controller.command.write(0, 1, value);
    for (const parameter of parameters) data(parameter);
  };
  const mouse = (...bytes: number[]) => {
    for (const byte of bytes) command(0xd4, byte);
  };
  const drain = () => {
    const bytes: number[] = [];
    while (status() & 1) bytes.push(read());
    return bytes;
  };
  return { clock, edges, irq1, irq12, a20, counts, controller, status, read, data, command, mouse, drain };
}

test('reset state and self-tests', () => {
  const { status, command, drain } = board();
  expect(status()).toBe(0x18);
  command(0x20);
  expect(drain()).toEqual([0x03]);
  command(0xaa);
  expect([status(), drain()]).toEqual([0x1d, [0x55]]);
  command(0xab);
  command(0xa9);
  command(0xc0);
  expect(drain()).toEqual([0, 0, 0x80]);
});

test('keyboard: identify, reset, LEDs, rate, sets, resend, unknown', () => {
  const { data, drain } = board();
  const talk = (...bytes: number[]) => {
    for (const byte of bytes) data(byte);
    return drain();
  };
  expect(talk(0xf2)).toEqual([0xfa, 0xab, 0x83]);
  expect(talk(0xff)).toEqual([0xfa, 0xaa]);
  expect(talk(0xed, 0x07)).toEqual([0xfa, 0xfa]);
  expect(talk(0xf3, 0x00)).toEqual([0xfa, 0xfa]);
  expect(talk(0xee)).toEqual([0xee]);
  expect(talk(0xf0, 0x00)).toEqual([0xfa, 0xfa, 0x02]);
  expect(talk(0xf0, 0x03)).toEqual([0xfa, 0xfe]);
  expect(talk(0xf0, 0x01)).toEqual([0xfa, 0xfa]);
  expect(talk(0xf4)).toEqual([0xfa]);
  expect(talk(0xfe)).toEqual([0xfa]);
  expect(talk(0x12)).toEqual([0xfe]);
});

test('keys in set 2, set 1, and translated', () => {
  const { controller, data, command, drain } = board();
  const keys = () => {
    for (const code of [0x1e, 0x3b, 0x41, 0xe048]) {
      controller.keyEvent(code, true);
      controller.keyEvent(code, false);
    }
    return drain();
  };
  expect(keys()).toEqual([0x1c, 0xf0, 0x1c, 0x05, 0xf0, 0x05, 0x83, 0xf0, 0x83, 0xe0, 0x75, 0xe0, 0xf0, 0x75]);
  command(0x60, 0x43);
  const set1 = [0x1e, 0x9e, 0x3b, 0xbb, 0x41, 0xc1, 0xe0, 0x48, 0xe0, 0xc8];
  expect(keys()).toEqual(set1);
  data(0xf2);
  // The translation does not spare the keyboard's ID.
  expect(drain()).toEqual([0xfa, 0xab, 0x41]);
  command(0x60, 0x03);
  data(0xf0);
  data(0x01);
  expect(drain()).toEqual([0xfa, 0xfa]);
  expect(keys()).toEqual(set1);
});

test('Pause sends press and release at once', () => {
  const { controller, command, drain } = board();
  controller.keyEvent(0xe11d, true);
  controller.keyEvent(0xe11d, false);
  expect(drain()).toEqual([0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77]);
  command(0x60, 0x43);
  controller.keyEvent(0xe11d, true);
  expect(drain()).toEqual([0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5]);
});

test('every byte of the keyboard is an edge of IRQ 1', () => {
  const { controller, edges, read, status } = board();
  controller.keyEvent(0xe01d, true);
  expect([edges, status()]).toEqual([['1+'], 0x19]);
  expect([read(), edges]).toEqual([0xe0, ['1+', '1-', '1+']]);
  expect([read(), edges]).toEqual([0x14, ['1+', '1-', '1+', '1-']]);
  // Reading the empty buffer gives the last byte again.
  expect(read()).toBe(0x14);
});

test('a held key repeats after half a second, 10.9 times a second, until another is pressed', () => {
  const { clock, controller, drain } = board();
  controller.keyEvent(0x1e, true);
  drain();
  // A host that repeats by itself changes nothing.
  controller.keyEvent(0x1e, true);
  clock.advanceTo(499_999_999);
  expect(drain()).toEqual([]);
  clock.advanceTo(500_000_000);
  expect(drain()).toEqual([0x1c]);
  let repeats = 0;
  for (let time = 0.5e9; time <= 2.5e9; time += 1e7) {
    clock.advanceTo(time);
    repeats += drain().length;
  }
  expect(repeats).toBe(21);
  controller.keyEvent(0x2a, true);
  controller.keyEvent(0x2a, false);
  drain();
  clock.advanceTo(5e9);
  expect(drain()).toEqual([]);
});

test('a disabled interface holds the keyboard back; the controller still answers', () => {
  const { controller, command, drain, irq1 } = board();
  command(0xad);
  controller.keyEvent(0x1e, true);
  expect(drain()).toEqual([]);
  command(0x20);
  expect(drain()).toEqual([0x13]);
  command(0xae);
  expect([irq1.level, drain()]).toEqual([true, [0x1c]]);
});

test('a full keyboard buffer drops whole keys', () => {
  const { controller, command, drain } = board();
  command(0xad);
  for (let key = 0; key < 10; key++) controller.keyEvent(0xe048, false);
  command(0xae);
  expect(drain()).toEqual(Array(5).fill([0xe0, 0xf0, 0x75]).flat());
});

test('the auxiliary loop, by which drivers find the mouse port', () => {
  const { command, status, read, irq12, edges } = board();
  command(0x60, 0x47);
  command(0xd3, 0x5a);
  expect([status() & 0x21, irq12.level, read(), irq12.level]).toEqual([0x21, true, 0x5a, false]);
  expect(edges).toEqual(['12+', '12-']);
  command(0xa7);
  command(0x20);
  expect([status() & 0x21, read()]).toEqual([0x01, 0x67]);
  command(0xd2, 0x33);
  expect([status() & 0x21, read()]).toEqual([0x01, 0x33]);
});

test('mouse: reset, identify, status, wheel and Explorer knocks', () => {
  const { mouse, drain } = board();
  const talk = (...bytes: number[]) => {
    mouse(...bytes);
    return drain();
  };
  expect(talk(0xff)).toEqual([0xfa, 0xaa, 0x00]);
  expect(talk(0xf2)).toEqual([0xfa, 0x00]);
  expect(talk(0xe9)).toEqual([0xfa, 0x00, 0x02, 100]);
  talk(0xe8, 3, 0xe7, 0xf3, 40, 0xf4);
  expect(talk(0xe9)).toEqual([0xfa, 0x30, 0x03, 40]);
  talk(0xf3, 200, 0xf3, 100, 0xf3, 80);
  expect(talk(0xf2)).toEqual([0xfa, 0x03]);
  talk(0xf3, 200, 0xf3, 200, 0xf3, 80);
  expect(talk(0xf2)).toEqual([0xfa, 0x04]);
  talk(0xf6);
  expect(talk(0xe9)).toEqual([0xfa, 0x00, 0x02, 100]);
  expect(talk(0xee, 0x55, 0xec, 0xf2)).toEqual([0xfa, 0x55, 0xfa, 0xfa, 0x04]);
});

test('mouse packets: signs, buttons, wheel, large movements in pieces', () => {
  const { controller, mouse, drain } = board();
  controller.mouseEvent(1, 1, 0, 0);
  expect(drain()).toEqual([]);
  mouse(0xf4);
  drain();
  controller.mouseEvent(5, 3, 0, 1);
  expect(drain()).toEqual([0x29, 5, 0xfd]);
  mouse(0xf3, 200, 0xf3, 100, 0xf3, 80);
  drain();
  controller.mouseEvent(-300, 0, -1, 6);
  expect(drain()).toEqual([0x1e, 0x81, 0, 0xff, 0x1e, 0x81, 0, 0, 0x1e, 0xd2, 0, 0]);
  mouse(0xf0);
  drain();
  controller.mouseEvent(1, 0, 0, 0);
  expect(drain()).toEqual([]);
  mouse(0xeb);
  expect(drain()).toEqual([0xfa, 0x08, 1, 0, 0]);
});

test('no movement is lost while nobody reads', () => {
  const { controller, mouse, drain } = board();
  mouse(0xf4);
  drain();
  for (let step = 0; step < 50; step++) controller.mouseEvent(3, 0, 0, 0);
  const bytes = drain();
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 3) sum += bytes[at + 1];
  expect(sum).toBe(150);
});

test('keyboard before mouse, and status keeps its word', () => {
  const { controller, mouse, drain, read, status } = board();
  mouse(0xf4);
  drain();
  controller.mouseEvent(1, 0, 0, 0);
  controller.keyEvent(0x1e, true);
  expect([status() & 0x20, read()]).toEqual([0x20, 0x08]);
  expect([status() & 0x20, read()]).toEqual([0, 0x1c]);
  expect([status() & 0x20, drain()]).toEqual([0x20, [1, 0]]);
});

test('A20 and reset through the output port and by command', () => {
  const { a20, counts, controller, command, drain } = board();
  controller.reset();
  command(0xd0);
  expect([a20.level, drain()]).toEqual([true, [0xcf]]);
  command(0xd1, 0xdd);
  command(0xd0);
  expect([a20.level, drain()]).toEqual([false, [0xcd]]);
  command(0xdf);
  expect(a20.level).toBe(true);
  command(0xdd);
  expect(a20.level).toBe(false);
  command(0xff);
  command(0xf1);
  expect(counts.resets).toBe(0);
  command(0xfe);
  command(0xd1, 0x02);
  expect(counts.resets).toBe(2);
});

test('a loaded controller continues like the saved one', () => {
  const a = board();
  a.command(0x60, 0x47);
  a.mouse(0xf4);
  a.drain();
  a.controller.keyEvent(0xe048, true);
  a.controller.keyEvent(0xe048, false);
  a.controller.mouseEvent(200, 0, 0, 1);
  a.controller.keyEvent(0x1e, true);
  a.read();
  const b = board();
  b.controller.load(a.controller.save());
  expect([b.irq1.level, b.irq12.level]).toEqual([a.irq1.level, a.irq12.level]);
  const observe = (side: typeof a) => {
    const first = side.drain();
    side.clock.advanceTo(700_000_000);
    return [first, side.drain(), side.status()];
  };
  const expected = observe(a);
  expect(expected[0]).toEqual([0x48, 0xe0, 0xc8, 0x1e, 0x09, 127, 0, 0x09, 73, 0]);
  expect(expected[1]).toEqual([0x1e, 0x1e, 0x1e]);
  expect(observe(b)).toEqual(expected);
});
