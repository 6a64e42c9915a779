// SPDX-License-Identifier: MIT
/** @fileoverview zfs(8): configure ZFS datasets
 * @path /sbin/zfs
 */
/** @manual
 * DESCRIPTION
 * A pool has datasets: file systems, volumes (disks in /dev/zvol), and snapshots of either. File systems and volumes form a tree of names below that
 * of their pool; a snapshot is named after what it was taken of, with @ and a name of its own. Properties are inherited along the tree.
 *
 * SUBCOMMANDS
 *   create [-p] [-o property=value] ... filesystem
 *   create [-ps] [-b blocksize] [-o property=value] ... -V size volume
 *       -p also makes what is missing above; -s reserves no space for a volume.
 *   destroy [-fnpRrv] filesystem|volume
 *   destroy [-dnpRrv] filesystem|volume@snap[%snap][,...]
 *       -r with children and snapshots, or snapshots of that name below; -R with clones too; -d as soon as nothing needs it;
 *       -n tells only, -v what is destroyed.
 *   snapshot [-r] [-o property=value] ... filesystem@snapname ...
 *       -r of everything below at one instant.
 *   rollback [-rRf] snapshot
 *       -r destroys later snapshots, -R their clones too.
 *   clone [-p] [-o property=value] ... snapshot filesystem|volume
 *   promote clone-filesystem
 *   rename [-f] [-p] dataset dataset, rename -r snapshot snapshot
 *   list [-Hp] [-r|-d max] [-o property,...] [-t type,...] [-s property] [-S property] [dataset] ...
 *   set property=value dataset ...
 *   get [-rHp] [-d max] [-o field,...] [-t type,...] [-s source,...] all|property,... [dataset] ...
 *   inherit [-rS] property dataset ...
 *       -S: what was received counts again.
 *   mount [-vO] [-o options] [-a | filesystem], unmount [-f] -a | filesystem | mountpoint
 *   send [-nPpRv] [-[iI] snapshot] snapshot
 *       -i from one snapshot to another, -I with all between, -R with everything below and all properties, -p with properties.
 *   receive [-vnFu] [-d|-e] filesystem|volume|snapshot
 *       -F rolls back, or replaces a dataset without snapshots; -u does not mount; -d names by what was sent but for its pool, -e by its last part.
 *   diff [-FHt] snapshot [snapshot|filesystem]
 *       What happened to files since: + added, - removed, M modified, with (+1) or (-1) where it has more or fewer names, R renamed. -F shows what kind of
 *       file, -t when it changed, -H with tabs only. Characters that do not print, and blanks, as octal.
 *   userspace, groupspace [-Hinp] [-o field,...] [-s field] [-S field] [-t type,...] filesystem|snapshot
 *       How much of it belongs to whom, as of the last transaction group. `zfs set userquota@USER=SIZE` (or groupquota@GROUP) limits it, up to a group's
 *       worth of writes; userused@USER and groupused@GROUP are for zfs get.
 *   hold [-r] tag snapshot ..., holds [-rH] snapshot ..., release [-r] tag snapshot ...
 *
 * PROPERTIES
 * `zfs get` without arguments lists them with their values. Sizes take K, M, G, T. Properties with a colon in their name are free for use.
 *
 * EXIT STATUS
 *   0   done
 *   1   it could not be done
 *   2   wrong usage
 *
 * EXAMPLES
 *   zfs create -o compression=lzjb -o quota=1g zones/data
 *   zfs snapshot -r zones/data@monday
 *   zfs clone zones/data@monday zones/test
 *   zfs send -i monday zones/data@tuesday | zfs receive zones/copy
 *
 * SEE ALSO
 * zpool(8), mount(8)
 */
import { complain } from '../../lib/io';
import { zfsCommand } from '../../../zfs/cmd/zfs/main';
import { DeviceChannel, openError } from './_channel';
import { ProgramSurroundings } from './_surroundings';

export const USAGE: string = 'zfs subcommand [argument] ...';

export function main(args: string[]): i32 {
  const channel = DeviceChannel.open();
  if (!channel) {
    complain('zfs', '/dev/zfs', openError);
    return 1;
  }
  return zfsCommand(new ProgramSurroundings(channel), args);
}
