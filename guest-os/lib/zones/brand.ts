// SPDX-License-Identifier: MIT
/**
 * @fileoverview Brands (brands(7)): kinds of zones, one record each in /usr/lib/brand/NAME, in the two files that illumos has for it. config.xml says
 * what executes first and which options `zoneadm install` takes, platform.xml what is mounted in the zone's root. A brand is known if these are there.
 */
import { Element, XmlParser } from '../xml';
import * as calls from '../calls';
import { O_RDONLY, openFile, readAll } from '../io';

const FOLDER: string = '/usr/lib/brand/';

export class BrandMount {
  constructor(
    readonly special: string,
    readonly directory: string,
    readonly type: string,
    readonly options: string,
  ) {}
}

export class Brand {
  initName: string = '';
  /** As getopt has them: letters, with a colon behind those that take an argument. */
  installOptions: string = '';
  readonly mounts: BrandMount[] = [];
  constructor(readonly name: string) {}
}

/** What is wrong with the last brand for which {@link readBrand} gave null. */
export let problem: string = '';

export function readBrand(name: string): Brand | null {
  problem = 'brand ' + name + ' is not known';
  if (!name.length || name.includes('/') || name.startsWith('.')) return null;
  const config = read(name, 'config.xml', 'brand');
  const platform = config ? read(name, 'platform.xml', 'platform') : null;
  if (!config || !platform) return null;
  const brand = new Brand(name);
  for (let i = 0; i < config.children.length; i++) {
    const child = config.children[i];
    if (child.name == 'initname') brand.initName = child.text.trim();
    else if (child.name == 'installopts') brand.installOptions = child.text.trim();
  }
  // The global zone's file systems come first: the zone's own may lie on them.
  addMounts(brand, platform, 'global_mount');
  addMounts(brand, platform, 'mount');
  return brand;
}

function addMounts(brand: Brand, platform: Element, kind: string): void {
  for (let i = 0; i < platform.children.length; i++) {
    const child = platform.children[i];
    if (child.name == kind)
      brand.mounts.push(new BrandMount(child.get('special'), child.get('directory'), child.get('type'), child.get('opt')));
  }
}

/** The root element of a file of a brand; null: see {@link problem}. */
function read(brand: string, file: string, name: string): Element | null {
  const path = FOLDER + brand + '/' + file;
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) return null;
  const parser = new XmlParser(readAll(descriptor));
  calls.close(descriptor);
  const root = parser.parse();
  if (root && root.name == name && root.get('name') == brand) return root;
  problem = path + ': ' + (parser.error.length ? parser.error : 'not of this brand');
  return null;
}
