// SPDX-License-Identifier: MIT
/** @fileoverview Shares of the processors and of input and output; resource controls, changed while the zone runs. */
import { INTEGER, Property } from './_record';

export const CPU: Property[] = [
  new Property('cpu_shares', INTEGER, 'cu').from(0).byDefault('100').rctl('zone.cpu-shares', 'none'),
  /** Percent of one processor; 0: as much as there is. */
  new Property('cpu_cap', INTEGER, 'cu').from(0).rctl('zone.cpu-cap', 'deny'),
  new Property('zfs_io_priority', INTEGER, 'cu').from(0).byDefault('100').rctl('zone.zfs-io-priority', 'none'),
];
