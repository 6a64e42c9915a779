// SPDX-License-Identifier: MIT
/** @fileoverview Memory in MiB, and numbers of things that take it; resource controls, changed while the zone runs. payload/_memory.ts says how they depend on each other. */
import { INTEGER, MEBIBYTE, Property } from './_record';

export const MEMORY: Property[] = [
  new Property('max_lwps', INTEGER, 'cu').from(0).byDefault('2000').rctl('zone.max-lwps', 'deny'),
  new Property('max_msg_ids', INTEGER, 'cu').from(0).byDefault('4096').rctl('zone.max-msg-ids', 'deny'),
  new Property('max_sem_ids', INTEGER, 'cu').from(0).byDefault('4096').rctl('zone.max-sem-ids', 'deny'),
  new Property('max_shm_ids', INTEGER, 'cu').from(0).byDefault('4096').rctl('zone.max-shm-ids', 'deny'),
  new Property('max_shm_memory', INTEGER, 'cu').from(0).rctl('zone.max-shm-memory', 'deny', MEBIBYTE),
  new Property('max_physical_memory', INTEGER, 'cu').from(0).rctl('zone.max-physical-memory', 'deny', MEBIBYTE),
  new Property('max_locked_memory', INTEGER, 'cu').from(0).rctl('zone.max-locked-memory', 'deny', MEBIBYTE),
  new Property('max_swap', INTEGER, 'cu').from(256).rctl('zone.max-swap', 'deny', MEBIBYTE),
  /** Of OS zones another name for max_physical_memory. */
  new Property('ram', INTEGER, 'cu').from(0),
  /** Of /tmp; it takes effect when the zone boots. */
  new Property('tmpfs', INTEGER, 'cu').from(0).zero().attr('tmpfs'),
];
