// SPDX-License-Identifier: MIT
/** @fileoverview zpool import and export. */
import { EEXIST, ENOENT } from '../../../guest-os/kernel/errno';
import { NvList } from '../../port/nvlist';
import { Arguments } from '../arguments';
import { KIND_DISK, KIND_FILE, Surroundings } from '../surroundings';
import { left, reasonOf } from '../text';
import { mountAll } from '../zfs/mounting';
import { nameProblem, takeAway } from './create';
import { LATEST, STATE_ACTIVE, STATE_DESTROYED, Subcommand } from './subcommand';
import { leafName } from './vdevs';

/** Pools whose features say what is different about them. */
const WITH_FEATURES: u64 = 5000;
/** Its label says that it cannot even be read. */
function isUnsupported(pool: NvList): bool {
  const version = pool.number('version');
  return version > LATEST && (version != WITH_FEATURES || pool.text('features').length > 0);
}

const DISKS: string = '/dev/dsk';

/** Disks of the system, or what lies in the directories. */
function candidates(place: Surroundings, directories: string[]): string {
  const paths: string[] = [];
  const from = directories.length ? directories : [DISKS];
  for (let i = 0; i < from.length; i++) {
    const kind = place.kind(from[i]);
    if (kind == KIND_DISK || kind == KIND_FILE) {
      paths.push(from[i]);
      continue;
    }
    const names = place.names(from[i]);
    for (let j = 0; j < names.length; j++) {
      if (!directories.length && !names[j].endsWith('s0')) continue;
      const path = from[i] + '/' + names[j];
      const what = place.kind(path);
      if (what == KIND_DISK || what == KIND_FILE) paths.push(path);
    }
  }
  return paths.join('\n');
}

/** States of a pool that is not open, and of its vdevs, by which of its devices were found. */
class Survey {
  private readonly guids: u64[] = [];
  missing: bool = false;
  lost: bool = false;
  text: string = '';

  constructor(private readonly pool: NvList) {
    const devices = pool.lists('devices');
    for (let i = 0; i < devices.length; i++) this.guids.push(devices[i].number('guid'));
    const vdevs = pool.lists('vdevs');
    const children = pool.number('children');
    if (<u64>vdevs.length < children) this.lost = true;
    let rows = '';
    const width = max(10, max(pool.text('name').length, this.width(vdevs, 2)));
    for (let i = 0; i < vdevs.length; i++) {
      rows += this.rows(vdevs[i], 2, width);
      if (this.stateOf(vdevs[i]) == 'UNAVAIL') this.lost = true;
    }
    const unsupported = isUnsupported(pool);
    this.text =
      '\t' + left(pool.text('name'), width) + '  ' + (unsupported ? 'UNAVAIL  newer version' : this.state) + '\n' + rows;
    for (let i = <u64>vdevs.length; i < children; i++)
      this.text += '\t  ' + left('missing-' + i.toString(), width - 2) + '  UNAVAIL  missing device\n';
  }

  get state(): string {
    return this.lost ? 'UNAVAIL' : this.missing ? 'DEGRADED' : 'ONLINE';
  }

  private nameOf(vdev: NvList): string {
    const type = vdev.text('type');
    if (vdev.lists('children').length) {
      const kind = type == 'raidz' ? 'raidz' + vdev.number('nparity', 1).toString() : type;
      return kind + '-' + vdev.number('id').toString();
    }
    return leafName(vdev);
  }
  private width(vdevs: NvList[], depth: i32): i32 {
    let width = 0;
    for (let i = 0; i < vdevs.length; i++) {
      width = max(width, this.nameOf(vdevs[i]).length + depth);
      width = max(width, this.width(vdevs[i].lists('children'), depth + 2));
    }
    return width;
  }
  private stateOf(vdev: NvList): string {
    const children = vdev.lists('children');
    if (!children.length) {
      if (vdev.number('offline')) return 'OFFLINE';
      return this.guids.includes(vdev.number('guid')) ? 'ONLINE' : 'UNAVAIL';
    }
    let open = 0;
    let healthy = 0;
    for (let i = 0; i < children.length; i++) {
      const state = this.stateOf(children[i]);
      if (state == 'ONLINE' || state == 'DEGRADED') open++;
      if (state == 'ONLINE') healthy++;
    }
    if (healthy == children.length) return 'ONLINE';
    const needed = vdev.text('type') == 'raidz' ? children.length - <i32>vdev.number('nparity', 1) : 1;
    return open >= needed ? 'DEGRADED' : 'UNAVAIL';
  }
  private rows(vdev: NvList, depth: i32, width: i32): string {
    const state = this.stateOf(vdev);
    const children = vdev.lists('children');
    let text = '\t' + ' '.repeat(depth) + left(this.nameOf(vdev), width - depth) + '  ' + state;
    if (state == 'UNAVAIL') text += children.length ? '  insufficient replicas' : '  cannot open';
    if (state != 'ONLINE') this.missing = true;
    text += '\n';
    for (let i = 0; i < children.length; i++) text += this.rows(children[i], depth + 2, width);
    return text;
  }
}

/** How `zpool import` without a name shows one. */
function describe(pool: NvList): string {
  const survey = new Survey(pool);
  const version = pool.number('version');
  const features = pool.text('features');
  let status = '';
  let action = 'The pool can be imported using its name or numeric identifier.';
  let state = survey.state;
  if (isUnsupported(pool)) {
    state = 'UNAVAIL';
    if (features.length) {
      status = 'The pool uses the following feature(s) not supported on this system:\n\t' + features.replaceAll(' ', '\n\t');
      action =
        'The pool cannot be imported. Access the pool on a system that supports\n\tthe required feature(s), or recreate the pool from backup.';
    } else {
      status = 'The pool is formatted using an incompatible version.';
      action =
        'The pool cannot be imported.  Access the pool on a system running newer\n\tsoftware, or recreate the pool from backup.';
    }
  } else if (survey.lost) {
    status = 'One or more devices are missing from the system.';
    action = 'The pool cannot be imported. Attach the missing\n\tdevices and try again.';
  } else if (survey.missing) {
    status = 'One or more devices are missing from the system.';
    action =
      'The pool can be imported despite missing or damaged devices.  The\n\tfault tolerance of the pool may be compromised if imported.';
  } else if (pool.number('state') == STATE_DESTROYED) {
    status = "The pool was destroyed, but can be imported using the '-Df' flags.";
    action = "The pool can be imported using its name or numeric identifier and the\n\t'-f' flag.";
  }
  let text = '   pool: ' + pool.text('name') + '\n     id: ' + pool.number('guid').toString() + '\n  state: ' + state;
  if (pool.number('state') == STATE_DESTROYED) text += ' (DESTROYED)';
  text += '\n';
  if (status.length) text += ' status: ' + status + '\n';
  text += ' action: ' + action + '\n';
  if (survey.missing || survey.lost) text += '   see: http://illumos.org/msg/ZFS-8000-' + (survey.lost ? '6X' : '2Q') + '\n';
  if (pool.has('comment')) text += 'comment: ' + pool.text('comment') + '\n';
  return text + ' config:\n\n' + survey.text;
}

export class Import extends Subcommand {
  constructor() {
    super(
      'import',
      'import [-d dir] ... [-D]\nimport [-d dir] ... [-D] [-f] [-N] [-o readonly=on] -a\nimport [-d dir] ... [-D] [-f] [-N] [-o readonly=on] <pool | id> [newpool]',
    );
  }
  private forced: bool = false;
  private readOnly: bool = false;
  private mount: bool = true;
  private ourName: string = '';

  run(words: string[]): i32 {
    const options = new Arguments(words, 'ad:DfNo:');
    const directories: string[] = [];
    let all = false;
    let destroyed = false;
    for (let option = options.next(); option != ''; option = options.next()) {
      if (option == 'd') directories.push(options.argument);
      else if (option == 'a') all = true;
      else if (option == 'D') destroyed = true;
      else if (option == 'f') this.forced = true;
      else if (option == 'N') this.mount = false;
      else if (options.argument == 'readonly=on' || options.argument == 'ro') this.readOnly = true;
      else if (options.argument != 'readonly=off' && options.argument != 'rw') {
        return this.fail("cannot set '" + options.argument + "'", 'not a property that an import can be given');
      }
    }
    if (this.isWrong(options)) return 2;
    const operands = options.operands();
    if (all && operands.length) return this.misused('too many arguments');
    if (operands.length > 2) return this.misused('too many arguments');
    const output = new NvList();
    const input = new NvList().setText('paths', candidates(this.context.place, directories));
    this.request('pool_search', input, output);
    this.ourName = output.text('hostname');
    const found: NvList[] = [];
    const pools = output.lists('pools');
    for (let i = 0; i < pools.length; i++) {
      const isDestroyed = pools[i].number('state') == STATE_DESTROYED;
      if (!pools[i].number('active') && isDestroyed == destroyed) found.push(pools[i]);
    }
    if (operands.length) return this.byName(found, operands);
    if (!found.length) {
      this.say('no pools available to import\n');
      return all ? 1 : 0;
    }
    if (!all) {
      for (let i = 0; i < found.length; i++) this.out((i ? '\n' : '') + describe(found[i]));
      return 0;
    }
    let status = 0;
    for (let i = 0; i < found.length; i++) if (this.open(found[i], '')) status = 1;
    return status;
  }

  private byName(found: NvList[], operands: string[]): i32 {
    const word = operands[0];
    const what = "cannot import '" + word + "'";
    const matches: NvList[] = [];
    for (let i = 0; i < found.length; i++) {
      if (found[i].text('name') == word || found[i].number('guid').toString() == word) matches.push(found[i]);
    }
    if (!matches.length) return this.fail(what, 'no such pool available');
    if (matches.length > 1) return this.fail(what, 'more than one matching pool\nimport by numeric ID instead');
    const newName = operands.length > 1 ? operands[1] : '';
    if (newName.length) {
      const problem = nameProblem(newName);
      if (problem.length) return this.fail("cannot import '" + newName + "'", problem);
    }
    return this.open(matches[0], newName);
  }

  private open(pool: NvList, newName: string): i32 {
    const oldName = pool.text('name');
    const name = newName.length ? newName : oldName;
    const what = "cannot import '" + oldName + "'";
    const features = pool.text('features');
    if (pool.number('version') > LATEST && features.length) {
      this.say(
        'This pool uses the following feature(s) not supported by this system:\n\t' + features.replaceAll(' ', '\n\t') + '\n',
      );
      return this.fail(what, 'unsupported version or feature');
    }
    if (isUnsupported(pool)) return this.fail(what, 'pool is formatted using an unsupported ZFS version');
    const owner = pool.text('hostname');
    if (pool.number('state') == STATE_ACTIVE && owner != this.ourName && !this.forced) {
      const who = owner.length ? ', it was last accessed by ' + owner : '';
      return this.fail(what, 'pool may be in use from other system' + who + "\nuse '-f' to import anyway");
    }
    if (pool.number('state') == STATE_DESTROYED && !this.forced) {
      return this.fail(what, "pool was destroyed\nuse '-f' to import anyway");
    }
    const input = new NvList().setNumber('guid', pool.number('guid')).setText('command', this.context.line);
    if (newName.length) input.setText('name', newName);
    if (this.readOnly) input.setNumber('readonly', 1);
    const output = new NvList();
    const result = this.request('pool_import', input, output);
    if (result == -EEXIST)
      return this.fail(
        what,
        "a pool with that name already exists\nuse the form 'zpool import <pool | id> <newpool>' to give it a new name",
      );
    if (result == -ENOENT) return this.fail(what, 'no such pool available');
    const refused = output.text('features');
    if (result < 0 && (refused.length || output.has('readable'))) {
      if (refused.length) {
        this.say(
          'This pool uses the following feature(s) not supported by this system:\n\t' + refused.replaceAll(' ', '\n\t') + '\n',
        );
      }
      if (output.has('readable')) {
        this.say(
          (refused.length ? 'All unsupported features are only required for writing to the pool.\n' : '') +
            "The pool can be imported using '-o readonly=on'.\n",
        );
      }
      return this.fail(what, 'unsupported version or feature');
    }
    if (result < 0) {
      const reason = output.text('reason');
      return this.fail(what, reason.length ? reason : reasonOf(result));
    }
    return !this.mount || mountAll(this.context.place, name, '', false) ? 0 : 1;
  }
}

export class Export extends Subcommand {
  constructor() {
    super('export', 'export [-f] <pool> ...');
  }
  run(words: string[]): i32 {
    const options = new Arguments(words, 'f');
    let forced = false;
    for (let option = options.next(); option != ''; option = options.next()) forced = true;
    if (this.isWrong(options)) return 2;
    const operands = options.operands();
    if (!operands.length) return this.misused('missing pool argument');
    let status = 0;
    for (let i = 0; i < operands.length; i++) {
      if (!this.pool(operands[i])) status = 1;
      else {
        this.log(operands[i]);
        const wrong = takeAway(this.context, operands[i], forced, false);
        this.say(wrong);
        if (wrong.length) status = 1;
      }
    }
    return status;
  }
}
