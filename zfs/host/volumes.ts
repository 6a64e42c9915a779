// SPDX-License-Identifier: MIT
/** @fileoverview The host's calls about volumes. */
import { EIO, ENOENT, setError } from '../../guest-os/kernel/errno';
import { releaseDbuf } from '../dmu/dbuf';
import { dmuRead } from '../dmu/dmu';
import { holdDnode, releaseDnode } from '../dmu/dnode';
import { findDataset } from '../dsl/names';
import { createVolumeDataset } from '../dsl/operations';
import { VOLUME_BLOCK, VOLUME_DATA, volumeBlock, volumeError, volumeWrote } from '../zvol/volume';
import { argument } from './node';
import { host } from './subject';

export function createVolume(name: usize, nameBytes: u32, size: u64): i32 {
  return createVolumeDataset(host.pool!, argument(name, nameBytes), size, VOLUME_BLOCK);
}

export function writeVolume(name: usize, nameBytes: u32, offset: u64, from: usize, bytes: u32): i32 {
  const dataset = findDataset(host.pool!, argument(name, nameBytes));
  const objset = dataset ? dataset.objset() : null;
  const dn = objset ? holdDnode(objset, VOLUME_DATA) : null;
  if (!dn) return setError(EIO);
  let done: u32 = 0;
  let noted = 0;
  while (done < bytes && noted == 0) {
    const at = offset + done;
    const within = <u32>(at % dn.blockSize);
    const part = min(dn.blockSize - within, bytes - done);
    const db = volumeBlock(dataset!, dn, at);
    if (!db) break;
    memory.copy(db.data + within, from + done, part);
    releaseDbuf(db);
    noted = volumeWrote(dataset!, at, part);
    done += part;
  }
  releaseDnode(dn);
  if (noted < 0) return noted;
  return done < bytes ? volumeError : <i32>done;
}

export function readVolume(name: usize, nameBytes: u32, offset: u64, to: usize, bytes: u32): i32 {
  const dataset = findDataset(host.pool!, argument(name, nameBytes));
  const objset = dataset ? dataset.objset() : null;
  const dn = objset ? holdDnode(objset, VOLUME_DATA) : null;
  if (!dn) return setError(EIO);
  const result = dmuRead(dn, offset, bytes, to);
  releaseDnode(dn);
  return result < 0 ? result : <i32>bytes;
}

/** What a volume has been told is on stable storage afterwards. */
export function syncVolume(name: usize, nameBytes: u32): i32 {
  const dataset = findDataset(host.pool!, argument(name, nameBytes));
  return dataset ? dataset.commit(VOLUME_DATA) : setError(ENOENT);
}
