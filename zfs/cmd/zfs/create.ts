// SPDX-License-Identifier: MIT
/** @fileoverview zfs create, clone and snapshot */
import { NvList } from '../../port/nvlist';
import { parsedSize, parseSize, sizeProblem } from '../../prop/numbers';
import { FILE_SYSTEM, SNAPSHOT, VOLUME } from '../../prop/property';
import { Surroundings } from '../surroundings';
import { addProperties, addProperty, problem, splitPair, volumeReservation } from './check';
import { mountNew } from './mounting';
import { complain, fail, nameProblem, openDataset, parentName, poolName, query, Subcommand } from './subcommand';

const ENOENT: i32 = 2;
const STANDARD_BLOCK: u64 = 8192;

/** Is there a place for a new dataset? False: said why not. `ancestor`: any above will do. */
function checkParents(zfs: Surroundings, what: string, name: string, ancestor: bool): bool {
  let parent = parentName(name);
  if (!parent.length) {
    complain(zfs, what, 'missing dataset name');
    return false;
  }
  if (!query(zfs, poolName(name), '')) {
    complain(zfs, what, "no such pool '" + poolName(name) + "'");
    return false;
  }
  let found = query(zfs, parent, '');
  while (!found && ancestor) {
    parent = parentName(parent);
    found = query(zfs, parent, '');
  }
  if (!found) {
    complain(zfs, what, 'parent does not exist');
    return false;
  }
  if (found.number('kind') == <u64>FILE_SYSTEM) return true;
  complain(zfs, what, 'parent is not a filesystem');
  return false;
}

/** Makes and mounts what lies above a new dataset. */
function createAncestors(zfs: Surroundings, name: string): bool {
  const words = name.split('/');
  let path = words[0];
  for (let i = 1; i + 1 < words.length; i++) {
    path += '/' + words[i];
    if (query(zfs, path, '')) continue;
    const result = zfs.request('dataset_create', new NvList().setText('name', path));
    if (result < 0) {
      fail(zfs, "cannot create '" + path + "'", result);
      return false;
    }
    mountNew(zfs, path);
  }
  return true;
}

class Made {
  parents: bool = false;
  readonly names: string[] = [];
  readonly values: string[] = [];
}

export class CreateCommand extends Subcommand {
  constructor() {
    super(
      'create',
      'create [-p] [-o property=value] ... <filesystem>\ncreate [-ps] [-b blocksize] [-o property=value] ... -V <size> <volume>',
    );
  }

  run(zfs: Surroundings, words: string[]): i32 {
    const made = new Made();
    let sparse = false;
    let size = '';
    let block = '';
    const options = this.options(words, ':V:b:so:p');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      if (letter == 'p') made.parents = true;
      else if (letter == 's') sparse = true;
      else if (letter == 'V') size = options.argument;
      else if (letter == 'b') block = options.argument;
      else if (!splitPair(options.argument, made.names, made.values)) {
        if (problem.startsWith('missing')) return this.misused(zfs, problem);
        return complain(zfs, problem, '');
      }
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    if ((sparse || block.length) && !size.length)
      return this.misused(zfs, "'-s' and '-b' can only be used when creating a volume");
    const operands = options.operands();
    const kind = size.length ? VOLUME : FILE_SYSTEM;
    if (!operands.length) return this.misused(zfs, 'missing ' + (size.length ? 'volume' : 'filesystem') + ' argument');
    if (operands.length > 1) return this.misused(zfs, 'too many arguments');
    const name = operands[0];
    const what = "cannot create '" + name + "'";
    const wrong = nameProblem(name, kind);
    if (wrong.length) return complain(zfs, what, wrong);
    const list = new NvList();
    if (!addProperties(list, made.names, made.values, kind, true)) return complain(zfs, what, problem);
    const input = new NvList().setText('name', name);
    if (kind == VOLUME) {
      const bad = this.volume(list, input, size, block, sparse);
      if (bad.length) return complain(zfs, what, bad);
    }
    if (!checkParents(zfs, what, name, made.parents)) return 1;
    if (query(zfs, name, '')) {
      // With -p it is as wanted.
      return made.parents ? 0 : complain(zfs, what, 'dataset already exists');
    }
    if (made.parents && !createAncestors(zfs, name)) return 1;
    input.setList('properties', list);
    const result = zfs.request('dataset_create', input);
    if (result < 0) return fail(zfs, what, result);
    if (mountNew(zfs, name)) return 0;
    zfs.err('filesystem successfully created, but not mounted\n');
    return 1;
  }

  /** What is wrong with a volume's size and block size; empty: nothing. */
  private volume(list: NvList, input: NvList, size: string, block: string, sparse: bool): string {
    if (block.length && !addProperty(list, 'volblocksize', block, VOLUME, true)) return problem;
    const blockSize = list.number('volblocksize', STANDARD_BLOCK);
    list.remove('volblocksize');
    if (!parseSize(size)) return "bad volume size '" + size + "': " + sizeProblem;
    // A size that is not a multiple is rounded up, as its option has it.
    const bytes = ((parsedSize + blockSize - 1) / blockSize) * blockSize;
    if (!bytes) return 'missing volume size';
    input.setNumber('volsize', bytes);
    input.setNumber('volblocksize', blockSize);
    if (!sparse && !list.has('refreservation') && !list.has('reservation')) {
      list.setNumber('refreservation', volumeReservation(bytes, blockSize, list.number('copies', 1)));
    }
    return '';
  }
}

export class CloneCommand extends Subcommand {
  constructor() {
    super('clone', 'clone [-p] [-o property=value] ... <snapshot> <filesystem|volume>');
  }

  run(zfs: Surroundings, words: string[]): i32 {
    const made = new Made();
    const options = this.options(words, 'o:p');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      if (letter == 'p') made.parents = true;
      else if (!splitPair(options.argument, made.names, made.values)) return this.misused(zfs, problem);
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (!operands.length) return this.misused(zfs, 'missing source dataset argument');
    if (operands.length == 1) return this.misused(zfs, 'missing target dataset argument');
    if (operands.length > 2) return this.misused(zfs, 'too many arguments');
    const origin = openDataset(zfs, operands[0], SNAPSHOT, 'volsize\nname');
    if (!origin) return 1;
    const name = operands[1];
    const what = "cannot create '" + name + "'";
    const wrong = nameProblem(name, FILE_SYSTEM);
    if (wrong.length) return complain(zfs, what, wrong);
    if (!checkParents(zfs, what, name, made.parents)) return 1;
    const kind = this.kindOfSource(zfs, operands[0]);
    const list = new NvList();
    if (!addProperties(list, made.names, made.values, kind, true)) return complain(zfs, what, problem);
    if (query(zfs, name, '')) return made.parents ? 0 : complain(zfs, what, 'dataset already exists');
    if (poolName(name) != poolName(operands[0])) return complain(zfs, what, 'source and target pools differ');
    if (made.parents && !createAncestors(zfs, name)) return 1;
    const input = new NvList().setText('name', name).setText('origin', operands[0]).with('properties', list);
    const result = zfs.request('clone', input);
    if (result < 0) return fail(zfs, what, result);
    if (mountNew(zfs, name)) return 0;
    zfs.err('clone successfully created, but not mounted\n');
    return 1;
  }
  private kindOfSource(zfs: Surroundings, snapshot: string): i32 {
    const head = query(zfs, snapshot.substring(0, snapshot.indexOf('@')), '');
    return head ? <i32>head.number('kind') : FILE_SYSTEM;
  }
}

export class SnapshotCommand extends Subcommand {
  constructor() {
    super('snapshot', 'snapshot [-r] [-o property=value] ... <filesystem@snapname|volume@snapname> ...');
  }

  run(zfs: Surroundings, words: string[]): i32 {
    const made = new Made();
    let recursive = false;
    const options = this.options(words, 'ro:');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      if (letter == 'r') recursive = true;
      else if (!splitPair(options.argument, made.names, made.values)) return this.misused(zfs, problem);
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (!operands.length) return this.misused(zfs, 'missing snapshot argument');
    const list = new NvList();
    for (let i = 0; i < made.names.length; i++) {
      if (!made.names[i].includes(':')) {
        return complain(zfs, "cannot create snapshot '" + operands[0] + "'", 'snapshot properties cannot be modified');
      }
      list.setText(made.names[i], made.values[i]);
    }
    let failed = false;
    for (let i = 0; i < operands.length && !failed; i++) failed = this.take(zfs, operands[i], recursive, list) != 0;
    if (failed) zfs.err('no snapshots were created\n');
    return failed ? 1 : 0;
  }

  private take(zfs: Surroundings, name: string, recursive: bool, list: NvList): i32 {
    const what = "cannot create snapshot '" + name + "'";
    const wrong = nameProblem(name, SNAPSHOT);
    if (wrong.length) return complain(zfs, what, wrong);
    if (!openDataset(zfs, name.substring(0, name.indexOf('@')), FILE_SYSTEM | VOLUME, '')) return 1;
    const input = new NvList().setText('name', name).with('properties', list);
    if (recursive) input.flag('recursive');
    const result = zfs.request('snapshot', input);
    if (result == 0) return 0;
    const failedFor = zfs.answer.text('name');
    return fail(zfs, failedFor.length && result != -ENOENT ? "cannot create snapshot '" + failedFor + "'" : what, result);
  }
}
