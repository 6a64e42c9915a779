// SPDX-License-Identifier: MIT
/**
 * @fileoverview Resource controls in a zone's configuration (zonecfg(8)): a resource `rctl` has a name and a value. Some have short names as properties of the zone, and some are members of capped-memory and
 * capped-cpu: all of them are kept as rctl.
 */
import { parseSize } from '../../lib/human';
import { parseNumber } from '../../lib/text';
import { Configuration, Resource } from '../../lib/zones/configuration';

const VALUE: string[] = ['priv', 'limit', 'action'];
const PRIVILEGED: string = 'privileged';
const NONE: string = 'none';
const DENY: string = 'deny';

/** Properties of the zone that stand for a control. */
export const SHORT: string[] = [
  'cpu-shares',
  'max-lwps',
  'max-processes',
  'max-msg-ids',
  'max-sem-ids',
  'max-shm-ids',
  'max-shm-memory',
];

/** Resources that stand for controls. */
export const CAPPED: string[] = ['capped-memory', 'capped-cpu'];

/** Members of a capped resource, and the controls that they stand for. */
export function membersOf(kind: string): string[] {
  if (kind == 'capped-memory') return ['physical', 'swap', 'locked'];
  return kind == 'capped-cpu' ? ['ncpus'] : [];
}
function controlsOf(kind: string): string[] {
  if (kind == 'capped-memory') return ['zone.max-physical-memory', 'zone.max-swap', 'zone.max-locked-memory'];
  return kind == 'capped-cpu' ? ['zone.cpu-cap'] : [];
}

/** Gives a resource rctl the value that is written as `(priv=privileged,limit=100,action=deny)`. False: that is none. */
export function setValue(resource: Resource, text: string): bool {
  if (!text.startsWith('(') || !text.endsWith(')')) return false;
  const parts = text.substring(1, text.length - 1).split(',');
  for (let i = 0; i < parts.length; i++) {
    const equals = parts[i].indexOf('=');
    const name = equals < 0 ? '' : parts[i].substring(0, equals).trim();
    if (!VALUE.includes(name)) return false;
    resource.set(name, parts[i].substring(equals + 1).trim());
  }
  return isWhole(resource);
}
/** Has it a value that can be kept? */
export function isWhole(resource: Resource): bool {
  const action = resource.get('action');
  return resource.get('priv') == PRIVILEGED && parseNumber(resource.get('limit')) >= 0 && (action == NONE || action == DENY);
}

function findControl(configuration: Configuration, name: string): Resource | null {
  return configuration.find('rctl', 'name', name);
}
function removeControl(configuration: Configuration, name: string): bool {
  const found = findControl(configuration, name);
  if (found) configuration.remove(found);
  return found != null;
}
function setControl(configuration: Configuration, name: string, limit: u64): void {
  let resource = findControl(configuration, name);
  if (!resource) {
    resource = new Resource('rctl');
    resource.set('name', name);
    configuration.resources.push(resource);
  }
  resource.set('priv', PRIVILEGED);
  resource.set('limit', limit.toString());
  resource.set('action', name == 'zone.cpu-shares' ? NONE : DENY);
}

/** A property with a short name; without a value it is cleared. False: the value is no number. */
export function setShort(configuration: Configuration, name: string, value: string): bool {
  if (!value.length) {
    removeControl(configuration, 'zone.' + name);
    return true;
  }
  const limit = name == 'max-shm-memory' ? parseSize(value) : parseNumber(value);
  if (limit < 0) return false;
  setControl(configuration, 'zone.' + name, limit);
  return true;
}
export function shortOf(configuration: Configuration, name: string): string {
  const found = findControl(configuration, 'zone.' + name);
  return found ? found.get('limit') : '';
}

// ---- capped-memory, capped-cpu

/** A capped resource as the configuration has it; null: it has none. */
export function cappedOf(configuration: Configuration, kind: string): Resource | null {
  const resource = new Resource(kind);
  const members = membersOf(kind);
  const controls = controlsOf(kind);
  for (let i = 0; i < members.length; i++) {
    const control = findControl(configuration, controls[i]);
    if (!control) continue;
    const limit = <u64>parseNumber(control.get('limit'));
    resource.set(members[i], kind == 'capped-cpu' ? hundredths(limit) : sizeOf(limit));
  }
  return resource.names.length ? resource : null;
}
/** What is wrong with one; nothing: it is in the configuration now. */
export function setCapped(configuration: Configuration, resource: Resource): string {
  const members = membersOf(resource.kind);
  const controls = controlsOf(resource.kind);
  const cpu = resource.kind == 'capped-cpu';
  const limits: i64[] = [];
  for (let i = 0; i < members.length; i++) {
    const text = resource.get(members[i]);
    const limit = !text.length ? 0 : cpu ? percent(text) : parseSize(text);
    if (text.length && limit <= 0) return members[i] + ': invalid value ' + text;
    limits.push(limit);
  }
  for (let i = 0; i < members.length; i++) {
    if (limits[i]) setControl(configuration, controls[i], <u64>limits[i]);
    else removeControl(configuration, controls[i]);
  }
  return '';
}
export function removeCapped(configuration: Configuration, kind: string): bool {
  const controls = controlsOf(kind);
  let any = false;
  for (let i = 0; i < controls.length; i++) if (removeControl(configuration, controls[i])) any = true;
  return any;
}

/** Processors as `1.50` for 150 percent of one. */
function hundredths(value: u64): string {
  return (value / 100).toString() + '.' + (value % 100).toString().padStart(2, '0');
}
function percent(text: string): i64 {
  const point = text.indexOf('.');
  const whole = parseNumber(point < 0 ? text : text.substring(0, point));
  const part = point < 0 ? '0' : text.substring(point + 1);
  const rest = part.length > 2 ? -1 : parseNumber(part.padEnd(2, '0'));
  return whole < 0 || rest < 0 ? -1 : whole * 100 + rest;
}
function sizeOf(bytes: u64): string {
  const units = 'KMGT';
  let value = bytes;
  let unit = -1;
  while (value && value % 1024 == 0 && unit < 3) {
    value /= 1024;
    unit++;
  }
  return value.toString() + (unit < 0 ? '' : units.charAt(unit));
}
