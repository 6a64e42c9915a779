// SPDX-License-Identifier: MIT
/** @fileoverview Imports manifests: from files to svc.configd. */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { namesIn, sortNames, status } from '../../lib/files';
import { O_RDONLY, openFile, readAll, say } from '../../lib/io';
import { ask, problem } from '../../lib/smf/door';
import { Manifest } from '../../lib/smf/manifest';
import { EVERYTHING, Repository, repositoryText } from '../../lib/smf/repository';

/** Nothing, or what is wrong with the file. */
export function importFile(path: string, into: Repository): string {
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) return errorText(-descriptor);
  const text = readAll(descriptor);
  calls.close(descriptor);
  const manifest = new Manifest(into);
  return manifest.read(text, path) ? '' : manifest.error;
}

/** Sends what has been read; nothing, or what is wrong. */
export function sendImport(repository: Repository): string {
  return ask('import\n' + repositoryText(repository, EVERYTHING)) == null ? problem : '';
}

/** Every manifest below a directory. Faulty ones are complained about and left out. */
export function importBelow(directory: string, recursive: bool): i32 {
  const repository = new Repository();
  const failures = readBelow(directory, recursive, repository);
  if (repository.services.length) {
    const wrong = sendImport(repository);
    if (wrong.length) say('svccfg: ' + directory + ': ' + wrong + '\n');
  }
  return failures;
}

function readBelow(directory: string, recursive: bool, repository: Repository): i32 {
  const names = namesIn(directory);
  if (!names) return 0;
  sortNames(names);
  let failures = 0;
  for (let i = 0; i < names.length; i++) {
    const path = directory + '/' + names[i];
    if (names[i].endsWith('.xml')) {
      const own = new Repository();
      const wrong = importFile(path, own);
      if (wrong.length) {
        say('svccfg: ' + path + ': ' + wrong + '\n');
        failures++;
      } else importFile(path, repository);
      continue;
    }
    if (!recursive || names[i].startsWith('.')) continue;
    const file = status(path, true);
    if (file && file.isDirectory) failures += readBelow(path, true, repository);
  }
  return failures;
}
