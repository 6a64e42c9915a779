// SPDX-License-Identifier: MIT
/** @fileoverview What all subcommands of zpool(8) share: what is around them, how pools are named and complaints are worded. */
import { ENOENT } from '../../../guest-os/kernel/errno';
import { NvList } from '../../port/nvlist';
import { Arguments } from '../arguments';
import { Surroundings } from '../surroundings';
import { reasonOf } from '../text';

/** The newest version that we write; states of pools in labels. */
export const LATEST: u64 = 28;
export const STATE_ACTIVE: u64 = 0;
export const STATE_DESTROYED: u64 = 2;

/** Misuse ends with this status, after the usage. */
export const MISUSED: i32 = 2;

export class Context {
  constructor(
    public readonly place: Surroundings,
    /** As it was typed, for the pool's history. */
    public readonly line: string,
  ) {}
}

export abstract class Subcommand {
  private context_: Context | null = null;

  constructor(
    public readonly name: string,
    public readonly usage: string,
  ) {}

  /** `words` are those behind the subcommand's name; the exit status. */
  abstract run(words: string[]): i32;

  start(context: Context, words: string[]): i32 {
    this.context_ = context;
    return this.run(words);
  }
  get context(): Context {
    return this.context_!;
  }

  protected out(text: string): void {
    this.context.place.out(text);
  }
  protected say(text: string): void {
    this.context.place.err(text);
  }
  protected request(name: string, input: NvList, output: NvList = new NvList()): i32 {
    return this.context.place.call(name, input, output);
  }

  /** Says what is wrong, and the usage. */
  protected misused(why: string): i32 {
    this.say((why.length ? why + '\n' : '') + 'usage:\n\t' + this.usage.replaceAll('\n', '\n\t') + '\n');
    return MISUSED;
  }
  /** True: there was a wrong option, and that has been said. */
  protected isWrong(options: Arguments): bool {
    if (!options.wrong.length) return false;
    this.misused(options.wrong);
    return true;
  }
  protected fail(what: string, why: string): i32 {
    this.say(what + ': ' + why + '\n');
    return 1;
  }

  /** The command succeeded: the pool's history says so. */
  protected log(pool: string): void {
    this.request('pool_log', new NvList().setText('pool', pool).setText('command', this.context.line));
  }

  /** What there is of a pool; null: no such pool, which has been said. */
  protected pool(name: string): NvList | null {
    const output = new NvList();
    const result = this.request('pool_list', new NvList().setText('pool', name), output);
    if (result == 0) return output.lists('pools')[0];
    this.say("cannot open '" + name + "': " + (result == -ENOENT ? 'no such pool' : reasonOf(result)) + '\n');
    return null;
  }
  /** The pools of these names, or all; those that there are not have been complained of, and {@link missing} says so. */
  protected missing: bool = false;
  protected pools(names: string[]): NvList[] {
    this.missing = false;
    if (!names.length) {
      const output = new NvList();
      this.request('pool_list', new NvList(), output);
      const all = output.lists('pools');
      all.sort((a, b) => (a.text('name') < b.text('name') ? -1 : 1));
      return all;
    }
    const pools: NvList[] = [];
    for (let i = 0; i < names.length; i++) {
      const pool = this.pool(names[i]);
      if (pool) pools.push(pool);
      else this.missing = true;
    }
    return pools;
  }
}
