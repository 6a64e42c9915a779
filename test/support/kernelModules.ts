// SPDX-License-Identifier: MIT
/** @fileoverview Modules of Debian's kernel package, which comes without the index that depmod makes of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface KernelModule {
  name: string;
  contents: Uint8Array;
}

/** The modules and all they depend on, in an order in which they can be loaded. `root` holds lib/modules. */
export function kernelModules(root: string, names: readonly string[]): KernelModule[] {
  const files = new Map<string, string>();
  const folder = join(root, 'lib/modules');
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.ko')) files.set(moduleName(file), join(folder, file));
  }
  const loaded = new Map<string, KernelModule>();
  const load = (name: string): void => {
    if (loaded.has(name)) return;
    const file = files.get(name);
    if (!file) throw new Error(`no module ${name} below ${folder}`);
    const contents = readFileSync(file);
    for (const dependency of dependencies(contents)) load(dependency);
    loaded.set(name, { name, contents });
  };
  for (const name of names) load(name);
  return [...loaded.values()];
}

const moduleName = (file: string): string => basename(file, '.ko').replaceAll('-', '_');

/** From the module's .modinfo section: strings like `depends=virtio,virtio_ring`. */
function dependencies(contents: Buffer): string[] {
  const at = contents.indexOf('\0depends=') + 1;
  if (at === 0) return [];
  const list = contents.toString('latin1', at + 'depends='.length, contents.indexOf(0, at));
  return list.split(',').filter((name) => name !== '');
}
