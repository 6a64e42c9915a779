// SPDX-License-Identifier: MIT
/**
 * @fileoverview What a VM may ask the metadata agent for, and change.
 *
 * Keys: `sdc:NAME` is a property of the VM; `SPACE:…`, where SPACE is one of internal_metadata_namespaces, and `…_pw` are in internal_metadata;
 * all others in customer_metadata, which alone can be changed. Lines are the zone's: whatever they are, they are answered or dropped.
 */
import * as calls from '../../../lib/calls';
import { fromBase64 } from '../../../lib/base64';
import { lockFile } from '../../../lib/fileLock';
import { ARRAY, Json, OBJECT, STRING } from '../../../lib/json';
import { Frame, parseFrame } from '../../../lib/mdata';
import { entryOf, readConfiguration, readIndex } from '../../../lib/zones/configuration';
import { booleanValue, textOfValue } from '../payload/_values';
import { readJson, writeJson } from './_files';
import { loadMachine } from './_load';

const SUCCESS: string = 'SUCCESS';
const NOT_FOUND: string = 'NOTFOUND';
const FAILURE: string = 'FAILURE';

/** Results of commands: a word, and what goes with it. */
class Answer {
  constructor(
    readonly word: string,
    readonly text: string,
  ) {}
}

/** One connection of a VM, by the name of its zone. */
export class Conversation {
  private isFramed: bool = false;
  constructor(private readonly zone: string) {}

  /** What a line is answered with; nothing: the line was damaged, and will come again. */
  answer(line: string): string {
    if (this.isFramed || line.startsWith('V2 ')) {
      const frame = parseFrame(line);
      if (frame) {
        const done = perform(this.zone, frame.command, frame.payload);
        return new Frame(frame.id, done.word, done.text).line();
      }
      if (this.isFramed && !line.startsWith('NEGOTIATE')) return '';
    }
    if (line == 'NEGOTIATE V2') {
      this.isFramed = true;
      return 'V2_OK\n';
    }
    if (line.startsWith('NEGOTIATE ')) return 'FAILURE\n';
    const isGet = line.startsWith('GET ') && line.length > 4;
    if (!isGet && line != 'KEYS') return 'invalid command\n';
    const done = perform(this.zone, isGet ? 'GET' : 'KEYS', isGet ? line.substring(4) : '');
    if (done.word != SUCCESS) return done.word + '\n';
    const lines = done.text.split('\n');
    for (let i = 0; i < lines.length; i++) if (lines[i].startsWith('.')) lines[i] = '.' + lines[i];
    return 'SUCCESS\n' + lines.join('\n') + '\n.\n';
  }
}

function perform(zone: string, command: string, payload: string): Answer {
  const entry = entryOf(readIndex(), zone);
  if (!entry) return new Answer(FAILURE, 'there is no such VM');
  const path = entry.path;
  if (command == 'GET') return get(zone, path, payload);
  if (command == 'KEYS') return new Answer(SUCCESS, section(path, 'customer_metadata').names.join('\n'));
  if (command == 'DELETE') return change(zone, path, payload, null);
  if (command != 'PUT') return new Answer(FAILURE, 'invalid command');
  const blank = payload.indexOf(' ');
  const key = fromBase64(payload.substring(0, max(blank, 0)));
  const value = fromBase64(payload.substring(blank + 1));
  if (key == null || value == null || !key.length) return new Answer(FAILURE, 'malformed PUT');
  return change(zone, path, key, value);
}

function section(path: string, name: string): Json {
  const found = readJson(path + '/config/metadata.json').get(name);
  return found && found.kind == OBJECT ? found : new Json(OBJECT);
}
function inNamespace(zone: string, key: string): bool {
  const colon = key.indexOf(':');
  if (colon < 0) return false;
  const configuration = readConfiguration(zone);
  const spaces = configuration ? configuration.attribute('internal-metadata-namespaces') : null;
  return spaces != null && spaces.split(',').includes(key.substring(0, colon));
}

function found(value: Json | null): Answer {
  if (!value) return new Answer(NOT_FOUND, '');
  return new Answer(SUCCESS, value.kind == OBJECT || value.kind == ARRAY ? value.print(0) : textOfValue(value));
}

function get(zone: string, path: string, key: string): Answer {
  if (key.startsWith('sdc:')) return property(zone, path, key.substring(4));
  const isInternal = key.endsWith('_pw') || inNamespace(zone, key);
  return found(section(path, isInternal ? 'internal_metadata' : 'customer_metadata').get(key));
}

function property(zone: string, path: string, name: string): Answer {
  if (name == 'operator-script') return found(section(path, 'internal_metadata').get('operator-script'));
  if (name == 'routes') return found(routes(readJson(path + '/config/routes.json')));
  if (name.startsWith('tags.')) return found(readJson(path + '/config/tags.json').get(name.substring(5)));
  // What is the operator's is not the VM's to know.
  if (name == 'internal_metadata' || name == 'customer_metadata') return new Answer(NOT_FOUND, '');
  const entry = entryOf(readIndex(), zone);
  const machine = entry ? loadMachine(entry, name == 'quota') : null;
  return found(machine ? machine.get(name) : null);
}

function routes(map: Json): Json {
  const list = new Json(ARRAY);
  for (let i = 0; i < map.names.length; i++) {
    const gateway = map.items[i].text;
    const one = new Json(OBJECT);
    one.set('linklocal', booleanValue(gateway.endsWith(']')));
    one.set('dst', Json.string(map.names[i]));
    one.set('gateway', Json.string(gateway));
    list.items.push(one);
  }
  return list;
}

/** A key's value, or null to take it away. */
function change(zone: string, path: string, key: string, value: string | null): Answer {
  if (key.startsWith('sdc:')) return new Answer(FAILURE, 'Cannot update the "sdc" Namespace.');
  if (inNamespace(zone, key))
    return new Answer(FAILURE, 'Cannot update the "' + key.substring(0, key.indexOf(':')) + '" Namespace.');
  const name = key.endsWith('_pw') ? 'internal_metadata' : 'customer_metadata';
  const lock = lockMetadata(path);
  const file = path + '/config/metadata.json';
  const all = readJson(file);
  const before = all.get(name);
  const values = before && before.kind == OBJECT ? before : new Json(OBJECT);
  if (value == null) values.remove(key);
  else {
    const text = new Json(STRING);
    text.text = value;
    values.set(key, text);
  }
  all.set(name, values);
  const error = writeJson(file, all);
  calls.close(lock);
  return error < 0 ? new Answer(FAILURE, 'could not be written') : new Answer(SUCCESS, 'OK');
}

/** Held between reading the files of config/ and writing them. */
export function lockMetadata(path: string): i32 {
  return lockFile(path + '/config/.lock');
}
