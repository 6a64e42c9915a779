// SPDX-License-Identifier: MIT
/**
 * @fileoverview Making, changing and deleting VMs, so that a crash at any moment leaves no half of one.
 *
 * create: the configuration is written first, marked unfinished; the last step, in one write, takes the mark away. What is still marked when the
 * system boots is deleted. update: the prepared payload is written to /etc/zones/NAME.update.json, carried out, and removed; one that is there when
 * the system boots is carried out again. delete: the configuration is marked in one write; from then on the VM will be deleted.
 *
 * The configuration is there before the dataset and goes after it: nothing is ever on the disk that no configuration tells of.
 */
import * as calls from '../../../lib/calls';
import { capture } from '../../../lib/capture';
import { isDirectory } from '../../../lib/copy';
import { entriesOf, status } from '../../../lib/files';
import { Json } from '../../../lib/json';
import { sleepFor } from '../../../lib/process';
import { pathOf } from '../../../lib/text';
import { currentTime } from '../../../lib/time';
import {
  Configuration,
  CONFIGURED,
  Entry,
  entryOf,
  readConfiguration,
  readIndex,
  removeConfiguration,
  removeEntry,
  Resource,
  setEntry,
  withReason,
  writeConfiguration,
  EXCLUSIVE_IP,
} from '../../../lib/zones/configuration';
import { zoneId } from '../../../lib/zones/kernel';
import { prepareCreate, prepareUpdate, problem } from '../payload/_payload';
import { booleanIn, integerIn, isTrue, listIn, textIn } from '../payload/_values';
import { tellAgent } from './_agent';
import { isSafe, lockMachine, readFile, readJson, replaceFile, writeInZone, writeJson } from './_files';
import { datasetOf, entryOfMachine, loadMachine, FAILURE, MARKER, poolOf, timeText, TRANSITION, UNFINISHED } from './_load';
import { Node } from './_node';
import { resolvConf, storeInConfiguration, storeInDataset, storeInFiles, storeLive } from './_store';

const PROVISION_SECONDS: i64 = 300;
const MOMENT: u64 = 100000000;

function updateFile(name: string): string {
  return '/etc/zones/' + name + '.update.json';
}

// ---- create

/** Why it could not be done; nothing: it is, and the payload has its uuid. */
export function create(payload: Json): string {
  const node = new Node();
  if (!prepareCreate(payload, node)) return problem;
  const uuid = textIn(payload, 'uuid');
  const lock = lockMachine(uuid);
  const name = textIn(payload, 'zonename');
  const path = '/' + textIn(payload, 'zpool') + '/' + name;
  if (entryOf(readIndex(), name)) return 'zone ' + name + ' already exists';
  if (status(path, false)) return path + ' already exists';
  let failed = make(payload, name, path, uuid);
  if (failed.length) destroy(name, path);
  calls.close(lock);
  if (failed.length || !booleanIn(payload, 'autoboot')) return failed;
  const booted = capture(['zoneadm', '-z', name, 'boot']);
  if (booted.status) failed = booted.complaint;
  else if (!booleanIn(payload, 'nowait')) failed = waitForZone(name, path);
  finishProvisioning(name, uuid, failed.length > 0);
  return failed;
}

function make(payload: Json, name: string, path: string, uuid: string): string {
  const configuration = new Configuration(name);
  configuration.zonepath = path;
  configuration.brand = textIn(payload, 'brand');
  configuration.ipType = EXCLUSIVE_IP;
  payload.set('v', Json.number(1));
  payload.set('create_timestamp', Json.string(timeText(currentTime())));
  storeInConfiguration(configuration, payload);
  configuration.setAttribute(UNFINISHED, 'create');
  const expiry = (currentTime() + PROVISION_SECONDS) * 1000;
  if (booleanIn(payload, 'autoboot')) configuration.setAttribute(TRANSITION, 'provisioning:running:' + expiry.toString());
  let error = writeConfiguration(configuration);
  if (error >= 0) error = setEntry(name, CONFIGURED, path, uuid);
  if (error < 0) return withReason('could not write the configuration', error);
  const quota = integerIn(payload, 'quota', 0);
  const words = ['zoneadm', '-z', name, 'install', '-t', textIn(payload, 'image_uuid')];
  const installed = capture(quota > 0 ? words.concat(['-q', quota.toString()]) : words);
  if (installed.status) return installed.complaint;
  if (booleanIn(payload, 'delegate_dataset')) {
    const failed = delegate(configuration, datasetOf(path) + '/data');
    if (failed.length) return failed;
  }
  const stored = storeInDataset(path, payload);
  if (stored.length) return stored;
  error = storeInFiles(path, payload);
  if (error < 0) return withReason(path + '/config', error);
  const written = writeRoot(path, payload);
  if (written.length) return written;
  configuration.setAttribute(UNFINISHED, null);
  error = writeConfiguration(configuration);
  if (error < 0) return withReason('could not write the configuration', error);
  makeControlFolder(name);
  tellAgent('add ' + name);
  return '';
}

function delegate(configuration: Configuration, data: string): string {
  const made = capture(['zfs', 'create', '-o', 'zoned=on', data]);
  if (made.status) return made.complaint;
  const resource = new Resource('dataset');
  resource.set('name', data);
  configuration.resources.push(resource);
  return '';
}

/** What a new zone finds in its root. */
function writeRoot(path: string, payload: Json): string {
  const root = path + '/root';
  const folders = ['/var', '/var/svc', '/.zonecontrol'];
  for (let i = 0; i < folders.length; i++) if (isSafe(root, folders[i])) calls.mkdir(pathOf(root + folders[i]), 0o755);
  let failed = writeInZone(root, MARKER, '');
  const timeout = integerIn(payload, 'mdata_exec_timeout', PROVISION_SECONDS);
  if (!failed.length) failed = writeInZone(root, '/var/svc/mdata-exec-timeout', timeout.toString() + '\n');
  return failed;
}

/** The directory that the zone sees as /.zonecontrol. */
export function makeControlFolder(name: string): void {
  calls.mkdir(pathOf('/var/zonecontrol'), 0o755);
  calls.mkdir(pathOf('/var/zonecontrol/' + name), 0o755);
}

/** Until the zone says that it is made. */
function waitForZone(name: string, path: string): string {
  const end = currentTime() + PROVISION_SECONDS;
  while (status(path + '/root' + MARKER, false)) {
    if (currentTime() > end) return 'timed out waiting for /var/svc/provisioning to move for zone ' + name;
    if (zoneId(name) < 0) return 'zone ' + name + ' stopped before it was made';
    sleepFor(MOMENT);
  }
  return status(path + '/root' + FAILURE, false) ? 'a script failed while zone ' + name + ' was provisioned' : '';
}

/** The transition ends; of what has failed, at once and for good. */
function finishProvisioning(name: string, uuid: string, failed: bool): void {
  const lock = lockMachine(uuid);
  const configuration = readConfiguration(name);
  if (configuration) {
    configuration.setAttribute(TRANSITION, failed ? 'provisioning:running:0' : null);
    writeConfiguration(configuration);
  }
  calls.close(lock);
}

// ---- update

/** Why it could not be done; nothing: it is. */
export function update(uuid: string, payload: Json): string {
  const lock = lockMachine(uuid);
  const entry = entryOfMachine(uuid);
  const current = entry ? loadMachine(entry, true) : null;
  let failed = '';
  if (!entry || !current) failed = noZone(uuid);
  else if (textIn(current, 'state') == 'failed' && readConfigurationMark(entry.name) == 'delete')
    failed = 'VM ' + uuid + ' is being deleted';
  else if (!prepareUpdate(payload, current, new Node())) failed = problem;
  else {
    const error = writeJson(updateFile(entry.name), payload);
    if (error < 0) failed = withReason(updateFile(entry.name), error);
    else failed = carryOut(entry, payload);
  }
  calls.close(lock);
  return failed;
}

function readConfigurationMark(name: string): string {
  const configuration = readConfiguration(name);
  const mark = configuration ? configuration.attribute(UNFINISHED) : null;
  return mark == null ? '' : mark;
}

export function noZone(uuid: string): string {
  return 'zoneadm: ' + uuid + ': No such zone configured';
}

/** Does what an update's file says, and removes it. */
function carryOut(entry: Entry, payload: Json): string {
  const configuration = readConfiguration(entry.name);
  if (!configuration) return noZone(entry.name);
  // What may be refused comes first.
  let failed = storeInDataset(entry.path, payload);
  if (!failed.length) {
    storeInConfiguration(configuration, payload);
    let error = writeConfiguration(configuration);
    if (error >= 0) error = storeInFiles(entry.path, payload);
    if (error < 0) failed = withReason('could not write the configuration', error);
  }
  const maintained = configuration.attribute('maintain-resolvers');
  if (!failed.length && payload.get('resolvers') && maintained != null && maintained == 'true') {
    const domain = configuration.attribute('dns-domain');
    failed = resolvConf(entry.path, domain == null ? '' : domain, listIn(payload, 'resolvers'));
  }
  calls.unlink(pathOf(updateFile(entry.name)));
  const zone = zoneId(entry.name);
  return failed.length || zone < 0 ? failed : storeLive(zone, payload);
}

// ---- delete

/** Why it could not be done; nothing: it is. */
export function remove(uuid: string): string {
  const lock = lockMachine(uuid);
  const entry = entryOfMachine(uuid);
  const machine = entry ? loadMachine(entry, true) : null;
  let failed = '';
  if (!entry || !machine) failed = noZone(uuid);
  else if (isTrue(machine.get('indestructible_zoneroot'))) failed = 'VM is marked indestructible_zoneroot and cannot be deleted';
  else if (isTrue(machine.get('indestructible_delegated')))
    failed = 'VM is marked indestructible_delegated and cannot be deleted';
  else {
    const configuration = readConfiguration(entry.name);
    if (isTrue(machine.get('archive_on_delete'))) archive(uuid, entry.name, machine);
    if (configuration) {
      configuration.setAttribute(UNFINISHED, 'delete');
      configuration.autoboot = false;
      const error = writeConfiguration(configuration);
      if (error < 0) failed = withReason('could not write the configuration', error);
    }
    if (!failed.length) failed = destroy(entry.name, entry.path);
  }
  calls.close(lock);
  if (!failed.length) calls.unlink(pathOf('/var/run/vm.' + uuid + '.lock'));
  return failed;
}

/** What it was, for those who come later. */
function archive(uuid: string, name: string, machine: Json): void {
  if (!isDirectory('/zones/archive')) return;
  const folder = '/zones/archive/' + uuid;
  calls.mkdir(pathOf(folder), 0o700);
  writeJson(folder + '/vm.json', machine);
  const text = readFile('/etc/zones/' + name + '.xml');
  if (text != null) replaceFile(folder + '/vm.xml', text, 0o600);
}

/** Everything of a VM goes, however much of it there is. */
function destroy(name: string, path: string): string {
  if (zoneId(name) >= 0) {
    const halted = capture(['zoneadm', '-z', name, 'halt']);
    if (halted.status && zoneId(name) >= 0) return halted.complaint;
  }
  tellAgent('remove ' + name);
  const datasets = [datasetOf(path), poolOf(path) + '/cores/' + name];
  for (let i = 0; i < 2; i++) {
    if (capture(['zfs', 'list', '-H', '-o', 'name', datasets[i]]).status) continue;
    const gone = capture(['zfs', 'destroy', '-rf', datasets[i]]);
    if (gone.status) return gone.complaint;
  }
  calls.rmdir(pathOf(path));
  calls.unlink(pathOf('/var/zonecontrol/' + name + '/metadata.sock'));
  calls.rmdir(pathOf('/var/zonecontrol/' + name));
  calls.unlink(pathOf(updateFile(name)));
  removeEntry(name);
  removeConfiguration(name);
  return '';
}

// ---- after a crash

/** Finishes what was cut off, before zones boot; a line for each VM that was. */
export function recover(): string[] {
  const said: string[] = [];
  const names = entriesOf('/etc/zones');
  for (let i = 0; names && i < names.length; i++) {
    const file = '/etc/zones/' + names[i];
    if (names[i].endsWith('.new')) calls.unlink(pathOf(file));
    else if (names[i].endsWith('.xml')) recoverOne(names[i].substring(0, names[i].length - 4), said);
  }
  for (let i = 0; names && i < names.length; i++) if (names[i].endsWith('.update.json')) again(names[i], said);
  return said;
}

function recoverOne(name: string, said: string[]): void {
  const configuration = readConfiguration(name);
  const mark = configuration ? configuration.attribute(UNFINISHED) : null;
  if (!configuration || mark == null) return;
  const failed = destroy(name, configuration.zonepath);
  said.push(failed.length ? name + ': ' + failed : name + ': its ' + mark + ' had been cut off; it has been deleted');
}

function again(file: string, said: string[]): void {
  const name = file.substring(0, file.length - '.update.json'.length);
  const entry = entryOf(readIndex(), name);
  const payload = readJson('/etc/zones/' + file);
  if (!entry || !payload.names.length) {
    calls.unlink(pathOf('/etc/zones/' + file));
    return;
  }
  const failed = carryOut(entry, payload);
  said.push(name + ': its update had been cut off; ' + (failed.length ? failed : 'it is complete now'));
}
