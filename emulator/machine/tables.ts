// SPDX-License-Identifier: MIT
/** @fileoverview The decoder's tables for a model of processor, built once however many machines and disassemblies there are. */
import type { Tables } from '../decode/tables.ts';
import { tablesFor } from '../interp/interpreter.ts';

const known = new Map<string, Tables>();

export function tablesOf(model: { readonly name: string; has(feature: string): boolean }): Tables {
  let tables = known.get(model.name);
  if (!tables) {
    tables = tablesFor((feature) => model.has(feature));
    known.set(model.name, tables);
  }
  return tables;
}
