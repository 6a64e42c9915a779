// SPDX-License-Identifier: MIT
/** @fileoverview zpool(8): configure ZFS storage pools
 * @path /sbin/zpool
 */
/** @manual
 * DESCRIPTION
 * A pool is made of virtual devices: disks, files, mirrors and raidz groups of them. Datasets in it (zfs(8)) share its space. Disks are named as in
 * /dev/dsk without their slice (c1t0d0); files by absolute paths, and for trying things out only.
 *
 * SUBCOMMANDS
 *   create [-fn] [-o property=value] pool vdev ...
 *     Makes a pool; version, ashift and comment can be given. Words mirror and raidz stand in front of the disks that belong together.
 *     -f uses disks that look as if they belonged to another pool; -n only shows what would be made.
 *   destroy [-f] pool
 *   list [-Hpv] [-o property,...] [pool] ...
 *   status [-pvx] [pool] ...
 *     -v names the files that are damaged beyond repair; -x shows only pools with which something is wrong.
 *   import [-d dir] [-D] [-f] [-N] [-o readonly=on] [-a | pool | id [newpool]]
 *     Without a name: what could be imported. -D looks for destroyed pools, -N does not mount.
 *   export [-f] pool ...
 *   scrub [-s] pool ...
 *     Reads every block of the pool and repairs what can be; -s stops that. status shows how far it is.
 *   iostat [-v] [pool] ... [interval [count]]
 *   clear pool [device]
 *     Counts of errors begin again.
 *   add [-fn] pool vdev ...
 *   attach [-f] pool device new-device, detach pool device
 *     Makes a mirror of a disk, or one more side of a mirror; takes a side away.
 *   replace [-f] pool device [new-device]
 *   offline [-t] pool device ..., online pool device ...
 *   history [-il] [pool] ...
 *   get [-Hp] [-o field,...] all | property,... [pool] ...
 *   set property=value pool
 *     comment and bootfs can be set.
 *
 * EXIT STATUS
 *   0   done
 *   1   it could not be done
 *   2   wrong usage
 *
 * EXAMPLES
 *   zpool create tank mirror c1t1d0 c1t2d0
 *   zpool status -x
 *
 * SEE ALSO
 * zfs(8)
 */
import { complain, say } from '../../lib/io';
import { runZpool } from '../../../zfs/cmd/zpool/zpool';
import { DeviceChannel, openError } from './_channel';
import { ProgramSurroundings } from './_surroundings';

export const USAGE: string = 'zpool SUBCOMMAND [ARGUMENTS]';

export function main(args: string[]): i32 {
  const channel = DeviceChannel.open();
  if (!channel) {
    if (args.length < 2) say('usage: ' + USAGE + '\n');
    else complain('zpool', '/dev/zfs', openError);
    return 1;
  }
  return runZpool(new ProgramSurroundings(channel), args.slice(1));
}
