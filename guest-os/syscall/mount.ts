// SPDX-License-Identifier: MIT
/** @fileoverview System call 21, mount: a file system onto a directory; options are a text. illumos's data of a type and its length are left out. */
import { AT_FDCWD, fileAt } from '../fs/names';
import { pathOf } from '../fs/lookup';
import { mount as mountFileSystem, permitted, remount } from '../fs/mount';
import { EBUSY, EINVAL, ENAMETOOLONG, EPERM, failure, setError } from '../kernel/errno';
import { PRIV_SYS_MOUNT } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';
import { fetchText } from '../kernel/memory/user';

/** <sys/mount.h> */
const MS_RDONLY: i32 = 0x1;
const MS_NOSUID: i32 = 0x10;
const MS_REMOUNT: i32 = 0x20;
const MS_OVERLAY: i32 = 0x80;
const MS_OPTIONSTR: i32 = 0x100;
const OPTIONS_MAX: i32 = 1024;

export function mount(special: u64, path: u64, flags: i32, type: u64, options: u64, optionsLength: i32): i64 {
  const process = currentProcess();
  if (!process.credentials.has(PRIV_SYS_MOUNT)) return setError(EPERM);
  const what = fetchText(special);
  if (what == null) return setError(failure);
  const where = fetchText(path);
  if (where == null) return setError(failure);
  const typeName = fetchText(type, 32);
  if (typeName == null) return setError(failure == ENAMETOOLONG ? EINVAL : failure);
  let text: string | null = '';
  if (flags & MS_OPTIONSTR && options) text = fetchText(options, min(max(optionsLength, 1), OPTIONS_MAX));
  if (text == null) return setError(failure);
  if (flags & MS_RDONLY) text += ',ro';
  if (flags & MS_NOSUID) text += ',nosuid';
  const directory = fileAt(AT_FDCWD, path, true);
  if (!directory) return setError(failure);
  let error = 0;
  const isRoot = directory.covered != null || directory == process.root;
  if (flags & MS_REMOUNT && !process.credentials.sees(directory.fileSystem.zoneid)) error = setError(EPERM);
  else if (flags & MS_REMOUNT)
    error = isRoot && directory.fileSystem.type == typeName ? remount(directory.fileSystem, permitted(text)) : setError(EINVAL);
  else if (isRoot && !(flags & MS_OVERLAY)) error = setError(EBUSY);
  else {
    // A directory's path is the one without links.
    const name = directory.isDirectory ? pathOf(directory, process.root!) : where;
    error = name == null ? setError(failure) : mountFileSystem(what, directory, name, typeName, text);
  }
  directory.release();
  return error;
}
