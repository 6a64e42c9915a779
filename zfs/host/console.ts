// SPDX-License-Identifier: MIT
/** @fileoverview The place that commands run in under Node: what they print is kept, devices are those that the host has, nothing is mounted. */
import { Console, KIND_DIRECTORY, KIND_FILE, KIND_NONE } from '../cmd/console';
import { now } from '../port/port';

export class HostConsole extends Console {
  output: string = '';
  errors: string = '';

  /** `files`: every device the host has. */
  constructor(private readonly files: string[]) {
    super();
  }
  out(text: string): void {
    this.output += text;
  }
  say(text: string): void {
    this.errors += text;
  }
  now(): i64 {
    return now();
  }
  kind(path: string): i32 {
    if (this.files.includes(path)) return KIND_FILE;
    for (let i = 0; i < this.files.length; i++) if (this.files[i].startsWith(path + '/')) return KIND_DIRECTORY;
    return KIND_NONE;
  }
  names(directory: string): string[] {
    const names: string[] = [];
    const before = directory + '/';
    for (let i = 0; i < this.files.length; i++) {
      if (this.files[i].startsWith(before)) names.push(this.files[i].substring(before.length));
    }
    return names;
  }
  mountPoint(dataset: string): string {
    return '';
  }
  mountAll(pool: string): bool {
    return true;
  }
  unmountAll(pool: string, force: bool): string {
    return '';
  }
  sleep(seconds: i32): bool {
    return false;
  }
}
