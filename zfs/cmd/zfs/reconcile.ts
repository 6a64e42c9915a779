// SPDX-License-Identifier: MIT
/**
 * @fileoverview What has been renamed, promoted or destroyed where a stream of a whole tree comes from (zfs send -R -i or -I), done again where it is received. Datasets and
 * snapshots are known by the identities of snapshots; the list in front of the streams has those of everything that there is at the sender. What is renamed
 * there is renamed here, what was promoted there is promoted here; what is not there any more is destroyed here, but only with -F. What cannot be done now, since something else depends on it, may
 * be possible later: as long as there is progress it is tried again. The rules are those of illumos (recv_incremental_replication in libzfs_sendrecv.c).
 */
import { NvList } from '../../port/nvlist';
import { FILE_SYSTEM, SNAPSHOT, VOLUME } from '../../prop/property';
import { Surroundings } from '../surroundings';
import { Unmounted, unmountDataset } from './mounting';
import { below, numberOf, parentName, query, textOf } from './subcommand';

/** A dataset at the sender or here. */
class Side {
  readonly snapshots: string[] = [];
  readonly guids: u64[] = [];
  /** When each was made, in the order of groups here. */
  readonly born: u64[] = [];
  /** Identity of the snapshot that it is a clone of; 0: of none. */
  origin: u64 = 0;
  /** Identity of the parent's snapshot from which the stream goes on; 0: none. */
  parentFrom: u64 = 0;

  constructor(readonly name: string) {}

  guidOf(snapshot: string): u64 {
    const at = this.snapshots.indexOf(snapshot);
    return at < 0 ? 0 : this.guids[at];
  }
}

export class Reconciliation {
  private readonly sent: Side[] = [];
  private readonly fromSnapshot: string;
  private readonly isTree: bool;
  private again: bool = false;
  private progress: bool = false;

  /** `top`: where the tree is received; `described`: the list in front of the streams. */
  constructor(
    private readonly zfs: Surroundings,
    private readonly top: string,
    described: NvList,
    private readonly force: bool,
    private readonly byPrefix: bool,
    private readonly verbose: bool,
  ) {
    this.fromSnapshot = described.text('fromsnap');
    this.isTree = !described.has('not_recursive');
    const all = described.list('fss');
    for (let i = 0; all && i < all.pairs.length; i++) {
      const one = all.pairs[i].list;
      if (!one) continue;
      const side = new Side(one.text('name'));
      side.parentFrom = one.number('parentfromsnap');
      side.origin = one.number('origin');
      const snapshots = one.list('snaps');
      for (let j = 0; snapshots && j < snapshots.pairs.length; j++) {
        side.snapshots.push(snapshots.pairs[j].name);
        side.guids.push(snapshots.pairs[j].number);
      }
      this.sent.push(side);
    }
  }

  run(): void {
    if (!this.fromSnapshot.length || !this.sent.length) return;
    do {
      this.again = false;
      this.progress = false;
      const here = this.datasetsHere();
      // Those below first, so that what goes has nothing left below it.
      for (let i = here.length - 1; i >= 0; i--) this.one(here[i], here);
    } while (this.again && this.progress);
  }

  private datasetsHere(): Side[] {
    const found = below(this.zfs, this.top, FILE_SYSTEM | VOLUME | SNAPSHOT, u64.MAX_VALUE, 'guid\norigin');
    const here: Side[] = [];
    for (let i = 0; i < found.length; i++) {
      const name = found[i].text('name');
      const at = name.indexOf('@');
      if (at < 0) {
        const side = new Side(name);
        const origin = textOf(found[i], 'origin');
        const source = origin.length ? query(this.zfs, origin, 'guid') : null;
        if (source) side.origin = numberOf(source, 'guid');
        here.push(side);
        continue;
      }
      // Snapshots follow their dataset.
      const head = here[here.length - 1];
      head.snapshots.push(name.substring(at + 1));
      head.guids.push(numberOf(found[i], 'guid'));
      head.born.push(found[i].number('born'));
    }
    for (let i = 0; i < here.length; i++) {
      const parent = sideNamed(here, parentName(here[i].name));
      if (parent) here[i].parentFrom = parent.guidOf(this.fromSnapshot);
    }
    return here;
  }

  private one(local: Side, here: Side[]): void {
    if (this.isTree && this.hasOtherOrigin(local, here)) return;
    let there: Side | null = null;
    let hasFrom = false;
    for (let i = 0; i < local.snapshots.length; i++) {
      const full = local.name + '@' + local.snapshots[i];
      const sender = this.senderOf(local.guids[i]);
      if (!sender) {
        if (this.force) this.note(this.destroy(full));
        continue;
      }
      there = sender;
      const called = sender.snapshots[sender.guids.indexOf(local.guids[i])];
      if (called == this.fromSnapshot) hasFrom = true;
      if (called == local.snapshots[i]) continue;
      this.say('attempting rename ' + full + ' to ' + local.name + '@' + called);
      const input = new NvList().setText('name', full).setText('to', local.name + '@' + called);
      this.note(this.zfs.request('rename', input) == 0);
    }
    if (!there) {
      if (this.force) this.note(this.destroy(local.name));
    } else if (hasFrom) this.renameAs(local, there, here);
    else {
      this.say(
        'local fs ' +
          local.name +
          ' does not have fromsnap (' +
          this.fromSnapshot +
          ' in stream); must have been deleted locally; ignoring',
      );
    }
  }

  /** Is it a clone of something else there? Then its snapshots are not those it has there, until it has been promoted, or what is to be has. */
  private hasOtherOrigin(local: Side, here: Side[]): bool {
    let there: Side | null = null;
    for (let i = 0; i < local.guids.length && !there; i++) there = this.senderOf(local.guids[i]);
    if (!there || there.origin == local.origin) return false;
    this.again = true;
    if (!local.origin || (there.origin && bornAt(here, there.origin) >= bornAt(here, local.origin))) return true;
    this.say('promoting ' + local.name);
    if (this.zfs.request('promote', new NvList().setText('name', local.name)) == 0) this.progress = true;
    return true;
  }

  private senderOf(guid: u64): Side | null {
    for (let i = 0; i < this.sent.length; i++) if (this.sent[i].guids.includes(guid)) return this.sent[i];
    return null;
  }

  private renameAs(local: Side, there: Side, here: Side[]): void {
    const moved = there.parentFrom != 0 && local.parentFrom != 0 && there.parentFrom != local.parentFrom;
    const last = lastPart(there.name);
    const isTop = local.name == this.top && !this.byPrefix;
    const renamed = !isTop && last.length > 0 && lastPart(local.name).length > 0 && lastPart(local.name) != last;
    if (!moved && !renamed) return;
    let parent: Side | null = null;
    for (let i = 0; i < here.length; i++)
      if (here[i].guidOf(this.fromSnapshot) == there.parentFrom && there.parentFrom) parent = here[i];
    if (!parent) {
      this.say('local fs ' + local.name + ' new parent not found');
      this.again = true;
      return;
    }
    const to = parent.name + last;
    this.say('attempting rename ' + local.name + ' to ' + to);
    const unmounted = new Unmounted();
    if (!unmounted.take(this.zfs, local.name, false, this.force)) return this.note(false);
    const result = this.zfs.request('rename', new NvList().setText('name', local.name).setText('to', to));
    unmounted.mountAgain(this.zfs, result == 0 ? to : local.name, false);
    this.note(result == 0);
  }

  private destroy(name: string): bool {
    this.say('attempting destroy ' + name);
    if (!unmountDataset(this.zfs, name, this.force)) return false;
    return this.zfs.request('destroy', new NvList().setText('names', name)) == 0;
  }
  private note(done: bool): void {
    if (done) this.progress = true;
    else this.again = true;
  }
  private say(text: string): void {
    if (this.verbose) this.zfs.out(text + '\n');
  }
}

/** When a snapshot was made here; of one that is not here, never. */
function bornAt(sides: Side[], guid: u64): u64 {
  for (let i = 0; i < sides.length; i++) {
    const at = sides[i].guids.indexOf(guid);
    if (at >= 0) return sides[i].born[at];
  }
  return u64.MAX_VALUE;
}
function sideNamed(sides: Side[], name: string): Side | null {
  for (let i = 0; i < sides.length; i++) if (sides[i].name == name) return sides[i];
  return null;
}
/** With the slash in front; a pool has none. */
function lastPart(name: string): string {
  const slash = name.lastIndexOf('/');
  return slash < 0 ? '' : name.substring(slash);
}
