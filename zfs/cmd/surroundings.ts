// SPDX-License-Identifier: MIT
/**
 * @fileoverview What zpool(8), zfs(8) and zdb(8) find around them: the channel to ZFS, output, devices and their names, mounting, streams of bytes,
 * time. Under Node nothing is mounted, and a device is a file that the host has given.
 */
import { NvList } from '../port/nvlist';
import { Channel } from './channel';

/** What there is at a path. */
export const KIND_NONE: i32 = 0;
export const KIND_DIRECTORY: i32 = 1;
export const KIND_FILE: i32 = 2;
export const KIND_DISK: i32 = 3;

export abstract class Surroundings extends Channel {
  abstract out(text: string): void;
  abstract err(text: string): void;
  /** Seconds since 1970. */
  abstract now(): i64;
  /** Waits; false: it is no use to wait here. */
  abstract sleep(seconds: i32): bool;
  abstract kind(path: string): i32;
  /** Names in a directory; none if there is no such directory. */
  abstract names(directory: string): string[];
  /** Where a dataset is mounted; null: nowhere. */
  mountedAt(dataset: string): string | null {
    return null;
  }
  /** 0 or -errno; the directory is made if it is not there. */
  mount(dataset: string, path: string, options: string, overlay: bool): i32 {
    return 0;
  }
  remount(dataset: string, path: string, options: string): i32 {
    return 0;
  }
  unmount(path: string, force: bool): i32 {
    return 0;
  }
  /** Names of datasets and where they are mounted, in the order of mounting. */
  mounts(datasets: string[], points: string[]): void {}
  /** After an unmount: the directory goes if it is empty. */
  removeDirectory(path: string): void {}
  /** What errno means. */
  abstract errorText(errno: i32): string;
  /** To standard output, or what {@link out} goes to; 0 or -errno. */
  abstract write(from: usize, bytes: i32): i32;
  /** From standard input: how many, 0 at its end. */
  abstract read(to: usize, bytes: i32): i32;
  /** Datasets that are `zoned` are mounted by their zone alone, others by the global zone alone. */
  get mountsZoned(): bool {
    return false;
  }
  /** What a user, or a group, is called; a number where nobody knows. */
  ownerName(isGroup: bool, id: u64): string {
    return id.toString();
  }
  /** Whom a name or a number stands for; -1: nobody. */
  ownerId(isGroup: bool, name: string): i64 {
    for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) < 0x30 || name.charCodeAt(i) > 0x39) return -1;
    return name.length && name.length < 11 ? I64.parseInt(name) : -1;
  }
  outputIsTerminal(): bool {
    return false;
  }
  inputIsTerminal(): bool {
    return false;
  }

  request(name: string, input: NvList): i32 {
    this.answer = new NvList();
    return this.call(name, input, this.answer);
  }
  /** Of the last {@link request}. */
  answer: NvList = new NvList();
}
