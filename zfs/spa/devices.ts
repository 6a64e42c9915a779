// SPDX-License-Identifier: MIT
/**
 * @fileoverview Changing what a pool consists of while it is open: add, attach, replace, detach, offline, online. Each changes the tree of vdevs in memory
 * and then writes a group with the new configuration; a device that joins has missed everything so far, and a resilver brings it up.
 *
 * A disk that gets a second one beside it becomes a mirror of both; a mirror of one becomes that disk. While a disk is replaced, a vdev
 * `replacing` stands in its place, a mirror of the old and the new, which ends as the new one when the resilver does.
 */
import { EBUSY, ENODEV, ENXIO, setError } from '../../guest-os/kernel/errno';
import { EOVERFLOW, ENOTSUP } from '../port/errors';
import { system } from '../port/port';
import { Leaf } from '../vdev/leaf';
import { Mirror } from '../vdev/mirror';
import { VDEV_DEGRADED, VDEV_HEALTHY, VDEV_OFFLINE, Vdev } from '../vdev/vdev';
import { clearLabels, readLabel } from './config';
import {
  EVENT_VDEV_ADD,
  EVENT_VDEV_ATTACH,
  EVENT_VDEV_DETACH,
  EVENT_VDEV_OFFLINE,
  EVENT_VDEV_ONLINE,
  EVENT_VDEV_REPLACE,
  logEvent,
} from './history';
import { RESILVER } from './scan';
import { FIRST_TXG, Spa } from './spa';
import { TopLevel } from './topLevel';

/** A leaf by what people call it: name, path, or guid. Null: none. */
export function findLeaf(spa: Spa, name: string): Leaf | null {
  const leaves = spa.leaves();
  for (let i = 0; i < leaves.length; i++) {
    const leaf = leaves[i];
    const isIt = leaf.name == name || leaf.path == name || leaf.path == name + 's0' || leaf.path == '/dev/dsk/' + name;
    if (isIt || leaf.guid.toString() == name) return leaf;
  }
  return null;
}

function topOf(spa: Spa, vdev: Vdev): TopLevel {
  let at = vdev;
  while (at.parent) at = at.parent!;
  for (let i = 0; i < spa.tops.length; i++) if (spa.tops[i].vdev == at) return spa.tops[i];
  return spa.tops[0];
}

/** Opens a device that is to join and empties its labels. EOVERFLOW: too small. */
function prepare(leaf: Leaf, ashift: u32, least: u64): i32 {
  leaf.open();
  if (!leaf.isOpen) return setError(ENXIO);
  let result = leaf.size < least ? setError(EOVERFLOW) : leaf.ashift > ashift ? setError(ENOTSUP) : 0;
  leaf.ashift = ashift;
  if (result == 0) result = clearLabels(leaf);
  if (result < 0) leaf.close();
  return result;
}

/** What `other` takes the place of `vdev` in: a group, or the pool itself. */
function exchange(spa: Spa, vdev: Vdev, other: Vdev): void {
  const parent = vdev.parent;
  if (parent) {
    parent.exchange(vdev, other);
    return;
  }
  const top = topOf(spa, vdev);
  other.id = top.id;
  other.parent = null;
  top.vdev = other;
}

/** Another top-level vdev, over which the pool stripes from now on. */
export function addVdev(spa: Spa, vdev: Vdev): i32 {
  const id = spa.tops.length;
  vdev.id = id;
  vdev.open();
  if (vdev.state != VDEV_HEALTHY) {
    vdev.close();
    return setError(ENXIO);
  }
  const leaves: Vdev[] = [];
  vdev.leaves(leaves);
  for (let i = 0; i < leaves.length; i++) {
    const cleared = clearLabels(leaves[i] as Leaf);
    if (cleared < 0) return cleared;
  }
  const top = new TopLevel(vdev, id);
  spa.tops.push(top);
  top.create(spa.openTxg);
  spa.configChanged();
  logEvent(spa, EVENT_VDEV_ADD, spa.name);
  return spa.sync();
}

/** `fresh` beside `old`: as its mirror, or, `replacing`, in its place. ENOTSUP: `old` is where no mirror can be, or the sectors differ. */
export function attach(spa: Spa, old: Leaf, fresh: Leaf, replacing: bool): i32 {
  const parent = old.parent;
  if (!replacing && parent && parent.type != 'mirror') return setError(ENOTSUP);
  if (parent && parent.type == 'replacing') return setError(EBUSY);
  const top = topOf(spa, old);
  const least = parent && parent.type == 'raidz' ? top.size / <u64>parent.children.length : top.size;
  const ready = prepare(fresh, top.ashift, least);
  if (ready < 0) return ready;
  if (!replacing && parent) parent.add(fresh);
  else {
    const pair = new Mirror(replacing ? 'replacing' : 'mirror', 0, system().random());
    pair.ashift = old.ashift;
    pair.size = old.size ? min(old.size, fresh.size) : fresh.size;
    exchange(spa, old, pair);
    pair.add(old);
    pair.add(fresh);
  }
  fresh.missing.cover(FIRST_TXG - 1, spa.openTxg - (FIRST_TXG - 1));
  fresh.isMissingDirty = true;
  fresh.judgeUp();
  spa.configChanged();
  const text = (replacing ? 'replace' : 'attach') + ' vdev=' + fresh.path + ' for vdev=' + old.path;
  logEvent(spa, replacing ? EVENT_VDEV_REPLACE : EVENT_VDEV_ATTACH, text);
  const result = spa.sync();
  return result < 0 ? result : spa.scan.begin(RESILVER);
}

/** Is what the others of its group have all that this has? */
function isSpare(leaf: Leaf): bool {
  const parent = leaf.parent!;
  for (let i = 0; i < parent.children.length; i++) {
    const other = parent.children[i];
    if (other == leaf || !other.isOpen) continue;
    if (!(other instanceof Leaf) || !(other as Leaf).isMissingAny) return true;
  }
  return false;
}

/** Takes a disk out of a mirror. ENOTSUP: it is in none; EBUSY: what it has is nowhere else. */
export function detach(spa: Spa, leaf: Leaf): i32 {
  const parent = leaf.parent;
  if (!parent || (parent.type != 'mirror' && parent.type != 'replacing')) return setError(ENOTSUP);
  if (!isSpare(leaf)) return setError(EBUSY);
  const text = 'vdev=' + leaf.path;
  takeOut(spa, leaf);
  logEvent(spa, EVENT_VDEV_DETACH, text);
  const result = spa.sync();
  // It is a member of the pool no more, and does not look like one.
  if (leaf.isOpen) clearLabels(leaf);
  leaf.close();
  return result;
}

function takeOut(spa: Spa, leaf: Leaf): void {
  const parent = leaf.parent!;
  parent.remove(leaf);
  if (leaf.missingObject) {
    leaf.missing.clear();
    leaf.isMissingDirty = true;
    spa.gone(leaf);
  }
  if (parent.children.length == 1) {
    const last = parent.children[0];
    const isTop = parent.parent == null;
    parent.remove(last);
    exchange(spa, parent, last);
    // A top-level vdev keeps its identity, whatever it consists of.
    if (isTop) last.guid = parent.guid;
    last.judgeUp();
  } else parent.judgeUp();
  spa.configChanged();
}

/** After a resilver: what was replaced goes, where the new disk has everything. */
export function finishReplacing(spa: Spa): void {
  const leaves = spa.leaves();
  for (let i = 0; i < leaves.length; i++) {
    const parent = leaves[i].parent;
    if (!parent || parent.type != 'replacing' || leaves[i] != parent.children[0]) continue;
    const fresh = parent.children[1] as Leaf;
    if (fresh.isOpen && !fresh.isMissingAny) detach(spa, leaves[i]);
  }
}

/** EBUSY: the pool cannot do without it. `temporary`: only until the next import. */
export function offline(spa: Spa, leaf: Leaf, temporary: bool): i32 {
  if (leaf.offline || leaf.state == VDEV_OFFLINE) return 0;
  const parent = leaf.parent;
  if (!parent) return setError(EBUSY);
  if (parent.type != 'raidz' && !isSpare(leaf)) return setError(EBUSY);
  const synced = spa.sync();
  if (synced < 0) return synced;
  const before = leaf.state;
  leaf.state = VDEV_OFFLINE;
  leaf.judgeUp();
  if (topOf(spa, leaf).vdev.state < VDEV_DEGRADED) {
    leaf.state = before;
    leaf.judgeUp();
    return setError(EBUSY);
  }
  leaf.offline = !temporary;
  leaf.isAbsent = false;
  leaf.close();
  leaf.state = VDEV_OFFLINE;
  spa.configChanged();
  logEvent(spa, EVENT_VDEV_OFFLINE, 'vdev=' + leaf.path);
  return spa.sync();
}

/** Opens it again and brings it up. ENODEV: what lies at its path is not it; ENXIO: nothing does. */
export function online(spa: Spa, leaf: Leaf): i32 {
  if (leaf.isOpen) return 0;
  leaf.offline = false;
  leaf.isAbsent = false;
  leaf.open();
  let result = leaf.isOpen ? 0 : setError(ENXIO);
  if (result == 0) {
    const label = readLabel(leaf);
    const isIt = label != null && label.number('guid') == leaf.guid && label.number('pool_guid') == spa.guid;
    if (!isIt) {
      leaf.close();
      leaf.isAbsent = true;
      leaf.open();
      result = setError(ENODEV);
    }
  }
  leaf.judgeUp();
  spa.configChanged();
  if (result == 0) logEvent(spa, EVENT_VDEV_ONLINE, 'vdev=' + leaf.path);
  const synced = spa.sync();
  if (result < 0 || synced < 0) return result < 0 ? result : synced;
  return leaf.isMissingAny ? spa.scan.begin(RESILVER) : 0;
}

/** Forgets the counts of errors, of one device or all, and tries again what had failed. */
export function clearErrors(spa: Spa, leaf: Leaf | null): void {
  if (leaf) {
    leaf.clearErrors();
    return;
  }
  for (let i = 0; i < spa.tops.length; i++) spa.tops[i].vdev.clearErrors();
  const figures = spa.statistics;
  figures.readErrors = 0;
  figures.writeErrors = 0;
  figures.checksumErrors = 0;
}
