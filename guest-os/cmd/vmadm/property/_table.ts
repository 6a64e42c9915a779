// SPDX-License-Identifier: MIT
/** @fileoverview All properties, in the order in which `vmadm get` shows them. A property is added by its record in the file of its family. */
import { BOOT } from './boot';
import { CPU } from './cpu';
import { IDENTITY } from './identity';
import { MEMORY } from './memory';
import { METADATA } from './metadata';
import { NETWORK } from './network';
import { STORAGE } from './storage';
import { Property } from './_record';

export const PROPERTIES: Property[] = IDENTITY.concat(BOOT)
  .concat(CPU)
  .concat(MEMORY)
  .concat(STORAGE)
  .concat(NETWORK)
  .concat(METADATA);

const byName: Map<string, Property> = new Map<string, Property>();
for (let i = 0; i < PROPERTIES.length; i++) byName.set(PROPERTIES[i].name, PROPERTIES[i]);

export function propertyNamed(name: string): Property | null {
  return byName.has(name) ? byName.get(name) : null;
}

/** Brands that there are, and their letters in records. */
export const BRANDS: string[] = ['joyent', 'joyent-minimal'];
export function brandLetter(brand: string): string {
  return brand == 'joyent' ? 'J' : 'M';
}
