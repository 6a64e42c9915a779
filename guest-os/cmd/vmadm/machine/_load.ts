// SPDX-License-Identifier: MIT
/**
 * @fileoverview VMs as `vmadm get` shows them: zones whose configuration has a vm-version, which others that zonecfg(8) made have not. All comes from what
 * the zone itself is made of: its configuration, files, dataset, and what the kernel says.
 *
 * `state` is the zone's state, but `stopped` for installed, and while it is being made `provisioning`, or `failed` if that has not ended in time
 * or could not be done. The zone itself ends provisioning: it removes /var/svc/provisioning.
 */
import { fromBase64 } from '../../../lib/base64';
import * as calls from '../../../lib/calls';
import { capture } from '../../../lib/capture';
import { formatDate } from '../../../lib/dates';
import { status } from '../../../lib/files';
import { ARRAY, FALSE, Json, OBJECT } from '../../../lib/json';
import { processOf } from '../../../lib/processes';
import { firstOf, smbiosStructures, SYSTEM } from '../../../lib/smbios';
import { parseNumber, zeroTerminated } from '../../../lib/text';
import { currentTime } from '../../../lib/time';
import { Configuration, Entry, INSTALLED, readConfiguration, readIndex, Resource } from '../../../lib/zones/configuration';
import { zoneId, zoneInit } from '../../../lib/zones/kernel';
import { stateOf } from '../../zone/_state';
import { arrayOf, booleanValue, listOf } from '../payload/_values';
import {
  BOOLEAN,
  IN_ATTR,
  IN_ATTR_ENCODED,
  IN_FILE,
  IN_RCTL,
  IN_ZFS,
  IN_ZONE,
  INTEGER,
  LIST,
  Property,
} from '../property/_record';
import { PROPERTIES } from '../property/_table';
import { readJson } from './_files';

/** An attr of VMs of which a command was cut off: what it was doing. */
export const UNFINISHED: string = 'vm-unfinished';
/** `provisioning:running:` and when that is to have ended, in milliseconds since 1970. */
export const TRANSITION: string = 'transition';
export const MARKER: string = '/var/svc/provisioning';
export const FAILURE: string = '/var/svc/provision_failure';

const names = memory.data(1285);

export function timeText(seconds: i64): string {
  return formatDate('%Y-%m-%dT%H:%M:%S', seconds) + '.000Z';
}

/** The pool that a zonepath lies in: its first part. */
export function poolOf(path: string): string {
  const slash = path.indexOf('/', 1);
  return slash < 0 ? path.substring(1) : path.substring(1, slash);
}
export function datasetOf(path: string): string {
  return path.substring(1);
}

function uuidOf(entry: Entry): string {
  return entry.uuid.length ? entry.uuid : entry.name;
}

/** The zone of a VM; null: there is none. */
export function entryOfMachine(uuid: string): Entry | null {
  const entries = readIndex();
  for (let i = 0; i < entries.length; i++) if (uuidOf(entries[i]) == uuid) return entries[i];
  return null;
}

/** Null: the zone is no VM. `full`: with what its dataset has to be asked for. */
export function loadMachine(entry: Entry, full: bool): Json | null {
  const configuration = readConfiguration(entry.name);
  return configuration && configuration.attribute('vm-version') != null ? machineOf(entry, configuration, full) : null;
}

/** All VMs, in the order of the index. */
export function loadMachines(full: bool): Json[] {
  const result: Json[] = [];
  const entries = readIndex();
  for (let i = 0; i < entries.length; i++) {
    const machine = loadMachine(entries[i], full);
    if (machine) result.push(machine);
  }
  return result;
}

function machineOf(entry: Entry, configuration: Configuration, full: bool): Json {
  const machine = new Json(OBJECT);
  const dataset = datasetOf(entry.path);
  const facts = full ? datasetFacts(dataset) : new Map<string, string>();
  for (let i = 0; i < PROPERTIES.length; i++) {
    const property = PROPERTIES[i];
    const value = special(property.name, entry, configuration, facts);
    if (value) machine.set(property.name, value);
    else read(property, entry, configuration, facts, machine);
  }
  const zone = zoneId(entry.name);
  machine.set('zone_state', Json.string(stateOf(entry)));
  machine.set('zonepath', Json.string(entry.path));
  machine.set('hvm', new Json(FALSE));
  if (zone >= 0) machine.set('zoneid', Json.number(zone));
  const init = zone < 0 ? -1 : zoneInit(zone);
  if (init > 0) {
    machine.set('pid', Json.number(init));
    const process = processOf(init.toString());
    if (process) machine.set('boot_timestamp', Json.string(timeText(process.started)));
  }
  const about = status('/etc/zones/' + entry.name + '.xml', true);
  if (about) machine.set('last_modified', Json.string(timeText(<i64>about.modified)));
  setState(machine, entry, configuration);
  node(machine);
  if (full) machine.set('snapshots', snapshots(dataset, facts));
  return machine;
}

/** What is kept otherwise than the rest; null: nothing is known of it here. */
function special(name: string, entry: Entry, configuration: Configuration, facts: Map<string, string>): Json | null {
  const dataset = datasetOf(entry.path);
  if (name == 'zonename') return Json.string(entry.name);
  if (name == 'uuid') return Json.string(uuidOf(entry));
  if (name == 'brand') return Json.string(configuration.brand);
  if (name == 'zpool') return Json.string(poolOf(entry.path));
  if (name == 'zfs_filesystem') return Json.string(dataset);
  if (name == 'filesystems') return filesystemsOf(configuration);
  if (name == 'nics') return nicsOf(configuration);
  if (name == 'datasets') {
    const list: string[] = [];
    for (let i = 0; i < configuration.resources.length; i++)
      if (configuration.resources[i].kind == 'dataset') list.push(configuration.resources[i].get('name'));
    return list.length ? arrayOf(list) : null;
  }
  if (name == 'indestructible_zoneroot' && facts.has(dataset + '@indestructible')) return booleanValue(true);
  if (name == 'indestructible_delegated' && facts.has(dataset + '/data@indestructible')) return booleanValue(true);
  const data = dataset + '/data ';
  if (name == 'zfs_data_recsize' && facts.has(data + 'recordsize'))
    return Json.number(parseNumber(facts.get(data + 'recordsize')));
  if (name == 'zfs_data_compression' && facts.has(data + 'compression')) return Json.string(facts.get(data + 'compression'));
  return null;
}

function read(property: Property, entry: Entry, configuration: Configuration, facts: Map<string, string>, machine: Json): void {
  const name = property.name;
  switch (property.store) {
    case IN_ATTR: {
      const text = configuration.attribute(property.where);
      if (text != null) machine.set(name, typed(property, text));
      else if (property.type == LIST && name == 'resolvers') machine.set(name, new Json(ARRAY));
      break;
    }
    case IN_ATTR_ENCODED: {
      const text = configuration.attribute(property.where);
      if (text == null) break;
      const decoded = fromBase64(text);
      if (decoded != null) machine.set(name, Json.string(decoded));
      break;
    }
    case IN_RCTL: {
      const control = configuration.find('rctl', 'name', property.where);
      const limit = control ? parseNumber(control.get('limit')) : -1;
      if (limit >= 0) machine.set(name, Json.number(limit / property.unit));
      break;
    }
    case IN_ZONE:
      if (property.where == 'autoboot') machine.set(name, booleanValue(configuration.autoboot));
      else {
        const text = property.where == 'limitpriv' ? configuration.limitpriv : configuration.fsAllowed;
        if (text.length) machine.set(name, Json.string(text));
      }
      break;
    case IN_ZFS: {
      const key = datasetOf(entry.path) + ' ' + property.where;
      if (!facts.has(key)) break;
      const number = parseNumber(facts.get(key));
      if (property.type != INTEGER) machine.set(name, Json.string(facts.get(key)));
      else machine.set(name, Json.number(max<i64>(number, 0) / property.unit));
      break;
    }
    case IN_FILE: {
      const colon = property.where.indexOf(':');
      const file = readJson(entry.path + '/config/' + property.where.substring(0, colon) + '.json');
      const part = property.where.substring(colon + 1);
      const value = part == '*' ? file : file.get(part);
      machine.set(name, value ? value : new Json(OBJECT));
      break;
    }
  }
  const value = machine.get(name);
  if (value && property.isHidden && value.kind == FALSE) machine.remove(name);
}

function typed(property: Property, text: string): Json {
  if (property.type == BOOLEAN) return booleanValue(text == 'true');
  if (property.type == INTEGER) return Json.number(parseNumber(text));
  const list = property.type == LIST ? listOf(Json.string(text)) : null;
  return list ? arrayOf(list) : Json.string(text);
}

/** By the names of resources in a configuration, and of members in a payload. */
export const FILESYSTEM_NAMES: string[][] = [
  ['dir', 'target'],
  ['special', 'source'],
  ['type', 'type'],
  ['raw', 'raw'],
];
export const NIC_NAMES: string[][] = [
  ['physical', 'interface'],
  ['mac-addr', 'mac'],
  ['global-nic', 'nic_tag'],
  ['vlan-id', 'vlan_id'],
];
const NIC_LISTS: string[] = ['ips', 'gateways', 'allowed_ips', 'allowed_dhcp_cids', 'blocked_outgoing_ports'];

function filesystemsOf(configuration: Configuration): Json | null {
  const array = new Json(ARRAY);
  for (let i = 0; i < configuration.resources.length; i++) {
    const resource = configuration.resources[i];
    if (resource.kind != 'fs') continue;
    const one = new Json(OBJECT);
    for (let k = 0; k < FILESYSTEM_NAMES.length; k++) {
      const text = resource.get(FILESYSTEM_NAMES[k][0]);
      if (text.length) one.set(FILESYSTEM_NAMES[k][1], Json.string(text));
    }
    const options = resource.get('options');
    if (options.length) one.set('options', arrayOf(options.split(',')));
    array.items.push(one);
  }
  return array.items.length ? array : null;
}

function nicsOf(configuration: Configuration): Json {
  const array = new Json(ARRAY);
  for (let i = 0; i < configuration.resources.length; i++)
    if (configuration.resources[i].kind == 'net') array.items.push(nicOf(configuration.resources[i]));
  return array;
}
function nicOf(resource: Resource): Json {
  const nic = new Json(OBJECT);
  for (let i = 0; i < resource.names.length; i++) {
    let name = resource.names[i];
    for (let k = 0; k < NIC_NAMES.length; k++) if (NIC_NAMES[k][0] == name) name = NIC_NAMES[k][1];
    const text = resource.values[i];
    const isNumber = name == 'vlan_id' || name == 'mtu' || name == 'vrrp_vrid';
    if (NIC_LISTS.includes(name)) nic.set(name, arrayOf(text.split(',')));
    else if (text == 'true' || text == 'false') nic.set(name, booleanValue(text == 'true'));
    else nic.set(name, isNumber ? Json.number(parseNumber(text)) : Json.string(text));
  }
  // The older names for the first address.
  const ips = nic.get('ips');
  if (ips && ips.items.length) {
    const first = ips.items[0].text;
    const slash = first.indexOf('/');
    nic.set('ip', Json.string(slash < 0 ? first : first.substring(0, slash)));
  }
  const gateways = nic.get('gateways');
  if (gateways && gateways.items.length) nic.set('gateway', gateways.items[0]);
  return nic;
}

// ---- state

function setState(machine: Json, entry: Entry, configuration: Configuration): void {
  const zoneState = stateOf(entry);
  let state = zoneState == INSTALLED ? 'stopped' : zoneState;
  const transition = configuration.attribute(TRANSITION);
  if (transition != null) {
    const parts = transition.split(':');
    const root = entry.path + '/root';
    const expiry = parts.length > 2 ? parseNumber(parts[2]) : 0;
    const isOver = configuration.attribute(UNFINISHED) == null && !status(root + MARKER, false);
    if (status(root + FAILURE, false)) state = 'failed';
    else if (!isOver && currentTime() * 1000 >= expiry) state = 'failed';
    else if (!isOver) {
      state = 'provisioning';
      machine.set('transition_to', Json.string('running'));
      machine.set('transition_expire', Json.number(expiry));
    }
  }
  machine.set('state', Json.string(state));
}

/** What is the same for all VMs of this machine. */
function node(machine: Json): void {
  const tables = smbiosStructures();
  const system = tables ? firstOf(tables, SYSTEM) : null;
  if (system && system.uuid(8).length) machine.set('server_uuid', Json.string(system.uuid(8)));
  calls.uname(names);
  const version = zeroTerminated(names + 257 * 3);
  machine.set('platform_buildstamp', Json.string(version.substring(version.indexOf('_') + 1)));
}

// ---- datasets

/** Values by `DATASET PROPERTY`, and creation times by the names of snapshots. */
function datasetFacts(dataset: string): Map<string, string> {
  const facts = new Map<string, string>();
  const gotten = capture([
    'zfs',
    'get',
    '-rHp',
    '-t',
    'filesystem',
    '-o',
    'name,property,value',
    'quota,recordsize,compression',
    dataset,
  ]);
  const lines = gotten.out.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const fields = lines[i].split('\t');
    if (fields.length == 3) facts.set(fields[0] + ' ' + fields[1], fields[2]);
  }
  const listed = capture(['zfs', 'list', '-rHp', '-t', 'snapshot', '-o', 'name,creation', dataset]);
  const taken = listed.out.split('\n');
  for (let i = 0; i < taken.length; i++) {
    const fields = taken[i].split('\t');
    if (fields.length == 2) facts.set(fields[0], fields[1]);
  }
  return facts;
}

export const SNAPSHOT: string = '@vmsnap-';

function snapshots(dataset: string, facts: Map<string, string>): Json {
  const array = new Json(ARRAY);
  const keys = facts.keys();
  for (let i = 0; i < keys.length; i++) {
    if (!keys[i].startsWith(dataset + SNAPSHOT)) continue;
    const one = new Json(OBJECT);
    one.set('name', Json.string(keys[i].substring(dataset.length + SNAPSHOT.length)));
    one.set('created_at', Json.string(timeText(parseNumber(facts.get(keys[i])))));
    array.items.push(one);
  }
  return array;
}
