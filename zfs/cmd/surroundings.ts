// SPDX-License-Identifier: MIT
/**
 * @fileoverview What commands of ZFS find around them besides the channel: output, mounting, streams of bytes. Under Node nothing is mounted.
 */
import { NvList } from '../port/nvlist';
import { Channel } from './channel';

export abstract class Surroundings extends Channel {
  abstract out(text: string): void;
  abstract err(text: string): void;
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
