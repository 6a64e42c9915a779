// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { loadFields, saveFields } from './state.ts';

const shape = () => ({
  count: 0,
  on: false,
  ram: new Uint8Array(4),
  pins: [0, 0],
  fifo: [] as number[],
  deadline: null as number | null,
  unit: [{ id: 0n }],
});

test('fields survive as a deep copy', () => {
  const fields = { ...shape(), count: 7, fifo: [1, 2, 3], deadline: 99 };
  const state = saveFields(2, fields);
  fields.ram[0] = 1;
  fields.fifo.push(4);
  expect(loadFields('dev', state, 2, shape())).toEqual({ ...shape(), count: 7, fifo: [1, 2, 3], deadline: 99 });
});

test('what does not fit is refused with the device and the field', () => {
  const state = saveFields(1, shape());
  expect(() => loadFields('dev', state, 2, shape())).toThrow('dev: snapshot version 1 is not 2');
  const bad = (field: string, value: never) => () => loadFields('dev', { ...state, [field]: value }, 1, shape());
  expect(bad('count', 'x' as never)).toThrow("dev: snapshot field 'count' is missing or malformed");
  expect(bad('ram', new Uint8Array(5) as never)).toThrow("'ram'");
  expect(bad('pins', [1] as never)).toThrow("'pins'");
  expect(bad('pins', [1, null] as never)).toThrow("'pins[1]'");
  expect(bad('fifo', ['a'] as never)).toThrow("'fifo[0]'");
  expect(bad('unit', [{}] as never)).toThrow("'unit[0].id'");
  expect(bad('deadline', 'soon' as never)).toThrow("'deadline'");
  expect(bad('on', undefined as never)).toThrow("'on'");
});
