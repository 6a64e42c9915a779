// SPDX-License-Identifier: MIT
/**
 * @fileoverview svc.configd(8): the repository of services
 * @path /lib/svc/bin/svc.configd
 *
 * Answers the requests of lib/smf/door.ts, one after the other; reading is for everyone, changing for root. What is persistent is kept
 * in /etc/svc/repository.db, states in /etc/svc/volatile/svc_nonpersist.db, each written anew beside the old and put in its place after a
 * change, before the answer: a server that is killed loses nothing that it has confirmed.
 */
/** @manual
 * DESCRIPTION
 * Keeps the repository of the service management facility: services, instances, property groups, properties and snapshots. svc.startd(8)
 * starts it, and again when it ends. Programs reach it through svccfg(8), svcprop(1), svcs(1) and svcadm(8).
 *
 * FILES
 *   /etc/svc/repository.db                    what is persistent
 *   /etc/svc/volatile/svc_nonpersist.db       states
 *   /etc/svc/volatile/repository_door         where requests are announced
 *
 * SEE ALSO
 * smf(7), svc.startd(8)
 */
import * as calls from '../../lib/calls';
import { namesIn, S_IFREG, statusOf } from '../../lib/files';
import { O_RDONLY, O_RDWR, O_WRONLY, openFile, readAll, Reader, say } from '../../lib/io';
import { trimIdleHeap } from '../../lib/idleHeap';
import { PollSet } from '../../lib/pollSet';
import { parseNumber, pathOf } from '../../lib/text';
import { DOOR, DOORS, makeFifo, O_NOFOLLOW, O_NONBLOCK, RESTARTER, send, writeNewFile, writeText } from '../../lib/smf/door';
import {
  Entity,
  EVERYTHING,
  Instance,
  instanceText,
  PERSISTENT,
  PropertyGroup,
  readRepository,
  Repository,
  repositoryText,
  Service,
  unescapeField,
  VOLATILE,
} from '../../lib/smf/repository';

export const USAGE: string = '/lib/svc/bin/svc.configd';

const DATABASE: string = '/etc/svc/repository.db';
const STATES: string = '/etc/svc/volatile/svc_nonpersist.db';

const repository = new Repository();
let persistentChanged = false;
let statesChanged = false;
/** Lines that svc.startd has not had room for. */
let notices: string[] = [];

export function main(args: string[]): i32 {
  if (calls.getuid() != 0) {
    say('svc.configd: must be run by root\n');
    return 1;
  }
  if (!readDatabase(DATABASE) || !readDatabase(STATES)) return 1;
  if (makeFifo(DOOR, 0o622) < 0) return 1;
  const door = openFile(DOOR, O_RDWR);
  if (door < 0) return 1;
  send(RESTARTER, 'ready\n');
  // Requests whose server has gone.
  const waiting = namesIn(DOORS);
  if (waiting) for (let i = 0; i < waiting.length; i++) if (waiting[i].endsWith('.req')) serve(waiting[i].slice(0, -4));
  const reader = new Reader(door);
  const requests = new PollSet();
  requests.add(door);
  while (true) {
    if (!reader.hasMore && !requests.look()) trimIdleHeap();
    const line = reader.line();
    if (line != null) serve(line);
    else if (reader.error != -4) return 1;
  }
}

function readDatabase(path: string): bool {
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) return descriptor == -2;
  const text = readAll(descriptor);
  calls.close(descriptor);
  if (readRepository(text, repository)) return true;
  say('svc.configd: ' + path + ' is damaged\n');
  return false;
}

function save(path: string, which: i32): void {
  const next = path + '.new';
  calls.unlink(pathOf(next));
  const error = writeNewFile(next, repositoryText(repository, which), 0o600);
  if (error < 0 || calls.rename(pathOf(next), pathOf(path)) < 0) say('svc.configd: cannot write ' + path + '\n');
}

/** Handles the request of a client. Whatever is wrong with it harms nobody else. */
function serve(client: string): void {
  if (parseNumber(client) < 0) return;
  const base = DOORS + client;
  const descriptor = openFile(base + '.req', O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return;
  const file = statusOf(descriptor);
  const valid = file != null && file.type == S_IFREG;
  const text = valid ? readAll(descriptor) : '';
  calls.close(descriptor);
  if (!valid) return;
  const end = text.indexOf('\n');
  const words = (end < 0 ? text : text.substring(0, end)).split('\t');
  const answer = handle(words, end < 0 ? '' : text.substring(end + 1), file!.uid == 0);
  if (persistentChanged) save(DATABASE, PERSISTENT);
  if (statesChanged) save(STATES, VOLATILE);
  persistentChanged = false;
  statesChanged = false;
  // Whatever is there already is no answer of ours. The client shall be able to remove what it has read.
  calls.unlink(pathOf(base + '.rep'));
  writeNewFile(base + '.rep', answer, 0o600);
  calls.lchown(pathOf(base + '.rep'), <i32>file!.uid, <i32>file!.gid);
  const done = openFile(base + '.done', O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
  if (done >= 0) {
    writeText(done, '.');
    calls.close(done);
  } else {
    // The client has gone.
    calls.unlink(pathOf(base + '.req'));
    calls.unlink(pathOf(base + '.rep'));
    calls.unlink(pathOf(base + '.done'));
  }
  notify();
}

function notify(): void {
  while (notices.length) {
    if (send(RESTARTER, notices[0]) < 0) return;
    notices.shift();
  }
}

function failed(what: string): string {
  return 'error\t' + what + '\n';
}

function handle(words: string[], body: string, privileged: bool): string {
  const operation = words[0];
  if (operation == 'get') return 'ok\n' + repositoryText(repository, EVERYTHING);
  if (operation == 'instance') {
    const instance = words.length > 1 ? repository.findInstance(words[1]) : null;
    return instance ? 'ok\n' + instanceText(instance) : failed('No such instance.');
  }
  if (!privileged) return failed('Permission denied.');
  if (operation == 'import') return merge(body);
  if (operation == 'edit') return editAll(body);
  if (operation == 'refresh' || operation == 'action') return forInstance(words);
  if (operation == 'milestone' && words.length > 1) {
    notices.push('milestone\t' + words[1] + '\n');
    return 'ok\n';
  }
  return failed('Unknown request.');
}

function forInstance(words: string[]): string {
  const instance = words.length > 1 ? repository.findInstance(words[1]) : null;
  if (!instance) return failed('No such instance.');
  if (words[0] == 'refresh') {
    instance.refresh();
    persistentChanged = true;
    notices.push('refresh\t' + instance.fmri + '\n');
  } else if (words.length > 2) {
    notices.push('action\t' + instance.fmri + '\t' + words[2] + '\n');
  }
  return 'ok\n';
}

/** A manifest's services. What an administrator has enabled or disabled stays so. */
function merge(body: string): string {
  const given = new Repository();
  if (!readRepository(body, given)) return failed('Malformed request.');
  for (let i = 0; i < given.services.length; i++) {
    const from = given.services[i];
    const service = repository.makeService(from.name);
    takeGroups(service, from, false);
    for (let k = 0; k < from.instances.length; k++) {
      const isNew = !service.instance(from.instances[k].name);
      const instance = service.makeInstance(from.instances[k].name);
      takeGroups(instance, from.instances[k], !isNew);
    }
    // All of them inherit what may have changed.
    for (let k = 0; k < service.instances.length; k++) {
      service.instances[k].refresh();
      notices.push('refresh\t' + service.instances[k].fmri + '\n');
    }
  }
  persistentChanged = true;
  return 'ok\n';
}

function takeGroups(to: Entity, from: Entity, keepEnabled: bool): void {
  for (let i = 0; i < from.groups.length; i++) {
    const group = from.groups[i];
    if (group.name == 'general') {
      const general = to.makeGroup('general', 'framework');
      for (let k = 0; k < group.properties.length; k++) {
        const property = group.properties[k];
        if (property.name != 'enabled' || !keepEnabled) general.set(property.name, property.type, property.values);
      }
      continue;
    }
    to.removeGroup(group.name);
    to.groups.push(group);
  }
}

/** Changes, one a line; ends with the first that cannot be made. */
function editAll(body: string): string {
  const lines = body.split('\n');
  for (let i = 0; i < lines.length; i++) {
    if (!lines[i].length) continue;
    const fields = lines[i].split('\t');
    for (let k = 0; k < fields.length; k++) fields[k] = unescapeField(fields[k]);
    const wrong = edit(fields);
    if (wrong.length) return failed(wrong);
  }
  return 'ok\n';
}

/** Nothing, or what is wrong. */
function edit(fields: string[]): string {
  if (fields.length < 2) return 'Malformed request.';
  const operation = fields[0];
  const fmri = fields[1];
  if (operation == 'add') return add(fmri);
  if (operation == 'delete') return remove(fmri);
  const entity = repository.findEntity(fmri);
  if (!entity) return 'No such ' + (fmri.lastIndexOf(':') > 4 ? 'instance' : 'service') + '.';
  if (fields.length < 3) return 'Malformed request.';
  const name = fields[2];
  const old = entity.group(name);
  noteChange(entity, name, old ? old.persistent : !(fields.length > 4 && fields[4] == 'N'));
  if (operation == 'delpg') return entity.removeGroup(name) ? '' : 'No such property group.';
  if (operation == 'addpg' && fields.length > 4) {
    if (old) return 'Object already exists.';
    entity.groups.push(new PropertyGroup(name, fields[3], fields[4] != 'N'));
    return '';
  }
  // set FMRI GROUP GROUP-TYPE FLAGS PROPERTY TYPE VALUE…
  if (operation == 'set' && fields.length > 6) {
    entity.makeGroup(name, fields[3], fields[4] != 'N').set(fields[5], fields[6], fields.slice(7));
    return '';
  }
  if (operation == 'delprop' && fields.length > 3) return old && old.remove(fields[3]) ? '' : 'No such property.';
  return 'Malformed request.';
}

function noteChange(entity: Entity, group: string, persistent: bool): void {
  if (persistent) persistentChanged = true;
  else statesChanged = true;
  if (entity instanceof Instance && (group == 'general' || group == 'general_ovr'))
    notices.push('enabled\t' + (entity as Instance).fmri + '\n');
}

function add(fmri: string): string {
  persistentChanged = true;
  const colon = fmri.lastIndexOf(':');
  if (colon <= 4) {
    if (repository.service(fmri.substring(5))) return 'Object already exists.';
    repository.makeService(fmri.substring(5));
    return '';
  }
  const service = repository.service(fmri.substring(5, colon));
  if (!service) return 'No such service.';
  if (service.instance(fmri.substring(colon + 1))) return 'Object already exists.';
  service.makeInstance(fmri.substring(colon + 1)).refresh();
  return '';
}

function remove(fmri: string): string {
  persistentChanged = true;
  statesChanged = true;
  const colon = fmri.lastIndexOf(':');
  const service = repository.service(colon > 4 ? fmri.substring(5, colon) : fmri.substring(5));
  if (!service) return 'No such service.';
  if (colon <= 4) {
    while (service.instances.length) removeInstance(service, service.instances[0]);
    repository.services.splice(repository.services.indexOf(service), 1);
    return '';
  }
  const instance = service.instance(fmri.substring(colon + 1));
  if (!instance) return 'No such instance.';
  removeInstance(service, instance);
  return '';
}

function removeInstance(service: Service, instance: Instance): void {
  notices.push('deleted\t' + instance.fmri + '\n');
  service.instances.splice(service.instances.indexOf(instance), 1);
}
