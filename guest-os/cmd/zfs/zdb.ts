// SPDX-License-Identifier: MIT
/** @fileoverview zdb(8): show what lies beneath ZFS pools
 * @path /sbin/zdb
 */
/** @manual
 * DESCRIPTION
 * Shows structures of a pool that is imported, or the labels of a device. Without an option all that is shown of a pool.
 *
 * OPTIONS
 *   -l   the four labels of a device: which pool it belongs to, and where in it
 *   -C   the configuration as the pool has it
 *   -u   the uberblock: the last transaction group and its time
 *   -d   datasets, with their object numbers, sizes and numbers of objects
 *
 * EXIT STATUS
 *   0   done
 *   1   there is no such pool or device
 *   2   wrong usage, or no label is valid
 *
 * SEE ALSO
 * zpool(8)
 */
import { complain } from '../../lib/io';
import { runZdb } from '../../../zfs/cmd/zdb';
import { DeviceChannel, openError } from './_channel';
import { ProgramSurroundings } from './_surroundings';

export const USAGE: string = 'zdb -l DEVICE\nzdb [-Cud] POOL ...';

export function main(args: string[]): i32 {
  const channel = DeviceChannel.open();
  if (!channel) {
    complain('zdb', '/dev/zfs', openError);
    return 1;
  }
  return runZdb(new ProgramSurroundings(channel), args.slice(1));
}
