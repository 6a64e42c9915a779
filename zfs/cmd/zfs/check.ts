// SPDX-License-Identifier: MIT
/** @fileoverview Properties that commands are given, checked as libzfs does: name=value pairs become a list for the kernel. */
import { NvList } from '../../port/nvlist';
import { parsedSize, parseSize, sizeProblem } from '../../prop/numbers';
import { FILE_SYSTEM, NUMBER, ONCE, Property, SNAPSHOT, TEXT, VOLUME, WORD, wordNumber } from '../../prop/property';
import { findProperty, isUserProperty } from '../../prop/table';

const LONGEST_VALUE: i32 = 1024;
const LONGEST_PROPERTY: i32 = 255;
const LARGEST_BLOCK: u64 = 128 << 10;

/** Why {@link addProperty} refused. */
export let problem: string = '';

function refuse(why: string): bool {
  problem = why;
  return false;
}

/** Puts `name` = `value` into a list for a dataset of a kind; `creating`: it is being made. False: {@link problem}. */
export function addProperty(list: NvList, name: string, value: string, kind: i32, creating: bool): bool {
  const property = findProperty(name);
  if (!property) {
    if (!isUserProperty(name)) return refuse("invalid property '" + name + "'");
    if (name.length > LONGEST_PROPERTY) return refuse("property name '" + name + "' is too long");
    if (value.length >= LONGEST_VALUE) return refuse("property value '" + value + "' is too long");
    list.setText(name, value);
    return true;
  }
  if (kind == SNAPSHOT) return refuse('this property can not be modified for snapshots');
  if (!property.isFor(kind)) return refuse("'" + property.name + "' does not apply to datasets of this type");
  if (property.isReadOnly) return refuse("'" + property.name + "' is readonly");
  if (property.access == ONCE && !creating) return refuse("'" + property.name + "' can only be set at creation time");
  if (property.kind == WORD) {
    if (!property.findWord(value)) return refuse("'" + property.name + "' must be one of '" + property.values + "'");
    list.setNumber(property.name, wordNumber);
    return true;
  }
  if (property.kind == TEXT) {
    if (value.length >= LONGEST_VALUE) return refuse("'" + property.name + "' is too long");
    if (property.name == 'mountpoint') return addMountPoint(list, value);
    list.setText(property.name, value);
    return true;
  }
  return addNumber(list, property, value);
}

function addMountPoint(list: NvList, value: string): bool {
  if (value != 'none' && value != 'legacy' && !value.startsWith('/')) {
    return refuse("'mountpoint' must be an absolute path, 'none', or 'legacy'");
  }
  let path = value;
  while (path.length > 1 && path.endsWith('/')) path = path.substring(0, path.length - 1);
  list.setText('mountpoint', path);
  return true;
}

function addNumber(list: NvList, property: Property, value: string): bool {
  const name = property.name;
  const isLimit = name.endsWith('quota') || name.endsWith('reservation');
  if (value == 'none') {
    if (!isLimit) return refuse("'" + name + "' must be a number");
    list.setNumber(name, 0);
    return true;
  }
  if (property.kind != NUMBER || !parseSize(value)) return refuse(sizeProblem);
  const number = parsedSize;
  if (!number && name.endsWith('quota')) return refuse("use 'none' to disable quota/refquota");
  if (name == 'recordsize' || name == 'volblocksize') {
    if (number < 512 || number > LARGEST_BLOCK || number & (number - 1)) {
      return refuse("'" + name + "' must be power of 2 from 512 to 128K");
    }
  }
  if (name == 'volsize' && !number) return refuse("'volsize' must not be zero");
  list.setNumber(name, number);
  return true;
}

/** `name=value` of -o; false: {@link problem}, for which the usage is shown. */
export function splitPair(word: string, names: string[], values: string[]): bool {
  const equals = word.indexOf('=');
  if (equals < 0) return refuse("missing '=' for -o option");
  const name = word.substring(0, equals);
  const property = findProperty(name);
  const full = property ? property.name : name;
  if (names.includes(full)) return refuse("property '" + name + "' specified multiple times");
  names.push(full);
  values.push(word.substring(equals + 1));
  return true;
}

/** All of them; false: {@link problem}. */
export function addProperties(list: NvList, names: string[], values: string[], kind: i32, creating: bool): bool {
  for (let i = 0; i < names.length; i++) if (!addProperty(list, names[i], values[i], kind, creating)) return false;
  return true;
}

/** What a volume's blocks of pointers take besides its size, at the worst: see zvol(4D)'s refreservation. */
export function volumeReservation(size: u64, block: u64, copies: u64): u64 {
  const perLevel: u64 = 128;
  let count = size / block;
  let blocks: u64 = 7;
  while (count > 1) {
    count = (count + perLevel - 1) / perLevel;
    blocks += count;
  }
  return size * copies + blocks * min<u64>(3, copies + 1) * 16384;
}
export const DATASETS: i32 = FILE_SYSTEM | VOLUME;
