// SPDX-License-Identifier: MIT
/** @fileoverview What every subcommand of zfs(8) is, and what they share: messages, and finding datasets. */
import { NvList } from '../../port/nvlist';
import { FILE_SYSTEM, SNAPSHOT, VOLUME } from '../../prop/property';
import { Arguments } from '../arguments';
import { Surroundings } from '../surroundings';

export const USAGE_STATUS: i32 = 2;

export abstract class Subcommand {
  constructor(
    public readonly name: string,
    /** Forms, one a line. */
    public readonly usage: string,
  ) {}
  /** Does it change the pool, so that its history tells? */
  get changes(): bool {
    return true;
  }
  /** Exit status. `words[1]` is the subcommand. */
  abstract run(zfs: Surroundings, words: string[]): i32;

  misused(zfs: Surroundings, why: string): i32 {
    if (why.length) zfs.err(why + '\n');
    zfs.err('usage:\n' + this.usageLines());
    const more = this.moreUsage();
    zfs.err(more.length ? more : '\n');
    return USAGE_STATUS;
  }
  usageLines(): string {
    const forms = this.usage.split('\n');
    let text = '';
    for (let i = 0; i < forms.length; i++) text += '\t' + forms[i] + '\n';
    return text;
  }
  moreUsage(): string {
    return '';
  }
  options(words: string[], letters: string): Arguments {
    return new Arguments(words.slice(2), letters);
  }
}

// ---- errors

const EPERM: i32 = 1;
const ENOENT: i32 = 2;
const EIO: i32 = 5;
const ENXIO: i32 = 6;
const EBUSY: i32 = 16;
const EEXIST: i32 = 17;
const EXDEV: i32 = 18;
const EINVAL: i32 = 22;
const ENOSPC: i32 = 28;
const EROFS: i32 = 30;
const ENOTSUP: i32 = 48;
const EDQUOT: i32 = 49;
const ENAMETOOLONG: i32 = 78;

/** What libzfs says of an errno that needs no words of its own. */
export function reason(zfs: Surroundings, error: i32): string {
  switch (-error) {
    case EPERM:
      return 'permission denied';
    case ENOENT:
      return 'dataset does not exist';
    case EIO:
      return 'I/O error';
    case ENXIO:
      return 'no such pool or dataset';
    case EBUSY:
      return 'dataset is busy';
    case EEXIST:
      return 'dataset already exists';
    case EXDEV:
      return 'datasets must be within same pool';
    case EINVAL:
      return 'invalid argument';
    case ENOSPC:
    case EDQUOT:
      return 'out of space';
    case EROFS:
      return 'dataset is read-only';
    case ENOTSUP:
      return 'operation not supported on this type of pool';
    case ENAMETOOLONG:
      return 'dataset name is too long';
  }
  return zfs.errorText(-error);
}

export function complain(zfs: Surroundings, what: string, why: string): i32 {
  zfs.err(what + ': ' + why + '\n');
  return 1;
}
export function fail(zfs: Surroundings, what: string, error: i32): i32 {
  return complain(zfs, what, reason(zfs, error));
}

// ---- names

const LONGEST: i32 = 255;

/** What is wrong with a name of these kinds of datasets; empty: nothing. */
export function nameProblem(name: string, kinds: i32): string {
  if (name.length > LONGEST) return 'name is too long';
  if (name.startsWith('/')) return 'leading slash in name';
  if (!name.length || name.includes('//')) return 'empty component in name';
  let at = -1;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    const letter = code | 0x20;
    const plain = (letter >= 0x61 && letter <= 0x7a) || (code >= 0x30 && code <= 0x39) || code == 0x2f;
    if (code == 0x40) {
      if (at >= 0) return "multiple '@' delimiters in name";
      at = i;
    } else if (code == 0x2f && at >= 0) return "invalid character '/' in name";
    else if (!plain && code != 0x2d && code != 0x5f && code != 0x2e && code != 0x3a && code != 0x20)
      return "invalid character '" + name.charAt(i) + "' in name";
  }
  if (name.endsWith('/') || (at > 0 && name.charCodeAt(at - 1) == 0x2f)) return 'trailing slash in name';
  if (at == 0 || at == name.length - 1) return 'empty component in name';
  const first = name.charCodeAt(0) | 0x20;
  if (first < 0x61 || first > 0x7a) return "pool doesn't begin with a letter";
  if (at >= 0 && !(kinds & SNAPSHOT)) {
    return "snapshot delimiter '@' in " + (kinds & VOLUME && !(kinds & FILE_SYSTEM) ? 'volume' : 'filesystem') + ' name';
  }
  if (at < 0 && kinds == SNAPSHOT) return "missing '@' delimiter in snapshot name";
  return '';
}

export function poolName(name: string): string {
  let end = 0;
  while (end < name.length && name.charAt(end) != '/' && name.charAt(end) != '@') end++;
  return name.substring(0, end);
}
export function parentName(name: string): string {
  const slash = name.lastIndexOf('/');
  return slash < 0 ? '' : name.substring(0, slash);
}
export function kindName(kind: i32): string {
  return kind == SNAPSHOT ? 'snapshot' : kind == VOLUME ? 'volume' : 'filesystem';
}

// ---- datasets

/** The answer for one dataset, with these properties (by lines; '': none); null: said why. */
export function openDataset(zfs: Surroundings, name: string, kinds: i32, properties: string): NvList | null {
  const what = "cannot open '" + name + "'";
  const problem = nameProblem(name, FILE_SYSTEM | VOLUME | SNAPSHOT);
  if (problem.length) {
    complain(zfs, what, problem);
    return null;
  }
  const found = query(zfs, name, properties);
  if (!found) {
    complain(zfs, what, queryError == -ENOENT ? 'dataset does not exist' : reason(zfs, queryError));
    return null;
  }
  if (<i32>found.number('kind') & kinds) return found;
  complain(zfs, what, 'operation not applicable to datasets of this type');
  return null;
}

export let queryError: i32 = 0;
/** Without a word. */
export function query(zfs: Surroundings, name: string, properties: string): NvList | null {
  const input = new NvList().setText('names', name).setNumber('depth', 0);
  if (properties.length) input.setText('properties', properties);
  else input.flag('quick');
  queryError = zfs.request('dataset_list', input);
  const found = zfs.answer.lists('datasets');
  if (queryError == 0 && !found.length) queryError = -ENOENT;
  return queryError == 0 ? found[0] : null;
}

/** Instead of a list of properties: all that there are. */
export const ALL_PROPERTIES: string = 'all';

/** Datasets below a name ('': everywhere), it included, sorted as zfs list does; empty if there is none. */
export function below(zfs: Surroundings, name: string, types: i32, depth: u64, properties: string): NvList[] {
  const input = new NvList().setNumber('types', types).setNumber('depth', depth);
  if (name.length) input.setText('names', name);
  if (!properties.length) input.flag('quick');
  else if (properties != ALL_PROPERTIES) input.setText('properties', properties);
  queryError = zfs.request('dataset_list', input);
  const found = queryError == 0 ? zfs.answer.lists('datasets') : [];
  return found.sort(byName);
}

function beforeAt(name: string): string {
  const at = name.indexOf('@');
  return at < 0 ? name : name.substring(0, at);
}
/** By name; snapshots behind their dataset, as they were made. */
export function byName(a: NvList, b: NvList): i32 {
  const left = a.text('name');
  const right = b.text('name');
  const first = beforeAt(left);
  const second = beforeAt(right);
  if (first != second) return first < second ? -1 : 1;
  const one = left.includes('@') ? a.number('born') : 0;
  const two = right.includes('@') ? b.number('born') : 0;
  if (one != two) return one < two ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A property's value of a list that {@link query} gave; a text. */
export function textOf(dataset: NvList, property: string): string {
  const value = dataset.list(property);
  return value ? value.text('value') : '';
}
export function numberOf(dataset: NvList, property: string): u64 {
  const value = dataset.list(property);
  return value ? value.number('value') : 0;
}
export function sourceOf(dataset: NvList, property: string): string {
  const value = dataset.list(property);
  return value ? value.text('source') : '';
}
