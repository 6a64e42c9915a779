// SPDX-License-Identifier: MIT
/**
 * @fileoverview Saving and loading a device's registers as named, versioned snapshot fields.
 *
 * A device keeps its architectural state in one plain object and gives the power-on value of that object as its shape.
 * `saveFields` copies it; `loadFields` copies it back after checking every field against the shape, so that a damaged or foreign
 * snapshot is refused with one clear line instead of leaving a device half loaded.
 *
 * The shape rules: numbers, bigints, booleans and strings must keep their type; a Uint8Array or a non-empty array must keep its
 * length and, for arrays, every element has the shape of the first; an empty array stands for a list of numbers of any
 * length; null stands for a number that may be absent.
 */
import type { DeviceState, StateValue } from './device.ts';

export type Fields = { [name: string]: StateValue };

/** A deep copy of `fields` as the snapshot of one device. */
export function saveFields(version: number, fields: Fields): DeviceState {
  return { ...(copy(fields) as Fields), version };
}

/** A deep copy of the fields in `state`, checked against `shape`. Throws an Error with one line that names device and field. */
export function loadFields<T extends Fields>(device: string, state: DeviceState, version: number, shape: T): T {
  if (state.version !== version) throw new Error(`${device}: snapshot version ${state.version} is not ${version}`);
  const fields: Fields = {};
  for (const name of Object.keys(shape)) fields[name] = checked(device, name, state[name], shape[name]);
  return fields as T;
}

function copy(value: StateValue): StateValue {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map(copy);
  const result: Fields = {};
  for (const name of Object.keys(value)) result[name] = copy(value[name]);
  return result;
}

function checked(device: string, path: string, value: StateValue | undefined, shape: StateValue): StateValue {
  const refuse = (): never => {
    throw new Error(`${device}: snapshot field '${path}' is missing or malformed`);
  };
  if (value === undefined) return refuse();
  if (shape === null) return value === null || typeof value === 'number' ? value : refuse();
  if (typeof shape !== 'object') return typeof value === typeof shape ? value : refuse();
  if (value === null || typeof value !== 'object') return refuse();
  if (shape instanceof Uint8Array) return value instanceof Uint8Array && value.length === shape.length ? value.slice() : refuse();
  if (Array.isArray(shape)) {
    if (!Array.isArray(value) || (shape.length > 0 && value.length !== shape.length)) return refuse();
    const element = shape.length > 0 ? shape[0] : 0;
    // Long lists of numbers: a path for each would be most of the work.
    if (typeof element === 'number' && value.every((item) => typeof item === 'number')) return value.slice();
    return value.map((item, index) => checked(device, `${path}[${index}]`, item, element));
  }
  if (value instanceof Uint8Array || Array.isArray(value)) return refuse();
  const result: Fields = {};
  for (const name of Object.keys(shape)) result[name] = checked(device, `${path}.${name}`, value[name], shape[name]);
  return result;
}
