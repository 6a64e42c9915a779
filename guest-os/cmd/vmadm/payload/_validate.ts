// SPDX-License-Identifier: MIT
/**
 * @fileoverview Whether a payload is made of properties that the brand has for the action, with values of their types: what `vmadm validate` reports.
 *
 * Of a payload for create or update, bad values and missing properties refuse it, and properties that are none are taken out.
 */
import { ARRAY, Json, NULL, NUMBER, OBJECT, STRING, TRUE, FALSE } from '../../../lib/json';
import { isUuid } from '../../../lib/uuid';
import { BOOLEAN, FLAT, INTEGER, LIST, OBJECTS, Property, STRING as TEXT, UUID, ZPOOL } from '../property/_record';
import { brandLetter, BRANDS, PROPERTIES, propertyNamed } from '../property/_table';
import { Surroundings } from './_surroundings';
import { integerOf, isBoolean, isEmpty, listOf, NO_INTEGER, textIn } from './_values';

export class Findings {
  /** Nothing: the brand is known. */
  badBrand: string = '';
  readonly badValues: string[] = [];
  readonly badProperties: string[] = [];
  readonly missing: string[] = [];

  get any(): bool {
    return this.badBrand.length > 0 || this.badValues.length + this.badProperties.length + this.missing.length > 0;
  }
  badValue(name: string): void {
    if (!this.badValues.includes(name)) this.badValues.push(name);
  }
  badProperty(name: string): void {
    if (!this.badProperties.includes(name)) this.badProperties.push(name);
  }

  json(): Json {
    const result = new Json(OBJECT);
    if (this.badBrand.length) {
      result.set('bad_brand', Json.string(this.badBrand));
      return result;
    }
    result.set('bad_values', texts(this.badValues));
    result.set('bad_properties', texts(this.badProperties));
    result.set('missing_properties', texts(this.missing));
    return result;
  }

  /** Why the payload is refused; nothing: it is not. */
  refusal(): string {
    if (this.badBrand.length) return 'Invalid brand while validating payload: ' + Json.string(this.badBrand).print(0);
    if (this.badValues.length) return 'Invalid value(s) for: ' + this.badValues.join(',');
    return this.missing.length ? 'Missing required properties: ' + this.missing.join(',') : '';
  }
}

function texts(list: string[]): Json {
  const array = new Json(ARRAY);
  for (let i = 0; i < list.length; i++) array.items.push(Json.string(list[i]));
  return array;
}

/** `action`: create or update. */
export function validate(brand: string, action: string, payload: Json, around: Surroundings): Findings {
  const findings = new Findings();
  if (!BRANDS.includes(brand)) {
    findings.badBrand = brand.length ? brand : 'undefined';
    return findings;
  }
  const letter = action.charAt(0);
  for (let i = 0; i < payload.names.length; i++) {
    const name = payload.names[i];
    const value = payload.items[i];
    judge(name, value, letter, brand, findings, around);
    const property = propertyNamed(name);
    if (!property || property.type != OBJECTS || value.kind != ARRAY) continue;
    const memberAction = name.startsWith('update_') ? 'u' : 'a';
    for (let k = 0; k < value.items.length; k++) {
      const member = value.items[k];
      if (member.kind != OBJECT) {
        findings.badValue(name);
        continue;
      }
      for (let m = 0; m < member.names.length; m++)
        judge(property.members + '.*.' + member.names[m], member.items[m], memberAction, brand, findings, around);
    }
  }
  if (letter == 'c')
    for (let i = 0; i < PROPERTIES.length; i++) {
      const property = PROPERTIES[i];
      if (property.required && !payload.get(property.name)) findings.missing.push(property.name);
    }
  const image = payload.get('image_uuid');
  if (image && image.kind == STRING && isUuid(image.text)) {
    const pool = textIn(payload, 'zpool');
    const manifest = around.manifest(image.text, pool.length ? pool : 'zones');
    if (!manifest || textIn(manifest, 'type') != 'zone-dataset' || !suits(manifest, brand)) findings.badValue('image_uuid');
  }
  return findings;
}

function judge(name: string, value: Json, action: string, brand: string, findings: Findings, around: Surroundings): void {
  const property = propertyNamed(name);
  if (!property) return findings.badProperty(name);
  if (!property.actions.includes(action) || !property.brands.includes(brandLetter(brand))) findings.badProperty(name);
  if (!isValue(property, value, around)) findings.badValue(name);
}

function isValue(property: Property, value: Json, around: Surroundings): bool {
  const check = property.check;
  switch (property.type) {
    case UUID:
      return value.kind == STRING && isUuid(value.text);
    case BOOLEAN:
      return isBoolean(value);
    case TEXT:
      if (isEmpty(value)) return true;
      if (value.kind != STRING || (property.name != 'alias' && hasControls(value.text))) return false;
      return !check || check(value.text);
    case INTEGER: {
      if (isEmpty(value)) return true;
      const number = integerOf(value);
      return number != NO_INTEGER && number >= property.min && number <= property.max;
    }
    case ZPOOL:
      return value.kind == STRING && around.pools().includes(value.text);
    case LIST: {
      const list = listOf(value);
      if (!list) return false;
      for (let i = 0; i < list.length; i++)
        if (list[i].includes(',') || hasControls(list[i]) || (check && !check(list[i]))) return false;
      return true;
    }
    case FLAT:
      if (value.kind == NULL) return true;
      if (value.kind != OBJECT) return false;
      for (let i = 0; i < value.items.length; i++) {
        const kind = value.items[i].kind;
        if (kind != STRING && kind != NUMBER && kind != TRUE && kind != FALSE) return false;
      }
      return true;
  }
  return value.kind == ARRAY;
}

/** What neither a configuration nor a line of output can hold. */
function hasControls(text: string): bool {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20 || text.charCodeAt(i) == 0x7f) return true;
  return false;
}

/** An image may be made for one brand alone. */
function suits(manifest: Json, brand: string): bool {
  const requirements = manifest.get('requirements');
  const wanted = requirements && requirements.kind == OBJECT ? textIn(requirements, 'brand') : '';
  return !wanted.length || wanted == brand;
}

/** Takes out what {@link validate} has found to be no property. */
export function withoutBad(payload: Json, findings: Findings): void {
  for (let i = 0; i < findings.badProperties.length; i++) {
    const name = findings.badProperties[i];
    const star = name.indexOf('.*.');
    if (star < 0) {
      payload.remove(name);
      continue;
    }
    const kind = name.substring(0, star);
    const lists = [kind, 'add_' + kind, 'update_' + kind];
    for (let k = 0; k < lists.length; k++) {
      const list = payload.get(lists[k]);
      for (let m = 0; list && m < list.items.length; m++) list.items[m].remove(name.substring(star + 3));
    }
  }
}
