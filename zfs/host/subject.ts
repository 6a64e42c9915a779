// SPDX-License-Identifier: MIT
/** @fileoverview What the host's calls are about, and what the last of them has said. */
import { FoundPool } from '../spa/import';
import { Spa } from '../spa/spa';
import { FileSystem } from '../zpl/fileSystem';

class Subject {
  pool: Spa | null = null;
  /** Of the last search. */
  found: FoundPool[] = [];
  /** The one that was chosen last. */
  fs: FileSystem | null = null;
  /** File systems that have been used. */
  readonly opened: FileSystem[] = [];
  said: string = '';
  complained: string = '';

  /** Datasets may go. */
  forgetFiles(): void {
    this.opened.length = 0;
    this.fs = null;
  }
}
export const host = new Subject();

/** The text of the last call that has one as its result; of commands also what they complained of. */
export function answer(): string {
  return host.said;
}
export function complaints(): string {
  return host.complained;
}
