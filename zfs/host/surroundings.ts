// SPDX-License-Identifier: MIT
/** @fileoverview Commands in one module with ZFS: requests are calls, output is kept, streams are pieces that the host gives and takes. */
import { KIND_DIRECTORY, KIND_FILE, KIND_NONE, Surroundings } from '../cmd/surroundings';
import { perform } from '../ioctl/requests';
import { EIO } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { now } from '../port/port';

export class HostSurroundings extends Surroundings {
  output: string = '';
  errors: string = '';
  /** What was written besides {@link output}, and what is there to be read. */
  readonly written: StaticArray<u8>[] = [];
  readonly given: StaticArray<u8>[] = [];
  private taken: i32 = 0;

  /** `files`: every device the host has. */
  constructor(private readonly files: string[] = []) {
    super();
  }
  /** For tests: datasets are where their names say, though nothing is mounted. */
  pretendsMounts: bool = false;
  mountedAt(dataset: string): string | null {
    return this.pretendsMounts ? '/' + dataset : null;
  }
  forgetGiven(): void {
    this.given.length = 0;
    this.taken = 0;
  }
  /** For tests: streams are neither ended nor undone, as if the command had been killed. */
  isCut: bool = false;

  call(request: string, input: NvList, output: NvList): i32 {
    if (this.isCut && (request == 'receive_end' || request == 'receive_abort')) return -EIO;
    return perform(request, input, output);
  }
  out(text: string): void {
    this.output += text;
  }
  err(text: string): void {
    this.errors += text;
  }
  now(): i64 {
    return now();
  }
  sleep(seconds: i32): bool {
    return false;
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
  errorText(errno: i32): string {
    return 'error ' + errno.toString();
  }

  write(from: usize, bytes: i32): i32 {
    const piece = new StaticArray<u8>(bytes);
    memory.copy(changetype<usize>(piece), from, bytes);
    this.written.push(piece);
    return 0;
  }
  read(to: usize, bytes: i32): i32 {
    if (!this.given.length) return 0;
    const piece = this.given[0];
    const count = min(bytes, piece.length - this.taken);
    memory.copy(to, changetype<usize>(piece) + this.taken, count);
    this.taken += count;
    if (this.taken == piece.length) {
      this.given.shift();
      this.taken = 0;
    }
    return count;
  }
}
