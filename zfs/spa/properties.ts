// SPDX-License-Identifier: MIT
/**
 * @fileoverview What can be set of a pool: the comment, which labels show too, and the dataset that is booted. They lie in a ZAP of the MOS
 * that is made with the first of them.
 */
import { EINVAL, ENOENT, setError } from '../../guest-os/kernel/errno';
import { TYPE_NONE, TYPE_POOL_PROPERTIES } from '../dmu/types';
import { findDataset } from '../dsl/names';
import { zapCreate, zapDelete, zapGet, zapSet, zapSetText, zapText, zapValue } from '../zap/zap';
import { OBJECT_DIRECTORY, Spa } from './spa';
import { Task } from './task';

const OBJECT: string = 'pool_props';
const LONGEST_COMMENT: i32 = 32;

function objectOf(spa: Spa): u64 {
  return zapGet(spa.mos!, OBJECT_DIRECTORY, OBJECT) == 0 ? zapValue : 0;
}

/** Empty: not set. */
export function poolProperty(spa: Spa, name: string): string {
  const object = objectOf(spa);
  if (!object) return '';
  if (name == 'comment') {
    const text = zapText(spa.mos!, object, name);
    return text ? text : '';
  }
  if (zapGet(spa.mos!, object, name) < 0) return '';
  const dataset = spa.datasetByObject(zapValue);
  return dataset ? dataset.name : '';
}

class SetTask extends Task {
  constructor(
    private readonly name: string,
    private readonly text: string,
    private readonly number: u64,
  ) {
    super();
  }
  run(spa: Spa, txg: u64): i32 {
    const mos = spa.mos!;
    let object = objectOf(spa);
    if (!object) {
      object = zapCreate(mos, TYPE_POOL_PROPERTIES, TYPE_NONE, 0);
      const made = zapSet(mos, OBJECT_DIRECTORY, OBJECT, object);
      if (made < 0) return made;
    }
    if (this.number) return zapSet(mos, object, this.name, this.number);
    if (this.text.length) return zapSetText(mos, object, this.name, this.text);
    zapDelete(mos, object, this.name);
    return 0;
  }
}

export function setPoolProperty(spa: Spa, name: string, value: string): i32 {
  if (name == 'comment') {
    if (value.length > LONGEST_COMMENT) return setError(EINVAL);
    spa.comment = value;
    spa.configChanged();
    return spa.perform(new SetTask(name, value, 0));
  }
  if (name != 'bootfs') return setError(EINVAL);
  const dataset = findDataset(spa, value);
  return dataset ? spa.perform(new SetTask(name, '', dataset.object)) : setError(ENOENT);
}

export function clearProperty(spa: Spa, name: string): i32 {
  if (name == 'comment') {
    spa.comment = '';
    spa.configChanged();
  } else if (name != 'bootfs') return setError(EINVAL);
  return spa.perform(new SetTask(name, '', 0));
}
