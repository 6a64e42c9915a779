// SPDX-License-Identifier: MIT
/** @fileoverview What the system is called: its version from the build stamp in the image. Host names are zones' (zone.ts). */
import { ImageTablesAt } from 'layout/image';
import { load8 } from 'machine/mem';
import { imageTables } from 'machine/stubs';

let version: string = '';

export function initSystem(): void {
  const tables = imageTables();
  const at = ImageTablesAt.names(tables) + ImageTablesAt.build(tables);
  for (let i: u64 = 0; load8(at + i); i++) version += String.fromCharCode(load8(at + i));
}

/** `diorama_<stamp>`. */
export function systemVersion(): string {
  return version;
}
