// SPDX-License-Identifier: MIT
/**
 * @fileoverview From what was given to what is done: defaults, validation, and the rules that concern several properties. Afterwards a payload holds
 * only properties of the brand, with values of their types; `nics` and `filesystems` are called `add_nics` and `add_filesystems`.
 */
import { ARRAY, Json, JsonParser, NULL, OBJECT } from '../../../lib/json';
import { uuidFrom } from '../../../lib/uuid';
import { privilegesOf, problem as privilegeProblem } from '../../../lib/zones/kernel';
import { BOOLEAN, INTEGER, LIST } from '../property/_record';
import { PROPERTIES, propertyNamed } from '../property/_table';
import { settleMemory } from './_memory';
import { checkNics, checkRoutes, settleNics } from './_nics';
import { Surroundings } from './_surroundings';
import { validate, withoutBad } from './_validate';
import {
  arrayOf,
  booleanValue,
  copyOf,
  integerIn,
  integerOf,
  isEmpty,
  isTrue,
  listIn,
  NO_INTEGER,
  objectsIn,
  textIn,
} from './_values';

const MOST_SHARES: i64 = 65535;
/** What pools of version 28 have. */
export const COMPRESSIONS: string[] = [
  'on',
  'off',
  'gzip',
  'gzip-1',
  'gzip-2',
  'gzip-3',
  'gzip-4',
  'gzip-5',
  'gzip-6',
  'gzip-7',
  'gzip-8',
  'gzip-9',
  'lzjb',
  'zle',
];
const RECORD_SIZES: string[] = ['zfs_root_recsize', 'zfs_data_recsize'];
const COMPRESSION_NAMES: string[] = ['zfs_root_compression', 'zfs_data_compression'];
const COUNTS: string[] = ['zfs_filesystem_limit', 'zfs_snapshot_limit'];
const ARRAYS: string[] = [
  'add_nics',
  'update_nics',
  'remove_nics',
  'add_filesystems',
  'update_filesystems',
  'remove_filesystems',
];

/** What is wrong with the last payload; nothing: nothing is. */
export let problem: string = '';
/** What has been left out of the last payload because it is no property: a sentence each. */
export let warnings: string[] = [];

function refuse(why: string): bool {
  problem = why;
  return false;
}

/** A payload's text; null: see {@link problem}. */
export function parsePayload(text: string): Json | null {
  const parser = new JsonParser(text);
  const value = parser.next();
  problem = 'Invalid JSON payload: ';
  if (!value) problem += parser.error.length ? parser.error : 'Unexpected end of input';
  else if (value.kind != OBJECT) problem += 'it is not an object';
  else if (parser.next() || parser.error.length) problem += 'more behind its end';
  else return value;
  return null;
}

/** Makes a payload for create complete. False: see {@link problem}. */
export function prepareCreate(payload: Json, around: Surroundings): bool {
  if (!payload.get('uuid')) payload.set('uuid', Json.string(uuidFrom(around.random())));
  const uuid = textIn(payload, 'uuid');
  const machines = around.machines();
  for (let i = 0; i < machines.length; i++)
    if (textIn(machines[i], 'uuid') == uuid) return refuse('VM with UUID ' + uuid + ' already exists');
  if (!payload.get('brand')) payload.set('brand', Json.string('joyent'));
  const older = payload.get('dataset_uuid');
  if (older) {
    if (!payload.get('image_uuid')) payload.set('image_uuid', older);
    payload.remove('dataset_uuid');
  }
  if (!keepProperties(payload, 'create', textIn(payload, 'brand'), around)) return false;
  const empty = new Json(OBJECT);
  settleValues(payload, true);
  const pool = payload.get('zfs_storage_pool_name');
  if (pool) {
    if (!payload.get('zpool')) payload.set('zpool', pool);
    payload.remove('zfs_storage_pool_name');
  }
  for (let i = 0; i < PROPERTIES.length; i++) {
    const property = PROPERTIES[i];
    if (!property.fallback.length || payload.get(property.name)) continue;
    const value = new JsonParser(property.fallback).next();
    if (value) payload.set(property.name, value);
  }
  if (!payload.get('ram') && !payload.get('max_physical_memory')) payload.set('ram', Json.number(256));
  if (!payload.get('zonename')) payload.set('zonename', Json.string(uuid));
  if (!payload.get('hostname')) payload.set('hostname', Json.string(textIn(payload, 'zonename')));
  for (let i = 0; i < machines.length; i++)
    if (textIn(machines[i], 'zonename') == textIn(payload, 'zonename'))
      return refuse('zone ' + textIn(payload, 'zonename') + ' already exists');
  if (integerIn(payload, 'cpu_shares', 0) > MOST_SHARES) payload.set('cpu_shares', Json.number(MOST_SHARES));
  settleMemory(payload, empty);
  return rename(payload, 'nics') && rename(payload, 'filesystems') && check(payload, empty, around);
}

/** Makes a payload for update complete; `current`: the VM as it is. */
export function prepareUpdate(payload: Json, current: Json, around: Surroundings): bool {
  if (!keepProperties(payload, 'update', textIn(current, 'brand'), around)) return false;
  settleValues(payload, false);
  if (integerIn(payload, 'cpu_shares', 0) > MOST_SHARES) payload.set('cpu_shares', Json.number(MOST_SHARES));
  settleMemory(payload, current);
  return check(payload, current, around);
}

/** Refuses wrong values; what is no property of the brand, or not for this action, is left out with a warning, as vmadm does. */
function keepProperties(payload: Json, action: string, brand: string, around: Surroundings): bool {
  warnings = [];
  const findings = validate(brand, action, payload, around);
  if (findings.refusal().length) return refuse(findings.refusal());
  withoutBad(payload, findings);
  for (let i = 0; i < findings.badProperties.length; i++)
    warnings.push('Warning, invalid ' + action + ' property: [' + findings.badProperties[i] + '] removing from payload.');
  return true;
}

/** Numbers, booleans and lists become such, whatever they were written as; what takes a value away becomes null, or is taken out of a new VM. */
function settleValues(payload: Json, isNew: bool): void {
  const names = payload.names.slice(0);
  for (let i = 0; i < names.length; i++) {
    const property = propertyNamed(names[i]);
    const value = payload.get(names[i]);
    if (!property || !value) continue;
    const isNothing = isEmpty(value) || (property.type == INTEGER && !property.keepsZero && integerOf(value) == 0);
    if (isNothing && property.type != LIST && property.type != BOOLEAN) {
      if (isNew) payload.remove(names[i]);
      else payload.set(names[i], new Json(NULL));
    } else if (property.type == INTEGER) payload.set(names[i], Json.number(integerOf(value)));
    else if (property.type == BOOLEAN) payload.set(names[i], booleanValue(isTrue(value)));
    else if (property.type == LIST) payload.set(names[i], arrayOf(listIn(payload, names[i])));
  }
}

function rename(payload: Json, name: string): bool {
  const value = payload.get(name);
  if (!value) return true;
  payload.set('add_' + name, value);
  payload.remove(name);
  return true;
}

function check(payload: Json, current: Json, around: Surroundings): bool {
  for (let i = 0; i < ARRAYS.length; i++) {
    const value = payload.get(ARRAYS[i]);
    if (value && value.kind != ARRAY) return refuse(ARRAYS[i] + ' must be an array.');
  }
  settleNics(payload, current, around);
  const wrong = firstWrong(payload, current, around);
  return wrong.length ? refuse(wrong) : true;
}

function firstWrong(payload: Json, current: Json, around: Surroundings): string {
  const privileges = payload.get('limit_priv');
  if (privileges && privileges.items.length && !privilegesOf(listIn(payload, 'limit_priv').join(',')))
    return 'invalid limit_priv: ' + privilegeProblem;
  // What nothing would obey.
  if (isTrue(payload.get('docker'))) return 'docker is not implemented';
  if (integerIn(payload, 'zlog_max_size', 0) > 0) return 'zlog_max_size is not implemented';
  const memory = checkMemory(payload, current);
  if (memory.length) return memory;
  const filesystems = checkFilesystems(payload, current, around);
  if (filesystems.length) return filesystems;
  const nics: Json[] = [];
  const network = checkNics(payload, current, nics);
  if (network.length) return network;
  const before = current.get('routes');
  const routes = before ? copyOf(before) : new Json(OBJECT);
  let given = payload.get('routes');
  if (!given) given = payload.get('set_routes');
  for (let i = 0; given && i < given.names.length; i++) routes.set(given.names[i], given.items[i]);
  const removed = listIn(payload, 'remove_routes');
  for (let i = 0; i < removed.length; i++) routes.remove(removed[i]);
  const roads = checkRoutes(given, routes, nics);
  if (roads.length) return roads;
  const datasets = checkDatasets(payload, current);
  return datasets.length ? datasets : conflict(payload, current, around);
}

function checkMemory(payload: Json, current: Json): string {
  const old = integerIn(current, 'max_physical_memory');
  const physical = integerIn(payload, 'max_physical_memory', old);
  if (physical == NO_INTEGER) return '';
  if (integerIn(payload, 'max_locked_memory', 0) > physical) return 'max_locked_memory must be <= max_physical_memory';
  if (integerIn(payload, 'max_swap', i64.MAX_VALUE) < physical) return 'max_swap must be >= max_physical_memory';
  return '';
}

function checkFilesystems(payload: Json, current: Json, around: Surroundings): string {
  const added = objectsIn(payload, 'add_filesystems');
  const targets: string[] = [];
  const old = objectsIn(current, 'filesystems');
  const removed = listIn(payload, 'remove_filesystems');
  for (let i = 0; i < old.length; i++) if (!removed.includes(textIn(old[i], 'target'))) targets.push(textIn(old[i], 'target'));
  for (let i = 0; i < added.length; i++) {
    const one = added[i];
    const needed = ['type', 'source', 'target'];
    for (let k = 0; k < needed.length; k++)
      if (!textIn(one, needed[k]).length) return 'missing .' + needed[k] + ' option for filesystem: ' + one.print(0);
    if (textIn(one, 'type') == 'lofs' && !around.exists(textIn(one, 'source')))
      return 'missing requested filesystem: ' + textIn(one, 'source');
    if (targets.includes(textIn(one, 'target')))
      return 'Cannot add multiple filesystems with the same target: ' + textIn(one, 'target');
    targets.push(textIn(one, 'target'));
  }
  return '';
}

function checkDatasets(payload: Json, current: Json): string {
  for (let i = 0; i < RECORD_SIZES.length; i++) {
    const name = RECORD_SIZES[i];
    const value = payload.get(name);
    if (!value) continue;
    const size = integerOf(value);
    if (size == 0 || value.kind == NULL) payload.set(name, Json.number(131072));
    else if (size < 512 || size > 131072 || size & (size - 1))
      return 'invalid ' + name + ' (' + size.toString() + '), must be 512-131072 and a power of 2. (0 to disable)';
  }
  for (let i = 0; i < COMPRESSION_NAMES.length; i++) {
    const name = COMPRESSION_NAMES[i];
    const value = payload.get(name);
    if (value && value.kind == NULL) payload.set(name, Json.string('off'));
    else if (value && !COMPRESSIONS.includes(value.text))
      return 'invalid compression type for ' + value.text + ', must be one of: ' + COMPRESSIONS.join(', ');
  }
  // The delegated dataset lies below the root's, and would inherit.
  if (payload.get('zfs_root_compression') && !payload.get('zfs_data_compression'))
    payload.set('zfs_data_compression', Json.string(kept(current, 'zfs_data_compression', 'off')));
  if (payload.get('zfs_root_recsize') && !payload.get('zfs_data_recsize'))
    payload.set('zfs_data_recsize', Json.number(integerIn(current, 'zfs_data_recsize', 131072)));
  for (let i = 0; i < COUNTS.length; i++) {
    const value = payload.get(COUNTS[i]);
    if (value && value.kind != NULL) return COUNTS[i] + ' cannot be kept: pools of version 28 do not count';
    payload.remove(COUNTS[i]);
  }
  return '';
}
function kept(current: Json, name: string, otherwise: string): string {
  const text = textIn(current, name);
  return text.length ? text : otherwise;
}

/** MACs and addresses that another VM that runs has. */
function conflict(payload: Json, current: Json, around: Surroundings): string {
  const given = objectsIn(payload, 'add_nics').concat(objectsIn(payload, 'update_nics'));
  if (!given.length) return '';
  const machines = around.machines();
  for (let i = 0; i < machines.length; i++) {
    const other = machines[i];
    if (textIn(other, 'uuid') == textIn(current, 'uuid') || textIn(other, 'state') == 'stopped') continue;
    const theirs = objectsIn(other, 'nics');
    for (let k = 0; k < theirs.length; k++)
      for (let m = 0; m < given.length; m++)
        if (collide(given[m], theirs[k])) return 'Conflict detected with another vm, please check the MAC, IP, and VRID';
  }
  return '';
}
function collide(a: Json, b: Json): bool {
  if (textIn(a, 'mac') == textIn(b, 'mac')) return true;
  if (textIn(a, 'nic_tag') != textIn(b, 'nic_tag') || integerIn(a, 'vlan_id', 0) != integerIn(b, 'vlan_id', 0)) return false;
  const mine = listIn(a, 'ips');
  const theirs = listIn(b, 'ips');
  for (let i = 0; i < mine.length; i++) if (mine[i].includes('/') && theirs.includes(mine[i])) return true;
  return false;
}
