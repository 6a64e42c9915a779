// SPDX-License-Identifier: MIT
/** @fileoverview zpool create, destroy, and what both need to know of devices: whether they are in use. */
import { EEXIST, EINVAL } from '../../../guest-os/kernel/errno';
import { NvList } from '../../port/nvlist';
import { EOVERFLOW } from '../../port/errors';
import { Arguments } from '../arguments';
import { KIND_DIRECTORY } from '../surroundings';
import { reasonOf } from '../text';
import { mountAll, unmountPool } from '../zfs/mounting';
import { Context, LATEST, STATE_ACTIVE, STATE_DESTROYED, Subcommand } from './subcommand';
import { leafName, leafOf, mismatchOf, pathsOf, vdevError, vdevsOf } from './vdevs';

const RESERVED: string[] = ['mirror', 'raidz', 'spare', 'log'];

/** Empty: a pool can have this name. */
export function nameProblem(name: string): string {
  if (!name.length) return 'name must be at least one character';
  if (name.length > 255) return 'name is too long';
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    const letter = code | 0x20;
    const good =
      (letter >= 0x61 && letter <= 0x7a) ||
      (code >= 0x30 && code <= 0x39) ||
      code == 0x2d ||
      code == 0x5f ||
      code == 0x2e ||
      code == 0x3a ||
      code == 0x20;
    if (!good) return "invalid character '" + name.charAt(i) + "' in pool name";
  }
  const first = name.charCodeAt(0) | 0x20;
  if (first < 0x61 || first > 0x7a) return 'name must begin with a letter';
  for (let i = 0; i < RESERVED.length; i++) if (name.startsWith(RESERVED[i])) return 'name is reserved';
  if (name.length >= 2 && name.charAt(0) == 'c' && name.charCodeAt(1) >= 0x30 && name.charCodeAt(1) <= 0x39) {
    return "pool names beginning with 'c[0-9]' are reserved";
  }
  return '';
}

/** Lines about devices that belong to a pool already, one each; `forced`: only those of pools that are open count. */
function devicesInUse(context: Context, paths: string[], forced: bool): string {
  let text = '';
  for (let i = 0; i < paths.length; i++) {
    for (let j = 0; j < i; j++) if (paths[i] == paths[j]) text += 'cannot use ' + paths[i] + ': it is named twice\n';
    const output = new NvList();
    context.place.call('pool_search', new NvList().setText('paths', paths[i]), output);
    const pools = output.lists('pools');
    if (!pools.length || pools[0].number('state') == STATE_DESTROYED) continue;
    const name = pools[0].text('name');
    const active = pools[0].number('active') != 0;
    if (forced && !active) continue;
    const isDisk = paths[i].startsWith('/dev/');
    if (isDisk) {
      const kind = active ? 'active' : 'exported or potentially active';
      text += paths[i] + ' is part of ' + kind + ' ZFS pool ' + name + '. Please see zpool(8).\n';
    } else {
      const kind = active ? 'active' : pools[0].number('state') == STATE_ACTIVE ? 'potentially active' : 'exported';
      text += paths[i] + ' is part of ' + kind + " pool '" + name + "'\n";
    }
  }
  return text;
}

/** Says what is wrong with vdevs, a line each, and what to do about it; `text` may be empty: nothing is wrong, and true. */
function isRight(context: Context, text: string, forced: bool): bool {
  if (!text.length) return true;
  const how = forced ? 'the following errors must be manually repaired:' : "use '-f' to override the following errors:";
  context.place.err('invalid vdev specification\n' + how + '\n' + text);
  return false;
}

/** The top-level vdevs that words describe, for a new pool or for one that has `others`; none: it has been said what is wrong. */
export function vdevsFor(context: Context, words: string[], others: NvList[], forced: bool): NvList[] {
  const vdevs = vdevsOf(context.place, words);
  if (!vdevs.length) {
    context.place.err(vdevError + '\n');
    return [];
  }
  let text = devicesInUse(context, pathsOf(vdevs), forced);
  const mismatch = forced ? '' : mismatchOf(others.concat(vdevs));
  if (mismatch.length) text += mismatch + '\n';
  return isRight(context, text, forced) ? vdevs : [];
}

/** One device for a pool; null: it has been said what is wrong. `isKnown`: it may be in use, since it takes its own place. */
export function leafFor(context: Context, word: string, isKnown: bool, forced: bool): NvList | null {
  const leaf = leafOf(context.place, word);
  if (!leaf) {
    context.place.err(vdevError + '\n');
    return null;
  }
  const text = isKnown ? '' : devicesInUse(context, [leaf.text('path')], forced);
  return isRight(context, text, forced) ? leaf : null;
}

export class Create extends Subcommand {
  constructor() {
    super('create', 'create [-fn] [-o property=value] ... <pool> <vdev> ...');
  }
  run(words: string[]): i32 {
    const options = new Arguments(words, 'fno:');
    let forced = false;
    let dry = false;
    let version = LATEST;
    let ashift: u64 = 9;
    let comment = '';
    for (let option = options.next(); option != ''; option = options.next()) {
      if (option == 'f') forced = true;
      else if (option == 'n') dry = true;
      else {
        const equals = options.argument.indexOf('=');
        if (equals < 0) return this.misused("missing '=' for -o option");
        const name = options.argument.substring(0, equals);
        const value = options.argument.substring(equals + 1);
        if (name == 'version') version = U64.parseInt(value);
        else if (name == 'ashift') ashift = U64.parseInt(value);
        else if (name == 'comment') comment = value;
        else return this.fail("property '" + name + "'", 'not a property that a new pool can be given');
      }
    }
    if (this.isWrong(options)) return 2;
    const operands = options.operands();
    if (!operands.length) return this.misused('missing pool name argument');
    if (operands.length < 2) return this.misused('missing vdev specification');
    const name = operands[0];
    const what = "cannot create '" + name + "'";
    const problem = nameProblem(name);
    if (problem == 'name is reserved') return this.fail(what, problem + '\npool name may have been omitted');
    if (problem.length) return this.fail(what, problem);
    if (!version || version > LATEST) return this.fail(what, "property 'version' is invalid");
    const around = this.context.place;
    const vdevs = vdevsFor(this.context, operands.slice(1), [], forced);
    if (!vdevs.length) return 1;
    const place = '/' + name;
    if (!forced && around.kind(place) == KIND_DIRECTORY && around.names(place).length) {
      this.say("mountpoint '" + place + "' exists and is not empty\nuse '-f' to mount there all the same\n");
      return 1;
    }
    if (dry) {
      this.out("would create '" + name + "' with the following layout:\n\n\t" + name + '\n' + layoutText(vdevs, '\t  '));
      return 0;
    }
    const input = new NvList().setText('pool', name).setNumber('version', version).setNumber('ashift', ashift);
    input.setLists('vdevs', vdevs);
    input.setText('command', this.context.line);
    const result = this.request('pool_create', input);
    if (result == -EEXIST) return this.fail(what, 'pool already exists');
    if (result == -EOVERFLOW) return this.fail(what, 'one or more devices is less than the minimum size (64M)');
    if (result == -EINVAL) return this.fail(what, 'invalid argument for this pool operation');
    if (result < 0) return this.fail(what, reasonOf(result));
    if (comment.length) {
      this.request('pool_set', new NvList().setText('pool', name).setText('property', 'comment').setText('value', comment));
    }
    return mountAll(around, name, '', false) ? 0 : 1;
  }
}

/** A tree as create and add show it with -n. */
export function layoutText(vdevs: NvList[], indent: string): string {
  let text = '';
  for (let i = 0; i < vdevs.length; i++) {
    const children = vdevs[i].lists('children');
    const type = vdevs[i].text('type');
    text += indent + (children.length ? (type == 'raidz' ? 'raidz1' : type) : leafName(vdevs[i])) + '\n';
    if (children.length) text += layoutText(children, indent + '  ');
  }
  return text;
}

/** Unmounts everything and takes the pool away. */
export function takeAway(context: Context, pool: string, forced: bool, destroy: bool): string {
  const place = context.place;
  // Refused to a zone, whose own datasets stay mounted.
  const busy = place.mountsZoned ? '' : unmountPool(place, pool, forced);
  if (busy.length) return "cannot unmount '" + busy + "': Device busy\n";
  const input = new NvList().setText('pool', pool).setNumber('destroy', destroy ? 1 : 0);
  const result = place.call('pool_export', input, new NvList());
  if (result == 0) return '';
  if (!place.mountsZoned) mountAll(place, pool, '', false);
  return (
    'cannot ' +
    (destroy ? 'destroy' : 'export') +
    " '" +
    pool +
    "': " +
    (result == -16 ? 'pool is busy' : reasonOf(result)) +
    '\n'
  );
}

export class Destroy extends Subcommand {
  constructor() {
    super('destroy', 'destroy [-f] <pool>');
  }
  run(words: string[]): i32 {
    const options = new Arguments(words, 'f');
    let forced = false;
    for (let option = options.next(); option != ''; option = options.next()) forced = true;
    if (this.isWrong(options)) return 2;
    const operands = options.operands();
    if (!operands.length) return this.misused('missing pool argument');
    if (operands.length > 1) return this.misused('too many arguments');
    if (!this.pool(operands[0])) return 1;
    this.log(operands[0]);
    const wrong = takeAway(this.context, operands[0], forced, true);
    this.say(wrong);
    if (wrong.startsWith('cannot unmount')) this.say("could not destroy '" + operands[0] + "': could not unmount datasets\n");
    return wrong.length ? 1 : 0;
  }
}
