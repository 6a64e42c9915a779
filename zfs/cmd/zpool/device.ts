// SPDX-License-Identifier: MIT
/** @fileoverview zpool scrub, clear, and what changes the devices of a pool: add, attach, replace, detach, offline, online. */
import { EBUSY, EINVAL, ENODEV, ENOENT, ENXIO } from '../../../guest-os/kernel/errno';
import { NvList } from '../../port/nvlist';
import { ENOTSUP, EOVERFLOW } from '../../port/errors';
import { Arguments } from '../arguments';
import { reasonOf } from '../text';
import { layoutText, leafFor, vdevsFor } from './create';
import { Subcommand } from './subcommand';

export class Scrub extends Subcommand {
  constructor() {
    super('scrub', 'scrub [-s] <pool> ...');
  }
  run(words: string[]): i32 {
    const options = new Arguments(words, 's');
    let stop = false;
    for (let option = options.next(); option != ''; option = options.next()) stop = true;
    if (this.isWrong(options)) return 2;
    const operands = options.operands();
    if (!operands.length) return this.misused('missing pool name argument');
    let status = 0;
    for (let i = 0; i < operands.length; i++) {
      const name = operands[i];
      if (!this.pool(name)) {
        status = 1;
        continue;
      }
      const result = this.request('pool_scrub', new NvList().setText('pool', name).setNumber('stop', stop ? 1 : 0));
      if (result == 0) {
        this.log(name);
        continue;
      }
      status = 1;
      if (stop) this.fail('cannot cancel scrubbing ' + name, result == -ENOENT ? 'there is no active scrub' : reasonOf(result));
      else if (result == -EBUSY) this.fail('cannot scrub ' + name, this.underWay(name));
      else this.fail('cannot scrub ' + name, reasonOf(result));
    }
    return status;
  }
  private underWay(name: string): string {
    const pool = this.pool(name);
    const scan = pool ? pool.list('scan') : null;
    return scan && scan.number('function') == 2
      ? 'currently resilvering'
      : "currently scrubbing; use 'zpool scrub -s' to cancel current scrub";
  }
}

export class Clear extends Subcommand {
  constructor() {
    super('clear', 'clear <pool> [device]');
  }
  run(words: string[]): i32 {
    const options = new Arguments(words, '');
    options.next();
    if (this.isWrong(options)) return 2;
    const operands = options.operands();
    if (!operands.length) return this.misused('missing pool name');
    if (operands.length > 2) return this.misused('too many arguments');
    if (!this.pool(operands[0])) return 1;
    const input = new NvList().setText('pool', operands[0]);
    const device = operands.length > 1 ? operands[1] : '';
    if (device.length) input.setText('device', device);
    const result = this.request('pool_clear', input);
    if (result == -ENODEV) return this.fail('cannot clear errors for ' + device, 'no such device in pool');
    if (result < 0) return this.fail('cannot clear errors for ' + operands[0], reasonOf(result));
    this.log(operands[0]);
    return 0;
  }
}

export class Add extends Subcommand {
  constructor() {
    super('add', 'add [-fn] <pool> <vdev> ...');
  }
  run(words: string[]): i32 {
    const options = new Arguments(words, 'fn');
    let forced = false;
    let dry = false;
    for (let option = options.next(); option != ''; option = options.next()) {
      if (option == 'f') forced = true;
      else dry = true;
    }
    if (this.isWrong(options)) return 2;
    const operands = options.operands();
    if (!operands.length) return this.misused('missing pool name argument');
    if (operands.length < 2) return this.misused('missing vdev specification');
    const pool = this.pool(operands[0]);
    if (!pool) return 1;
    const vdevs = vdevsFor(this.context, operands.slice(1), pool.lists('vdevs'), forced);
    if (!vdevs.length) return 1;
    if (dry) {
      this.out("would update '" + operands[0] + "' to the following configuration:\n\t" + operands[0] + '\n');
      this.out(namesText(pool.lists('vdevs'), '\t  ') + layoutText(vdevs, '\t  '));
      return 0;
    }
    const input = new NvList().setText('pool', operands[0]);
    input.setLists('vdevs', vdevs);
    const result = this.request('pool_add', input);
    const what = "cannot add to '" + operands[0] + "'";
    if (result == -EOVERFLOW) return this.fail(what, 'one or more devices is less than the minimum size (64M)');
    if (result < 0) return this.fail(what, reasonOf(result));
    this.log(operands[0]);
    return 0;
  }
}
function namesText(vdevs: NvList[], indent: string): string {
  let text = '';
  for (let i = 0; i < vdevs.length; i++) {
    text += indent + vdevs[i].text('name') + '\n' + namesText(vdevs[i].lists('children'), indent + '  ');
  }
  return text;
}

/** attach and replace: one new device for one that is there. */
export class Attach extends Subcommand {
  constructor(private readonly replacing: bool) {
    super(
      replacing ? 'replace' : 'attach',
      replacing ? 'replace [-f] <pool> <device> [new-device]' : 'attach [-f] <pool> <device> <new-device>',
    );
  }
  run(words: string[]): i32 {
    const options = new Arguments(words, 'f');
    let forced = false;
    for (let option = options.next(); option != ''; option = options.next()) forced = true;
    if (this.isWrong(options)) return 2;
    const operands = options.operands();
    if (!operands.length) return this.misused('missing pool name argument');
    if (operands.length < 2) return this.misused('missing <device> specification');
    if (operands.length < 3 && !this.replacing) return this.misused('missing <new_device> specification');
    if (operands.length > 3) return this.misused('too many arguments');
    const name = operands[0];
    const old = operands[1];
    const fresh = operands.length > 2 ? operands[2] : old;
    if (!this.pool(name)) return 1;
    // A new disk in the old one's place has its name.
    const leaf = leafFor(this.context, fresh, fresh == old, forced);
    if (!leaf) return 1;
    const input = new NvList()
      .setText('pool', name)
      .setText('device', old)
      .setNumber('replace', this.replacing ? 1 : 0);
    input.setList('vdev', leaf);
    const result = this.request('pool_attach', input);
    if (result == 0) {
      this.log(name);
      return 0;
    }
    const what = this.replacing ? 'cannot replace ' + old + ' with ' + fresh : 'cannot attach ' + fresh + ' to ' + old;
    if (result == -ENODEV) return this.fail(what, 'no such device in pool');
    if (result == -EOVERFLOW) return this.fail(what, 'device is too small');
    if (result == -ENXIO) return this.fail(what, 'one or more devices is currently unavailable');
    if (result == -EBUSY) return this.fail(what, fresh + ' is busy');
    if (result == -ENOTSUP) {
      return this.fail(
        what,
        this.replacing ? 'cannot replace a replacing device' : 'can only attach to mirrors and top-level disks',
      );
    }
    return this.fail(what, reasonOf(result));
  }
}

export class Detach extends Subcommand {
  constructor() {
    super('detach', 'detach <pool> <device>');
  }
  run(words: string[]): i32 {
    const options = new Arguments(words, '');
    options.next();
    if (this.isWrong(options)) return 2;
    const operands = options.operands();
    if (!operands.length) return this.misused('missing pool name argument');
    if (operands.length < 2) return this.misused('missing <device> specification');
    if (!this.pool(operands[0])) return 1;
    const result = this.request('pool_detach', new NvList().setText('pool', operands[0]).setText('device', operands[1]));
    if (result == 0) {
      this.log(operands[0]);
      return 0;
    }
    const what = 'cannot detach ' + operands[1];
    if (result == -ENODEV) return this.fail(what, 'no such device in pool');
    if (result == -ENOTSUP) return this.fail(what, 'only applicable to mirror and replacing vdevs');
    if (result == -EBUSY) return this.fail(what, 'no valid replicas');
    return this.fail(what, reasonOf(result));
  }
}

/** offline and online. */
export class Switch extends Subcommand {
  constructor(private readonly on: bool) {
    super(on ? 'online' : 'offline', on ? 'online <pool> <device> ...' : 'offline [-t] <pool> <device> ...');
  }
  run(words: string[]): i32 {
    const options = new Arguments(words, this.on ? '' : 't');
    let temporary = false;
    for (let option = options.next(); option != ''; option = options.next()) temporary = true;
    if (this.isWrong(options)) return 2;
    const operands = options.operands();
    if (!operands.length) return this.misused('missing pool name');
    if (operands.length < 2) return this.misused('missing device name');
    const name = operands[0];
    if (!this.pool(name)) return 1;
    let status = 0;
    for (let i = 1; i < operands.length; i++) {
      const device = operands[i];
      const input = new NvList()
        .setText('pool', name)
        .setText('device', device)
        .setNumber('temporary', temporary ? 1 : 0);
      const result = this.request(this.on ? 'pool_online' : 'pool_offline', input);
      if (result == 0) continue;
      status = 1;
      const what = (this.on ? 'cannot online ' : 'cannot offline ') + device;
      // The device is in the pool, but what answers at its path is not it.
      if (this.on && (result == -ENXIO || (result == -ENODEV && this.isMember(name, device)))) {
        this.say("warning: device '" + device + "' onlined, but remains in faulted state\n");
        this.say(result == -ENXIO ? '' : "use 'zpool replace' to replace devices that are no longer present\n");
      } else if (result == -ENODEV) this.fail(what, 'no such device in pool');
      else if (result == -EBUSY) this.fail(what, 'no valid replicas');
      else if (result == -EINVAL) this.fail(what, 'invalid argument for this pool operation');
      else this.fail(what, reasonOf(result));
    }
    if (!status) this.log(name);
    return status;
  }
  private isMember(name: string, device: string): bool {
    const pool = this.pool(name);
    return pool != null && has(pool.lists('vdevs'), device);
  }
}
function has(vdevs: NvList[], device: string): bool {
  for (let i = 0; i < vdevs.length; i++) {
    if (vdevs[i].text('name') == device || vdevs[i].text('path') == device || has(vdevs[i].lists('children'), device))
      return true;
  }
  return false;
}
