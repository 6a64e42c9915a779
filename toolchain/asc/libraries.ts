// SPDX-License-Identifier: MIT
/**
 * @fileoverview The bare module names that guest code imports, and where their text comes from.
 *
 * - `machine/…`: declarations of intrinsics and stubs, generated; `machine/addresses`: the address space's constants.
 * - `layout/…`: accessors of foreign structures, generated.
 * - `runtime/…`: toolchain/runtime/shared, and kernel or user, whichever the target is (the same name may exist in both).
 *
 * Generated text goes nowhere but into the compiler; {@link writeForEditors} leaves a copy in .cache for people and editors.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stubDeclarations } from '../asm/routines.ts';
import type { Abi } from '../asm/userStubs.ts';
import { addressModule } from '../image/addresses.ts';
import { guestDeclarations, type Target } from '../intrinsics/intrinsics.ts';
import { layoutModules } from '../layout/definitions/index.ts';
import { guestModule } from '../layout/guest.ts';
import { generatedSources } from '../registry/sources.ts';
import type { Libraries } from './compile.ts';

type Library = { readonly text: string; readonly origin: string };

/** Everything that guest code of a target may import by a bare name. `root` is the project's directory. */
export function librariesFor(target: Target, root: string, abi: Abi = 'illumos'): Libraries {
  const libraries = new Map<string, Library>();
  for (const [name, text] of guestDeclarations(target)) libraries.set(name, { text, origin: `${name}.ts` });
  libraries.set('machine/stubs', { text: stubDeclarations(target), origin: 'machine/stubs.ts' });
  libraries.set('machine/addresses', { text: addressModule(), origin: 'machine/addresses.ts' });
  for (const [name, layouts] of Object.entries(layoutModules)) {
    const origin = `toolchain/layout/definitions/${name}.ts`;
    libraries.set(`layout/${name}`, { text: guestModule(layouts, origin), origin: `layout/${name}.ts` });
  }
  // Linux's own runtime modules take the place of ours.
  for (const folder of ['shared', target, ...(abi === 'linux' ? ['linux'] : [])]) {
    const directory = join('toolchain', 'runtime', folder);
    for (const file of readdirSync(join(root, directory)).sort()) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
      const text = readFileSync(join(root, directory, file), 'utf8');
      libraries.set(`runtime/${file.replace(/\.ts$/, '')}`, { text, origin: `${directory}/${file}` });
    }
  }
  return libraries;
}

/**
 * What editors need under .cache/guest, where the guest tsconfig files look: the generated modules of each target, and asc's
 * declarations with one mended (it declares Number as an alias, which gives numbers no methods in TypeScript's eyes).
 */
export function writeForEditors(root: string): void {
  const folder = join(root, '.cache', 'guest');
  for (const target of ['kernel', 'user'] as const) {
    for (const [name, { text }] of librariesFor(target, root)) {
      if (name.startsWith('runtime/')) continue;
      const path = join(folder, target, `${name}.ts`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }
  for (const [name, text] of generatedSources(root)) {
    const path = join(folder, 'tree', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const declarations = readFileSync(join(root, 'node_modules/assemblyscript/std/assembly/index.d.ts'), 'utf8');
  const alias = 'declare type Number = _Float;';
  if (!declarations.includes(alias)) throw new Error('asc declares Number in another way now');
  writeFileSync(join(folder, 'assembly.d.ts'), declarations.replace(alias, 'interface Number { toString(radix?: i32): string }'));
}
