// SPDX-License-Identifier: MIT
/** Expressions of json(1), each judged by the ECMAScript that this test runs in. */
import { beforeAll, expect, test, vi } from 'vitest';
import { type Guest, loadGuest } from '../../toolchain/asc/hostWasm.ts';

vi.setConfig({ testTimeout: 120_000 });
const SOURCE = `
import { JsonParser, Json, OBJECT } from './guest-os/lib/json';
import { Program } from './guest-os/lib/jsonExpression';
function text(at: usize, count: i32): string {
  let result = '';
  for (let i = 0; i < count; i++) result += String.fromCharCode(load<u8>(at + i));
  return result;
}
export function evaluate(json: usize, jsonBytes: i32, code: usize, codeBytes: i32): string {
  const value = new JsonParser(text(json, jsonBytes)).next();
  const program = new Program(text(code, codeBytes));
  if (!value || program.error.length) return 'error ' + program.error;
  const result = program.run(value);
  if (program.error.length) return 'error ' + program.error;
  return (result ? result.print(0) : 'undefined') + ' ' + value.print(0);
}
`;
const VALUE = {
  id: 7,
  name: 'web',
  empty: '',
  none: null,
  yes: true,
  no: false,
  ram: 128.5,
  list: [1, 'two', 3],
  in: { x: { y: 'deep' } },
  'a-b': '10',
};

let guest: Guest;
beforeAll(async () => {
  guest = await loadGuest({ source: SOURCE, target: 'user' });
}, 200_000);

function ours(code: string): string {
  const words = [JSON.stringify(VALUE), code].flatMap((text) => [guest.bytes(Buffer.from(text, 'latin1')), text.length]);
  return guest.text(guest.call('evaluate', ...words) as number);
}

const OPERANDS = [
  'id',
  'name',
  'empty',
  'none',
  'yes',
  'no',
  'ram',
  'this.missing',
  '0',
  '7',
  '"7"',
  '""',
  '"web"',
  'list.length',
  "this['a-b']",
];
const OPERATORS = ['===', '!==', '==', '!=', '<', '<=', '>', '>=', '&&', '||', '+'];

/** The same by this ECMAScript: fields are names as json(1) has it. */
function theirs(code: string): string {
  const value = structuredClone(VALUE) as Record<string, unknown>;
  const names = Object.keys(value).filter((name) => /^\w+$/.test(name) && name !== 'in');
  const run = new Function(...names, `return (${code})`);
  const result: unknown = run.apply(
    value,
    names.map((name) => value[name]),
  );
  return `${result === undefined ? 'undefined' : JSON.stringify(result)} ${JSON.stringify(value)}`;
}

test('every operator between every two kinds of values', () => {
  for (const operator of OPERATORS)
    for (const a of OPERANDS)
      for (const b of OPERANDS) {
        const code = `${a} ${operator} ${b}`;
        const expected = theirs(code);
        // JSON has no NaN.
        if (operator === '+' && expected.startsWith('null ')) continue;
        expect(ours(code), code).toBe(expected);
      }
});

test.each([
  'this.list[1]',
  "list.indexOf(3) == 2 && name.indexOf('b') === 2 && list.indexOf('3') < 0",
  'this.in.x.y.length',
  'id * 2 + 1 - ram / 2 % 10',
  '!name || !(id > 3 && id <= 7)',
  '-id + 7',
  'id > 5 ? name : none',
  'id < 5 ? name : yes ? "a" : "b"',
  '1 + 2 * 3 == 7 && (1 + 2) * 3 == 9',
  'this.missing && this.missing.x',
])('%s', (code) => {
  expect(ours(code)).toBe(theirs(code));
});

test('statements change the value', () => {
  expect(ours('this.id = id + 1; this.in.x.z = name; delete this.list; delete this.none')).toContain(
    JSON.stringify({ ...VALUE, id: 8, in: { x: { y: 'deep', z: 'web' } }, list: undefined, none: undefined }),
  );
});

test.each(['this.', '(id', 'id ==', '"x', 'id id', 'f(1)', '#', 'list[0', 'id ? 1', 'delete 1'])(
  '%s is no expression',
  (code) => {
    expect(ours(code)).toMatch(/^error ./);
  },
);
