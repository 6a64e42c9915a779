// SPDX-License-Identifier: MIT
/** @fileoverview VMs by what they are: filters, order, columns. Names with dots reach into a VM: `nics.0.ip`, `tags.role`; `nics.*.ip` in filters means any. */
import { ARRAY, FALSE, Json, NUMBER, OBJECT } from '../../../lib/json';
import { compile, EXTENDED, Regex } from '../../../lib/regex/regex';
import { padRight, parseNumber } from '../../../lib/text';
import { BOOLEAN } from '../property/_record';
import { propertyNamed } from '../property/_table';
import { textOfValue } from '../payload/_values';

class Column {
  constructor(
    readonly name: string,
    readonly heading: string,
    readonly width: i32,
  ) {}
}

const COLUMNS: Column[] = [
  new Column('alias', 'ALIAS', 10),
  new Column('autoboot', 'AUTOBOOT', 8),
  new Column('billing_id', 'BILLING_ID', 36),
  new Column('boot_timestamp', 'BOOT_TIMESTAMP', 24),
  new Column('brand', 'BRAND', 14),
  new Column('cpu_cap', 'CPU_CAP', 7),
  new Column('cpu_shares', 'CPU_SHARE', 9),
  new Column('create_timestamp', 'CREATE_TIMESTAMP', 24),
  new Column('dns_domain', 'DOMAIN', 32),
  new Column('do_not_inventory', 'DNI', 5),
  new Column('docker', 'DOCKER', 6),
  new Column('firewall_enabled', 'FIREWALL_ENABLED', 16),
  new Column('hostname', 'HOSTNAME', 32),
  new Column('image_uuid', 'IMAGE_UUID', 36),
  new Column('indestructible_delegated', 'INDESTR_DATA', 12),
  new Column('indestructible_zoneroot', 'INDESTR_ROOT', 12),
  new Column('max_locked_memory', 'MAX_LOCKED', 10),
  new Column('max_lwps', 'MAX_LWP', 7),
  new Column('max_physical_memory', 'MAX_PHYS', 8),
  new Column('max_swap', 'MAX_SWAP', 8),
  new Column('owner_uuid', 'OWNER_UUID', 36),
  new Column('package_name', 'PACKAGE_NAME', 32),
  new Column('package_version', 'PACKAGE_VER', 11),
  new Column('pid', 'PID', 6),
  new Column('quota', 'QUOTA', 5),
  new Column('ram', 'RAM', 7),
  new Column('state', 'STATE', 16),
  new Column('tmpfs', 'TMPFS', 5),
  new Column('type', 'TYPE', 4),
  new Column('uuid', 'UUID', 36),
  new Column('vcpus', 'VCPUS', 5),
  new Column('zfs_io_priority', 'IO_PRIORITY', 11),
  new Column('zone_state', 'ZONE_STATE', 10),
  new Column('zoneid', 'ZONEID', 6),
  new Column('zonename', 'ZONENAME', 12),
  new Column('zonepath', 'ZONEPATH', 40),
  new Column('zpool', 'ZPOOL', 12),
];
/** What a dataset has to be asked for. */
const SLOW: string[] = ['quota', 'indestructible_delegated', 'indestructible_zoneroot'];
const MAPS: string[] = ['tags', 'customer_metadata', 'internal_metadata'];
const LISTS: string[] = ['nics', 'filesystems', 'disks'];

function columnNamed(name: string): Column | null {
  for (let i = 0; i < COLUMNS.length; i++) if (COLUMNS[i].name == name) return COLUMNS[i];
  const parts = name.split('.');
  const isKnown = parts.length == 3 ? LISTS.includes(parts[0]) : parts.length == 2 && MAPS.includes(parts[0]);
  return isKnown ? new Column(name, name.toUpperCase(), 20) : null;
}
export function isFilter(name: string): bool {
  return columnNamed(name) != null;
}
/** In a column or an order it must be one value. */
export function isColumn(name: string): bool {
  return columnNamed(name) != null && !name.includes('.*');
}
export function isSlow(names: string[]): bool {
  for (let i = 0; i < names.length; i++) if (SLOW.includes(names[i])) return true;
  return false;
}

/** What lists have besides: the kind of the brand, and memory under its usual name. */
export function decorate(machine: Json): void {
  machine.set('type', Json.string('OS'));
  const memory = machine.get('max_physical_memory');
  if (memory) machine.set('ram', memory);
}

/** Values that a name reaches. */
function reach(machine: Json, name: string): Json[] {
  const found: Json[] = [];
  const direct = machine.get(name);
  if (direct) {
    found.push(direct);
    return found;
  }
  const dot = name.indexOf('.');
  if (dot < 0) return found;
  const holder = machine.get(name.substring(0, dot));
  const rest = name.substring(dot + 1);
  if (!holder) return found;
  if (holder.kind == OBJECT) {
    const value = holder.get(rest);
    if (value) found.push(value);
  } else if (holder.kind == ARRAY) {
    const second = rest.indexOf('.');
    const which = second < 0 ? rest : rest.substring(0, second);
    const index = which == '*' ? -1 : parseNumber(which);
    for (let i = 0; i < holder.items.length; i++) {
      if (which != '*' && index != i) continue;
      const value = second < 0 ? holder.items[i] : holder.items[i].get(rest.substring(second + 1));
      if (value) found.push(value);
    }
  }
  return found;
}

// ---- filters

export class Filter {
  private readonly pattern: Regex | null;
  constructor(
    readonly name: string,
    readonly value: string,
  ) {
    this.pattern = value.startsWith('~') ? compile(value.substring(1), EXTENDED) : null;
  }
  /** A pattern that is none. */
  get isBroken(): bool {
    return this.value.startsWith('~') && !this.pattern;
  }

  accepts(machine: Json): bool {
    const values = reach(machine, this.name);
    const pattern = this.pattern;
    for (let i = 0; i < values.length; i++) {
      const text = textOfValue(values[i]);
      if (pattern ? pattern.find(text, 0) : text == this.value) return true;
    }
    if (values.length || pattern) return false;
    const property = propertyNamed(this.name);
    return !this.value.length || (this.value == 'false' && property != null && property.type == BOOLEAN);
  }
}

export function filtered(machines: Json[], filters: Filter[]): Json[] {
  const result: Json[] = [];
  for (let i = 0; i < machines.length; i++) {
    let accepted = true;
    for (let k = 0; k < filters.length; k++) if (!filters[k].accepts(machines[i])) accepted = false;
    if (accepted) result.push(machines[i]);
  }
  return result;
}

// ---- order

/** Names with `-` in front go the other way. */
export function sorted(machines: Json[], names: string[]): Json[] {
  const result: Json[] = [];
  for (let i = 0; i < machines.length; i++) {
    let at = result.length;
    while (at > 0 && isBefore(machines[i], result[at - 1], names)) at--;
    result.push(machines[i]);
    for (let k = result.length - 1; k > at; k--) result[k] = result[k - 1];
    result[at] = machines[i];
  }
  return result;
}

function isBefore(a: Json, b: Json, names: string[]): bool {
  for (let i = 0; i < names.length; i++) {
    const reversed = names[i].startsWith('-');
    const name = reversed || names[i].startsWith('+') ? names[i].substring(1) : names[i];
    const order = compare(reach(a, name), reach(b, name));
    if (order) return reversed ? order > 0 : order < 0;
  }
  return false;
}
/** What is not there comes last. */
function compare(a: Json[], b: Json[]): i32 {
  if (!a.length || !b.length) return (a.length ? 0 : 1) - (b.length ? 0 : 1);
  if (a[0].kind == NUMBER && b[0].kind == NUMBER) {
    const x = parseFloat(a[0].text);
    const y = parseFloat(b[0].text);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  const x = textOfValue(a[0]);
  const y = textOfValue(b[0]);
  return x < y ? -1 : x > y ? 1 : 0;
}

// ---- columns

/** A line of a table, or of fields with colons between; null: the headings. */
export function lineOf(machine: Json | null, names: string[], parsable: bool): string {
  const cells: string[] = [];
  for (let i = 0; i < names.length; i++) {
    const column = columnNamed(names[i]);
    if (!column) continue;
    let text = column.heading;
    if (machine) {
      const values = reach(machine, names[i]);
      const isThere =
        values.length > 0 && values[0].kind != FALSE && textOfValue(values[0]).length > 0 && textOfValue(values[0]) != '0';
      text = isThere ? textOfValue(values[0]) : parsable ? '' : '-';
    }
    cells.push(parsable ? text : padRight(text, column.width));
  }
  return cells.join(parsable ? ':' : '  ').trimEnd() + '\n';
}

/** Some members of a VM, in the order of the names. */
export function part(machine: Json, names: string[]): Json {
  const result = new Json(OBJECT);
  for (let i = 0; i < names.length; i++) {
    const values = reach(machine, names[i]);
    if (values.length) result.set(names[i], values[0]);
  }
  return result;
}
