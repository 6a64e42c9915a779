// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConsoleScript, expectation, type ScriptStep } from './script.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const typed = (actions: Uint8Array[]) => actions.map((action) => new TextDecoder().decode(action));
const steps = (...texts: string[]): ScriptStep[] =>
  texts.map((text) => (text.startsWith('>') ? { send: text.slice(1) } : { expect: expectation(text) }));

test('types after the match, with Enter', () => {
  const script = new ConsoleScript(steps('login: ', '>root', '# $', '>poweroff'));
  expect(typed(script.start())).toEqual([]);
  expect(typed(script.feed(bytes('Welcome\nhost login:')))).toEqual([]);
  expect(typed(script.feed(bytes(' ')))).toEqual(['root\r']);
  expect(script.waitingFor?.source).toBe('# $');
  expect(typed(script.feed(bytes('root\r\n~ # ')))).toEqual(['poweroff\r']);
  expect(script.finished).toBe(true);
});

test('what comes first is typed before the guest runs', () => {
  const script = new ConsoleScript(steps('>a', '>b', 'x'));
  expect(typed(script.start())).toEqual(['a\r', 'b\r']);
  expect(script.finished).toBe(false);
});

test('an empty script is finished', () => {
  expect(new ConsoleScript([]).finished).toBe(true);
});

test('each expectation looks only behind the last match', () => {
  const script = new ConsoleScript(steps('one', 'one'));
  script.feed(bytes('one'));
  expect(script.finished).toBe(false);
  script.feed(bytes(' and one'));
  expect(script.finished).toBe(true);
});

test('^ means the line, not the end of the last match', () => {
  const script = new ConsoleScript(steps('login: ', '^root', '>x'));
  expect(typed(script.feed(bytes('login: root\r\n')))).toEqual([]);
  expect(typed(script.feed(bytes('root')))).toEqual(['x\r']);
});

test('an expression may span lines', () => {
  const script = new ConsoleScript(steps('one\\s+two[^x]three', '>x'));
  expect(typed(script.feed(bytes('one\r\n\r\ntwo\nthre')))).toEqual([]);
  expect(typed(script.feed(bytes('e')))).toEqual(['x\r']);
});

test('^ and $ mean lines, also with carriage returns; several expectations may be met at once', () => {
  const script = new ConsoleScript(steps('^b$', '^c'));
  script.feed(bytes('ab\r\nb\r\nc'));
  expect(script.finished).toBe(true);
});

test('a match is taken at its first byte: nothing that follows can undo or lengthen it', () => {
  const script = new ConsoleScript(steps('\\d+', '\\d+', '>x'));
  expect(typed(script.feed(bytes('1')))).toEqual([]);
  expect(typed(script.feed(bytes('2')))).toEqual(['x\r']);
});

test('characters of several bytes match when complete; malformed bytes do no harm', () => {
  const script = new ConsoleScript(steps('é\\ufffd'));
  script.feed(Uint8Array.of(0xc3));
  script.feed(Uint8Array.of(0xa9, 0xff, 0x20));
  expect(script.finished).toBe(true);
});

test('what matches a carriage return does so before the line feed comes', () => {
  const script = new ConsoleScript(steps('^done\\r$', '>x'));
  expect(typed(script.feed(bytes('not done\r\ndone')))).toEqual([]);
  expect(typed(script.feed(bytes('\r')))).toEqual(['x\r']);
});

test('how the output is cut into pieces makes no difference', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', '\n', 'é', 'ab')), fc.integer({ min: 1, max: 5 }), (parts, size) => {
      const output = bytes(parts.join(''));
      const whole = new ConsoleScript(steps('a', '>1', '^b', '>2', 'é', '>3'));
      const pieces = new ConsoleScript(steps('a', '>1', '^b', '>2', 'é', '>3'));
      const byPieces: Uint8Array[] = [];
      for (let at = 0; at < output.length; at += size) byPieces.push(...pieces.feed(output.subarray(at, at + size)));
      expect(typed(byPieces)).toEqual(typed(whole.feed(output)));
    }),
  );
});

test.each([
  ['never seen', 27_000],
  ['never\\sseen', 2_000],
])('no match for /%s/ in %d lines stays cheap', { timeout: 60_000 }, (source, lines) => {
  const script = new ConsoleScript(steps(source, '>x'));
  const before = process.cpuUsage();
  script.feed(bytes('some kernel message that says little\n'.repeat(lines)));
  const { user, system } = process.cpuUsage(before);
  // Processor time, in microseconds. Measured: 0.5 s and 2 s; searching everything said so far takes minutes.
  expect(user + system).toBeLessThan(20_000_000);
  expect(typed(script.feed(bytes('never seen')))).toEqual(['x\r']);
});
