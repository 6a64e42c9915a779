// SPDX-License-Identifier: MIT
/** @fileoverview Making a pool: labels cleared, MOS with what every pool has, the root file system. */
import { EIO, ENXIO, setError } from '../../guest-os/kernel/errno';
import { system } from '../port/port';
import { claimObject } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { OBJSET_META, OBJSET_ZFS, TYPE_OBJECT_DIRECTORY } from '../dmu/types';
import { createBpobj } from '../dsl/bpobj';
import { createHead, createSnapshot } from '../dsl/dataset';
import { createDir, Dir } from '../dsl/dir';
import { createFileSystem } from '../zpl/create';
import { Vdev } from '../vdev/vdev';
import { zapInit, zapSet } from '../zap/zap';
import { clearLabels } from './config';
import { createHistory, EVENT_POOL_CREATE, logCommand, logEvent } from './history';
import { FIRST_TXG, OBJECT_DIRECTORY, Spa } from './spa';
import { Task } from './task';
import { TopLevel } from './topLevel';

const DEFERRED_BLOCK: u32 = 16384;
export const VERSION_ORIGIN: u64 = 11;
export const VERSION_DEADLISTS: u64 = 26;

/** Why {@link createPool} gave null. */
export let createError: i32 = 0;

/** A new pool over these vdevs, active and written; null: {@link createError}. `command` is how it was asked for. */
export function createPool(name: string, version: u64, vdevs: Vdev[], command: string = ''): Spa | null {
  const spa = new Spa(name, system().random());
  spa.version = version;
  for (let i = 0; i < vdevs.length; i++) {
    const vdev = vdevs[i];
    vdev.id = i;
    vdev.open();
    const top = new TopLevel(vdev, i);
    spa.tops.push(top);
    if (vdev.state != 7) {
      createError = setError(ENXIO);
      return null;
    }
    top.create(FIRST_TXG);
  }
  const leaves = spa.leaves();
  for (let i = 0; i < leaves.length; i++) {
    createError = clearLabels(leaves[i]);
    if (createError < 0) return null;
  }
  spa.mos = new Objset(spa, null);
  spa.mos!.create(OBJSET_META);
  spa.configChanged();
  populate(spa);
  const first = new FirstTask();
  spa.later(first);
  if (command.length) logCommand(spa, command, 0);
  logEvent(spa, EVENT_POOL_CREATE, 'pool version ' + version.toString() + '; software version 28');
  createError = spa.sync();
  if (createError == 0) createError = first.result;
  return createError < 0 ? null : spa;
}

/** What tasks need to be there. */
function populate(spa: Spa): void {
  const mos = spa.mos!;
  claimObject(mos, OBJECT_DIRECTORY, TYPE_OBJECT_DIRECTORY, 512, 0, 0);
  zapInit(mos, OBJECT_DIRECTORY);
  spa.deferredObject = createBpobj(mos, DEFERRED_BLOCK);
  zapSet(mos, OBJECT_DIRECTORY, 'sync_bplist', spa.deferredObject);
}

class FirstTask extends Task {
  run(spa: Spa, txg: u64): i32 {
    const mos = spa.mos!;
    zapSet(mos, OBJECT_DIRECTORY, 'deflate', 1);
    zapSet(mos, OBJECT_DIRECTORY, 'creation_version', spa.version);
    createHistory(spa);
    const rootObject = createDir(spa, null, '');
    const root = spa.openDir(rootObject, null, spa.name);
    if (!root) return setError(EIO);
    spa.rootDir = root;
    spa.mosDir = specialDir(spa, root, '$MOS');
    if (spa.version >= VERSION_DEADLISTS) {
      spa.freeDir = specialDir(spa, root, '$FREE');
      zapSet(mos, OBJECT_DIRECTORY, 'free_bpobj', createBpobj(mos));
    }
    if (spa.version >= VERSION_ORIGIN) {
      const result = createOrigin(spa, root, txg);
      if (result < 0) return result;
    }
    const head = spa.openDataset(createHead(spa, root, spa.origin, txg), root, '');
    if (!head) return setError(EIO);
    // The file system's contents; its object set is written in this group too.
    return createFileSystem(head.createObjset(OBJSET_ZFS), txg);
  }
}

function specialDir(spa: Spa, root: Dir, name: string): Dir | null {
  return spa.openDir(createDir(spa, root, name), root, name);
}

/** An empty snapshot that every first dataset begins from. */
function createOrigin(spa: Spa, root: Dir, txg: u64): i32 {
  const dir = specialDir(spa, root, '$ORIGIN');
  if (!dir) return setError(EIO);
  const head = spa.openDataset(createHead(spa, dir, null, txg), dir, '');
  if (!head) return setError(EIO);
  // As if it had been made before everything else, so that nothing was born before it.
  const result = createSnapshot(head, '$ORIGIN', 1);
  if (result < 0) return result;
  spa.origin = spa.openDataset(head.phys.previous, dir, '$ORIGIN');
  return spa.origin ? 0 : setError(EIO);
}
