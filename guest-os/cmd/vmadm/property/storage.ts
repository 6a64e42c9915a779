// SPDX-License-Identifier: MIT
/** @fileoverview Datasets and file systems. Properties of datasets change while the zone runs. */
import { BOOLEAN, GIBIBYTE, INTEGER, LIST, OBJECTS, Property, STRING, ZPOOL } from './_record';

function isTarget(text: string): bool {
  return text.startsWith('/') && !(text + '/').includes('/../');
}
function isFsType(text: string): bool {
  return text == 'lofs' || text == 'tmpfs';
}

export const STORAGE: Property[] = [
  new Property('zpool', ZPOOL, 'c').byDefault('"zones"'),
  new Property('zfs_storage_pool_name', ZPOOL, 'c'),
  new Property('zfs_filesystem', STRING, 'r'),
  new Property('quota', INTEGER, 'cu')
    .from(0, 1 << 30)
    .byDefault('10')
    .zero()
    .zfs('quota', GIBIBYTE),
  new Property('zfs_root_compression', STRING, 'cu').zfs('compression'),
  new Property('zfs_root_recsize', INTEGER, 'cu').from(0).zero().zfs('recordsize'),
  /** Of the delegated dataset. */
  new Property('zfs_data_compression', STRING, 'cu'),
  new Property('zfs_data_recsize', INTEGER, 'cu').from(0).zero(),
  new Property('zfs_filesystem_limit', INTEGER, 'cu').from(0),
  new Property('zfs_snapshot_limit', INTEGER, 'cu').from(0),
  new Property('delegate_dataset', BOOLEAN, 'c'),
  new Property('datasets', LIST, 'r'),
  new Property('indestructible_zoneroot', BOOLEAN, 'cu').shownIfTrue(),
  new Property('indestructible_delegated', BOOLEAN, 'cu').shownIfTrue(),
  new Property('filesystems', OBJECTS, 'c').membersAre('filesystems'),
  new Property('add_filesystems', OBJECTS, 'u').membersAre('filesystems'),
  new Property('update_filesystems', OBJECTS, 'u').membersAre('filesystems'),
  new Property('remove_filesystems', LIST, 'u'),
  new Property('filesystems.*.type', STRING, 'au').checked(isFsType),
  new Property('filesystems.*.source', STRING, 'au'),
  new Property('filesystems.*.target', STRING, 'au').checked(isTarget),
  new Property('filesystems.*.raw', STRING, 'au'),
  new Property('filesystems.*.options', LIST, 'au'),
];
