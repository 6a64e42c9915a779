// SPDX-License-Identifier: MIT
/**
 * @fileoverview Puts the values of a prepared payload where their records say: the zone's configuration, files, the dataset, the running zone. Each step can be
 * done twice with the same result, so that what a crash cuts off is done again.
 */
import * as calls from '../../../lib/calls';
import { toBase64 } from '../../../lib/base64';
import { capture } from '../../../lib/capture';
import { status } from '../../../lib/files';
import { ARRAY, Json, NULL, OBJECT, TRUE } from '../../../lib/json';
import { deleteRctl, P_ZONEID, RCPRIV_PRIVILEGED, rctlNames, setRctl } from '../../../lib/rctl';
import { pathOf } from '../../../lib/text';
import { Configuration, Resource, withReason } from '../../../lib/zones/configuration';
import { integerOf, isTrue, listIn, objectsIn, textIn, textOfValue } from '../payload/_values';
import { IN_ATTR, IN_ATTR_ENCODED, IN_RCTL, IN_ZFS, IN_ZONE, Property } from '../property/_record';
import { PROPERTIES } from '../property/_table';
import { readJson, writeInZone, writeJson } from './_files';
import { datasetOf, FILESYSTEM_NAMES, NIC_NAMES } from './_load';
import { lockMetadata } from './_metadata';

// ---- the configuration

export function storeInConfiguration(configuration: Configuration, payload: Json): void {
  for (let i = 0; i < PROPERTIES.length; i++) {
    const property = PROPERTIES[i];
    const value = payload.get(property.name);
    if (!value) continue;
    const isNothing = value.kind == NULL || (value.kind == ARRAY && !value.items.length);
    const text = isNothing ? '' : textOfValue(value);
    if (property.store == IN_ATTR) configuration.setAttribute(property.where, isNothing ? null : text);
    else if (property.store == IN_ATTR_ENCODED) configuration.setAttribute(property.where, isNothing ? null : toBase64(text));
    else if (property.store == IN_RCTL) storeControl(configuration, property, value);
    else if (property.store == IN_ZONE && property.where == 'autoboot') configuration.autoboot = isTrue(value);
    else if (property.store == IN_ZONE && property.where == 'limitpriv') configuration.limitpriv = text;
    else if (property.store == IN_ZONE) configuration.fsAllowed = text;
  }
  storeMembers(configuration, payload, 'fs', 'filesystems', FILESYSTEM_NAMES, 'dir', 'target');
  storeMembers(configuration, payload, 'net', 'nics', NIC_NAMES, 'mac-addr', 'mac');
  onePrimary(configuration, payload);
}

function storeControl(configuration: Configuration, property: Property, value: Json): void {
  let control = configuration.find('rctl', 'name', property.where);
  if (value.kind == NULL) {
    if (control) configuration.remove(control);
    return;
  }
  if (!control) {
    control = new Resource('rctl');
    control.set('name', property.where);
    configuration.resources.push(control);
  }
  control.set('priv', 'privileged');
  control.set('limit', (integerOf(value) * property.unit).toString());
  control.set('action', property.action);
}

/** Members that are added, changed or taken away; `key` is what tells them apart, `keyName` in the payload. */
function storeMembers(
  configuration: Configuration,
  payload: Json,
  kind: string,
  plural: string,
  names: string[][],
  key: string,
  keyName: string,
): void {
  const removed = listIn(payload, 'remove_' + plural);
  for (let i = 0; i < removed.length; i++) {
    const found = configuration.find(kind, key, removed[i]);
    if (found) configuration.remove(found);
  }
  const added = objectsIn(payload, 'add_' + plural);
  for (let i = 0; i < added.length; i++) {
    let resource = configuration.find(kind, key, textIn(added[i], keyName));
    if (!resource) {
      resource = new Resource(kind);
      configuration.resources.push(resource);
    }
    storeMember(resource, added[i], names);
  }
  const updated = objectsIn(payload, 'update_' + plural);
  for (let i = 0; i < updated.length; i++) {
    const resource = configuration.find(kind, key, textIn(updated[i], keyName));
    if (resource) storeMember(resource, updated[i], names);
  }
}

function storeMember(resource: Resource, member: Json, names: string[][]): void {
  for (let i = 0; i < member.names.length; i++) {
    let name = member.names[i];
    for (let k = 0; k < names.length; k++) if (names[k][1] == name) name = names[k][0];
    resource.set(name, member.items[i].kind == NULL ? '' : textOfValue(member.items[i]));
  }
}

/** An interface that becomes the primary one takes it from the others. */
function onePrimary(configuration: Configuration, payload: Json): void {
  const given = objectsIn(payload, 'add_nics').concat(objectsIn(payload, 'update_nics'));
  let primary = '';
  for (let i = 0; i < given.length; i++) {
    const flag = given[i].get('primary');
    if (flag && flag.kind == TRUE) primary = textIn(given[i], 'mac');
  }
  for (let i = 0; primary.length && i < configuration.resources.length; i++) {
    const resource = configuration.resources[i];
    if (resource.kind != 'net' || resource.get('mac-addr') == primary) continue;
    const at = resource.names.indexOf('primary');
    if (at < 0) continue;
    resource.names.splice(at, 1);
    resource.values.splice(at, 1);
  }
}

// ---- files

/** The files of config/, made where they are not there. 0 or a negative errno. */
export function storeInFiles(path: string, payload: Json): i64 {
  const folder = path + '/config';
  if (!status(folder, true)) calls.mkdir(pathOf(folder), 0o755);
  const lock = lockMetadata(path);
  const metadata = readJson(folder + '/metadata.json');
  const parts = ['customer_metadata', 'internal_metadata'];
  for (let i = 0; i < parts.length; i++) {
    const before = metadata.get(parts[i]);
    metadata.set(parts[i], changed(before ? before : new Json(OBJECT), payload, parts[i]));
  }
  let error = writeJson(folder + '/metadata.json', metadata);
  const files = ['tags', 'routes'];
  for (let i = 0; i < files.length && error >= 0; i++) {
    const file = folder + '/' + files[i] + '.json';
    error = writeJson(file, changed(readJson(file), payload, files[i]));
  }
  calls.close(lock);
  return error;
}

function changed(before: Json, payload: Json, name: string): Json {
  const whole = payload.get(name);
  const result = whole && whole.kind == OBJECT ? whole : before;
  const more = payload.get('set_' + name);
  if (more && more.kind == OBJECT) for (let i = 0; i < more.names.length; i++) result.set(more.names[i], more.items[i]);
  const gone = listIn(payload, 'remove_' + name);
  for (let i = 0; i < gone.length; i++) result.remove(gone[i]);
  return result;
}

/** /etc/resolv.conf in the zone. */
export function resolvConf(path: string, domain: string, resolvers: string[]): string {
  let text = domain.length ? 'domain ' + domain + '\n' : '';
  for (let i = 0; i < resolvers.length; i++) text += 'nameserver ' + resolvers[i] + '\n';
  return writeInZone(path + '/root', '/etc/resolv.conf', text);
}

// ---- the dataset

/** Why it could not be done; nothing: it is. */
export function storeInDataset(path: string, payload: Json): string {
  const dataset = datasetOf(path);
  for (let i = 0; i < PROPERTIES.length; i++) {
    const property = PROPERTIES[i];
    const value = payload.get(property.name);
    if (!value || property.store != IN_ZFS) continue;
    const failed = set(dataset, property.where, property.unit == 1 ? textOfValue(value) : sized(value, property.unit));
    if (failed.length) return failed;
  }
  const data = dataset + '/data';
  const hasData = capture(['zfs', 'list', '-H', '-o', 'name', data]).status == 0;
  if (hasData) {
    const names = ['zfs_data_compression', 'zfs_data_recsize'];
    for (let i = 0; i < 2; i++) {
      const value = payload.get(names[i]);
      const failed = value ? set(data, i ? 'recordsize' : 'compression', textOfValue(value)) : '';
      if (failed.length) return failed;
    }
  }
  const root = payload.get('indestructible_zoneroot');
  let failed = root ? makeIndestructible(dataset, isTrue(root)) : '';
  const delegated = payload.get('indestructible_delegated');
  if (!failed.length && delegated && hasData) failed = makeIndestructible(data, isTrue(delegated));
  return failed;
}

function sized(value: Json, unit: i64): string {
  const number = value.kind == NULL ? 0 : integerOf(value);
  return number > 0 ? (number * unit).toString() : 'none';
}
function set(dataset: string, property: string, value: string): string {
  const done = capture(['zfs', 'set', property + '=' + value, dataset]);
  return done.status ? done.complaint : '';
}

const HOLD: string = 'do_not_destroy';

/** A snapshot that is held keeps a dataset from being destroyed. */
function makeIndestructible(dataset: string, wanted: bool): string {
  const snapshot = dataset + '@indestructible';
  const exists = capture(['zfs', 'list', '-H', '-t', 'snapshot', '-o', 'name', snapshot]).status == 0;
  if (exists == wanted) return '';
  if (wanted) {
    const taken = capture(['zfs', 'snapshot', snapshot]);
    if (taken.status) return taken.complaint;
    const held = capture(['zfs', 'hold', HOLD, snapshot]);
    return held.status ? held.complaint : '';
  }
  capture(['zfs', 'release', HOLD, snapshot]);
  const destroyed = capture(['zfs', 'destroy', snapshot]);
  return destroyed.status ? destroyed.complaint : '';
}

// ---- the running zone

/** Resource controls of a zone that runs, as far as the kernel has them. Why one could not be set; nothing: all are. */
export function storeLive(zone: i32, payload: Json): string {
  const known = rctlNames();
  for (let i = 0; i < PROPERTIES.length; i++) {
    const property = PROPERTIES[i];
    const value = payload.get(property.name);
    if (!value || property.store != IN_RCTL || !known.includes(property.where)) continue;
    let error: i64 = 0;
    if (value.kind == NULL) error = deleteRctl(property.where, P_ZONEID, zone, RCPRIV_PRIVILEGED);
    else {
      const limit = <u64>(integerOf(value) * property.unit);
      error = setRctl(property.where, P_ZONEID, zone, RCPRIV_PRIVILEGED, limit, property.action == 'deny');
    }
    // Nothing to delete: there was no limit.
    if (error < 0 && !(value.kind == NULL && error == -3)) return withReason(property.where, error);
  }
  return '';
}
