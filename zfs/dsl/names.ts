// SPDX-License-Identifier: MIT
/** @fileoverview Names of datasets: which are allowed, and what they stand for. */
import { Spa } from '../spa/spa';
import { zapGet } from '../zap/zap';
import { Dataset } from './dataset';
import { Dir } from './dir';

/** Longest name of a dataset, its pool and snapshot included. */
export const LONGEST_DATASET_NAME: i32 = 255;

/** A component of a name: letters, digits, and - _ . : (and, made by the system only, % and $). */
export function isValidComponent(name: string): bool {
  if (!name.length) return false;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    const letter = code | 0x20;
    const plain = (letter >= 0x61 && letter <= 0x7a) || (code >= 0x30 && code <= 0x39);
    if (!plain && code != 0x2d && code != 0x5f && code != 0x2e && code != 0x3a && code != 0x20) return false;
  }
  return true;
}

/** The directory of a name without @; null: there is none. Those of the system are not found. */
export function findDir(spa: Spa, name: string): Dir | null {
  const words = name.split('/');
  if (words[0] != spa.name) return null;
  let dir = spa.rootDir;
  for (let i = 1; i < words.length && dir; i++) dir = words[i].startsWith('$') ? null : spa.dirByObject(dir.child(words[i]));
  return dir;
}

/** A dataset by its full name, with or without @; null: there is none. */
export function findDataset(spa: Spa, name: string): Dataset | null {
  const at = name.indexOf('@');
  const dir = findDir(spa, at < 0 ? name : name.substring(0, at));
  const head = dir ? spa.datasetByObject(dir.phys.head) : null;
  return head && at >= 0 ? findSnapshot(head, name.substring(at + 1)) : head;
}

export function findSnapshot(head: Dataset, name: string): Dataset | null {
  if (zapGet(head.spa.mos!, head.phys.snapshots, name) < 0) return null;
  const all = head.spa.allDatasets();
  for (let i = 0; i < all.length; i++) if (all[i].dir == head.dir && all[i].snapshotName == name) return all[i];
  return null;
}
